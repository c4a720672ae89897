"""Cutting very large meshes down before anything else touches them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CONDENSE_ABOVE = 2_000_000  # faces, ours
_CELLS = 400  # ours, along the longest side


def cell_keys(
    points: NDArray[np.float64], lower: NDArray[np.float64], cell: float
) -> NDArray[np.int64]:
    """One integer (N,) per point for the cell of a grid (up to 2^20 per side) it is nearest to."""
    keys = np.zeros(len(points), dtype=np.int64)
    for axis in range(3):  # one axis at a time: the points may be many
        keys <<= 21
        keys |= np.round((points[:, axis] - lower[axis]) / cell).astype(np.int64)
    return keys


def cluster_vertices(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Vertex clustering (Rossignac and Borrel 1993): the vertices of a cell become their mean.

    Linear in time and memory, which quadric simplification is not. Returns vertices (V', 3),
    the faces (F', 3) that still have three corners, and the old index (F',) of each.
    """
    lower = vertices.min(axis=0)
    cell = float((vertices.max(axis=0) - lower).max()) / _CELLS
    _, cluster = np.unique(cell_keys(vertices, lower, cell), return_inverse=True)
    counts = np.bincount(cluster)
    means = np.stack(
        [np.bincount(cluster, weights=vertices[:, axis]) / counts for axis in range(3)], axis=1
    )
    packed = cluster[faces]
    alive = (
        (packed[:, 0] != packed[:, 1])
        & (packed[:, 1] != packed[:, 2])
        & (packed[:, 2] != packed[:, 0])
    )
    return means, packed[alive], np.flatnonzero(alive)
