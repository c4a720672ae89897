"""Dispensers: a body under a push pump or under a trigger sprayer."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Solid,
    Y,
    Z,
    cylinder,
    fillet,
    lathe,
    moved,
    oval,
    resample,
    tube,
    union,
)
from handhold.synthesis.shapes.sprayer import sprayer
from handhold.synthesis.shapes.vessels import full_vessel, shoulder, side

STYLES = ("pump", "trigger", "square-pump", "oval-trigger")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A soap pump of 14-22 cm or a spray bottle of 22-30 cm."""
    spray = style.endswith("trigger")
    mouth = rng.uniform(0.0125, 0.0150)
    body, height = _body(style, spray, mouth, rng)
    if spray:
        head = sprayer(mouth, rng)
        return Blueprint(
            solids=(
                ("neck", moved(head.neck, height * Z)),
                ("trigger", moved(head.trigger, height * Z)),
                ("body", body),
            ),
            affordances={
                "trigger": ("trigger-squeeze",),
                "neck": (),
                "body": ("wrap-around-grip",),
            },
            loops={"trigger": (head.gap + height * Z)[None]},
        )
    collar_height, stem = rng.uniform(0.012, 0.018), rng.uniform(0.014, 0.026)
    collar = lathe(
        fillet(
            [
                (0, -0.005),
                (mouth + 0.003, -0.005),
                (mouth + 0.003, collar_height),
                (0, collar_height),
            ],
            0.002,
        ),
        ribs=28,
        rib_depth=0.0006,
    )
    rod = cylinder(0.0045, collar_height + stem + 0.004, count=28)
    top = moved(_pump(rng), (collar_height + stem) * Z)
    return Blueprint(
        solids=(
            ("neck", moved(union([collar, rod]), height * Z)),
            ("pump", moved(top, height * Z)),
            ("body", body),
        ),
        affordances={
            "pump": ("press", "point"),
            "neck": (),
            "body": ("wrap-around-grip", "base-support"),
        },
    )


def _body(style: str, spray: bool, mouth: float, rng: np.random.Generator) -> tuple[Solid, float]:
    """The reservoir and its height."""
    radius = rng.uniform(0.029, 0.041)
    height = rng.uniform(0.115, 0.165) if spray else rng.uniform(0.085, 0.140)
    rise = rng.uniform(0.025, 0.055) if spray else rng.uniform(0.010, 0.025)
    wall = side(height, radius, radius * rng.uniform(0.88, 1.0), rng.uniform(0.0, 0.004))
    start = np.array([float(wall(np.array(height))), height])
    top = shoulder(start, mouth, rise, rng.uniform(1.2, 2.2))
    body = full_vessel(
        wall,
        height,
        rng.uniform(0.004, 0.008),
        top,
        exponent=rng.uniform(3.0, 5.0) if style == "square-pump" else 2.0,
        aspect=rng.uniform(0.68, 0.80) if style == "oval-trigger" else 1.0,
        levels=16,
        count=64,
    )
    return body, height + rise


def _pump(rng: np.random.Generator) -> Solid:
    """The push head with its spout towards +x, standing on z = 0."""
    half, height = rng.uniform(0.0105, 0.0155), rng.uniform(0.010, 0.016)
    reach, droop = rng.uniform(0.026, 0.046), rng.uniform(0.004, 0.014)
    corners = [(0, 0), (half * 0.85, 0), (half, height), (0, height + rng.uniform(0, 0.002))]
    button = lathe(fillet(corners, 0.003), aspect=rng.uniform(0.85, 1.0), count=48)
    level = height * 0.58
    path = fillet([(0, 0, level), (reach, 0, level), (reach + 0.006, 0, level - droop)], 0.008)
    section = oval(rng.uniform(0.0045, 0.0065), rng.uniform(0.0035, 0.0045), 2.5, count=20)
    share = np.linspace(0, 1, len(curve := resample(path, 0.003)))
    return union([button, tube(curve, section, Y, scale=1 - 0.25 * share)])
