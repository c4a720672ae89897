"""Exact signed distance to any mesh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.geometry.closest import closest_points
from handhold.geometry.mesh import TriMesh
from handhold.geometry.solid import Solid, bounding, read_solid, sheets


def signed_distance(mesh: TriMesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distance (N,) of `points` (N, 3) to `mesh` in metres, NEGATIVE inside.

    The magnitude is the exact distance to the surface (libigl AABB tree) without the faces
    buried in it. The sign is that of `read_solid`. A single-layer wall
    that can be reached from both sides is a shell: its distance is the unsigned one minus
    half of its assumed thickness.
    """
    queries = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    solid = read_solid(mesh)
    distance = np.full(len(queries), np.inf)
    if len(solid.wall):
        distance = _distance_to_bodies(mesh, solid, queries)
    if solid.shell.any():
        thin = closest_points(sheets(mesh).surface, queries).distance
        distance = np.minimum(distance, thin - solid.shell_half_thickness)
    return distance


def inside(mesh: TriMesh, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each of `points` (N, 3) has a negative signed distance (cheaper than that)."""
    queries = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    solid = read_solid(mesh)
    within = solid.encloses(queries)
    if solid.shell.any():
        thin = closest_points(sheets(mesh).surface, queries).distance
        within |= thin < solid.shell_half_thickness
    return within


def _distance_to_bodies(
    mesh: TriMesh, solid: Solid, queries: NDArray[np.float64]
) -> NDArray[np.float64]:
    distance = closest_points(bounding(mesh).surface, queries).distance
    return np.where(solid.encloses(queries), -distance, distance)


def sphere_distance(
    points: NDArray[np.float64], centre: NDArray[np.float64], radius: float
) -> NDArray[np.float64]:
    """Closed form for a ball."""
    return np.linalg.norm(points - np.asarray(centre), axis=-1) - radius


def box_distance(points: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Closed form for an axis-aligned box about the origin with half side lengths `half`."""
    excess = np.abs(points) - np.asarray(half)
    outside = np.linalg.norm(np.maximum(excess, 0.0), axis=-1)
    return outside + np.minimum(excess.max(axis=-1), 0.0)


def cylinder_distance(
    points: NDArray[np.float64], radius: float, half_height: float
) -> NDArray[np.float64]:
    """Closed form for a capped cylinder about the z axis, centre at the origin."""
    radial = np.linalg.norm(points[..., :2], axis=-1) - radius
    excess = np.stack([radial, np.abs(points[..., 2]) - half_height], axis=-1)
    outside = np.linalg.norm(np.maximum(excess, 0.0), axis=-1)
    return outside + np.minimum(excess.max(axis=-1), 0.0)
