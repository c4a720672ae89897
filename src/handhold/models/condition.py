"""What the network is told about a part. One builder, shared by training and generation.

The network's frame has its origin in :func:`part_centre` and the axes of the frame the points
came in (z up). The builder recentres, so a caller may give object-frame points and add
``Condition.centre`` to the translations it gets back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.models.neighbours import farthest_point_order

POINT_CHANNELS = 7
_SMALLEST_SCALE = 1e-6


@dataclass(frozen=True, eq=False)
class Condition:
    """A batch of parts as the network sees them; GDG section 3.3.

    points (B, N, 7): part cloud over its scale, unit normal, scale in metres; farthest point
    order. cluster (B,): index of the prior's cluster. rest (B, 3): centroid V of the rest of the
    object, metres, 0 where there is no rest. size (B, 3): axis-aligned part size S, metres.
    centre (B, 3): the origin of all this, in the frame the points were given in, metres.
    groups: neighbour indices by :func:`group_levels`, or None to have the network find them.
    """

    points: Tensor
    cluster: Tensor
    rest: Tensor
    size: Tensor
    centre: Tensor
    groups: tuple[Tensor, ...] | None = None

    def __len__(self) -> int:
        """Number of parts B."""
        return len(self.points)

    def to(self, device: torch.device | str) -> Condition:
        """The same on another device."""
        groups = None if self.groups is None else tuple(g.to(device) for g in self.groups)
        return Condition(
            points=self.points.to(device),
            cluster=self.cluster.to(device),
            rest=self.rest.to(device),
            size=self.size.to(device),
            centre=self.centre.to(device),
            groups=groups,
        )


def part_centre(points: Tensor) -> Tensor:
    """The part's centre (..., 3): the centre of the axis-aligned box of points (..., N, 3)."""
    return (points.amin(-2) + points.amax(-2)) / 2


def make_condition(
    points: Tensor,
    normals: Tensor,
    rest_centroid: Tensor | None,
    cluster: Tensor,
    *,
    n_points: int | None = None,
    order: Tensor | None = None,
    groups: Sequence[Tensor] | None = None,
) -> Condition:
    """The network's view of parts.

    points (B, N, 3): on the part's surface, metres, z up. normals (B, N, 3): unit, outwards.
    rest_centroid (B, 3): of the rest of the object, in the frame of the points; None, or a row
    of NaN, where the part is the whole object. cluster (B,): integers.
    n_points: how many points to keep (farthest points; the network's ``config.n_points``), all by
    default. order (B, n): kept indices, instead, when they are already known. groups: likewise.
    The centre and the size are of all the points given. ValueError on shapes that do not fit or
    values that are not finite.
    """
    _require_shapes(points, normals, rest_centroid, cluster)
    if order is None:
        order = farthest_point_order(points, n_points if n_points is not None else points.shape[1])
    centre = part_centre(points)
    index = order[..., None].expand(-1, -1, 3)
    chosen = points.gather(1, index) - centre[:, None]
    scale = (points - centre[:, None]).norm(dim=-1).amax(1).clamp(min=_SMALLEST_SCALE)
    channels = (
        chosen / scale[:, None, None],
        normals.gather(1, index),
        scale[:, None, None].expand(-1, order.shape[1], 1),
    )
    return Condition(
        points=torch.cat(channels, -1),
        cluster=cluster,
        rest=_rest_from(centre, rest_centroid),
        size=points.amax(1) - points.amin(1),
        centre=centre,
        groups=None if groups is None else tuple(groups),
    )


def _rest_from(centre: Tensor, rest_centroid: Tensor | None) -> Tensor:
    if rest_centroid is None:
        return torch.zeros_like(centre)
    missing = rest_centroid.isnan().any(-1, keepdim=True)
    return torch.where(missing, torch.zeros_like(centre), rest_centroid - centre)


def _require_shapes(
    points: Tensor, normals: Tensor, rest_centroid: Tensor | None, cluster: Tensor
) -> None:
    if points.ndim != 3 or points.shape[-1] != 3 or points.shape[1] == 0:
        raise ValueError(f"points are (B, N, 3) with N >= 1, got {tuple(points.shape)}")
    if normals.shape != points.shape:
        raise ValueError(f"normals are {tuple(points.shape)}, got {tuple(normals.shape)}")
    batch = len(points)
    if cluster.shape != (batch,) or cluster.is_floating_point():
        raise ValueError(f"cluster is ({batch},) integers, got {tuple(cluster.shape)}")
    if rest_centroid is not None and rest_centroid.shape != (batch, 3):
        raise ValueError(f"rest_centroid is ({batch}, 3), got {tuple(rest_centroid.shape)}")
    if not (points.isfinite().all() and normals.isfinite().all()):
        raise ValueError("points and normals must be finite")
