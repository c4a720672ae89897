"""Where a finger gets to from outside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.spatial import cKDTree

from handhold.geometry.closest import closest_points
from handhold.geometry.mesh import TriMesh

FINGER_RADIUS = 0.004  # metres, ours: a slim fingertip
_NODES = 250_000


def finger_reaches(surface: TriMesh, faces: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a ball of 4 mm coming from far away can rest on the front and the back (N, 2).

    faces: the (N,) indices asked about. The ball's centre moves on a grid, through nodes
    farther than its radius from the surface. For tiny objects the ball is a fifteenth of
    their size.
    """
    radius = min(FINGER_RADIUS, float(surface.extents.max()) / 15)
    free = cKDTree(outside_nodes(_distance_to(surface), surface.bounds, radius))
    reached = np.zeros((len(faces), 2), dtype=bool)
    for side, sign in enumerate((1.0, -1.0)):
        centres = surface.face_centres[faces] + sign * radius * surface.face_normals[faces]
        clear = closest_points(surface, centres).distance
        # Nodes beyond a wall are at least two radii away: they cannot be mistaken.
        gap, _ = free.query(centres, distance_upper_bound=1.75 * radius)
        reached[:, side] = (clear > 0.9 * radius) & np.isfinite(gap)
    return reached


def _distance_to(
    surface: TriMesh,
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda points: closest_points(surface, points).distance


def outside_nodes(
    distance: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    bounds: NDArray[np.float64],
    radius: float,
) -> NDArray[np.float64]:
    """Grid nodes (M, 3) that the centre of a ball of `radius` can move to from outside.

    distance: unsigned, to the surface, of points (N, 3); bounds (2, 3): box of the surface.
    """
    margin = 3 * radius
    lower, sides = bounds[0] - margin, bounds[1] - bounds[0] + 2 * margin
    cell = max(0.7 * radius, float(np.prod(sides) / _NODES) ** (1 / 3))
    counts = np.ceil(sides / cell).astype(int) + 1
    nodes = lower + np.indices(tuple(counts)).reshape(3, -1).T * cell
    region, _ = label((distance(nodes) > radius).reshape(counts))
    outside = region[0, 0, 0]  # a corner of the box, three radii away from everything
    return nodes[region.reshape(-1) == outside]
