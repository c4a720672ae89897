"""Choosing points: farthest point order and ball groups, batched, on any device.

Clouds are given in FARTHEST POINT ORDER throughout: the first m points of such a cloud are its m
farthest point samples, for every m at once (the greedy choice from the whole cloud is also the
greedy choice from its own result). So the levels of PointNet++ take prefixes as centres, and
nothing is sampled inside the network.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from handhold.models.config import SetAbstractionConfig

_CLOUDS_AT_ONCE = 16  # keeps a step's work inside the processor's cache


def farthest_point_order(points: Tensor, n: int, start: Tensor | None = None) -> Tensor:
    """Indices (B, n) of points (B, N, 3): each one the farthest from all those before it.

    start: first index per cloud (B,); by default the point farthest from the cloud's mean, which
    does not depend on how the cloud is turned. With n > N the order of all N is repeated.
    PointNet++ (Qi et al. 2017), section 3.2.
    """
    if n < 1 or points.ndim != 3 or points.shape[1] < 1:
        raise ValueError(f"need n >= 1 of points (B, N, 3), got n={n}, {tuple(points.shape)}")
    if start is None:
        start = (points - points.mean(1, keepdim=True)).square().sum(-1).argmax(1)
    picks = min(n, points.shape[1])
    chunks = zip(points.split(_CLOUDS_AT_ONCE), start.split(_CLOUDS_AT_ONCE), strict=True)
    order = torch.cat([_farthest(cloud.detach(), first, picks) for cloud, first in chunks])
    return order[:, torch.arange(n, device=order.device) % picks]


def _farthest(points: Tensor, start: Tensor, n: int) -> Tensor:
    rows = torch.arange(len(points), device=points.device)
    columns = points.transpose(1, 2).contiguous()
    order = torch.empty(len(points), n, dtype=torch.int64, device=points.device)
    nearest = torch.full_like(columns[:, 0], torch.inf)
    chosen = start
    for i in range(n):
        order[:, i] = chosen
        offset = columns - columns[rows, :, chosen][..., None]
        nearest = torch.minimum(nearest, offset.square_().sum(1))
        chosen = nearest.argmax(1)
    return order


def ball_groups(points: Tensor, centres: int, radius: float, neighbours: int) -> Tensor:
    """Indices (B, centres, neighbours) of points within ``radius`` of each of the first centres.

    The first ``neighbours`` in the cloud's order are taken; a ball with fewer repeats its first
    one. A ball always holds its own centre, so none is empty. points (B, N, 3), radius in the
    points' unit. PointNet++, section 3.2.
    """
    within = torch.cdist(
        points[:, :centres], points, compute_mode="donot_use_mm_for_euclid_dist"
    ).le(radius)
    n = points.shape[1]
    # Outside the ball the index becomes n, so the smallest are the first ones inside.
    index = torch.where(within, torch.arange(n, device=points.device), n)
    index = index.topk(min(neighbours, n), dim=-1, largest=False, sorted=True).values
    index = torch.where(index == n, index[..., :1], index)
    if neighbours > n:
        index = torch.cat((index, index[..., :1].expand(*index.shape[:-1], neighbours - n)), -1)
    return index


def group_levels(points: Tensor, levels: Sequence[SetAbstractionConfig]) -> tuple[Tensor, ...]:
    """Ball groups of every level, for points (B, N, 3) in farthest point order.

    Radii are measured in the cloud's root-mean-square spread about its mean (ours), so groups do
    not change when the cloud is moved, turned or scaled, and may be computed once per cloud.
    """
    centred = points - points.mean(1, keepdim=True)
    spread = centred.square().sum(-1).mean(1).sqrt().clamp(min=1e-9)
    unit = centred / spread[:, None, None]
    groups = []
    for level in levels:
        groups.append(ball_groups(unit, level.centres, level.radius, level.neighbours))
        unit = unit[:, : level.centres]
    return tuple(groups)
