"""Few and noisy samples made smooth and shared, without reaching across edges.

Two samples may share what they know where they lie on the same mesh, their normals within some
30 degrees, and their distances from the eye within a step.
"""

from __future__ import annotations

import numpy as np

from handhold.render.surface import Surface
from handhold.render.surface_image import (
    Flags,
    Floats,
    Rows,
    SurfaceImage,
    beside,
    product,
)
from handhold.render.vectors import dot

_SAME_DIRECTION = 0.85
_WEIGHTS = {1: 1.0, 2: 0.5}  # of what is so many pixels away: as a row of four
_CROSS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))


def edge_stopping_mean(image: SurfaceImage, planes: Floats, step: float) -> Floats:
    """Planes (C, h, w) averaged over 5 pixels along rows and then along columns."""
    for axis in (1, 0):
        total, count = planes.copy(), np.ones(image.shape, np.float32)
        for apart, weight in _WEIGHTS.items():
            here, there = beside(axis, apart)
            share = _near(image, axis, apart, step) * np.float32(weight)
            total[..., *here] += share * planes[..., *there]
            total[..., *there] += share * planes[..., *here]
            count[here] += share
            count[there] += share
        planes = total / count
    return planes


def _near(image: SurfaceImage, axis: int, apart: int, step: float) -> Flags:
    here, there = beside(axis, apart)
    near: Flags = image.mesh[here] == image.mesh[there]
    near &= np.abs(image.distance[here] - image.distance[there]) < np.float32(step)
    near &= product(image.normal[:, *here], image.normal[:, *there]) > _SAME_DIRECTION
    return near


def borrowed(
    image: SurfaceImage, planes: Floats, others: Surface, pixel: Rows, step: float
) -> tuple[Floats, Flags]:
    """Values (N, C) from planes (C, h, w) for other samples (N) within pixels (N,), and whether
    (N,) that pixel or one of the four beside it had any to give."""
    row, column = np.divmod(image.places(pixel), image.shape[1])
    total = np.zeros((len(planes), len(others)), np.float32)
    count = np.zeros(len(others), np.float32)
    flat = planes.reshape(len(planes), -1)
    for down, right in _CROSS:
        at_row = np.clip(row + down, 0, image.shape[0] - 1)
        place = at_row * image.shape[1] + np.clip(column + right, 0, image.shape[1] - 1)
        near = image.mesh.reshape(-1)[place] == others.mesh
        near &= np.abs(image.distance.reshape(-1)[place] - others.distance) < np.float32(step)
        normal = image.normal.reshape(3, -1)[:, place].T
        near &= dot(normal, others.normal) > _SAME_DIRECTION
        total += near * flat[:, place]
        count += near
    values: Floats = (total / np.maximum(count, 1)).T.astype(np.float32, copy=False)
    return values, count > 0
