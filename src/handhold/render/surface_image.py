"""The surface that is seen through the centres of a picture's pixels, laid out as an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.render.surface import Surface

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
Slices = tuple[slice, slice]


class SurfaceImage:
    """Planes of the part of a picture that shows anything, and one pixel round it.

    mesh (h, w): index of the mesh, -1 where nothing is seen; normal, point, color (3, h, w) and
    distance (h, w) as in Surface, zeros where nothing is seen.
    """

    def __init__(self, surface: Surface, pixel: Rows, shape: tuple[int, int]) -> None:
        """pixel (K,): flat indices in the picture of `shape` (height, width), ascending."""
        row, column = np.divmod(pixel, shape[1])
        self._width = shape[1]
        self._top, self._left = max(row[0] - 1, 0), max(column.min() - 1, 0)
        bottom, right = min(row[-1] + 2, shape[0]), min(column.max() + 2, shape[1])
        self.shape = (int(bottom - self._top), int(right - self._left))
        self._place = self.places(pixel)
        self.mesh = np.full(self.shape, -1, np.int32)
        self.mesh.reshape(-1)[self._place] = surface.mesh
        self.normal, self.point = self.planes(surface.normal), self.planes(surface.point)
        self.color = self.planes(surface.color)
        self.distance = self.planes(surface.distance[:, None])[0]

    def places(self, pixel: Rows) -> Rows:
        """Flat indices in the planes of flat indices in the picture."""
        row, column = np.divmod(pixel, self._width)
        return (row - self._top) * self.shape[1] + column - self._left

    def pixels(self, shown: Flags) -> Rows:
        """Flat indices in the picture of what is True in a plane (h, w)."""
        row, column = np.nonzero(shown)
        return (row + self._top) * self._width + column + self._left

    def planes(self, values: Floats) -> Floats:
        """Values (K, C), a row per pixel that shows anything, as planes (C, h, w)."""
        planes = np.zeros((values.shape[1], self.shape[0] * self.shape[1]), np.float32)
        planes[:, self._place] = values.T
        return planes.reshape(-1, *self.shape)

    def rows(self, planes: Floats) -> Floats:
        """Planes (C, h, w) as values (K, C): the inverse of `planes`."""
        return planes.reshape(len(planes), -1)[:, self._place].T


def beside(axis: int, apart: int) -> tuple[Slices, Slices]:
    """What to pick from planes (..., h, w), after an Ellipsis, to pair each pixel with the one
    `apart` pixels further along an axis (0 down, 1 to the right)."""
    every = slice(None)
    first, second = slice(None, -apart), slice(apart, None)
    return ((first, every), (second, every)) if axis == 0 else ((every, first), (every, second))


def product(first: Floats, second: Floats) -> Floats:
    """Scalar products (h, w) of planes of vectors (3, h, w)."""
    total = first[0] * second[0]
    for one, other in zip(first[1:], second[1:], strict=True):
        total += one * other
    return total
