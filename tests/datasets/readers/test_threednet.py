"""Reading 3DNet: a model of a category folder at its canonical size."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from formats_threednet import write_model

from handhold.datasets.canonical_size import canonical_size
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.threednet import READER, SUFFIXES
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError

DATA = os.environ.get("HANDHOLD_DEV_DATA")


def read(root: Path, **options: object) -> tuple[list[ObjectGrasps], Problems]:
    chosen, problems = ReadOptions(**options), Problems()  # type: ignore[arg-type]
    units = READER.units(root, chosen)
    return [found for unit in units for found in READER.read(unit, chosen, problems)], problems


def test_a_model_becomes_one_part_of_the_usual_size(tmp_path: Path) -> None:
    write_model(tmp_path, "wine_glass", "3a92")
    (found,), problems = read(tmp_path)
    asset = found.asset
    assert (found.category, found.role, found.origin) == (
        "wine-glass",
        "unseen",
        "3DNet wine_glass/3a92",
    )
    assert asset.part_names == ("object",) and asset.parts_provisional
    size = canonical_size("wine-glass")
    np.testing.assert_allclose(asset.mesh.extents, np.array([0.2, 0.3, 1.0]) * size, rtol=1e-5)
    np.testing.assert_allclose(asset.mesh.bounds.sum(axis=0), 0, atol=1e-12)
    assert asset.frame.scale_to_metres == pytest.approx(size, rel=1e-5) and not asset.frame.stated
    np.testing.assert_allclose(  # back to the file's coordinates
        asset.frame.points_to_user(np.zeros(3)), [5.0, -2.0, 0.5], atol=1e-5
    )
    assert not problems.skipped and any("no unit" in note for note in asset.notes)


def test_keys_are_category_and_name(tmp_path: Path) -> None:
    for category, name, kind in (
        ("umbrella", "b", "ply"),
        ("broom", "z", "obj"),
        ("broom", "a", "stl"),
        ("broom", "a", "off"),
    ):
        write_model(tmp_path, category, name, kind=kind)
    units = READER.units(tmp_path, ReadOptions())
    assert [unit.key for unit in units] == ["broom/a.off", "broom/a.stl", "broom/z", "umbrella/b"]
    assert [unit.detail for unit in units] == ["broom"] * 3 + ["umbrella"]
    assert [each.asset.name for each in read(tmp_path)[0]] == ["a.off", "a.stl", "z", "b"]


def test_list_and_limit_choose(tmp_path: Path) -> None:
    root = tmp_path / "models"
    for name in ("a", "b", "c"):
        write_model(root, "mug", name)
    listed = tmp_path / "list.txt"
    listed.write_text("mug/c\tcoffee mug\nb\nmug/none\n")
    found, problems = read(root, object_list=listed)
    assert [(each.asset.name, each.category) for each in found] == [("b", "mug"), ("c", "mug")]
    assert [skip.entry for skip in problems.skipped] == ["mug/none"]
    assert len(read(root, limit=2)[0]) == 2
    listed.write_text("nobody\n")
    with pytest.raises(InputError, match="None of the 1 names .* look like 'mug/a'"):
        READER.units(root, ReadOptions(object_list=listed))
    with pytest.raises(InputError, match="At most 0 units"):
        READER.units(root, ReadOptions(limit=0))


def test_the_message_says_which_level_was_given(tmp_path: Path) -> None:
    root = tmp_path / "3DNet" / "Cat10_ModelDatabase"
    write_model(root, "mug", "a")
    for wrong, message in (
        (root.parent, "is the parent of the root .* Give '.*Cat10_ModelDatabase'"),
        (root / "mug", "is inside the root .* Give its parent"),
        (tmp_path / "nothing", "There is no folder"),
        (root / "mug" / "a.ply", "is a file"),
    ):
        with pytest.raises(InputError, match=message):
            READER.units(wrong, ReadOptions())
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is empty"):
        READER.units(tmp_path / "empty", ReadOptions())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file"),
        (b"ply\nformat ascii 1.0\nelement vertex 9\nproperty float x\n", "cannot be read as PLY"),
        (
            b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
            b"property float z\nelement face 1\nproperty list uchar int vertex_indices\n"
            b"end_header\n0 0 0\n1 0 nan\n0 1 0\n3 0 1 2\n",
            "NaN or infinite",
        ),
        (
            b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
            b"property float z\nelement face 1\nproperty list uchar int vertex_indices\n"
            b"end_header\n1 1 1\n1 1 1\n1 1 1\n3 0 1 2\n",
            "longest side of 0 units",
        ),
    ],
)
def test_a_broken_model_is_named_and_the_rest_is_read(
    tmp_path: Path, content: bytes, message: str
) -> None:
    write_model(tmp_path, "mug", "bad").write_bytes(content)
    write_model(tmp_path, "mug", "good")
    found, problems = read(tmp_path)
    assert [each.asset.name for each in found] == ["good"]
    assert problems.read == 1
    assert [skip.entry for skip in problems.skipped] == ["mug/bad"]
    with pytest.raises(InputError, match=message):
        list(READER.read(READER.units(tmp_path, ReadOptions())[0], ReadOptions(), Problems(True)))


@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
def test_nothing_real_ends_in_a_traceback() -> None:
    folder = Path(DATA or "") / "objects" / "nasty" / "trimesh_models"
    problems, options, sizes = Problems(), ReadOptions(), []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.stat().st_size < 40_000:
            for found in READER.read(Unit(path.name, path, "mug"), options, problems):
                sizes.append(found.asset.mesh.extents.max())
    assert len(sizes) > 15 and problems.skipped
    np.testing.assert_allclose(sizes, canonical_size("mug"), rtol=1e-6)
