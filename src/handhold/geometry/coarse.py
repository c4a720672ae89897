"""What a few exact distances say about all nodes of a grid.

A distance changes by at most the length of a step. So the value at one node in 4 x 4 x 4 bounds
those around it, and only where the bound does not decide is the distance itself needed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STRIDE = 4  # ours
_ROUNDING = 1e-9  # of a distance: what floating point may add to it

Distance = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Counts = tuple[int, int, int]


def coarse_distances(
    distance: Distance, lower: NDArray[np.float64], counts: Counts, spacing: float
) -> NDArray[np.float64]:
    """Distances at every fourth node of the grid, up to and beyond its last ones."""
    size = [(count - 1 + STRIDE - 1) // STRIDE + 1 for count in counts]
    nodes = np.indices(tuple(size)).reshape(3, -1).T
    return distance(lower + nodes * (STRIDE * spacing)).reshape(size)


def nearest_coarse(
    coarse: NDArray[np.float64], counts: Counts, spacing: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each node the value at the nearest coarse node, and how far away that is.

    The distance is known up to that, and where the value exceeds it, so is its sign.
    """
    indices = [np.arange(count) for count in counts]
    close = [
        np.minimum((index + STRIDE // 2) // STRIDE, size - 1)
        for index, size in zip(indices, coarse.shape, strict=True)
    ]
    x, y, z = (
        (index - STRIDE * node) * spacing for index, node in zip(indices, close, strict=True)
    )
    lengths = np.sqrt(x[:, None, None] ** 2 + y[None, :, None] ** 2 + z**2)
    return coarse[np.ix_(*close)], lengths


def farther_than(
    distance: Distance,
    limit: float,
    lower: NDArray[np.float64],
    counts: Counts,
    spacing: float,
) -> NDArray[np.bool_]:
    """Whether the distance at each node (X, Y, Z) is over `limit`; exact at every node."""
    nearest, step = nearest_coarse(
        coarse_distances(distance, lower, counts, spacing), counts, spacing
    )
    step = step + _ROUNDING * (np.abs(nearest) + limit)
    farther = nearest > limit
    unsure = np.abs(nearest - limit) <= step
    farther[unsure] = distance(lower + np.argwhere(unsure) * spacing) > limit
    return farther
