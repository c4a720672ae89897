"""Jars: a wide body under a screw lid."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import Solid, Z, cylinder, fillet, lathe, moved, union
from handhold.synthesis.shapes.vessels import full_vessel, shoulder, side

STYLES = ("straight", "barrel", "square", "tall")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A jar of 5.5-9.5 cm across; its lid overhangs the neck."""
    radius = rng.uniform(0.028, 0.036) if style == "tall" else rng.uniform(0.032, 0.046)
    height = rng.uniform(0.11, 0.15) if style == "tall" else rng.uniform(0.06, 0.11)
    belly = rng.uniform(0.004, 0.009) if style == "barrel" else 0.0
    edge = radius - belly
    mouth = edge * rng.uniform(0.72, 0.90)
    wall = side(height, edge * rng.uniform(0.94, 1.0), edge, belly)
    rise = rng.uniform(0.006, 0.016)
    start = np.array([float(wall(np.array(height))), height])
    top = shoulder(start, mouth, rise, rng.uniform(1.5, 2.4))
    exponent = rng.uniform(3.0, 5.0) if style == "square" else 2.0
    glass = full_vessel(wall, height, rng.uniform(0.004, 0.008), top, exponent=exponent)
    throat = moved(cylinder(mouth * 0.97, 0.016, count=72), (height + rise - 0.004) * Z)
    lid = moved(_lid(mouth, rng), (height + rise + 0.002) * Z)
    return Blueprint(
        solids=(("lid", lid), ("body", union([glass, throat]))),
        affordances={
            "lid": ("twist", "point"),
            "body": ("wrap-around-grip", "base-support"),
        },
    )


def _lid(mouth: float, rng: np.random.Generator) -> Solid:
    """A screw lid, smooth or ribbed, flat or slightly domed, standing on z = 0."""
    outside, height = mouth + rng.uniform(0.001, 0.004), rng.uniform(0.012, 0.022)
    dome = rng.choice([0.0, 0.003])
    corners = [(0, 0), (outside, 0), (outside, height), (0, height + dome)]
    ribs = int(rng.choice([0, 40, 56]))
    return lathe(fillet(corners, 0.0025), ribs=ribs, rib_depth=0.0008, count=72)
