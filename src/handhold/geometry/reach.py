"""Where a finger gets to from outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.spatial import cKDTree

from handhold.geometry.closest import closest_points
from handhold.geometry.coarse import Distance, farther_than
from handhold.geometry.mesh import TriMesh

FINGER_RADIUS = 0.004  # metres, ours: a slim fingertip
_NODES = 300_000
_CELL = 0.7  # of the ball's radius: a ball that rests on a face has a node above it


@dataclass(frozen=True, eq=False)
class Reach:
    """For the front and back (F, 2) of each face, whether a ball fits there (its centre one
    radius above the middle of the face), and if so whether it got there from outside."""

    fits: NDArray[np.bool_]
    reached: NDArray[np.bool_]


def finger_reach(surface: TriMesh) -> Reach:
    """Where a ball of 4 mm radius coming from far away can rest on `surface` (in metres).

    The ball's centre moves on a grid, through nodes farther than its radius from the surface.
    For tiny objects the ball is a fifteenth of their size; for large ones it grows with the
    grid's cells, of which there are some 300,000.
    """
    radius = min(FINGER_RADIUS, float(surface.extents.max()) / 15)
    room = float(np.prod(surface.extents + 6 * radius))
    radius = max(radius, (room / _NODES) ** (1 / 3) / _CELL)
    free = cKDTree(outside_nodes(_distance_to(surface), surface.bounds, radius))
    fits = np.zeros((len(surface.faces), 2), dtype=bool)
    reached = np.zeros_like(fits)
    for side, sign in enumerate((1.0, -1.0)):
        centres = surface.face_centres + sign * radius * surface.face_normals
        clear = closest_points(surface, centres).distance
        # Nodes beyond a wall are at least two radii away: they cannot be mistaken.
        gap, _ = free.query(centres, distance_upper_bound=1.75 * radius)
        fits[:, side] = clear > 0.9 * radius
        reached[:, side] = fits[:, side] & np.isfinite(gap)
    return Reach(fits, reached)


def _distance_to(surface: TriMesh) -> Distance:
    return lambda points: closest_points(surface, points).distance


def outside_nodes(
    distance: Distance,
    bounds: NDArray[np.float64],
    radius: float,
) -> NDArray[np.float64]:
    """Grid nodes (M, 3) that the centre of a ball of `radius` can move to from outside.

    distance: unsigned, to the surface, of points (N, 3); bounds (2, 3): box of the surface.
    """
    margin = 3 * radius
    lower, sides = bounds[0] - margin, bounds[1] - bounds[0] + 2 * margin
    cell = _CELL * radius
    counts = np.ceil(sides / cell).astype(int) + 1
    nodes = (int(counts[0]), int(counts[1]), int(counts[2]))
    region, _ = label(farther_than(distance, radius, lower, nodes, cell))
    outside = region[0, 0, 0]  # a corner of the box, three radii away from everything
    return np.asarray(lower + np.argwhere(region == outside) * cell, dtype=np.float64)
