"""Contact map, depths, correspondences and wrenches against closed forms and naive twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import trimesh
from torch import Tensor

from handhold.contact import (
    Correspondence,
    contact_map,
    depth_of_surface_points,
    find_correspondence,
    force_closure_residual,
    literal_penetration,
    skin_depth,
    sphere_depth,
    wrench_matrix,
)
from handhold.contact.penetration import all_distances
from handhold.spatial import random_rotations

RADIUS = 0.03


def _double(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _ball_hand(subdivisions: int = 3) -> tuple[Tensor, Tensor]:
    """Skin (1, V, 3) and normals of a ball of `RADIUS` about the origin."""
    ball = trimesh.creation.icosphere(subdivisions, RADIUS)
    vertices = torch.tensor(np.array(ball.vertices))[None]
    return vertices, vertices / RADIUS


def _spread(count: int, generator: torch.Generator) -> Tensor:
    directions = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    return directions / directions.norm(dim=1, keepdim=True)


def test_contact_is_one_at_the_surface_and_inside() -> None:
    assert contact_map(_double(0.0, -0.001, -1.0)).tolist() == [1.0, 1.0, 1.0]


def test_contact_is_a_quarter_at_a_centimetre() -> None:
    expected = 1.0 - 2.0 * (1.0 / (1.0 + math.exp(-2.0)) - 0.5)
    assert float(contact_map(_double(0.01))) == pytest.approx(expected)
    assert expected == pytest.approx(0.24, abs=0.005)


def test_contact_falls_with_distance_to_zero() -> None:
    values = contact_map(torch.linspace(0.0, 0.1, 200, dtype=torch.float64))
    assert (values[1:] < values[:-1]).all()
    assert float(values[-1]) < 1e-6


def test_skin_depth_counts_what_is_inside_beyond_the_slack() -> None:
    signed = _double(-0.003, -0.001, 0.002)
    torch.testing.assert_close(skin_depth(signed), _double(0.003, 0.001, 0.0))
    torch.testing.assert_close(skin_depth(signed, 0.002), _double(0.001, 0.0, 0.0))


def test_sphere_depth_lets_flesh_be_soft() -> None:
    signed, radius = _double([0.008, 0.006, -0.01]), _double(0.01, 0.01, 0.01)
    torch.testing.assert_close(sphere_depth(signed, radius), _double([0.0, 0.001, 0.017]))
    torch.testing.assert_close(sphere_depth(signed, radius, 1.0), _double([0.002, 0.004, 0.02]))


def test_correspondence_is_that_of_two_loops() -> None:
    generator = torch.Generator().manual_seed(0)
    points = 0.1 * torch.rand(60, 3, generator=generator, dtype=torch.float64)
    vertices = 0.1 * torch.rand(2, 40, 3, generator=generator, dtype=torch.float64)
    found = find_correspondence(points, vertices, within=0.02, keep=25)
    assert found.point.shape == found.vertex.shape == found.mask.shape == (2, 25)
    for row in range(2):
        nearest = [min((float((p - v).norm()), k) for k, v in enumerate(vertices[row]))
                   for p in points]  # fmt: skip
        order = sorted(range(60), key=lambda i: nearest[i][0])[:25]
        assert found.point[row].tolist() == order
        assert found.vertex[row].tolist() == [nearest[i][1] for i in order]
        assert found.mask[row].tolist() == [nearest[i][0] < 0.02 for i in order]


def test_trees_find_the_neighbours_that_all_distances_show() -> None:
    generator = torch.Generator().manual_seed(2)
    points = 0.1 * torch.rand(500, 3, generator=generator)
    vertices = 0.1 * torch.rand(4, 300, 3, generator=generator) + 0.04
    vertices[3] = torch.nan
    found = find_correspondence(points, vertices, within=0.02, keep=400)
    nearest, vertex = all_distances(points, vertices, 0.02)
    for row in range(3):
        near = nearest[row] < 0.02
        assert found.mask[row].sum() == near.sum() > 50
        chosen = found.point[row][found.mask[row]]
        assert set(chosen.tolist()) == set(torch.nonzero(near)[:, 0].tolist())
        assert torch.equal(found.vertex[row][found.mask[row]], vertex[row][chosen])
    assert not found.mask[3].any()


def test_correspondence_keeps_no_more_points_than_there_are() -> None:
    vertices, _ = _ball_hand(1)
    assert find_correspondence(torch.zeros(3, 3).double(), vertices, keep=99).point.shape == (1, 3)


def test_points_under_a_ball_of_skin_are_as_deep_as_they_are() -> None:
    vertices, normals = _ball_hand()
    generator = torch.Generator().manual_seed(1)
    depth = torch.linspace(-0.01, 0.01, 64, dtype=torch.float64)
    points = (RADIUS - depth[:, None]) * _spread(64, generator)
    pairs = find_correspondence(points, vertices)
    got = depth_of_surface_points(points, vertices, normals, pairs)[0]
    expected = depth.clamp(min=0)[pairs.point[0]]
    torch.testing.assert_close(got, expected, atol=3e-4, rtol=0)


def test_slack_is_taken_from_the_depth() -> None:
    vertices, normals = _ball_hand()
    points = 0.9 * vertices[0, :5]
    pairs = find_correspondence(points, vertices)
    got = depth_of_surface_points(points, vertices, normals, pairs, slack=0.001)
    torch.testing.assert_close(got, torch.full_like(got, 0.1 * RADIUS - 0.001))


def test_far_points_are_masked_out() -> None:
    vertices, normals = _ball_hand()
    points = _double([0.0, 0.0, 0.0])
    pairs = find_correspondence(points, vertices, within=0.5 * RADIUS)
    assert not pairs.mask.any()
    assert float(depth_of_surface_points(points, vertices, normals, pairs).sum()) == 0.0


def test_depth_of_one_pair_by_hand() -> None:
    vertices = _double([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    normals = _double([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    pairs = Correspondence(
        torch.tensor([[0]]), torch.tensor([[1]]), torch.ones(1, 1, dtype=torch.bool)
    )
    below = _double([1.2, 0.3, -0.25])
    assert float(depth_of_surface_points(below, vertices, normals, pairs)) == 0.25
    assert float(depth_of_surface_points(-below, vertices, normals, pairs)) == 0.0


def test_the_literal_reading_on_two_points_by_hand() -> None:
    points, point_normals = _double([0, 0, 0.0], [0, 0, 2.0]), _double([0, 0, 1.0], [0, 0, 1.0])
    vertices = _double([[0, 0, -0.5], [0, 0, 2.25]])
    vertex_normals = _double([[0, 0, -1.0], [0, 0, 1.0]])
    eq5, eq7 = literal_penetration(points, point_normals, vertices, vertex_normals)
    # eq. 5: 0 - (-0.5) = 0.5 and 2 - 2.25 < 0; eq. 7: (-0.5 - 0)(-1) = 0.5 and 2.25 - 2 = 0.25.
    assert (float(eq5), float(eq7)) == (0.5, 0.75)
    eq5, eq7 = literal_penetration(points, point_normals, vertices, vertex_normals, slack=0.3)
    assert (float(eq5), float(eq7)) == pytest.approx((0.2, 0.2))


def test_the_literal_reading_counts_hands_that_do_not_touch_at_all() -> None:
    vertices, normals = _ball_hand()
    far = vertices + _double([0.0, 0.0, 0.5])
    eq5, eq7 = literal_penetration(vertices[0], normals[0], far, normals)
    assert float(eq7) > 1.0
    assert float(skin_depth(far.norm(dim=-1) - RADIUS).sum()) == 0.0
    assert float(eq5) > 0.0


def test_a_wrench_is_force_and_scaled_torque() -> None:
    point, normal = _double([[1.0, 0.0, 0.0]]), _double([[0.0, 1.0, 0.0]])
    got = wrench_matrix(point, normal, torch.zeros(3, dtype=torch.float64), 0.5)
    assert got.tolist() == [[[0.0, 1.0, 0.0, 0.0, 0.0, 2.0]]]


def test_opposite_contacts_balance_and_one_alone_does_not() -> None:
    origin = torch.zeros(3, dtype=torch.float64)
    points, normals = _double([[0.02, 0, 0], [-0.02, 0, 0]]), _double([[-1.0, 0, 0], [1.0, 0, 0]])
    both = force_closure_residual(points, normals, torch.ones(1, 2).double(), origin)
    assert float(both) == pytest.approx(0.0, abs=1e-15)
    one = force_closure_residual(points, normals, _double([1.0, 0.0]), origin)
    assert float(one) == pytest.approx(1.0)


def test_opposite_forces_on_two_lines_leave_a_torque() -> None:
    points = _double([[0.02, 0.01, 0], [-0.02, -0.01, 0]])
    normals = _double([[-1.0, 0, 0], [1.0, 0, 0]])
    origin = torch.zeros(3, dtype=torch.float64)
    got = force_closure_residual(points, normals, torch.ones(1, 2).double(), origin, scale=0.05)
    assert float(got) == pytest.approx((0.01 / 0.05) ** 2)


def test_force_closure_cares_for_shares_not_for_scale_and_not_for_the_frame() -> None:
    generator = torch.Generator().manual_seed(3)
    points = 0.05 * _spread(8, generator)[None]
    normals, weights = _spread(8, generator)[None], torch.rand(1, 8, generator=generator).double()
    centre = _double(0.01, 0.0, -0.01)
    value = force_closure_residual(points, normals, weights, centre)
    torch.testing.assert_close(force_closure_residual(points, normals, 7 * weights, centre), value)
    turn = random_rotations(1, generator)[0].double()
    turned = force_closure_residual(points @ turn.T, normals @ turn.T, weights, turn @ centre)
    torch.testing.assert_close(turned, value, atol=1e-6, rtol=1e-5)


def test_without_any_contact_the_residual_is_zero_not_nan() -> None:
    points, normals = torch.zeros(1, 4, 3), torch.ones(1, 4, 3)
    assert float(force_closure_residual(points, normals, torch.zeros(1, 4), torch.zeros(3))) == 0.0
