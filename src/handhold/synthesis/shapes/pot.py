"""Pots: two side handles or one long handle, open or under a lid."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    AXIS_RADIUS,
    Array,
    Solid,
    X,
    Y,
    Z,
    fillet,
    lathe,
    moved,
    oval,
    resample,
    tube,
    union,
)
from handhold.synthesis.shapes.vessels import (
    RadiusAt,
    bow,
    cavity_profile,
    full_vessel,
    open_profile,
    placed,
    side,
)

STYLES = ("two-handled", "long-handled", "two-handled-lid", "long-handled-lid")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A pot of 14-24 cm; a covered one is modelled as full."""
    long_handle, covered = style.startswith("long"), style.endswith("lid")
    radius_top = rng.uniform(0.070, 0.095) if long_handle else rng.uniform(0.080, 0.120)
    height = radius_top * rng.uniform(0.75, 1.25)
    wall = rng.uniform(0.0025, 0.0040)
    outer = side(height, radius_top * rng.uniform(0.88, 1.0), radius_top)
    foot = rng.uniform(0.006, 0.014)
    level = height * rng.uniform(0.66, 0.80)
    grips, loops = (
        _long_handle(outer, level, rng) if long_handle else _side_handles(outer, level, rng)
    )
    solids: list[tuple[str, Solid]]
    if covered:
        rim = np.array([[radius_top * 0.5, height], [AXIS_RADIUS, height]])
        body = full_vessel(outer, height, foot, rim, count=80)
        solids = [("body", body), ("handle", grips), ("lid", _lid(radius_top, height, rng))]
    else:
        body = lathe(open_profile(outer, height, wall, 0.005, foot), count=80)
        inside = lathe(cavity_profile(outer, height, wall), count=80)
        solids = [("body", body), ("handle", grips - inside)]
    return Blueprint(
        solids=tuple(solids),
        affordances={"handle": ("handle-grip",), "body": ("base-support",), "lid": ()},
        loops={"handle": loops} if len(loops) else {},
    )


def _side_handles(outer: RadiusAt, level: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """Two flat-lying bows at both ends of the x axis."""
    half_z, half_out = rng.uniform(0.0045, 0.0085), rng.uniform(0.0045, 0.0075)
    gap, span = rng.uniform(0.028, 0.040), rng.uniform(0.080, 0.105)
    radius = float(outer(np.array(level)))
    # The bow's feet stand beside the axis, where the round wall has fallen back.
    sunk = radius - np.sqrt(radius**2 - (span / 2) ** 2)
    reach = gap + half_out + sunk
    path = bow(str(rng.choice(["C", "D", "square"])), span, reach, corner=0.016)
    section = oval(half_z, half_out, rng.uniform(2.0, 4.0))
    grips, loops = [], []
    for out in (X, -X):
        curve = placed(path, (radius - sunk) * out + level * Z, out, Y, 0.006)
        grips.append(tube(curve, section, Z))
        loops.append((radius + gap / 2) * out + level * Z)
    return union(grips), np.array(loops)


def _long_handle(outer: RadiusAt, level: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """One handle of 13-19 cm along +x, level or rising."""
    length, rise = rng.uniform(0.13, 0.19), rng.uniform(0.0, 0.035)
    radius = float(outer(np.array(level)))
    corners = [
        (radius - 0.006, 0.0, level),
        (radius + 0.030, 0.0, level + 0.2 * rise),
        (radius + length, 0.0, level + rise),
    ]
    curve = resample(fillet(corners, 0.06), 0.006)
    share = np.linspace(0, 1, len(curve))
    swell = 0.72 + 0.28 * np.clip(share / 0.35, 0, 1) + 0.08 * np.sin(np.pi * share)
    section = oval(rng.uniform(0.0075, 0.0115), rng.uniform(0.0095, 0.0145), rng.uniform(2.0, 3.6))
    return tube(curve, section, Z, scale=swell, round_ends=True), np.empty((0, 3))


def _lid(radius: float, height: float, rng: np.random.Generator) -> Solid:
    """A shallow dome with a knob."""
    dome, rim = rng.uniform(0.012, 0.030), radius + 0.002
    angles = np.linspace(0, np.pi / 2, 12)
    cover = np.stack([rim * np.cos(angles), 0.004 + dome * np.sin(angles)], axis=1)
    plate = lathe(np.concatenate([[(0, 0), (rim, 0)], cover]), count=80)
    knob_radius, stem = rng.uniform(0.014, 0.021), rng.uniform(0.010, 0.018)
    profile = fillet(
        [
            (0, 0),
            (0.009, 0),
            (0.008, stem),
            (knob_radius, stem),
            (knob_radius, stem + 0.016),
            (0, stem + 0.018),
        ],
        0.005,
    )
    knob = lathe(profile, count=48)
    return union([moved(plate, height * Z), moved(knob, (height + dome) * Z)])
