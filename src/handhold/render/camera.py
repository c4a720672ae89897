"""A pinhole camera in a z-up world."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_POLE = math.radians(89.0)


@dataclass(frozen=True, eq=False)
class Camera:
    """Where a picture is taken from.

    eye (3,): metres, world frame (z up). axes (3, 3): rows are the camera's right, up and
    backward directions in the world. fov: vertical field of view, radians.
    """

    eye: NDArray[np.float64]
    axes: NDArray[np.float64]
    fov: float

    @classmethod
    def look_at(
        cls,
        centre: ArrayLike,
        distance: float,
        azimuth: float,
        elevation: float,
        fov: float = math.radians(28.0),
    ) -> Camera:
        """A camera `distance` metres from `centre`, its picture upright.

        azimuth: radians about z, 0 looks from +x, pi/2 from +y. elevation: radians above the
        horizontal plane; fov: vertical field of view, radians.
        """
        tilt = float(np.clip(elevation, -_POLE, _POLE))
        backward = np.array(
            [
                math.cos(tilt) * math.cos(azimuth),
                math.cos(tilt) * math.sin(azimuth),
                math.sin(tilt),
            ]
        )
        right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
        axes = np.stack([right, np.cross(backward, right), backward])
        return cls(np.asarray(centre, dtype=np.float64) + distance * backward, axes, fov)

    @classmethod
    def framing(
        cls,
        points: ArrayLike,
        azimuth: float,
        elevation: float,
        *,
        fov: float = math.radians(28.0),
        aspect: float = 1.0,
        margin: float = 1.12,
    ) -> Camera:
        """The closest camera in that direction that sees all points (N, 3) of the world.

        aspect: width / height of the picture; margin: room around the points (1 is none).
        """
        cloud = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        axes = cls.look_at(np.zeros(3), 1.0, azimuth, elevation, fov).axes
        right, up, backward = axes @ cloud.T
        slope = math.tan(fov / 2) / margin
        slopes = np.array([slope * aspect, slope])
        # Each point asks, per picture axis, for the apex of a cone that holds it.
        sides = [side / slant for side, slant in zip((right, up), slopes, strict=True)]
        upper = np.array([(backward + side).max() for side in sides])
        lower = np.array([(backward - side).max() for side in sides])
        centre = 0.5 * slopes * (upper - lower)
        depth = 0.5 * (upper + lower).max()
        distance = max(depth, float(backward.max()) + 1e-6)
        eye = np.array([centre[0], centre[1], distance]) @ axes
        return cls(eye, axes, fov)

    def rays(self, width: int, height: int) -> NDArray[np.float32]:
        """Unit directions (height * width, 3) through the pixel centres, row by row."""
        x = np.tile(np.arange(width) + 0.5, height)
        y = np.repeat(np.arange(height) + 0.5, width)
        return self.rays_through(x, y, width, height)

    def rays_through(
        self, x: NDArray[np.float64], y: NDArray[np.float64], width: int, height: int
    ) -> NDArray[np.float32]:
        """Unit directions (N, 3) through places x, y (N,) of a picture, in pixels from its top
        left corner."""
        slope = math.tan(self.fov / 2)
        right = (2 * x / width - 1) * slope * width / height
        up = (1 - 2 * y / height) * slope
        shorter = 1 / np.sqrt(right * right + up * up + 1)
        seen = np.stack([right * shorter, up * shorter, -shorter], axis=1)
        directions: NDArray[np.float32] = (seen @ self.axes).astype(np.float32)
        return directions

    def project(self, points: ArrayLike, width: int, height: int) -> NDArray[np.float64]:
        """Pixel coordinates (N, 2), x to the right and y down, of points (N, 3) of the world."""
        seen = (np.asarray(points, dtype=np.float64) - self.eye) @ self.axes.T
        scale = 0.5 * height / math.tan(self.fov / 2)
        flat = seen[..., :2] / -seen[..., 2:] * scale
        return np.stack([width / 2 + flat[..., 0], height / 2 - flat[..., 1]], axis=-1)
