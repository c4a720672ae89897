"""Exact distance from points to a triangle surface."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from weakref import WeakKeyDictionary

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


_TREES: WeakKeyDictionary[TriMesh, igl.AABB] = WeakKeyDictionary()
# libigl's bindings complain on stderr about objects that outlive the interpreter.
atexit.register(_TREES.clear)


def closest_points(mesh: TriMesh, points: NDArray[np.float64]) -> Closest:
    """Exact nearest surface points (unsigned) of `points` (N, 3), by libigl's AABB tree.

    The tree is made once per mesh object.
    """
    if not len(mesh.faces):
        raise ValueError("a surface without faces has no nearest point")
    queries = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
    if not len(queries):
        return Closest(np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 3)))
    tree = _TREES.get(mesh)
    if tree is None:
        tree = igl.AABB()
        tree.init(mesh.vertices, mesh.faces)
        _TREES[mesh] = tree
    squared, face, point = tree.squared_distance(mesh.vertices, mesh.faces, queries)
    return Closest(np.sqrt(np.maximum(squared, 0.0)), face, point)
