"""Where one sample per pixel is not enough: outlines, creases and borders of colours."""

from __future__ import annotations

import numpy as np

from handhold.render.surface_image import Flags, Rows, SurfaceImage, beside, product

_TURN = 0.95  # cosine between normals
_COLOR = 0.02  # linear, of 1


def edge_pixels(image: SurfaceImage, step: float) -> Rows:
    """Flat indices of the pixels of the picture that look unlike one of the four beside them.

    A point that is `step` metres above or below its neighbour's tangent plane is another surface.
    """
    edge = np.zeros(image.shape, dtype=bool)
    for axis in (0, 1):
        here, there = beside(axis, 1)
        differ = _differ(image, axis, step)
        edge[here] |= differ
        edge[there] |= differ
    return image.pixels(edge)


def _differ(image: SurfaceImage, axis: int, step: float) -> Flags:
    here, there = beside(axis, 1)
    normal = image.normal[:, *here]
    between = image.point[:, *here] - image.point[:, *there]
    differ: Flags = product(normal, image.normal[:, *there]) < _TURN
    differ |= np.abs(product(normal, between)) > np.float32(step)
    for color in image.color:
        differ |= np.abs(color[here] - color[there]) > _COLOR
    differ &= image.mesh[here] >= 0
    differ |= image.mesh[here] != image.mesh[there]
    return differ
