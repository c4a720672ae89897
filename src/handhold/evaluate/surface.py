"""How each hand vertex stands to the object's surface: measured once, read by every metric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.geometry import Closest, TriMesh, closest_points, signed_distance
from handhold.geometry.solid import touchable


@dataclass(frozen=True, eq=False)
class HandOnSurface:
    """Hand vertices (B, V) against one object.

    distance: exact distance to the surface, metres, negative inside; inf where the vertex is
    farther than the reach from the object's box (it is not measured there). Without a solid
    it is never negative. face: nearest face, of those that can be touched, of the vertices in
    reach, -1 of the others.
    """

    distance: NDArray[np.float64]
    face: NDArray[np.int64]

    def touching(self, contact_distance: float) -> NDArray[np.bool_]:
        """(B, V): inside, or within `contact_distance` metres of the surface."""
        return (self.face >= 0) & (self.distance <= contact_distance)


def measure_hand(
    mesh: TriMesh, hand_vertices: NDArray[np.float64], *, reach: float, has_solid: bool = True
) -> HandOnSurface:
    """Distances of hand vertices (B, V, 3) in the object's frame, metres.

    `reach`: the largest contact distance that will be asked for, metres.
    """
    vertices = np.asarray(hand_vertices, dtype=np.float64)
    distance = surface_distance(mesh, vertices, reach=reach, has_solid=has_solid)
    near = distance <= reach
    face = np.full(distance.shape, -1, dtype=np.int64)
    face[near] = closest_touchable(mesh, vertices[near]).face
    return HandOnSurface(distance, face)


def surface_distance(
    mesh: TriMesh, points: NDArray[np.float64], *, reach: float, has_solid: bool = True
) -> NDArray[np.float64]:
    """Exact distance (...,) of points (..., 3), negative inside a solid; inf beyond the reach.

    Everything in metres. A point farther than `reach` from the mesh's axis-aligned box is not
    measured.
    """
    lower, upper = mesh.bounds
    near = ((points >= lower - reach) & (points <= upper + reach)).all(axis=-1)
    distance = np.full(points.shape[:-1], np.inf)
    if not near.any():
        return distance
    if has_solid:
        distance[near] = signed_distance(mesh, points[near])
    else:
        distance[near] = closest_touchable(mesh, points[near]).distance
    return distance


def closest_touchable(mesh: TriMesh, points: NDArray[np.float64]) -> Closest:
    """Exact nearest points of the faces that can be touched to `points` (N, 3), in metres.

    Those faces are what `signed_distance` measures to: not buried in the object, not
    degenerate, no repetition. `face` is numbered as in `mesh`.
    """
    chosen = touchable(mesh)
    found = closest_points(chosen.surface, points)
    return Closest(found.distance, chosen.faces[found.face], found.point)
