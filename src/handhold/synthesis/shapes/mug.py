"""Mugs: an open cup with a C, D, square or ear-shaped handle."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import X, Y, Z, lathe, oval, tube
from handhold.synthesis.shapes.vessels import (
    BOWS,
    bow,
    cavity_profile,
    open_profile,
    placed,
    side,
)

STYLES = BOWS


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A mug of 7.4-10.8 cm with a finger's gap behind its handle."""
    height = rng.uniform(0.074, 0.108)
    top = rng.uniform(0.034, 0.047)
    wall = rng.uniform(0.0030, 0.0050)
    radius = side(height, top * rng.uniform(0.82, 1.0), top, rng.uniform(0.0, 0.006))
    count = 72
    cup = lathe(open_profile(radius, height, wall, 0.006, rng.uniform(0.003, 0.006)), count=count)

    half_width, half_depth = rng.uniform(0.005, 0.010), rng.uniform(0.0040, 0.0065)
    span = max(height * rng.uniform(0.62, 0.76), 0.055)
    gap = rng.uniform(0.026, 0.036)
    reach = gap + half_depth
    middle = height * rng.uniform(0.48, 0.54)
    ends = radius(np.array([middle - span / 2, middle + span / 2]))
    attach = float(ends.min())
    path = bow(
        style, span, reach + float(ends.max()) - attach, corner=0.013, skew=rng.uniform(0.15, 0.35)
    )
    curve = placed(path, np.array([attach, 0.0, middle]), X, Z, wall + 0.003)
    section = oval(half_width, half_depth, rng.uniform(2.0, 4.0))
    grip = tube(curve, section, Y) - lathe(cavity_profile(radius, height, wall), count=count)
    return Blueprint(
        solids=(("body", cup), ("handle", grip)),
        affordances={
            "handle": ("handle-grip",),
            "body": ("wrap-around-grip", "base-support", "point"),
        },
        loops={"handle": np.array([[attach + 0.55 * gap + 0.002, 0.0, middle]])},
    )
