"""Distances on a grid: what the optimiser samples instead of the exact surface."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import zoom

from handhold.cache import DiskCache, content_hash, open_cache
from handhold.geometry.closest import closest_points
from handhold.geometry.coarse import STRIDE, Distance, coarse_distances, nearest_coarse
from handhold.geometry.mesh import TriMesh
from handhold.geometry.signed_distance import signed_distance
from handhold.geometry.solid import SHELL_THICKNESS

MAX_NODES = 40_000_000  # ours: 160 MB per channel
_ENOUGH_TO_SHARE = 2048  # ours: points, below which one core is as fast
_VERSION = 2


@dataclass(frozen=True, eq=False)
class DistanceGrid:
    """Distances at the nodes of a regular grid.

    values (C, X, Y, Z) float32 torch, metres: channel 0 signed (negative inside), others
    unsigned; origin (3,) float32 torch: the position of node (0, 0, 0); spacing: metres.
    """

    values: torch.Tensor
    origin: torch.Tensor
    spacing: float

    @property
    def upper(self) -> torch.Tensor:
        """Position (3,) of the last node."""
        counts = torch.tensor(self.values.shape[1:], device=self.origin.device)
        return self.origin + (counts - 1).to(self.origin.dtype) * self.spacing

    @property
    def channels(self) -> int:
        """Number of distance fields."""
        return int(self.values.shape[0])

    def to(self, device: torch.device | str) -> DistanceGrid:
        """The same grid on another device."""
        return replace(self, values=self.values.to(device), origin=self.origin.to(device))

    def sample(self, points: torch.Tensor, channel: int = 0) -> torch.Tensor:
        """Trilinear distance (...) at `points` (..., 3), differentiable in them.

        Outside the box: the value at the nearest point of the box plus the distance to it
        (an upper bound of the true distance that still pulls points home).
        """
        return self._interpolate(points, self.values[channel : channel + 1])[..., 0]

    def sample_all(self, points: torch.Tensor) -> torch.Tensor:
        """All channels at once: (..., C)."""
        return self._interpolate(points, self.values)

    def sample_with_gradient(
        self, points: torch.Tensor, channel: int = 0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Distance (...) and its gradient (..., 3), neither attached to the graph."""
        with torch.enable_grad():
            moving = points.detach().clone().requires_grad_(True)
            value = self.sample(moving, channel)
            (gradient,) = torch.autograd.grad(value.sum(), moving)
        return value.detach(), gradient

    def gradient(self, channel: int = 0) -> DistanceGrid:
        """The gradient of one channel by central differences at the nodes: three channels."""
        steps = torch.gradient(self.values[channel], spacing=self.spacing)
        return replace(self, values=torch.stack(steps))

    def interpolate(self, points: torch.Tensor) -> torch.Tensor:
        """All channels (..., C) at points (..., 3), those outside moved to the box's edge."""
        return self._interpolate(points, self.values, beyond=False)

    def _interpolate(
        self, points: torch.Tensor, values: torch.Tensor, *, beyond: bool = True
    ) -> torch.Tensor:
        shape, dtype = points.shape, points.dtype
        flat = points.reshape(-1, 3).to(values.dtype)
        upper = self.upper
        scale = 2 / (upper - self.origin)
        sampled = _trilinear(torch.addcmul(-self.origin * scale - 1, flat, scale), values)
        if beyond and bool(((flat.detach() < self.origin) | (flat.detach() > upper)).any()):
            clamped = torch.minimum(torch.maximum(flat, self.origin), upper)
            sampled = sampled + _safe_norm(flat - clamped)[:, None]
        return sampled.reshape(*shape[:-1], values.shape[0]).to(dtype)


