"""Farthest point order and ball groups against their slow, readable twins."""

from __future__ import annotations

import pytest
import torch

from handhold.models import SetAbstractionConfig, ball_groups, farthest_point_order, group_levels
from handhold.spatial import random_rotations


def _cloud(seed: int, batch: int = 3, n: int = 40) -> torch.Tensor:
    return torch.randn(batch, n, 3, generator=torch.Generator().manual_seed(seed))


def _naive_order(points: torch.Tensor, n: int, start: int) -> list[int]:
    chosen = [start]
    while len(chosen) < n:
        distance = [
            min(float((point - points[i]).square().sum()) for i in chosen) for point in points
        ]
        chosen.append(max(range(len(points)), key=distance.__getitem__))
    return chosen


def _naive_ball(points: torch.Tensor, centre: int, radius: float, k: int) -> list[int]:
    inside = [i for i, p in enumerate(points) if float((p - points[centre]).norm()) <= radius][:k]
    return inside + [inside[0]] * (k - len(inside))


def test_farthest_point_order_is_the_naive_one() -> None:
    points = _cloud(0)
    start = torch.tensor([3, 0, 17])
    order = farthest_point_order(points, 12, start)
    for row, cloud, first in zip(order, points, start, strict=True):
        assert row.tolist() == _naive_order(cloud, 12, int(first))


def test_many_clouds_are_ordered_as_one_by_one() -> None:
    points = _cloud(1, batch=37)
    together = farthest_point_order(points, 9)
    alone = torch.cat([farthest_point_order(cloud[None], 9) for cloud in points])
    assert torch.equal(together, alone)


def test_order_of_a_small_cloud_is_repeated() -> None:
    order = farthest_point_order(_cloud(2, batch=1, n=5), 12)[0]
    assert sorted(order[:5].tolist()) == list(range(5))
    assert order[5:10].tolist() == order[:5].tolist()


def test_a_prefix_of_an_ordered_cloud_is_its_own_farthest_point_sample() -> None:
    points = _cloud(3)
    order = farthest_point_order(points, 30)
    ordered = points.gather(1, order[..., None].expand(-1, -1, 3))
    again = farthest_point_order(ordered, 8, torch.zeros(3, dtype=torch.int64))
    assert torch.equal(again, torch.arange(8).expand(3, -1))


def test_order_does_not_change_when_the_cloud_is_turned_and_moved() -> None:
    points = _cloud(4)
    turn = random_rotations(3, torch.Generator().manual_seed(0))
    moved = points @ turn.transpose(1, 2) + 0.3
    assert torch.equal(farthest_point_order(points, 20), farthest_point_order(moved, 20))


@pytest.mark.parametrize("neighbours", [1, 5, 60])
def test_ball_groups_are_the_naive_ones(neighbours: int) -> None:
    points = _cloud(5)
    groups = ball_groups(points, 7, 0.9, neighbours)
    assert groups.shape == (3, 7, neighbours)
    for row, cloud in zip(groups, points, strict=True):
        expected = [_naive_ball(cloud, centre, 0.9, neighbours) for centre in range(7)]
        assert row.tolist() == expected


def test_groups_do_not_change_when_the_cloud_is_turned_moved_and_scaled() -> None:
    points = _cloud(6)
    levels = (SetAbstractionConfig(12, 0.5, 6, (4,)), SetAbstractionConfig(4, 1.0, 5, (4,)))
    turn = random_rotations(3, torch.Generator().manual_seed(1))
    moved = 0.05 * (points @ turn.transpose(1, 2)) - 2.0
    for first, second in zip(
        group_levels(points, levels), group_levels(moved, levels), strict=True
    ):
        assert torch.equal(first, second)
