"""Colours of pictures: sRGB 0..1 for meshes, 0..255 for ink. All are choices of ours."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handhold.grasps import RGB

Ink = tuple[int, int, int]

INK: Ink = (36, 41, 49)
FAINT_INK: Ink = (101, 109, 122)
GOOD_INK: Ink = (40, 120, 84)
BAD_INK: Ink = (172, 72, 52)
PAPER: Ink = (255, 255, 255)
LINE: Ink = (222, 226, 232)

_PARTS: tuple[RGB, ...] = (
    (0.376, 0.580, 0.698),
    (0.878, 0.643, 0.376),
    (0.510, 0.671, 0.478),
    (0.741, 0.463, 0.478),
    (0.608, 0.549, 0.722),
    (0.851, 0.780, 0.475),
    (0.400, 0.651, 0.635),
    (0.706, 0.588, 0.490),
    (0.835, 0.612, 0.694),
    (0.545, 0.573, 0.624),
)

_HEAT = np.array(
    [
        [0.905, 0.885, 0.865],
        [0.965, 0.820, 0.600],
        [0.945, 0.600, 0.330],
        [0.835, 0.305, 0.240],
        [0.560, 0.090, 0.235],
    ]
)


def part_colors(count: int) -> NDArray[np.float64]:
    """Muted colours (count, 3) that tell neighbouring parts apart; from the 11th on by hue."""
    colors = list(_PARTS[:count])
    for index in range(len(colors), count):
        hue = (0.618034 * index) % 1.0
        colors.append(colorsys.hls_to_rgb(hue, 0.46 + 0.11 * (index % 4), 0.36))
    return np.array(colors, dtype=np.float64).reshape(-1, 3)


def heat(values: ArrayLike) -> NDArray[np.float64]:
    """Colours (..., 3) of values 0..1, from pale to dark red; nan is pale."""
    clean = np.clip(np.nan_to_num(np.asarray(values, dtype=np.float64)), 0, 1)
    stops = np.linspace(0, 1, len(_HEAT))
    return np.stack([np.interp(clean, stops, _HEAT[:, channel]) for channel in range(3)], -1)


def to_ink(color: ArrayLike) -> Ink:
    """A colour 0..1 as 0..255."""
    red, green, blue = (int(round(255 * float(value))) for value in np.asarray(color))
    return red, green, blue


def to_linear(color: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB colours 0..1 as amounts of light."""
    linear: NDArray[np.float32] = np.where(
        color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4
    )
    return linear


def to_srgb(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Amounts of light as sRGB colours 0..1."""
    clipped = np.clip(light, 0, 1)
    color: NDArray[np.float32] = np.where(
        clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055
    )
    return color
