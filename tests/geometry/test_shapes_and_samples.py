"""Meshes, samples, boxes and convex pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_shapes import box, cup, cylinder, single_layer_cup, sphere
from scipy.spatial.transform import Rotation

from handhold.cache import DiskCache
from handhold.geometry import (
    TriMesh,
    closest_points,
    concatenate,
    convex_pieces,
    nearest_piece,
    oriented_box,
    sample_surface,
)

OFF = DiskCache(None)


def test_arrays_of_a_mesh_cannot_be_changed_behind_its_back() -> None:
    vertices = np.eye(3)
    mesh = TriMesh(vertices, np.array([[0, 1, 2]]))
    vertices[:] = 7
    np.testing.assert_array_equal(mesh.vertices, np.eye(3))
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0, 0] = 1.0


def test_faces_that_index_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="3 vertices"):
        TriMesh(np.eye(3), np.array([[0, 1, 3]]))


def test_area_and_normals_of_a_box() -> None:
    mesh = box((1, 2, 3))
    assert mesh.area == pytest.approx(22)
    np.testing.assert_allclose(mesh.extents, [1, 2, 3])
    outward = (mesh.face_normals * mesh.face_centres).sum(axis=1)
    assert (outward > 0).all()
    assert ((mesh.vertex_normals * mesh.vertices).sum(axis=1) > 0).all()


def test_trimesh_there_and_back() -> None:
    mesh = cup()
    again = TriMesh.from_trimesh(mesh.to_trimesh())
    np.testing.assert_array_equal(again.vertices, mesh.vertices)
    np.testing.assert_array_equal(again.faces, mesh.faces)


def test_a_submesh_and_the_rest_make_the_whole() -> None:
    mesh = cup()
    upper = mesh.face_centres[:, 2] > 0.05
    pieces = [mesh.submesh(upper), mesh.submesh(~upper)]
    assert sum(piece.area for piece in pieces) == pytest.approx(mesh.area)
    np.testing.assert_allclose(concatenate(pieces).bounds, mesh.bounds)


def test_samples_lie_on_their_faces_in_proportion_to_area() -> None:
    mesh = box((1, 2, 3))
    sample = sample_surface(mesh, 2200, seed=3)
    assert closest_points(mesh, sample.points).distance.max() < 1e-12
    np.testing.assert_allclose(sample.normals, mesh.face_normals[sample.faces])
    counts = np.bincount(sample.faces, minlength=12)
    np.testing.assert_allclose(counts / 2200, mesh.face_areas / mesh.area, atol=1e-3)


def test_samples_repeat_for_a_seed_and_any_first_few_cover_the_surface() -> None:
    mesh = sphere(0.05)
    sample = sample_surface(mesh, 1000, seed=5)
    np.testing.assert_array_equal(sample.points, sample_surface(mesh, 1000, seed=5).points)
    assert not np.array_equal(sample.points, sample_surface(mesh, 1000, seed=6).points)
    assert np.linalg.norm(sample.points[:200].mean(axis=0)) < 0.01


def test_masked_faces_are_not_sampled() -> None:
    mesh = box((1, 2, 3))
    where = np.arange(12) % 2 == 1
    assert set(sample_surface(mesh, 300, where=where).faces.tolist()) <= {1, 3, 5, 7, 9, 11}
    with pytest.raises(ValueError, match="without area"):
        sample_surface(mesh, 3, where=np.zeros(12, bool))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_an_oriented_box_turns_with_its_points(seed: int) -> None:
    sides = np.array([0.3, 0.2, 0.1])
    turn = Rotation.random(random_state=seed).as_matrix()
    points = box(tuple(sides)).vertices @ turn.T + [1, 2, 3]
    found = oriented_box(points)
    np.testing.assert_allclose(found.lengths, sides, atol=1e-6)
    np.testing.assert_allclose(found.centre, [1, 2, 3], atol=1e-6)
    np.testing.assert_allclose(np.abs(found.axes @ turn), np.eye(3), atol=1e-4)
    assert np.linalg.det(found.axes) == pytest.approx(1)
    assert (
        np.abs(points - found.centre).max() <= np.abs(found.corners() - found.centre).max() + 1e-9
    )


@pytest.mark.parametrize("lengths", [(0.2, 0.1, 0.0), (0.2, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_flat_and_thin_points_have_flat_boxes(lengths: tuple[float, float, float]) -> None:
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 3)) * lengths
    points[:8] = box((1, 1, 1)).vertices / 2 * 2 * np.array(lengths)
    found = oriented_box(points)
    np.testing.assert_allclose(found.lengths, lengths, atol=1e-9)


def test_a_convex_body_is_one_piece_and_a_cross_several() -> None:
    assert len(convex_pieces(cylinder(0.03, 0.1), threshold=0.1, cache=OFF)) == 1
    cross = concatenate([box((0.2, 0.03, 0.03)), box((0.03, 0.2, 0.03))])
    pieces = convex_pieces(cross, threshold=0.05, cache=OFF)
    assert len(pieces) > 1
    ends = np.array([[0.09, 0, 0], [-0.09, 0, 0], [0, 0.09, 0], [0, -0.09, 0]])
    assert len(set(nearest_piece(pieces, ends).tolist())) > 1
    for piece in pieces:
        assert piece.to_trimesh().is_watertight
        assert piece.to_trimesh().is_convex


def test_convex_pieces_of_an_open_sheet_cover_it() -> None:
    mesh = single_layer_cup()
    pieces = convex_pieces(mesh, cache=OFF)
    corners = np.concatenate([piece.vertices for piece in pieces])
    np.testing.assert_allclose(corners.min(axis=0), mesh.bounds[0], atol=0.006)
    np.testing.assert_allclose(corners.max(axis=0), mesh.bounds[1], atol=0.006)
