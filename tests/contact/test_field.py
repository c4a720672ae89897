"""The object field of two balls and of a box against closed forms."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh

from handhold.contact import ObjectField, build_field
from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset

RADIUS, OFFSET = 0.03, 0.05
HALF = np.array([0.03, 0.02, 0.04])
SPACING = 0.004
TOLERANCE = 8e-4
"""Of a grid of 4 mm on a ball of 3 cm: h^2 / (4 R) and the facets' sagitta."""


def _ball(x: float) -> TriMesh:
    made = trimesh.creation.icosphere(3, RADIUS)
    return TriMesh(np.array(made.vertices) + [x, 0, 0], np.array(made.faces))


@pytest.fixture(scope="module")
def balls() -> ObjectField:
    parts = [("left", _ball(-OFFSET)), ("right", _ball(OFFSET))]
    asset = ObjectAsset.from_parts("balls", parts)
    return build_field(asset, "left", spacing=SPACING, points=600, reach=0.025)


@pytest.fixture(scope="module")
def block() -> ObjectField:
    box = TriMesh.from_trimesh(trimesh.creation.box(2 * HALF))
    asset = ObjectAsset.from_parts("block", [("all", box)])
    return build_field(asset, "all", spacing=SPACING, points=500, reach=0.02)


def _near_left(depth: float, count: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    """Points `depth` outside the left ball, and the outward directions there."""
    generator = torch.Generator().manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(count, 3, generator=generator), dim=1)
    return torch.tensor([-OFFSET, 0, 0]) + (RADIUS + depth) * directions, directions


