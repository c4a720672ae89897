"""Keyboards: a tilted base with rows of keys."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.keys import ROW_WIDTH, key_block, keycaps
from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import Solid, X, moved, slab, turn, union

STYLES = ("compact", "tenkeyless", "full")
_BLOCKS = {"compact": (), "tenkeyless": (3,), "full": (3, 4)}  # columns right of the letters


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A keyboard, wide along x, the space bar towards -y."""
    pitch = rng.uniform(0.0175, 0.0195)
    gap = rng.uniform(0.0012, 0.0035)
    height, inset = rng.uniform(0.0030, 0.0090), rng.uniform(0.0003, 0.0022)
    rows = 5 if style == "compact" else 6
    keys, width = _keys(style, rows, pitch, gap, height, inset)
    margin, thickness = rng.uniform(0.006, 0.016), rng.uniform(0.010, 0.018)
    size = [width + 2 * margin, rows * pitch + 2 * margin, thickness]
    base = slab(size, rng.uniform(0.004, 0.012), 0.003, steps=4)
    keys = moved(keys, [-width / 2, -rows * pitch / 2, thickness - 0.0008])
    tilt = turn("x", rng.uniform(3, 7))
    return Blueprint(
        solids=(
            ("keys", moved(keys, np.zeros(3), tilt)),
            ("base", _on_feet(base, size, tilt)),
        ),
        affordances={"keys": ("press", "point"), "base": ()},
    )


def _keys(
    style: str, rows: int, pitch: float, gap: float, height: float, inset: float
) -> tuple[Solid, float]:
    """All keys from x = 0, and how far they reach."""
    pieces, at = [keycaps(rows, pitch, gap, height, inset)], ROW_WIDTH * pitch
    for columns in _BLOCKS[style]:
        block = key_block(columns, rows, pitch, gap, height, inset)
        pieces.append(moved(block, (at + 0.4 * pitch) * X))
        at += (columns + 0.4) * pitch
    return union(pieces), at


def _on_feet(base: Solid, size: list[float], tilt: np.ndarray) -> Solid:
    """The tilted base on two feet under its far edge."""
    leaning = moved(base, np.zeros(3), tilt)
    floor = leaning.bounding_box()[2]
    reach = 0.40 * size[1]
    foot_height = float((tilt @ np.array([0.0, reach, 0.004]))[2]) - floor
    foot = slab([0.030, 0.008, foot_height], 0.002, 0.0005, steps=3)
    feet = [moved(foot, [sign * 0.36 * size[0], reach, floor]) for sign in (-1, 1)]
    return union([leaning, *feet])
