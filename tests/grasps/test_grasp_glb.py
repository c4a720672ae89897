"""The .glb of a grasp, read back by another library and by its own bytes."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh

from handhold.errors import InputError
from handhold.grasps import write_grasp_glb

HAND = trimesh.creation.icosphere(subdivisions=1, radius=40.0)
OBJECT = trimesh.creation.box((100.0, 200.0, 50.0))


def _write(path: Path, **options: object) -> Path:
    return write_grasp_glb(
        path, HAND.vertices, HAND.faces, OBJECT.vertices, OBJECT.faces, **options
    )


def _json_chunk(path: Path) -> dict:
    data = path.read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack("<I4s", data[12:20])
    assert kind == b"JSON" and size % 4 == 0
    return json.loads(data[20 : 20 + size])


def test_two_named_nodes_hang_under_one_root_that_carries_the_factor(tmp_path: Path) -> None:
    path = _write(tmp_path / "g.glb", scale_to_metres=0.001, unit="mm", extras={"rank": 1})
    document = _json_chunk(path)
    root, *children = document["nodes"]
    assert document["scenes"][0]["nodes"] == [0]
    assert [document["nodes"][index]["name"] for index in root["children"]] == ["hand", "object"]
    assert all("matrix" not in child for child in children)
    assert root["extras"] == {"scale_to_metres": 0.001, "unit": "mm", "up": "z", "rank": 1}
    views = document["bufferViews"]
    assert all(view["byteOffset"] % 4 == 0 for view in views)
    assert sum(view["byteLength"] for view in views) == document["buffers"][0]["byteLength"]


def test_vertices_are_stored_in_the_users_coordinates(tmp_path: Path) -> None:
    scene = trimesh.load_scene(_write(tmp_path / "g.glb", scale_to_metres=0.001, unit="mm"))
    assert {"hand", "object"} <= set(scene.graph.nodes_geometry)
    for name, mesh in (("hand", HAND), ("object", OBJECT)):
        stored = scene.geometry[scene.graph[name][1]]
        assert np.allclose(np.sort(stored.vertices, 0), np.sort(mesh.vertices, 0), atol=1e-4)
        assert stored.volume == pytest.approx(mesh.volume, rel=1e-5)


@pytest.mark.parametrize(("up", "axis"), [("x", 0), ("y", 1), ("z", 2)])
def test_the_world_is_metres_and_y_up(up: str, axis: int, tmp_path: Path) -> None:
    path = _write(tmp_path / "g.glb", scale_to_metres=0.001, unit="mm", up=up)
    scene = trimesh.load_scene(path)
    matrix, name = scene.graph["object"]
    placed = scene.geometry[name].copy().apply_transform(matrix)
    assert placed.extents[1] == pytest.approx(0.001 * OBJECT.extents[axis])
    up_in_world = matrix[:3, :3] @ np.eye(3)[axis]
    assert np.allclose(up_in_world, [0, 0.001, 0], atol=1e-12)
    assert np.linalg.det(matrix[:3, :3]) > 0


def test_the_contact_part_has_its_own_colour(tmp_path: Path) -> None:
    contact = np.arange(len(OBJECT.faces)) < 2
    scene = trimesh.load_scene(_write(tmp_path / "g.glb", contact_faces=contact))
    mesh = scene.geometry[scene.graph["object"][1]]
    assert len(mesh.faces) == len(OBJECT.faces)
    assert len(np.unique(mesh.visual.vertex_attributes["color"], axis=0)) == 2
    hand = scene.geometry[scene.graph["hand"][1]]
    assert np.allclose(hand.vertex_normals, HAND.vertex_normals, atol=0.1)


def test_numbers_that_were_not_measured_are_null(tmp_path: Path) -> None:
    extras = {"metrics": {"depth_cm": float("nan"), "share": np.float32(0.5)}}
    document = _json_chunk(_write(tmp_path / "g.glb", extras=extras))
    assert document["nodes"][0]["extras"]["metrics"] == {"depth_cm": None, "share": 0.5}


def test_a_place_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        _write(tmp_path / "file" / "g.glb")