@pytest.mark.parametrize("depth", [-0.006, -0.002, 0.0, 0.003, 0.006])
def test_signed_distance_is_negative_inside(balls: ObjectField, depth: float) -> None:
    points, _ = _near_left(depth)
    got = balls.signed(points)
    torch.testing.assert_close(got, torch.full_like(got, depth), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("depth", [-0.006, 0.006])
def test_part_distance_has_no_sign(balls: ObjectField, depth: float) -> None:
    points, _ = _near_left(depth)
    got = balls.to_part(points)
    torch.testing.assert_close(got, torch.full_like(got, abs(depth)), atol=TOLERANCE, rtol=0)


def test_the_part_distance_reaches_zero_on_the_surface_between_nodes(balls: ObjectField) -> None:
    """Without a sign the interpolated distance would stay up to half a cell above it."""
    on_part = balls.points[balls.on_part]
    assert float(balls.to_part(on_part).mean()) < 0.1 * balls.grid.spacing
    unsigned = replace(balls.grid, values=balls.grid.values.abs())
    assert float(unsigned.sample(on_part, 1).mean()) > 0.2 * balls.grid.spacing


def test_the_sign_of_the_part_channel_is_that_of_the_object_where_the_part_is_nearest(
    balls: ObjectField,
) -> None:
    signed, part = balls.grid.values[:2]
    assert (signed[part < 0] < 0).all()
    on_rest = balls.points[~balls.on_part]
    assert (balls.grid.sample(on_rest, 1) > 0).all()


def test_rest_distance_is_that_to_the_other_ball(balls: ObjectField) -> None:
    points = torch.tensor([[0.0, 0.0, 0.0], [0.005, 0.01, 0.0]])
    expected = ((points - torch.tensor([OFFSET, 0, 0])).norm(dim=1) - RADIUS).abs()
    torch.testing.assert_close(balls.to_rest(points), expected, atol=0.003, rtol=0)


def test_normals_are_radial(balls: ObjectField) -> None:
    points, directions = _near_left(0.002)
    assert ((balls.normal(points) * directions).sum(1) > 0.99).all()


def test_normals_of_the_grid_are_those_of_six_look_ups(balls: ObjectField) -> None:
    points = torch.tensor([[-OFFSET, 0.0, 0.0]]) + 1.05 * RADIUS * torch.nn.functional.normalize(
        torch.randn(200, 3, generator=torch.Generator().manual_seed(0)), dim=-1
    )
    cosine = (balls.grid_normal(points) * balls.normal(points)).sum(-1)
    assert cosine.min() > 0.995 and cosine.mean() > 0.999


def test_far_from_the_grid_the_distance_still_grows(balls: ObjectField) -> None:
    line = torch.stack([torch.tensor([-OFFSET - 0.03 * k, 0.0, 0.0]) for k in range(1, 12)])
    signed = balls.signed(line)
    assert (signed[1:] > signed[:-1]).all()


def test_samples_lie_on_the_surface_in_reach(balls: ObjectField) -> None:
    assert len(balls.points) <= 600
    assert balls.points.dtype == torch.float32
    torch.testing.assert_close(
        balls.signed(balls.points), torch.zeros(len(balls.points)), atol=TOLERANCE, rtol=0
    )
    lower, upper = balls.grid.origin, balls.grid.upper
    assert ((balls.points >= lower - 1e-6) & (balls.points <= upper + 1e-6)).all()
    left = balls.points[:, 0] < 0
    assert left.equal(balls.on_part)
    centre = torch.where(left, -OFFSET, OFFSET)[:, None] * torch.tensor([1.0, 0, 0])
    assert (((balls.points - centre) / RADIUS * balls.normals).sum(1) > 0.99).all()


def test_the_origin_of_wrenches_is_the_middle_of_the_whole_object(balls: ObjectField) -> None:
    torch.testing.assert_close(balls.centre, torch.zeros(3), atol=2e-3, rtol=0)


def test_a_block_without_rest(block: ObjectField) -> None:
    assert not block.has_rest
    assert block.on_part.all()
    assert block.to_rest(torch.zeros(4, 3)).tolist() == [1.0] * 4


def test_a_block_has_the_closed_form_distance_beside_its_faces(block: ObjectField) -> None:
    generator = np.random.default_rng(0)
    for axis in range(3):
        points = generator.uniform(-0.4, 0.4, (50, 3)) * HALF
        depth = generator.uniform(-0.006, 0.008, 50)
        points[:, axis] = HALF[axis] + depth
        got = block.signed(torch.as_tensor(points, dtype=torch.float32)).numpy()
        np.testing.assert_allclose(got, depth, atol=1e-4)
        normal = block.normal(torch.as_tensor(points, dtype=torch.float32)).numpy()
        np.testing.assert_allclose(normal, np.tile(np.eye(3)[axis], (50, 1)), atol=0.02)


def test_beyond_corners_the_distance_is_euclidean(block: ObjectField) -> None:
    away = torch.tensor([0.004, 0.004, 0.004])
    corner = torch.as_tensor(HALF, dtype=torch.float32) + away
    assert float(block.signed(corner)) == pytest.approx(float(away.norm()), abs=1e-3)


def test_distances_have_gradients(block: ObjectField) -> None:
    point = torch.tensor([[0.034, 0.0, 0.0]], requires_grad=True)
    block.signed(point).sum().backward()
    torch.testing.assert_close(point.grad, torch.tensor([[1.0, 0.0, 0.0]]), atol=1e-3, rtol=0)


def test_the_same_seed_gives_the_same_field(balls: ObjectField) -> None:
    asset = ObjectAsset.from_parts("balls", [("left", _ball(-OFFSET)), ("right", _ball(OFFSET))])
    again = build_field(asset, "left", spacing=SPACING, points=600, reach=0.025)
    for field in dataclasses.fields(ObjectField):
        if isinstance(value := getattr(balls, field.name), torch.Tensor):
            assert getattr(again, field.name).equal(value)
    assert again.grid.values.equal(balls.grid.values)


def test_an_unknown_part_is_refused() -> None:
    asset = ObjectAsset.from_parts("ball", [("left", _ball(0.0))])
    with pytest.raises(InputError, match="no part called 'lid'"):
        build_field(asset, "lid")
