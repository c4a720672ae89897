"""The starter set on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from handhold.errors import InputError
from handhold.priors import GraspRecords
from handhold.synthesis import StarterPart, StarterSet
from handhold.synthesis.store import is_finished, write_shape

VERTICES, JOINTS = 7, 16


def _part(name: str, part: str, grasps: int, *, rest: bool = True) -> StarterPart:
    random = np.random.default_rng(grasps)
    unit = random.normal(size=(grasps, 3))
    return StarterPart(
        shape=name,
        part=part,
        points=random.normal(size=(20, 3)),
        normals=random.normal(size=(20, 3)),
        rest=random.normal(size=3) if rest else np.full(3, np.nan),
        translation=random.normal(size=(grasps, 3)),
        rotation=random.normal(size=(grasps, 3, 3)),
        records=GraspRecords(
            affordance=np.array(["twist", "wrap-around-grip"])[np.arange(grasps) % 2],
            part_size=np.sort(random.uniform(0.01, 0.2, (grasps, 3)))[:, ::-1],
            section_radius=random.uniform(0.005, 0.05, grasps),
            joints=random.normal(size=(grasps, JOINTS)),
            contact=random.uniform(size=(grasps, VERTICES)),
            part_contact=random.uniform(size=(grasps, VERTICES)),
            kind=np.array(["cylinder"] * grasps),
            axis=unit / np.linalg.norm(unit, axis=1, keepdims=True),
            centre=random.normal(size=(grasps, 3)),
            radius=random.uniform(0.005, 0.05, grasps),
        ),
    )


def test_what_was_written_reads_back_in_the_stored_precision(tmp_path: Path) -> None:
    written = [_part("jar-0000", "lid", 3), _part("jar-0000", "body", 4, rest=False)]
    write_shape(tmp_path, "jar", 0, 0, written)
    read = StarterSet.read(tmp_path)
    assert len(read) == 7
    for before, after in zip(written, read.parts, strict=True):
        assert (after.shape, after.part) == (before.shape, before.part)
        for name in ("points", "normals", "rest", "translation", "rotation"):
            expected = getattr(before, name).astype(np.float32).astype(np.float64)
            assert np.array_equal(getattr(after, name), expected, equal_nan=True)
        for f in fields(GraspRecords):
            old, new = getattr(before.records, f.name), getattr(after.records, f.name)
            if old.dtype.kind == "U":
                assert (old == new).all()
            else:
                tolerance = 1e-3 if "contact" in f.name else 1e-6
                assert np.allclose(old, new, atol=tolerance)


def test_a_shape_is_finished_once_its_file_is_there(tmp_path: Path) -> None:
    assert not is_finished(tmp_path, "jar", 0, 0)
    write_shape(tmp_path, "jar", 0, 0, [])
    assert is_finished(tmp_path, "jar", 0, 0)
    assert not is_finished(tmp_path, "jar", 1, 0)
    assert not is_finished(tmp_path, "jar", 0, 1)


def test_shapes_without_grasps_are_skipped(tmp_path: Path) -> None:
    write_shape(tmp_path, "jar", 0, 0, [])
    write_shape(tmp_path, "mug", 0, 0, [_part("mug-0000", "handle", 2)])
    assert [part.shape for part in StarterSet.read(tmp_path).parts] == ["mug-0000"]


def test_a_set_says_how_many_grasps_of_what_it_holds(tmp_path: Path) -> None:
    write_shape(tmp_path, "jar", 0, 0, [_part("jar-0000", "lid", 3)])
    said = str(StarterSet.read(tmp_path))
    assert "3 grasps of 1 parts of 1 shapes" in said
    assert "twist 2" in said and "wrap-around-grip 1" in said


def test_an_empty_folder_is_no_starter_set(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="data make starter"):
            StarterSet.read(folder)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 4)


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _one_array(path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))


def _objects(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, format=np.array([{}], dtype=object))


def _another_version(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, format=np.array("handhold-starter/99"), parts=np.array(0))


def _incomplete(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, format=np.array("handhold-starter/1"), parts=np.array(2))


@pytest.mark.parametrize(
    "spoil", [_cut, _noise, _nothing, _one_array, _objects, _another_version, _incomplete]
)
def test_a_file_that_is_not_ours_is_refused_by_name(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    write_shape(tmp_path, "jar", 0, 0, [_part("jar-0000", "lid", 3)])
    (path,) = tmp_path.glob("*.npz")
    spoil(path)
    with pytest.raises(InputError, match=path.name):
        StarterSet.read(tmp_path)
