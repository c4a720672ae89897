"""Products of many short vectors, one per row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


def dot(first: Rows, second: Rows) -> Rows:
    """Scalar products (K,) of rows (K, D)."""
    # einsum: numpy's sum over an axis of three is several times slower.
    return np.einsum("kd,kd->k", first, second)


def unit(vectors: Rows) -> Rows:
    """Rows (K, D) of length one; zeros stay zeros."""
    lengths = np.maximum(np.sqrt(dot(vectors, vectors)), np.float32(1e-12))
    result: Rows = (vectors / lengths[:, None]).astype(np.float32, copy=False)
    return result


def blend(weights: Rows, corners: Rows) -> Rows:
    """Weighted sums (K, D) of corners (K, C, D) with weights (K, C)."""
    return np.einsum("kc,kcd->kd", weights, corners)


def tangents(normal: Rows) -> tuple[Rows, Rows]:
    """Two unit vectors (K, 3) across each unit normal (K, 3). Duff et al., "Building an
    Orthonormal Basis, Revisited" (2017)."""
    x, y, z = normal[:, 0], normal[:, 1], normal[:, 2]
    sign = np.where(z < 0, np.float32(-1), np.float32(1))
    a = -1 / (sign + z)
    b = x * y * a
    first = np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1)
    return first, np.stack([b, sign + y * y * a, -y], axis=1)
