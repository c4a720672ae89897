"""The condition: origin, scale, size and rest, and how they turn with the object."""

from __future__ import annotations

import math

import pytest
import torch

from handhold.models import make_condition, part_centre
from handhold.spatial import axis_angle_to_matrix

CLUSTER = torch.tensor([0, 1])


def _part() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(2, 50, 3, generator=generator) * torch.tensor([0.1, 0.04, 0.2]) + 0.5
    normals = torch.nn.functional.normalize(torch.randn(2, 50, 3, generator=generator), dim=-1)
    return points, normals


def test_the_cloud_fits_the_unit_sphere_and_the_scale_undoes_it() -> None:
    points, normals = _part()
    condition = make_condition(points, normals, None, CLUSTER)
    xyz, scale = condition.points[..., :3], condition.points[..., 6:]
    torch.testing.assert_close(xyz.norm(dim=-1).amax(1), torch.ones(2))
    back = (xyz * scale + condition.centre[:, None]).sort(1).values
    torch.testing.assert_close(back, points.sort(1).values)


def test_the_origin_is_the_centre_of_the_box_and_the_size_is_the_box() -> None:
    points, normals = _part()
    condition = make_condition(points, normals, None, CLUSTER, n_points=8)
    torch.testing.assert_close(condition.centre, part_centre(points))
    torch.testing.assert_close(condition.size, points.amax(1) - points.amin(1))
    assert condition.points.shape == (2, 8, 7)


def test_moving_the_object_moves_only_the_centre() -> None:
    points, normals = _part()
    rest, shift = torch.full((2, 3), 0.7), torch.tensor([0.2, -0.1, 0.4])
    here = make_condition(points, normals, rest, CLUSTER)
    there = make_condition(points + shift, normals, rest + shift, CLUSTER)
    torch.testing.assert_close(there.centre, here.centre + shift)
    for name in ("points", "rest", "size"):
        torch.testing.assert_close(getattr(there, name), getattr(here, name), atol=1e-5, rtol=1e-4)


def test_no_rest_means_zero() -> None:
    points, normals = _part()
    rest = torch.full((2, 3), 0.7)
    rest[1] = torch.nan
    condition = make_condition(points, normals, rest, CLUSTER)
    assert condition.rest[0].abs().min() > 0.05
    assert torch.equal(condition.rest[1], torch.zeros(3))
    assert torch.equal(make_condition(points, normals, None, CLUSTER).rest, torch.zeros(2, 3))


def test_a_quarter_turn_turns_the_cloud_and_swaps_the_sides_of_the_box() -> None:
    points, normals = _part()
    rest = torch.full((2, 3), 0.7)
    turn = axis_angle_to_matrix(torch.tensor([0.0, 0.0, math.pi / 2]))
    here = make_condition(points, normals, rest, CLUSTER)
    there = make_condition(points @ turn.T, normals @ turn.T, rest @ turn.T, CLUSTER)
    close = {"atol": 1e-5, "rtol": 1e-4}
    torch.testing.assert_close(there.points[..., :3], here.points[..., :3] @ turn.T, **close)
    torch.testing.assert_close(there.points[..., 3:6], here.points[..., 3:6] @ turn.T, **close)
    torch.testing.assert_close(there.points[..., 6], here.points[..., 6], **close)
    torch.testing.assert_close(there.rest, here.rest @ turn.T, **close)
    torch.testing.assert_close(there.centre, here.centre @ turn.T, **close)
    torch.testing.assert_close(there.size, here.size[:, [1, 0, 2]], **close)


def test_the_size_is_measured_in_the_turned_frame() -> None:
    rod = torch.zeros(1, 20, 3)
    rod[0, :, 0] = torch.linspace(-0.1, 0.1, 20)
    turn = axis_angle_to_matrix(torch.tensor([0.0, 0.0, math.pi / 4]))
    condition = make_condition(rod @ turn.T, rod, None, torch.tensor([0]))
    expected = torch.tensor([[0.2, 0.2, 0.0]]) / math.sqrt(2)
    torch.testing.assert_close(condition.size, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("broken", ["nan", "normals", "cluster", "rest", "empty"])
def test_shapes_and_values_that_do_not_fit_are_refused(broken: str) -> None:
    points, normals = _part()
    rest, cluster = torch.zeros(2, 3), CLUSTER
    if broken == "nan":
        points[0, 0, 0] = torch.nan
    elif broken == "normals":
        normals = normals[:, :-1]
    elif broken == "cluster":
        cluster = torch.tensor([0.5, 0.5])
    elif broken == "rest":
        rest = rest[:1]
    else:
        points, normals = points[:, :0], normals[:, :0]
    with pytest.raises(ValueError, match="points|normals|cluster|rest"):
        make_condition(points, normals, rest, cluster)
