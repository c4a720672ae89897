"""Closed surfaces from fields."""

from __future__ import annotations

from collections.abc import Callable

import igl
import numpy as np
from numpy.typing import NDArray

from handhold.geometry.mesh import TriMesh
from handhold.geometry.signed_distance import signed_distance


def level_set(
    field: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    cell: float,
    level: float = 0.0,
) -> TriMesh | None:
    """The surface field = `level` by marching cubes on a grid of `cell` over lower..upper.

    `field` maps points (N, 3) to values (N,), smaller inside. None if it has no such surface.
    """
    counts = np.ceil((upper - lower) / cell).astype(int) + 1
    # igl wants x to run fastest.
    steps = np.indices(tuple(counts[::-1])).reshape(3, -1)[::-1].T
    nodes = lower + steps * cell
    vertices, faces = igl.marching_cubes(field(nodes), nodes, *counts.tolist(), level)[:2]
    if not len(faces):
        return None
    return TriMesh(np.asarray(vertices, float), np.asarray(faces, np.int64))


def closed_approximation(mesh: TriMesh, cells: int = 48) -> TriMesh | None:
    """A closed mesh half a cell outside of any `mesh`; a cell is 1/`cells` of its size."""
    cell = float(mesh.extents.max()) / cells
    margin = 2.5 * cell
    lower, upper = mesh.bounds[0] - margin, mesh.bounds[1] + margin
    return level_set(lambda points: signed_distance(mesh, points), lower, upper, cell, cell / 2)
