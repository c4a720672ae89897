"""An object as the optimiser sees it: a distance grid and surface points, around one part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from handhold.geometry import DistanceGrid, build_distance_grid, sample_surface
from handhold.geometry.mesh import concatenate
from handhold.objects import ObjectAsset

HAND_REACH = 0.12
"""Metres around the contact part in which the grid is kept (ours): a hand's length from its
centre; beyond it the grid answers with an extrapolated distance."""
AVOID_REACH = 0.015
"""Metres around the avoided parts in which distances to them are kept (ours): more than a hand
is pushed away from them."""


@dataclass(frozen=True, eq=False)
class ObjectField:
    """Distances and surface samples of one object with one contact part; object frame, metres.

    Attributes:
        grid: channel 0 the signed distance to the object, channel 1 the distance to the part,
            negative inside the object where nothing else is nearer, channel 2 the distance to
            the rest (only if there is a rest). The sign of channel 1 lets it pass through zero
            between two nodes; its magnitude is what counts.
        points: (M, 3) surface samples near the part. normals: (M, 3) outward.
        on_part: (M,) True where the sample lies on the contact part.
        has_rest: False where the part is the whole object.
        centre: (3,) of all surface samples: the origin of wrenches.
        avoided: one channel, the distance to the parts that the hand is to keep off, with a sign
            like that of the part's; None where there are none near the contact part.
    """

    grid: DistanceGrid
    points: Tensor
    normals: Tensor
    on_part: Tensor
    has_rest: bool
    centre: Tensor
    avoided: DistanceGrid | None = None

    def signed(self, points: Tensor) -> Tensor:
        """Signed distance (...) of points (..., 3): negative inside."""
        return self.grid.sample(points, 0)

    def to_part(self, points: Tensor) -> Tensor:
        """Distance (...) of points (..., 3) to the contact part's surface."""
        return self.grid.sample(points, 1).abs()

    def distances(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """`signed` and `to_part` (...) of points (..., 3) by one look-up."""
        found = self.grid.sample_all(points)
        return found[..., 0], found[..., 1].abs()

    def to_rest(self, points: Tensor) -> Tensor:
        """Distance (...) to the rest of the object; 1 m where there is none."""
        if not self.has_rest:
            return torch.ones_like(points[..., 0])
        return self.grid.sample(points, 2)

    def to_avoided(self, points: Tensor) -> Tensor:
        """Distance (...) of points (..., 3) to the avoided parts, negative inside them; 1 m where
        there are none."""
        if self.avoided is None:
            return torch.ones_like(points[..., 0])
        return self.avoided.sample(points)

    def normal(self, points: Tensor, step: float = 0.002) -> Tensor:
        """Outward direction (..., 3) by central differences of the signed distance."""
        shifts = step * torch.eye(3, dtype=points.dtype, device=points.device)
        ahead = self.signed(points[..., None, :] + shifts)
        behind = self.signed(points[..., None, :] - shifts)
        return torch.nn.functional.normalize(ahead - behind, dim=-1)

    @cached_property
    def _gradient(self) -> DistanceGrid:
        return self.grid.gradient()

    def grid_normal(self, points: Tensor) -> Tensor:
        """Outward direction (..., 3) of points (..., 3) from the grid's own gradient.

        One look-up, where `normal` makes six; the same but for the size of the step.
        """
        return torch.nn.functional.normalize(self._gradient.interpolate(points), dim=-1)

    @cached_property
    def packed(self) -> tuple[Tensor, Tensor]:
        """(X, Y, Z, 2) channels 0 and 1 of the grid, and (X, Y, Z, 3) the first one's gradient:
        what is read together lies side by side."""
        distances = self.grid.values[:2].permute(1, 2, 3, 0).contiguous()
        return distances, self._gradient.values.permute(1, 2, 3, 0).contiguous()

    def first(self, count: int) -> ObjectField:
        """The same field with the first `count` samples, and without distances to the rest."""
        return replace(
            self,
            grid=replace(self.grid, values=self.grid.values[:2]),
            points=self.points[:count],
            normals=self.normals[:count],
            on_part=self.on_part[:count],
        )

    def to(self, device: torch.device | str) -> ObjectField:
        """The same field on another device."""
        return ObjectField(
            self.grid.to(device),
            self.points.to(device),
            self.normals.to(device),
            self.on_part.to(device),
            self.has_rest,
            self.centre.to(device),
            None if self.avoided is None else self.avoided.to(device),
        )


def build_field(
    asset: ObjectAsset,
    part: str,
    *,
    spacing: float = 0.003,
    points: int = 2048,
    reach: float = HAND_REACH,
    seed: int = 0,
) -> ObjectField:
    """Grid and samples of `asset` around one of its parts.

    Args:
        asset: the object.
        part: name of the contact part.
        spacing: metres between grid nodes; made coarser for large parts, so that the grid keeps
            under 160 nodes a side.
        points: surface samples in reach (GDG: N = 2048).
        reach: metres kept around the part.
        seed: of the surface samples.
    """
    target, rest = asset.part_mesh(part), asset.rest_mesh(part)
    lower = np.maximum(target.bounds[0], asset.mesh.bounds[0]) - reach
    upper = np.minimum(target.bounds[1], asset.mesh.bounds[1]) + reach
    spacing = max(spacing, float((upper - lower).max()) / 160)
    extra = [target] if rest is None else [target, rest]
    grid = sign_part_channel(build_distance_grid(asset.mesh, lower, upper, spacing, extra=extra))
    sample = sample_surface(asset.mesh, 4 * points, seed, where=~asset.hidden_faces)
    near = np.flatnonzero(((sample.points >= lower) & (sample.points <= upper)).all(1))[:points]
    mine = asset.face_parts == asset.part_index(part)
    return field_from_grid(
        grid,
        sample.points[near],
        sample.normals[near],
        mine[sample.faces[near]],
        rest is not None,
        sample.points.mean(0),
    )


def keep_off(field: ObjectField, asset: ObjectAsset, parts: Sequence[str]) -> ObjectField:
    """The field of one part of `asset` with distances to the parts to be avoided (ours).

    They are kept within `AVOID_REACH` of those parts, and only as far as the field's own grid
    reaches: no hand at the contact part comes farther. Without parts in reach it is the same field.
    """
    if not parts:
        return field
    avoided = concatenate([asset.part_mesh(name) for name in parts])
    near, far = field.grid.origin.cpu().double().numpy(), field.grid.upper.cpu().double().numpy()
    lower = np.maximum(avoided.bounds[0] - AVOID_REACH, near)
    upper = np.minimum(avoided.bounds[1] + AVOID_REACH, far)
    if (upper - lower < field.grid.spacing).any():
        return field
    grid = sign_part_channel(
        build_distance_grid(asset.mesh, lower, upper, field.grid.spacing, extra=[avoided])
    )
    return replace(field, avoided=replace(grid, values=grid.values[1:]))


def sign_part_channel(grid: DistanceGrid) -> DistanceGrid:
    """Channel 1 turned negative inside the object, where the part is the nearest of its surface.

    Interpolated without a sign it would stay half a cell above zero on the surface itself.
    """
    values = grid.values.clone()
    inside = (values[0] < 0) & (values[1] <= values[0].abs() + grid.spacing)
    values[1] = torch.where(inside, -values[1], values[1])
    return replace(grid, values=values)


def field_from_grid(
    grid: DistanceGrid,
    points: np.ndarray,
    normals: np.ndarray,
    on_part: np.ndarray,
    has_rest: bool,
    centre: np.ndarray,
) -> ObjectField:
    """Put a field together from numpy arrays; float32 on the CPU."""
    as_float = lambda a: torch.as_tensor(np.asarray(a), dtype=torch.float32)  # noqa: E731
    return ObjectField(
        grid,
        as_float(points),
        as_float(normals),
        torch.as_tensor(np.asarray(on_part, dtype=bool)),
        has_rest,
        as_float(centre),
    )
