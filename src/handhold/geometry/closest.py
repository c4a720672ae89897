"""Exact distance from points to a triangle surface."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
from numpy.typing import NDArray

from handhold.geometry.mesh import TriMesh


@dataclass(frozen=True, eq=False)
class Closest:
    """The nearest surface point of each query: distance (N,), face (N,), point (N, 3)."""

    distance: NDArray[np.float64]
    face: NDArray[np.int64]
    point: NDArray[np.float64]


def closest_points(mesh: TriMesh, points: NDArray[np.float64]) -> Closest:
    """Exact nearest surface points (unsigned) of `points` (N, 3), by libigl's AABB tree."""
    return closest_on_faces(mesh.vertices, mesh.faces, points)


def closest_on_faces(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], points: NDArray[np.float64]
) -> Closest:
    """Like `closest_points`, for bare arrays; `face` indexes `faces`."""
    if not len(faces):
        raise ValueError("a surface without faces has no nearest point")
    queries = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
    if not len(queries):
        return Closest(np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 3)))
    squared, face, point = igl.point_mesh_squared_distance(queries, vertices, faces)
    return Closest(np.sqrt(np.maximum(squared, 0.0)), face, point)
