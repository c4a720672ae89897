"""Signed distances: closed forms, and the right sign however the mesh was made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from known_shapes import (
    bottle,
    box,
    cup,
    cylinder,
    double_sided,
    shuffled_winding,
    single_layer_cup,
    sphere,
    without_some_faces,
)

from handhold.geometry import (
    TriMesh,
    box_distance,
    closest_points,
    concatenate,
    cylinder_distance,
    inside,
    read_solid,
    sample_surface,
    signed_distance,
    sphere_distance,
)

SIDES = (0.06, 0.1, 0.14)


def around(mesh: TriMesh, count: int = 4000, margin: float = 0.03, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.uniform(mesh.bounds[0] - margin, mesh.bounds[1] + margin, (count, 3))


def test_box_distance_is_the_closed_form() -> None:
    points = around(box(SIDES))
    expected = box_distance(points, np.array(SIDES) / 2)
    np.testing.assert_allclose(signed_distance(box(SIDES), points), expected, atol=1e-9)


def test_sphere_distance_is_the_closed_form_up_to_tessellation() -> None:
    ball = sphere(0.05, subdivisions=5)
    points = around(ball)
    expected = sphere_distance(points, np.zeros(3), 0.05)
    np.testing.assert_allclose(signed_distance(ball, points), expected, atol=4e-5)


def test_cylinder_distance_is_the_closed_form_up_to_tessellation() -> None:
    can = cylinder(0.03, 0.12, sections=512)
    points = around(can)
    expected = cylinder_distance(points, 0.03, 0.06)
    np.testing.assert_allclose(signed_distance(can, points), expected, atol=2e-6)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda mesh: TriMesh(mesh.vertices, mesh.faces[:, ::-1]), id="inverted"),
        pytest.param(double_sided, id="double-sided"),
        pytest.param(shuffled_winding, id="random-winding"),
        pytest.param(lambda mesh: mesh.submesh(np.arange(len(mesh.faces))), id="packed"),
        pytest.param(lambda mesh: TriMesh.from_trimesh(_soup(mesh)), id="unmerged-soup"),
    ],
)
def test_the_sign_does_not_depend_on_how_faces_are_wound_or_stored(
    spoil: Callable[[TriMesh], TriMesh],
) -> None:
    whole = box(SIDES)
    points = around(whole)
    expected = box_distance(points, np.array(SIDES) / 2)
    np.testing.assert_allclose(signed_distance(spoil(whole), points), expected, atol=1e-9)


def test_a_mesh_with_holes_keeps_its_inside() -> None:
    ball = without_some_faces(sphere(0.05), share=0.05)
    points = around(ball, 6000)
    deep = np.abs(sphere_distance(points, np.zeros(3), 0.05)) > 0.004
    expected = sphere_distance(points, np.zeros(3), 0.05) < 0
    np.testing.assert_array_equal(inside(ball, points)[deep], expected[deep])


def test_overlapping_bodies_are_one_solid() -> None:
    first, second = box((0.1, 0.04, 0.04)), box((0.04, 0.1, 0.04), (0.02, 0.0, 0.001))
    points = around(concatenate([first, second]))
    expected = inside(first, points) | inside(second, points)
    np.testing.assert_array_equal(inside(concatenate([first, second]), points), expected)


def test_a_body_swallowed_by_another_makes_no_surface_inside() -> None:
    outer, swallowed = box((0.1, 0.1, 0.1)), box((0.02, 0.02, 0.02))
    both = concatenate([outer, swallowed])
    points = around(both)
    np.testing.assert_allclose(
        signed_distance(both, points), box_distance(points, np.full(3, 0.05)), atol=1e-9
    )
    assert read_solid(both).hidden.sum() == 12


def test_the_cavity_of_a_cup_is_outside_and_its_wall_inside() -> None:
    for mesh in (cup(), double_sided(cup()), without_some_faces(cup(), 0.03)):
        coffee = np.array([[0, 0, 0.03], [0.02, 0.01, 0.06], [0, 0, 0.09], [0, 0, 0.12]])
        wall = np.array([[0.038, 0, 0.05], [0, -0.038, 0.07], [0.01, 0.01, 0.002]])
        assert not inside(mesh, coffee).any()
        assert inside(mesh, wall).all()


def test_a_single_layer_cup_is_a_shell_of_assumed_thickness() -> None:
    mesh = single_layer_cup()
    solid = read_solid(mesh)
    assert solid.shell.all()
    points = around(mesh)
    unsigned = closest_points(mesh, points).distance
    np.testing.assert_allclose(signed_distance(mesh, points), unsigned - 0.00075, atol=1e-12)
    assert not inside(mesh, np.array([[0.0, 0.0, 0.05]])).any()


def test_a_bottle_with_a_narrow_mouth_is_solid() -> None:
    liquid = np.array([[0, 0, 0.02], [0.03, 0, 0.1], [0, 0, 0.14]])
    outside = np.array([[0.05, 0, 0.1], [0, 0.02, 0.22], [0, 0, -0.01]])
    for mesh in (bottle(), shuffled_winding(bottle()), double_sided(bottle())):
        assert inside(mesh, liquid).all()
        assert not inside(mesh, outside).any()


def test_a_cavity_that_cannot_be_reached_counts_as_inside() -> None:
    hollow = concatenate(
        [box(SIDES), TriMesh(box(SIDES).vertices * 0.8, box(SIDES).faces[:, ::-1])]
    )
    points = around(hollow)
    expected = box_distance(points, np.array(SIDES) / 2)
    np.testing.assert_allclose(signed_distance(hollow, points), expected, atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_distance_changes_no_faster_than_the_point_moves(seed: int) -> None:
    mesh = without_some_faces(cup(), 0.03)
    first = around(mesh, 300, seed=seed)
    second = first + np.random.default_rng(seed).normal(scale=0.002, size=first.shape)
    unsigned = closest_points(mesh, np.concatenate([first, second])).distance
    step = np.linalg.norm(first - second, axis=1)
    assert (np.abs(unsigned[:300] - unsigned[300:]) <= step + 1e-12).all()


def test_inside_is_a_negative_signed_distance() -> None:
    for mesh in (cup(), single_layer_cup(), without_some_faces(bottle(), 0.02)):
        points = around(mesh, 3000)
        np.testing.assert_array_equal(inside(mesh, points), signed_distance(mesh, points) < 0)


def test_closest_points_agree_with_brute_force() -> None:
    mesh = cup()
    points = around(mesh, 100)
    found = closest_points(mesh, points)
    dense = sample_surface(mesh, 200_000).points
    brute = np.array([np.linalg.norm(dense - point, axis=1).min() for point in points])
    np.testing.assert_allclose(found.distance, brute, atol=1e-3)
    assert (found.distance <= brute + 1e-12).all()
    np.testing.assert_allclose(np.linalg.norm(found.point - points, axis=1), found.distance)


def test_no_queries_give_no_answers_and_no_faces_an_error() -> None:
    assert signed_distance(box(SIDES), np.zeros((0, 3))).shape == (0,)
    with pytest.raises(ValueError, match="without faces"):
        signed_distance(TriMesh(np.zeros((3, 3)), np.zeros((0, 3), int)), np.zeros((1, 3)))


def _soup(mesh: TriMesh) -> trimesh.Trimesh:
    corners = mesh.triangles.reshape(-1, 3)
    return trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3), process=False)
