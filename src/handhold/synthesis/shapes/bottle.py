"""Bottles: a full body that narrows to a neck with a cap."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import Solid, Z, cylinder, fillet, lathe, moved, union
from handhold.synthesis.shapes.vessels import full_vessel, shoulder, side

STYLES = ("round", "square", "wine", "sport")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A bottle of 18-32 cm, 5.5-9 cm across, with a screw cap, a stopper or a sport top."""
    wine = style == "wine"
    body_height = rng.uniform(0.16, 0.19) if wine else rng.uniform(0.12, 0.19)
    radius = rng.uniform(0.034, 0.040) if wine else rng.uniform(0.0285, 0.043)
    neck = rng.uniform(0.0135, 0.0150) if wine else rng.uniform(0.013, 0.019)
    neck_height = rng.uniform(0.055, 0.075) if wine else rng.uniform(0.018, 0.030)
    rise = rng.uniform(0.040, 0.065) if wine else rng.uniform(0.018, 0.050)

    waist = rng.uniform(0.002, 0.006) if style in ("round", "sport") else 0.0
    wall = side(body_height, radius * rng.uniform(0.93, 1.0), radius, 0.0, waist)
    start = np.array([float(wall(np.array(body_height))), body_height])
    top = shoulder(start, neck * 1.02, rise, rng.uniform(1.1, 2.2))
    exponent = rng.uniform(3.2, 5.0) if style == "square" else 2.0
    foot = rng.uniform(0.004, 0.009)
    body = full_vessel(wall, body_height, foot, top, exponent=exponent, levels=24)

    base = body_height + rise
    collar = moved(cylinder(neck + 0.003, 0.003, 0.001), (base + 0.006) * Z)
    throat = moved(cylinder(neck, neck_height + 0.005), (base - 0.005) * Z)
    cap = moved(_cap(style, neck, neck_height, rng), (base + 0.010) * Z)
    return Blueprint(
        solids=(("cap", cap), ("body", body), ("neck", union([throat, collar]))),
        affordances={
            "body": ("wrap-around-grip",),
            "neck": ("wrap-around-grip",) if wine else (),
            "cap": ("twist",),
        },
    )


def _cap(style: str, neck: float, neck_height: float, rng: np.random.Generator) -> Solid:
    """The closure, standing 1 cm above the shoulder."""
    if style == "wine":
        outside = neck + rng.uniform(0.001, 0.003)
        return moved(cylinder(outside, 0.038, 0.003), (neck_height - 0.030) * Z)
    screw = lathe(
        fillet([(0, 0), (neck + 0.0025, 0), (neck + 0.0020, neck_height), (0, neck_height)], 0.002),
        ribs=int(rng.integers(20, 32)),
        rib_depth=rng.uniform(0.0004, 0.0010),
    )
    if style != "sport":
        return screw
    nipple = moved(cylinder(neck * 0.62, 0.026, 0.004), (neck_height - 0.003) * Z)
    ring = moved(cylinder(neck * 0.80, 0.006, 0.002), (neck_height + 0.014) * Z)
    return union([screw, nipple, ring])
