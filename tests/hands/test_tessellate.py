"""Primitives and CAD meshes become closed surfaces of small triangles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from handhold.geometry import TriMesh, concatenate
from handhold.geometry.convex import convex_hull
from handhold.hands import tessellate
from handhold.hands.watertight import (
    HULL,
    closed_surface,
    depth_within,
    fitted_surface,
    is_manifold,
    within,
)

MARKER = 0.004


def volume(mesh: TriMesh) -> float:
    a, b, c = mesh.triangles.transpose(1, 0, 2)
    return float(np.einsum("fi,fi->", a, np.cross(b, c))) / 6.0


def longest_edge(mesh: TriMesh) -> float:
    corners = mesh.triangles
    return float(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max())


BOX = tessellate.box(np.array([0.02, 0.01, 0.03]))
SHAPES = {
    "box": (BOX, 8 * 0.02 * 0.01 * 0.03),
    "sphere": (tessellate.ellipsoid(np.full(3, 0.02)), 4 / 3 * math.pi * 0.02**3),
    "ellipsoid": (
        tessellate.ellipsoid(np.array([0.01, 0.02, 0.03])),
        4 / 3 * math.pi * 0.01 * 0.02 * 0.03,
    ),
    "capsule": (
        tessellate.capsule(0.01, 0.02),
        4 / 3 * math.pi * 0.01**3 + math.pi * 0.01**2 * 0.04,
    ),
    "cylinder": (tessellate.cylinder(0.01, 0.02), math.pi * 0.01**2 * 0.04),
}


@pytest.mark.parametrize("name", SHAPES)
def test_primitives_are_closed_outward_and_of_their_volume(name: str) -> None:
    mesh, expected = SHAPES[name]
    assert is_manifold(mesh.faces)
    assert volume(mesh) == pytest.approx(expected, rel=0.02)
    assert np.abs(mesh.centre).max() < 1e-9


def test_a_capsule_has_its_length_and_width() -> None:
    assert tessellate.capsule(0.01, 0.02).extents == pytest.approx([0.02, 0.02, 0.06], rel=1e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_splitting_edges_keeps_the_surface_and_shortens_every_edge(name: str) -> None:
    mesh, _ = SHAPES[name]
    fine = tessellate.edges_split(mesh, 0.003)
    assert longest_edge(fine) <= 0.003
    assert is_manifold(fine.faces)
    assert volume(fine) == pytest.approx(volume(mesh), rel=1e-9)
    assert fine.area == pytest.approx(mesh.area, rel=1e-9)


def test_short_edges_are_left_alone() -> None:
    assert tessellate.edges_split(BOX, 1.0).faces.tolist() == BOX.faces.tolist()


@pytest.mark.parametrize("missing", [(0,), (0, 1), (0, 5), (2, 3, 7)])
def test_holes_are_filled(missing: tuple[int, ...]) -> None:
    faces = np.delete(BOX.faces, missing, axis=0)
    filled = tessellate.holes_filled(TriMesh(BOX.vertices, faces))
    assert is_manifold(filled.faces)
    assert volume(filled) == pytest.approx(volume(BOX), rel=0.5)


def test_a_box_with_a_missing_triangle_is_closed_exactly() -> None:
    opened = TriMesh(BOX.vertices, BOX.faces[1:])
    found = closed_surface(opened, MARKER)
    assert found is not None
    assert not found.how
    assert volume(found.mesh) == pytest.approx(volume(BOX), rel=1e-9)


def test_an_inverted_shape_is_turned_outwards() -> None:
    found = closed_surface(TriMesh(BOX.vertices, BOX.faces[:, ::-1]), MARKER)
    assert found is not None
    assert volume(found.mesh) == pytest.approx(volume(BOX), rel=1e-9)


def test_frame_markers_and_inner_parts_are_dropped() -> None:
    marker = tessellate.box(np.full(3, 0.001)).transformed(np.eye(3), np.array([0.1, 0, 0]))
    inner = tessellate.box(np.array([0.01, 0.005, 0.02]))
    found = closed_surface(concatenate([BOX, marker, inner]), MARKER)
    assert found is not None
    assert found.mesh.extents == pytest.approx(BOX.extents)
    assert volume(found.mesh) == pytest.approx(volume(BOX), rel=1e-9)


def test_pieces_beside_each_other_are_kept() -> None:
    beside = BOX.transformed(np.eye(3), np.array([0.1, 0, 0]))
    found = closed_surface(concatenate([BOX, beside]), MARKER)
    assert found is not None
    assert volume(found.mesh) == pytest.approx(2 * volume(BOX), rel=1e-9)


def test_an_edge_with_three_faces_gives_a_hull() -> None:
    fin = np.concatenate([BOX.vertices, [[0.0, 0.0, 0.06]]])
    faces = np.concatenate([BOX.faces[2:], [[0, 1, 8], [0, 2, 8], [0, 4, 8]]])
    found = closed_surface(TriMesh(fin, faces), MARKER)
    assert found is not None
    assert is_manifold(found.mesh.faces)
    hull = convex_hull(fin)
    assert hull is not None
    assert volume(found.mesh) <= volume(hull) * 1.05
    assert found.how != HULL or volume(found.mesh) == pytest.approx(volume(hull), rel=1e-6)


def test_a_flat_sheet_has_no_volume() -> None:
    flat = TriMesh(np.array([[0, 0, 0], [0.05, 0, 0], [0, 0.05, 0]]), np.array([[0, 1, 2]]))
    assert closed_surface(flat, MARKER) is None


def test_a_dense_mesh_gets_as_few_faces_as_its_area_asks_for() -> None:
    ball = tessellate.edges_split(tessellate.ellipsoid(np.full(3, 0.03)), 0.002)
    fitted = fitted_surface(ball, 12e-6, 0.01)
    assert len(fitted.faces) < 1.5 * ball.area / 12e-6 < 0.5 * len(ball.faces)
    assert is_manifold(fitted.faces)
    assert volume(fitted) == pytest.approx(volume(ball), rel=0.02)


def test_depth_within_a_box_is_the_distance_to_its_nearest_side() -> None:
    points = np.array([[0, 0, 0], [0.015, 0, 0], [0, 0, 0.025], [0, 0.02, 0]])
    assert depth_within(BOX, points) == pytest.approx([0.01, 0.005, 0.005, -0.01])
    assert within(BOX, points).tolist() == [True, True, True, False]
