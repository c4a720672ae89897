"""Fast ways to a result, each beside the slow one that it stands for: the same to the bit."""

from __future__ import annotations

from pathlib import Path

import igl
import numpy as np
import pytest
from known_shapes import bottle, box, cup, single_layer_cup, sphere, without_some_faces

from handhold.cache import DiskCache
from handhold.geometry import (
    TriMesh,
    closest_points,
    concatenate,
    convex_decomposition,
    convex_hull,
    convex_pieces,
    read_solid,
    signed_distance,
)
from handhold.geometry.coarse import farther_than
from handhold.geometry.mesh import unit_rows
from handhold.geometry.repair import repair

SHAPES = {
    "box": box((0.06, 0.1, 0.14)),
    "cup": cup(),
    "single layer": single_layer_cup(),
    "bottle": bottle(),
    "torn ball": without_some_faces(sphere(0.05), 0.1),
    "box in a ball": concatenate([sphere(0.08), box((0.04, 0.05, 0.03))]),
}


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> TriMesh:
    return SHAPES[request.param]


def _around(mesh: TriMesh, count: int = 3000) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.uniform(mesh.bounds[0] - 0.03, mesh.bounds[1] + 0.03, (count, 3))


def test_a_remembered_tree_answers_as_a_new_one(shape: TriMesh) -> None:
    points = _around(shape)
    squared, face, point = igl.point_mesh_squared_distance(points, shape.vertices, shape.faces)
    for _ in range(2):
        found = closest_points(shape, points)
        np.testing.assert_array_equal(found.distance, np.sqrt(squared))
        np.testing.assert_array_equal(found.face, face)
        np.testing.assert_array_equal(found.point, point)


def test_a_remembered_hierarchy_answers_as_a_new_one(shape: TriMesh) -> None:
    solid, points = read_solid(shape), _around(shape)
    wanted = np.zeros(len(points))
    if len(solid.wall):
        wanted = igl.fast_winding_number(solid.vertices, np.array(solid.wall), points)
    for _ in range(2):
        np.testing.assert_array_equal(solid.winding_number(points), wanted)


def test_signed_distance_is_put_together_from_bodies_and_sheets(shape: TriMesh) -> None:
    solid, points = read_solid(shape), _around(shape)
    wanted = np.full(len(points), np.inf)
    bodies = ~solid.shell & ~solid.hidden & ~solid.skipped
    if bodies.any():
        to_bodies = _distance(shape, bodies, points)
        wanted = np.where(solid.encloses(points), -to_bodies, to_bodies)
    if solid.shell.any():
        to_sheets = _distance(shape, solid.shell, points)
        wanted = np.minimum(wanted, to_sheets - solid.shell_half_thickness)
    np.testing.assert_array_equal(signed_distance(shape, points), wanted)


def _distance(mesh: TriMesh, faces: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.sqrt(igl.point_mesh_squared_distance(points, mesh.vertices, mesh.faces[faces])[0])


@pytest.mark.parametrize("limit", [0.0, 0.002, 0.011, 0.2])
def test_bounds_decide_as_every_node_measured_does(shape: TriMesh, limit: float) -> None:
    lower, spacing, counts = shape.bounds[0] - 0.02, 0.0061, (23, 26, 37)
    asked = []

    def distance(points: np.ndarray) -> np.ndarray:
        asked.append(len(points))
        return closest_points(shape, points).distance

    found = farther_than(distance, limit, lower, counts, spacing)
    nodes = lower + np.indices(counts).reshape(3, -1).T * spacing
    wanted = closest_points(shape, nodes).distance > limit
    np.testing.assert_array_equal(found, wanted.reshape(counts))
    assert sum(asked) < len(nodes)


def test_a_repaired_mesh_is_read_back_as_it_was(shape: TriMesh, tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    fresh = repair(shape, 40_000, cache=DiskCache(None))
    for _ in range(2):
        found = repair(shape, 40_000, cache=cache)
        for name in ("vertices", "faces"):
            np.testing.assert_array_equal(getattr(found.mesh, name), getattr(fresh.mesh, name))
        np.testing.assert_array_equal(found.source, fresh.source)
        np.testing.assert_array_equal(found.hidden, fresh.hidden)
        assert found.notes == fresh.notes
        kept, wanted = read_solid(found.mesh), read_solid(fresh.mesh)
        for name in ("vertices", "wall", "flip", "shell", "hidden", "skipped"):
            np.testing.assert_array_equal(getattr(kept, name), getattr(wanted, name))
        assert kept.closed is wanted.closed


def test_a_repaired_mesh_is_not_worked_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, mesh = DiskCache(tmp_path), cup()
    repair(mesh, 40_000, cache=cache)
    monkeypatch.setattr("handhold.geometry.repair._repaired", None)
    repair(mesh, 40_000, cache=cache)
    with pytest.raises(TypeError):
        repair(mesh, 50, cache=cache)


def test_corners_are_drawn_in_piece_by_piece_or_all_at_once() -> None:
    mesh, off = single_layer_cup(), DiskCache(None)
    pieces = [_drawn_in(mesh, piece) for piece in convex_pieces(mesh, cache=off)]
    found = convex_decomposition(mesh, cache=off).pieces
    assert len(found) == len(pieces)
    for one, other in zip(found, pieces, strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)
        np.testing.assert_array_equal(one.faces, other.faces)


def _drawn_in(mesh: TriMesh, piece: TriMesh) -> TriMesh:
    out = signed_distance(mesh, piece.vertices)
    away = unit_rows(piece.vertices - closest_points(mesh, piece.vertices).point)
    hull = convex_hull(piece.vertices - np.maximum(out, 0.0)[:, None] * away)
    return piece if hull is None else hull
