"""Closed umbrellas: with a hook, a straight grip, long for golf, or folded short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    X,
    Y,
    Z,
    cylinder,
    fillet,
    lathe,
    moved,
    oval,
    resample,
    tube,
    turn,
    union,
)

STYLES = ("hook", "straight", "golf", "compact")
# Ranges per style, metres: length of the furled canopy, its radius, of the tip, of the bare
# shaft above the canopy.
_SIZES = {
    "hook": ((0.50, 0.60), (0.022, 0.032), (0.045, 0.080), (0.030, 0.070)),
    "straight": ((0.48, 0.58), (0.022, 0.032), (0.035, 0.070), (0.020, 0.060)),
    "golf": ((0.58, 0.66), (0.030, 0.040), (0.045, 0.075), (0.030, 0.060)),
    "compact": ((0.155, 0.215), (0.024, 0.033), (0.008, 0.014), (0.004, 0.010)),
}


@dataclass(frozen=True, eq=False)
class _Grip:
    """A handle about the z axis that starts at z = 0; loop: a point in its hook, if any."""

    solid: Solid
    radius: float
    loop: Array | None = None


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """An umbrella of 22-100 cm, upright on its tip or lying along x."""
    length, wide, tip_length, bare = (rng.uniform(*span) for span in _SIZES[style])
    rod = rng.uniform(0.0045, 0.0065)
    seat = tip_length + length + bare
    grip = _hook(rng) if style == "hook" else _straight(style, rng)
    canopy, belt = _canopy(style, length, wide, rng)
    solids = [
        ("button", moved(_button(grip.radius, rng), (seat + rng.uniform(0.016, 0.024)) * Z)),
        ("handle", moved(grip.solid, seat * Z)),
        ("strap", moved(belt, tip_length * Z)),
        ("canopy", moved(canopy, tip_length * Z)),
        ("tip", _tip(style, tip_length, rod, rng)),
        ("shaft", _shaft(tip_length, seat, rod)),
    ]
    loop = None if grip.loop is None else grip.loop + seat * Z
    if rng.random() < 0.5:  # lying, its hook flat
        pose = turn("y", 90) @ turn("z", 90)
        solids = [(name, moved(solid, np.zeros(3), pose)) for name, solid in solids]
        loop = None if loop is None else pose @ loop
    return Blueprint(
        solids=tuple(solids),
        affordances={
            "handle": ("handle-grip",),
            "button": ("press",),
            "canopy": ("wrap-around-grip",),
        },
        loops={} if loop is None else {"handle": loop[None]},
    )


def _hook(rng: np.random.Generator) -> _Grip:
    """A crook: a straight stem and more or less than half a turn."""
    radius, bend = rng.uniform(0.0095, 0.0130), rng.uniform(0.030, 0.042)
    stem, tail = rng.uniform(0.060, 0.110), rng.uniform(0.006, 0.040)
    sweep = np.radians(rng.uniform(160, 205))
    angles = np.linspace(0, sweep, 22)
    arc = np.stack([bend * (1 - np.cos(angles)), 0 * angles, stem + bend * np.sin(angles)], axis=1)
    ahead = np.array([np.sin(sweep), 0.0, np.cos(sweep)])
    path = np.concatenate([[[0.0, 0.0, 0.0]], arc, [arc[-1] + tail * ahead]])
    curve = resample(path, 0.006)
    share = np.linspace(0, 1, len(curve))
    swell = 1 - rng.uniform(0.0, 0.18) * share
    grip = tube(curve, oval(radius, radius, count=20), Y, scale=swell, round_ends=True)
    collar = cylinder(radius * 1.12, rng.uniform(0.008, 0.014), 0.001, 32)
    return _Grip(union([grip, collar]), radius, bend * X + (stem + 0.2 * bend) * Z)


def _straight(style: str, rng: np.random.Generator) -> _Grip:
    """A straight handle with a belly, a waist, or rings for the fingers."""
    tall = {"straight": (0.10, 0.15), "golf": (0.16, 0.22), "compact": (0.052, 0.085)}[style]
    length, radius = rng.uniform(*tall), rng.uniform(0.0125, 0.0158)
    share = np.linspace(0, 1, 22)
    kind = int(rng.integers(4))
    if kind == 0:
        swell = 0.84 + 0.16 * np.sin(np.pi * share)
    elif kind == 1:
        swell = 0.80 + 0.20 * share**2
    elif kind == 2:
        swell = 0.93 + 0.07 * np.cos(2 * np.pi * 4 * share)
    else:
        swell = 1.0 - 0.12 * np.exp(-(((share - 0.35) / 0.2) ** 2))
    side = np.stack([radius * swell, length * share], axis=1)
    dome = 0.5 * radius * np.sin(np.linspace(0.3, np.pi / 2, 5))
    cap = np.stack([side[-1, 0] * np.cos(np.linspace(0.3, np.pi / 2, 5)), length + dome], axis=1)
    profile = np.concatenate([[(0, 0)], side, cap])
    squared = rng.uniform(2.6, 3.6) if rng.random() < 0.4 else 2.0
    return _Grip(lathe(profile, exponent=squared, count=32), radius * float(swell[3]))


def _button(radius: float, rng: np.random.Generator) -> Solid:
    """A round push button on the +x side of the handle, at z = 0."""
    size = rng.uniform(0.0048, 0.0065)
    peg = cylinder(size, 0.008 + rng.uniform(0.002, 0.004), 0.0012, 28)
    return moved(peg, (radius - 0.008) * X, turn("y", 90))


def _canopy(
    style: str, length: float, wide: float, rng: np.random.Generator
) -> tuple[Solid, Solid]:
    """The pleated cloth, z from 0 (at the tip) to `length`, and the band that holds it."""
    share = np.linspace(0, 1, 16)
    narrow = rng.uniform(0.55, 0.8) if style == "compact" else rng.uniform(0.34, 0.50)
    peak = rng.uniform(0.70, 0.92)
    grown = narrow + (1 - narrow) * np.clip(share / peak, 0, 1) ** rng.uniform(0.6, 1.1)
    pinch = rng.uniform(0.0, 0.14) * np.exp(-(((share - 0.62) / 0.08) ** 2))
    flare = rng.uniform(-0.10, 0.08) * np.clip((share - peak) / (1 - peak), 0, 1)
    radius = wide * (grown - pinch + flare)
    profile = np.stack([radius, length * share], axis=1)
    ends = [[0.0, 0.0]], [[0.5 * radius[-1], length + 0.003], [0.0, length + 0.003]]
    ribs = int(rng.choice([6, 8, 10]))
    cloth = lathe(
        np.concatenate([ends[0], profile, ends[1]]),
        ribs=ribs,
        rib_depth=rng.uniform(0.10, 0.16) * wide,
        count=60,
    )
    at, tall = rng.uniform(0.55, 0.70), rng.uniform(0.012, 0.020)
    around = float(np.interp(at, share, radius)) + 0.0012
    corners = [(0, 0), (around, 0), (around, tall), (0, tall)]
    ring = lathe(fillet(corners, 0.001), count=48)
    stud = moved(cylinder(0.006, 0.006, 0.001, 24), [around - 0.004, 0, tall / 2], turn("y", 90))
    return cloth, moved(union([ring, stud]), (at * length - tall / 2) * Z)


def _tip(style: str, length: float, rod: float, rng: np.random.Generator) -> Solid:
    """The ferrule below the canopy."""
    if style == "compact":
        cap = rng.uniform(0.011, 0.016)
        return lathe(fillet([(0, 0), (cap, 0), (cap, length + 0.004), (0, length + 0.004)], 0.004))
    point = rng.uniform(0.0032, 0.0045)
    corners = [(0, 0), (point, 0), (rod + 0.002, length * 0.85), (rod + 0.004, length + 0.004)]
    return lathe(fillet([*corners, (0, length + 0.004)], 0.002), count=36)


def _shaft(low: float, high: float, radius: float) -> Solid:
    """The rod from within the tip to within the handle, with the runner on it."""
    rod = moved(cylinder(radius, high - low + 0.008, count=28), (low - 0.002) * Z)
    runner = moved(cylinder(radius + 0.004, 0.016, 0.001, 32), (high - 0.014) * Z)
    return union([rod, runner])
