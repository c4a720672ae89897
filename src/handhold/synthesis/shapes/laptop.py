"""Laptops: a base with keys and a touchpad, and an opened screen."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.keys import ROW_WIDTH, keycaps
from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import Solid, Z, cylinder, moved, slab, turn, union

STYLES = ("slim", "thick", "small")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A laptop of 24-35 cm, wide along x, facing -y, opened by 90-130 degrees."""
    width = rng.uniform(0.235, 0.275) if style == "small" else rng.uniform(0.29, 0.35)
    depth = width * rng.uniform(0.64, 0.72)
    thickness = rng.uniform(0.017, 0.024) if style == "thick" else rng.uniform(0.010, 0.015)
    opening = rng.uniform(92, 128)
    base = slab([width, depth, thickness], 0.010, 0.003, steps=4)
    pad_size = [width * rng.uniform(0.28, 0.36), depth * 0.30, 0.01]
    pad_y = -depth / 2 + 0.008 + pad_size[1] / 2
    pad = moved(slab(pad_size, 0.004, 0.0005, steps=3), [0, pad_y, thickness - 0.0006])
    pitch = (width * rng.uniform(0.84, 0.92)) / ROW_WIDTH
    rows = 6 if depth * 0.52 > 6 * pitch else 5
    front = depth / 2 - 0.018 - rows * pitch
    keys = keycaps(rows, pitch, pitch * rng.uniform(0.12, 0.2), rng.uniform(0.0020, 0.0032), 2e-4)
    keys = moved(keys, [-ROW_WIDTH * pitch / 2, front, thickness - 0.0006])

    radius = 0.005
    hinge_at = np.array([0.0, depth / 2 - 0.004, thickness + radius * 0.4])
    hinges = [
        moved(
            cylinder(radius, 0.032, 0.0005, count=24),
            hinge_at + [sign * width * 0.34 - 0.016, 0, 0],
            turn("y", 90),
        )
        for sign in (-1, 1)
    ]
    screen = moved(_screen(width, depth, rng), hinge_at, turn("x", 180 - opening))
    return Blueprint(
        solids=(("base", union([base - pad, *hinges])), ("screen", screen), ("keys", keys)),
        affordances={
            "base": ("base-support",),
            "screen": ("point",),
            "keys": ("press", "point"),
        },
    )


def _screen(width: float, depth: float, rng: np.random.Generator) -> Solid:
    """The screen as if opened flat (180 degrees): its hinge edge on the x axis, display up,
    its top towards +y."""
    thickness = rng.uniform(0.0055, 0.0090)
    tall = depth * rng.uniform(0.93, 1.0)
    panel = slab([width, tall, thickness], 0.010, 0.002, steps=4)
    bezel = rng.uniform(0.006, 0.014)
    display = slab([width - 2 * bezel, tall - 2.6 * bezel, 0.01], 0.002, 0.0003, steps=3)
    recessed = panel - moved(display, (thickness - 0.0008) * Z)
    return moved(recessed, [0.0, tall / 2 - 0.0015, -thickness / 2])
