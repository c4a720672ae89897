"""Scissors: two crossed blades on a pin and a handle with two finger loops."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    Z,
    cylinder,
    fillet,
    moved,
    oval,
    prism,
    resample,
    tube,
    turn,
    union,
)

STYLES = ("even", "tailor", "large-loops")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """Scissors lying flat, blades towards +x, opened by 8-30 degrees."""
    opening = rng.uniform(4, 14)
    shank = rng.uniform(0.018, 0.034)
    half_plane, half_z = rng.uniform(0.0040, 0.0055), rng.uniform(0.0040, 0.0060)
    section = oval(half_z, half_plane, rng.uniform(2.0, 3.5), count=20)
    blade_length, blade_width = rng.uniform(0.065, 0.11), rng.uniform(0.011, 0.016)
    first = _loop_size(style, rng, large=False)
    second = _loop_size(style, rng, large=style != "even") if style != "even" else first

    handles: list[Solid] = []
    blades: list[Solid] = [moved(cylinder(0.0035, 0.0065, 0.001, count=24), -0.00325 * Z)]
    middles = []
    for sign, loop in ((1.0, first), (-1.0, second)):
        rotation = turn("z", sign * opening)
        grip, middle = _handle(shank, loop, section, half_plane, -sign)
        handles.append(moved(grip, np.zeros(3), rotation))
        middles.append(rotation @ middle)
        blade = prism(_blade(blade_length, blade_width, sign), 0.0022)
        level = 0.0 if sign > 0 else -0.0022
        blades.append(moved(blade, level * Z, rotation))
    return Blueprint(
        solids=(("handles", union(handles)), ("blades", union(blades))),
        affordances={"handles": ("handle-grip",), "blades": ()},
        loops={"handles": np.array(middles)},
    )


def _loop_size(style: str, rng: np.random.Generator, *, large: bool) -> tuple[float, float]:
    """Inner half length and half width of a finger loop."""
    half_width = rng.uniform(0.0115, 0.0135)
    if large:
        return rng.uniform(0.024, 0.031), half_width
    if style == "large-loops":
        return rng.uniform(0.019, 0.023), half_width
    return rng.uniform(0.0135, 0.0185), half_width


def _handle(
    shank: float, loop: tuple[float, float], section: Array, thickness: float, sign: float
) -> tuple[Solid, Array]:
    """Shank and loop on the side `sign` of the x axis, and the middle of the loop."""
    half_length, half_width = loop[0] + thickness, loop[1] + thickness
    middle = np.array([-shank - half_length, sign * (half_width + 0.0006), 0.0])
    ring = oval(half_length, half_width, 2.3, count=40)
    path = np.column_stack([ring, np.zeros(len(ring))]) + middle
    eye = tube(path, section, Z, closed=True)
    entry = middle + [half_length * 0.93, -sign * half_width * 0.30, 0.0]
    arm = fillet(
        np.array([(-0.008, 0.0, 0.0), (-0.4 * shank - 0.006, sign * 0.002, 0.0), entry]),
        shank * 0.6,
    )
    return union([eye, tube(resample(arm, 0.003), section, Z, round_ends=True)]), middle


def _blade(length: float, width: float, sign: float) -> Array:
    """Outline of a blade with its cutting edge towards the other blade."""
    back = np.array([(-0.014, -0.15), (-0.004, -0.50), (0.25 * length, -0.42), (length, -0.10)])
    edge = np.array(
        [(length, 0.02), (0.5 * length, 0.36), (0.012, 0.55), (-0.004, 0.5), (-0.014, 0.15)]
    )
    outline = np.concatenate([back, edge]) * [1.0, width]
    return outline if sign < 0 else (outline * [1.0, -1.0])[::-1]
