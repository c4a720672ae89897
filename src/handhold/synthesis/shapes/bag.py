"""Bags: a soft box with one arched handle, two handles or a flat strap."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Solid,
    X,
    Y,
    Z,
    oval,
    rounded_rectangle,
    skin,
    tube,
    union,
)
from handhold.synthesis.shapes.vessels import bow, placed

STYLES = ("arch", "twin", "strap", "clutch")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A bag of 18-32 cm, wide along x, its handle above."""
    small = style == "clutch"
    width = rng.uniform(0.17, 0.21) if small else rng.uniform(0.21, 0.32)
    depth = rng.uniform(0.055, 0.080) if small else rng.uniform(0.07, 0.13)
    height = width * (rng.uniform(0.55, 0.70) if small else rng.uniform(0.65, 0.95))
    narrow = rng.uniform(0.35, 0.80)
    body = _body(width, depth, height, narrow, rng)
    span = width * rng.uniform(0.42, 0.60)
    rise = rng.uniform(0.055, 0.075) if small else rng.uniform(0.075, 0.135)
    if style == "strap":
        section = oval(rng.uniform(0.010, 0.015), rng.uniform(0.0025, 0.0035), 4.0)
    else:
        half = rng.uniform(0.0045, 0.0085)
        section = oval(half * rng.uniform(1.0, 1.3), half, rng.uniform(2.0, 3.0))
    kind = str(rng.choice(["C", "D", "square"]))
    path = bow(kind, span, rise, corner=0.030)
    rows = (-1.0, 1.0) if style == "twin" else (0.0,)
    handles, loops = [], []
    for row in rows:
        aside = row * depth * narrow * 0.30 * Y
        curve = placed(path, aside + (height - 0.004) * Z, Z, X, 0.010)
        handles.append(tube(curve, section, Y))
        loops.append(aside + (height + 0.45 * rise) * Z)
    return Blueprint(
        solids=(("handle", union(handles)), ("body", body)),
        affordances={
            "handle": ("handle-grip",),
            "body": ("base-support",) if small else (),
        },
        loops={"handle": np.array(loops)},
    )


def _body(
    width: float, depth: float, height: float, narrow: float, rng: np.random.Generator
) -> Solid:
    """A full bag that narrows in depth towards its top and bulges in between."""
    bulge, taper = rng.uniform(0.0, 0.15), rng.uniform(0.0, 0.12)
    rim = 0.016
    rings = []
    for share in np.linspace(0, 1, 24):
        level = height * share
        close = min(level, height - level)
        inset = rim - np.sqrt(max(rim**2 - max(rim - close, 0.0) ** 2, 0.0))
        across = depth * (1 - (1 - narrow) * share + bulge * np.sin(np.pi * share)) - 1.4 * inset
        along = width * (1 - taper * share) - 1.4 * inset
        outline = rounded_rectangle(along, across, 0.34 * across, steps=7)
        rings.append(np.column_stack([outline, np.full(len(outline), level)]))
    return skin(np.array(rings))
