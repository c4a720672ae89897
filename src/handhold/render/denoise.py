"""A mean over the neighbourhood of each pixel that does not reach across edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SAME_DIRECTION = 0.85


def edge_stopping_mean(
    values: NDArray[np.float32],
    pixel: NDArray[np.int64],
    mesh: NDArray[np.int32],
    normal: NDArray[np.float32],
    depth: NDArray[np.float32],
    shape: tuple[int, int],
    depth_step: float,
) -> NDArray[np.float32]:
    """Values (K, C) at flat pixel indices (K,) of an image of `shape` (height, width), averaged
    over 5 pixels along rows and then along columns.

    Only neighbours of the same mesh (K,), with a normal (K, 3) within some 30 degrees and a
    depth (K,) within `depth_step` metres count.
    """
    rows, columns = np.divmod(pixel, shape[1])
    top, left = rows.min(), columns.min()
    height, width = rows.max() - top + 5, columns.max() - left + 5
    place = (rows - top + 2) * width + (columns - left + 2)
    # Slot K stands for "nothing there": mesh -1 never matches.
    slot = np.full(height * width, len(pixel), dtype=np.int32)
    slot[place] = np.arange(len(pixel))
    mesh_or_none = np.append(mesh, -1)
    normal_or_none = np.append(normal, np.zeros((1, 3), np.float32), axis=0)
    depth_or_none = np.append(depth, np.float32(np.inf))
    result = values
    for stride in (1, width):
        padded = np.append(result, np.zeros((1, values.shape[1]), np.float32), axis=0)
        total, count = result.copy(), np.ones(len(pixel), np.float32)
        for step in (-2, -1, 1, 2):
            other = slot[place + step * stride]
            near = mesh_or_none[other] == mesh
            near &= np.abs(depth_or_none[other] - depth) < depth_step
            near &= np.einsum("kd,kd->k", normal_or_none[other], normal) > _SAME_DIRECTION
            weight = near * np.float32(0.5 if abs(step) == 2 else 1.0)
            total += weight[:, None] * padded[other]
            count += weight
        result = total / count[:, None]
    return result
