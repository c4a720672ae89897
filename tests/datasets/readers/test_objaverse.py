"""Reading Objaverse: size, axes, category, and where the parts come from."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import trimesh
from formats_objaverse import (
    FACES,
    UID,
    write_clusters,
    write_features,
    write_hammer,
    write_lvis,
)

from handhold.datasets.canonical_size import canonical_size
from handhold.datasets.readers.objaverse import READER
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError
from handhold.geometry import load_geometry

DATA = os.environ.get("HANDHOLD_DEV_DATA")
UNNAMED = ("Cube.001", "Object_2")


def read(root: Path, **options: object) -> tuple[list[ObjectGrasps], Problems]:
    chosen, problems = ReadOptions(**options), Problems()  # type: ignore[arg-type]
    units = READER.units(root, chosen)
    return [found for unit in units for found in READER.read(unit, chosen, problems)], problems


def test_an_object_is_turned_upright_and_gets_the_canonical_size(tmp_path: Path) -> None:
    write_hammer(tmp_path)
    write_lvis(tmp_path, {"hammer": [UID]})
    (found,), _ = read(tmp_path)
    size = canonical_size("hammer")
    np.testing.assert_allclose(found.asset.mesh.extents, np.array([0.6, 0.2, 1.2]) / 1.2 * size)
    assert found.asset.part_mesh("Steel").centre[2] > found.asset.part_mesh("Grip").centre[2]
    assert found.asset.frame.up == "y"
    assert found.asset.frame.scale_to_metres == pytest.approx(size / 1.2)
    assert (found.category, found.role) == ("hammer", "unseen")
    assert found.origin == f"Objaverse 1.0 {UID}"


def test_a_category_is_optional(tmp_path: Path) -> None:
    write_hammer(tmp_path)
    (found,), _ = read(tmp_path)
    assert (found.category, found.role) == ("", "")
    assert found.asset.mesh.extents.max() == pytest.approx(canonical_size(""))
    write_lvis(tmp_path, {"mug": [UID], "hammer": [UID, "other"]}, packed=False)
    assert READER.units(tmp_path, ReadOptions())[0].detail == "hammer"  # the first by name


def test_named_nodes_are_parts_and_others_are_not(tmp_path: Path) -> None:
    write_hammer(tmp_path)
    (found,), _ = read(tmp_path)
    assert set(found.asset.part_names) == {"Grip", "Steel"} and not found.asset.parts_provisional
    write_hammer(tmp_path, names=UNNAMED)
    (found,), _ = read(tmp_path)
    assert found.asset.part_names == ("object",) and found.asset.parts_provisional


def test_partfield_divides_what_has_no_names(tmp_path: Path) -> None:
    root, labels = tmp_path / "objaverse", tmp_path / "clustering"
    is_head = heads(write_hammer(root, names=UNNAMED))
    write_clusters(labels, (~is_head).astype(int).tolist())
    (found,), _ = read(root, labels=labels)
    asset = found.asset
    assert set(asset.part_names) == {"part_1", "part_2"} and asset.parts_provisional
    sides = {
        name: asset.part_mesh(name).extents / asset.frame.scale_to_metres
        for name in asset.part_names
    }
    np.testing.assert_allclose(sides["part_1"], [0.6, 0.2, 0.2], rtol=1e-6)
    np.testing.assert_allclose(sides["part_2"], [0.1, 0.1, 1.0], rtol=1e-6)


def heads(path: Path) -> np.ndarray:
    """Which faces belong to the head, in the order in which PartField counts them."""
    mesh = trimesh.load(str(path), force="mesh", process=False)  # as its `load_mesh_util` does
    sides = np.abs(mesh.triangles_center)
    return (sides[:, 0] > 0.06) | (mesh.triangles_center[:, 1] > 0.501)


def test_faces_count_as_partfield_counts_them(tmp_path: Path) -> None:
    """Scenes of many nodes: our order of faces is that of `trimesh.load(force="mesh")`."""
    scene = trimesh.Scene()
    for index in range(12):
        box = trimesh.creation.box((1, 1, 1 + index))
        place = trimesh.transformations.translation_matrix((index, 0, 0))
        scene.add_geometry(box, node_name=f"n{index}", geom_name=f"g{index}", transform=place)
    path = tmp_path / "many.glb"
    path.write_bytes(scene.export(file_type="glb"))
    theirs = trimesh.load(str(path), force="mesh", process=False)
    ours = np.concatenate([each.vertices[each.faces] for each in load_geometry(path)])
    np.testing.assert_allclose(ours, theirs.vertices[theirs.faces], atol=1e-6)


def test_partfield_features_are_clustered(tmp_path: Path) -> None:
    root, labels = tmp_path / "objaverse", tmp_path / "features"
    is_head = heads(write_hammer(root, names=UNNAMED))
    groups = np.zeros(FACES, dtype=int)  # the handle
    groups[is_head] = np.arange(12) % 4 + 1
    write_features(labels, groups.tolist())
    (found,), _ = read(root, labels=labels)
    assert len(found.asset.part_names) == 5
    handle = {found.asset.face_parts[face] for face in _faces_below(found, 0.0)}
    assert len(handle) == 1  # all faces of the handle are one part


def _faces_below(found: ObjectGrasps, height: float) -> list[int]:
    return np.flatnonzero(found.asset.mesh.face_centres[:, 2] < height).tolist()


def test_a_segmentation_that_does_not_fit_is_named(tmp_path: Path) -> None:
    root, labels = tmp_path / "objaverse", tmp_path / "clustering"
    write_hammer(root, names=UNNAMED)
    labels.mkdir()
    _, problems = read(root, labels=labels)
    assert f"no segmentation of '{UID}'" in problems.skipped[0].why
    write_clusters(labels, [0, 1, 1])
    _, problems = read(root, labels=labels)
    assert f"has shape (3, 1), but the mesh has {FACES} faces" in problems.skipped[0].why
    _, problems = read(root, labels=tmp_path / "nowhere")
    assert "no folder of labels" in problems.skipped[0].why
    write_hammer(root)  # named nodes need no labels
    assert not read(root, labels=labels)[1].skipped


def test_list_and_limit_choose(tmp_path: Path) -> None:
    root = tmp_path / "hf-objaverse-v1"
    for folder, uid in (("000-001", "aa"), ("000-000", "cc"), ("000-000", "bb")):
        write_hammer(root, uid, folder)
    keys = [unit.key for unit in READER.units(root, ReadOptions())]
    assert keys == ["000-000/bb", "000-000/cc", "000-001/aa"]
    listed = tmp_path / "list.txt"
    listed.write_text("aa\tframing hammer\n000-000/cc\nzz # lost\n")
    found, problems = read(root, object_list=listed)
    assert [(each.asset.name, each.category) for each in found] == [
        ("cc", ""),
        ("aa", "framing-hammer"),
    ]
    assert [skip.entry for skip in problems.skipped] == ["zz"]
    assert len(read(root, object_list=listed, limit=1)[0]) == 1


def test_the_message_says_which_level_was_given(tmp_path: Path) -> None:
    root = tmp_path / "objaverse" / "hf-objaverse-v1"
    write_hammer(root)
    for wrong, message in (
        (root.parent, "is the parent of the root .* Give '.*hf-objaverse-v1'"),
        (root / "glbs", "is inside the root .* Give its parent"),
        (root / "glbs" / "000-000", "is inside the root"),
        (tmp_path / "nothing", "There is no folder"),
    ):
        with pytest.raises(InputError, match=message):
            READER.units(wrong, ReadOptions())
    (tmp_path / "other" / "glbs").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no GLB file"):
        READER.units(tmp_path / "other", ReadOptions())
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is empty"):
        READER.units(tmp_path / "empty", ReadOptions())


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty file"), (b"glTF", "not a GLB file"), (None, "is truncated")],
)
def test_a_broken_file_is_named_and_the_rest_is_read(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = write_hammer(tmp_path, "aa")
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    write_hammer(tmp_path, "bb")
    found, problems = read(tmp_path)
    assert [each.asset.name for each in found] == ["bb"]
    assert [skip.entry for skip in problems.skipped] == ["000-000/aa"]
    assert message in problems.skipped[0].why


@pytest.mark.parametrize("packed", [True, False])
def test_broken_annotations_are_noted_and_fatal_only_if_strict(
    tmp_path: Path, packed: bool
) -> None:
    write_hammer(tmp_path)
    path = write_lvis(tmp_path, {"hammer": [UID]}, packed)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    (found,), problems = read(tmp_path)
    assert found.category == "" and not problems.skipped
    assert problems.notes[0].startswith("the categories of lvis-annotations.json are left out: ")
    write_lvis(tmp_path, {"hammer": [3]}, packed)  # type: ignore[list-item]
    (unit,) = READER.units(tmp_path, ReadOptions())
    with pytest.raises(InputError, match=r"hammer\[0\]: expected a string"):
        list(READER.read(unit, ReadOptions(), Problems(strict=True)))


@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
def test_real_glb_files() -> None:
    folder = Path(DATA or "") / "objects" / "nasty" / "trimesh_models"
    parts = {}
    for name in ("Duck", "nested", "no_indices_3storybuilding"):
        problems = Problems(strict=True)
        unit = Unit(name, folder / f"{name}.glb", "toy")
        (found,) = READER.read(unit, ReadOptions(), problems)
        assert found.asset.mesh.extents.max() == pytest.approx(0.3)
        parts[name] = found.asset.part_names
    assert parts["Duck"] == ("object",)
    assert set(parts["nested"]) == {"block01", "block02", "block03"}
    assert set(parts["no_indices_3storybuilding"]) == {"floor_0", "floor_1", "floor_2"}
