"""Where a finger gets to from outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.spatial import cKDTree

from handhold.geometry.closest import closest_on_faces
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
    free = _free_nodes(surface, radius)
    reached = np.zeros((len(faces), 2), dtype=bool)
    for side, sign in enumerate((1.0, -1.0)):
        centres = surface.face_centres[faces] + sign * radius * surface.face_normals[faces]
        clear = closest_on_faces(surface.vertices, surface.faces, centres).distance
        # Nodes beyond a wall are at least two radii away: they cannot be mistaken.
        gap, _ = free.query(centres, distance_upper_bound=1.75 * radius)
        reached[:, side] = (clear > 0.9 * radius) & np.isfinite(gap)
    return reached


def _free_nodes(surface: TriMesh, radius: float) -> cKDTree:
    """Grid nodes that the centre of the ball can move to from outside."""
    margin = 3 * radius
    lower, sides = surface.bounds[0] - margin, surface.extents + 2 * margin
    cell = max(0.7 * radius, float(np.prod(sides) / _NODES) ** (1 / 3))
    counts = np.ceil(sides / cell).astype(int) + 1
    nodes = lower + np.indices(tuple(counts)).reshape(3, -1).T * cell
    distance = closest_on_faces(surface.vertices, surface.faces, nodes).distance
    region, _ = label((distance > radius).reshape(counts))
    outside = region[0, 0, 0]  # a corner of the box, three radii away from everything
    return cKDTree(nodes[region.reshape(-1) == outside])