def _trilinear(where: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Values (C, X, Y, Z) at points (N, 3) that run from -1 to 1 in the box: (N, C)."""
    # torch runs the samples of one image on one core: several images use them all.
    threads = torch.get_num_threads() if where.device.type == "cpu" else 1
    count = len(where)
    images = threads if count >= _ENOUGH_TO_SHARE else 1
    rows = torch.nn.functional.pad(where, (0, 0, 0, -count % images))
    # grid_sample calls its axes backwards: the view spares turning every point round.
    sampled = torch.nn.functional.grid_sample(
        values.permute(0, 3, 2, 1).expand(images, -1, -1, -1, -1),
        rows.reshape(images, -1, 1, 1, 3),
        mode="bilinear",
        padding_mode="border",
        align_corners=True,
    )
    return sampled.reshape(images, len(values), -1).transpose(1, 2).reshape(-1, len(values))[:count]


def build_distance_grid(
    mesh: TriMesh,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    spacing: float,
    extra: Sequence[TriMesh] = (),
    cache: DiskCache | None = None,
) -> DistanceGrid:
    """Grid over the box lower..upper (3,) with a node every `spacing` metres.

    Channel 0: `signed_distance` to `mesh`; channel 1 + k: unsigned distance to `extra[k]`
    (parts, which may be open). Exact at nodes near the surface, interpolated from a grid four
    times coarser elsewhere, with the right sign everywhere. Kept in `cache` (default: the
    disk cache) under the hash of all that it depends on.
    """
    lower = np.asarray(lower, dtype=np.float64)
    counts = _node_counts(lower, np.asarray(upper, dtype=np.float64), spacing)
    store = open_cache() if cache is None else cache
    key = _key(mesh, extra, lower, counts, spacing)
    found = store.load("distance-grid", key)
    if found is None:
        fields = [_fill(lambda p: signed_distance(mesh, p), lower, counts, spacing)]
        for surface in extra:
            fields.append(_fill(_unsigned_to(surface), lower, counts, spacing))
        found = {"values": np.stack(fields).astype(np.float32)}
        store.store("distance-grid", key, found)
    origin = torch.as_tensor(lower, dtype=torch.float32)
    return DistanceGrid(torch.from_numpy(found["values"]), origin, float(spacing))


def _node_counts(
    lower: NDArray[np.float64], upper: NDArray[np.float64], spacing: float
) -> tuple[int, int, int]:
    if not spacing > 0 or not np.all(upper > lower):
        raise ValueError(f"empty box {lower}..{upper} or spacing {spacing}")
    counts = [int(math.ceil(side / spacing - 1e-9)) + 1 for side in upper - lower]
    if math.prod(counts) > MAX_NODES:
        raise ValueError(f"{counts} nodes are more than {MAX_NODES}: use a larger spacing")
    return counts[0], counts[1], counts[2]


def _key(
    mesh: TriMesh,
    extra: Sequence[TriMesh],
    lower: NDArray[np.float64],
    counts: tuple[int, int, int],
    spacing: float,
) -> str:
    arrays = [array for each in (mesh, *extra) for array in (each.vertices, each.faces)]
    return content_hash(_VERSION, SHELL_THICKNESS, float(spacing), lower, *counts, *arrays)


def _unsigned_to(surface: TriMesh) -> Distance:
    return lambda points: closest_points(surface, points).distance


def _fill(
    distance: Distance,
    lower: NDArray[np.float64],
    counts: tuple[int, int, int],
    spacing: float,
) -> NDArray[np.float64]:
    """Distances (X, Y, Z): coarse nodes, then exact ones wherever a surface may be near."""
    coarse = coarse_distances(distance, lower, counts, spacing)
    size = [(count - 1) * STRIDE + 1 for count in coarse.shape]
    inner = tuple(slice(0, count) for count in counts)
    fine = zoom(coarse, np.array(size) / coarse.shape, order=1, grid_mode=False)[inner]
    nearest, step_length = nearest_coarse(coarse, counts, spacing)
    least = np.abs(nearest) - step_length
    near = least < 2 * spacing
    fine = np.sign(nearest) * np.clip(np.abs(fine), least, np.abs(nearest) + step_length)
    fine[near] = distance(lower + np.argwhere(near) * spacing)
    return fine


def _safe_norm(vectors: torch.Tensor) -> torch.Tensor:
    """Lengths with gradient 0 at 0."""
    squared = (vectors * vectors).sum(dim=-1)
    positive = squared > 0
    return torch.where(positive, torch.where(positive, squared, 1.0).sqrt(), 0.0)
