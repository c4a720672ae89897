"""Reading objects in parts: placements, scales, names, up axis."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from devdata import Case, load_case, load_cut_object, read_cases

from handhold.errors import InputError
from handhold.geometry import TriMesh, inside

needs_data = pytest.mark.skipif(
    not os.environ.get("HANDHOLD_DEV_DATA"), reason="HANDHOLD_DEV_DATA is not set"
)
Catalogue = Callable[[str, dict], Path]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """A data folder with a unit cube in `box/cube.stl` and one entry."""

    def make(object_id: str, entry: dict) -> Path:
        (tmp_path / "box").mkdir()
        trimesh.creation.box((1.0, 1.0, 1.0)).export(tmp_path / "box" / "cube.stl")
        known = {"id": object_id, "folder": "box", "scale_to_metres": 0.1} | entry
        text = json.dumps({"format": "handhold-dev-objects/1", "objects": [known]})
        (tmp_path / "objects.json").write_text(text)
        return tmp_path

    return make


def test_parts_are_scaled_then_placed_and_names_merge(catalogue: Catalogue) -> None:
    shift = np.eye(4)
    shift[:3, 3] = [0.3, 0.0, 0.0]
    parts = [
        {"name": "Leg", "meshes": ["cube.stl"]},
        {"name": "Leg", "meshes": ["cube.stl"], "transform": shift.tolist()},
        {"name": "top", "meshes": ["cube.stl"], "scale_to_metres": 0.02},
    ]
    root = catalogue("toy/table", {"parts": parts})
    asset = load_cut_object(root, "toy/table", part_names={"Leg": "leg"})
    assert asset.part_names == ("leg", "top")
    assert len(asset.part_mesh("leg").faces) == 24
    np.testing.assert_allclose(asset.mesh.extents, [0.4, 0.1, 0.1], atol=1e-6)
    np.testing.assert_allclose(asset.part_mesh("top").extents, 0.02, atol=1e-6)
    larger = load_cut_object(root, "toy/table", scale_to_metres=0.2)
    np.testing.assert_allclose(larger.mesh.extents, [0.8, 0.2, 0.2], atol=1e-6)


def test_vertex_labels_cut_a_mesh_and_y_up_is_turned(catalogue: Catalogue) -> None:
    bottle = trimesh.creation.cylinder(radius=0.1, height=1.0).subdivide()
    bottle.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    label = np.where(bottle.vertices[:, 1] > 0.4, 6, 5)
    lines = [f"v {x} {y} {z} {k}" for (x, y, z), k in zip(bottle.vertices, label, strict=True)]
    lines += [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in bottle.faces]
    parts = [{"name": "Wrap", "vertex_label": 5}, {"name": "Twist", "vertex_label": 6}]
    labels = {"file": "data.json", "key": "mesh"}
    root = catalogue("affordpose/toy", {"parts": parts, "labels": labels})
    (root / "box" / "data.json").write_text(json.dumps({"mesh": "\n".join(lines)}))
    asset = load_cut_object(root, "affordpose/toy", part_names={"Twist": "cap"})
    assert asset.mesh.extents.argmax() == 2
    assert asset.part_mesh("cap").centre[2] > asset.part_mesh("Wrap").centre[2]
    assert len(asset.mesh.faces) == len(bottle.faces)


def test_an_unknown_object_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(InputError, match="toy/chair"):
        load_cut_object(catalogue("toy/table", {"parts": []}), "toy/chair")


@needs_data
def test_every_cut_case_has_its_part_and_a_household_size() -> None:
    root = Path(os.environ["HANDHOLD_DEV_DATA"])
    cases = [case for case in read_cases(root) if case.is_cut]
    assert len(cases) == 26
    for case in cases:
        asset = load_case(root, case)
        part = asset.part_mesh(case.part)
        assert len(part.faces) > 0, case.id
        assert 0.05 < asset.mesh.extents.max() < 0.75, case.id
        np.testing.assert_allclose(asset.mesh.centre, 0.0, atol=1e-9)


@needs_data
@pytest.mark.parametrize(
    "object_id, part",
    [
        ("graspxl/WineBottle_24feb92770933b1663995fb119e59971", "body"),
        ("contactdb/knife", "handle"),
        ("metaworld/drawer", "handle"),
        ("affordpose/bottle", "Wrap-grasp"),
    ],
)
def test_bottles_and_handles_are_solid(object_id: str, part: str) -> None:
    asset = load_cut_object(Path(os.environ["HANDHOLD_DEV_DATA"]), object_id)
    mesh = asset.part_mesh(part)
    just_below = mesh.face_centres - 1e-3 * _outward(asset.mesh, mesh)
    assert np.average(inside(asset.mesh, just_below), weights=mesh.face_areas) > 0.8


@needs_data
def test_a_whole_object_of_unknown_unit_gets_its_size() -> None:
    root = Path(os.environ["HANDHOLD_DEV_DATA"])
    kettle = next(case for case in read_cases(root) if case.largest_side_m)
    assert isinstance(kettle, Case)
    asset = load_case(root, kettle, decompose=False)
    assert asset.mesh.extents.max() == pytest.approx(0.25, rel=1e-3)


def _outward(whole: TriMesh, part: TriMesh) -> np.ndarray:
    """Face normals of `part`, turned to the side that is outside `whole`."""
    ahead = inside(whole, part.face_centres + 1e-3 * part.face_normals)
    return np.where(ahead[:, None], -part.face_normals, part.face_normals)
