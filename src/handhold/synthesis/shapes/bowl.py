"""Bowls: round, deep, on a foot, small for tea, or with two lugs."""

from __future__ import annotations

from dataclasses import dataclass

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
    oval,
    tube,
    union,
)
from handhold.synthesis.shapes.vessels import bow, placed

STYLES = ("round", "deep", "footed", "tea", "lugs")
# Ranges per style, metres: radius, height over radius, flare of the rim.
_SIZES = {
    "round": ((0.062, 0.120), (0.42, 0.66), (0.0, 0.014)),
    "deep": ((0.070, 0.125), (0.78, 1.05), (-0.006, 0.008)),
    "footed": ((0.065, 0.115), (0.50, 0.80), (0.0, 0.016)),
    "tea": ((0.036, 0.043), (1.05, 1.45), (-0.002, 0.002)),
    "lugs": ((0.055, 0.085), (0.70, 0.95), (-0.003, 0.003)),
}
_FLUTE = 0.0022  # metres: depth of the grooves in a fluted wall
_WRAP = 0.09  # metres: what a hand closes round


@dataclass(frozen=True, eq=False)
class _Shell:
    """The wall of a bowl: an ellipse of half axes (radius, height) below its rim.

    power: 2 for an ellipse, more for a flatter floor; flare widens the rim; aspect: y over x.
    """

    radius: float
    height: float
    flare: float
    wall: float
    power: float
    aspect: float

    def curve(self, inset: float, angles: Array) -> Array:
        """Points (n, 2) as (radius, z), angle 0 at the bottom and pi/2 at the rim."""
        share = np.sin(angles).clip(0) ** (2 / self.power)
        depth = np.cos(angles).clip(0) ** (2 / self.power)
        z = self.height - (self.height - inset) * depth
        lean = self.flare * (z / self.height).clip(0) ** 4
        return np.stack([(self.radius - inset) * share + lean, z], axis=1)

    def cut(self) -> Solid:
        """All within the middle of the wall, to cut what is fixed to the outside."""
        curve = self.curve(self.wall / 2, np.linspace(0.02, np.pi / 2, 18))
        above = [[curve[-1, 0], 2 * self.height], [AXIS_RADIUS, 2 * self.height]]
        return lathe(np.concatenate([curve, above]), aspect=self.aspect, count=56)

    def outside(self, level: float) -> float:
        """Outer radius at a height."""
        curve = self.curve(0.0, np.linspace(0.0, np.pi / 2, 80))
        return float(np.interp(level, curve[:, 1], curve[:, 0]))


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A bowl of 7-26 cm across with a bead as its rim and a ring or stem as its foot."""
    radius, tall, flare = (rng.uniform(*span) for span in _SIZES[style])
    shell = _Shell(
        radius=radius,
        height=radius * tall,
        flare=flare,
        wall=rng.uniform(0.0030, 0.0042) if style == "tea" else rng.uniform(0.0034, 0.0055),
        power=rng.uniform(1.9, 3.2),
        aspect=rng.uniform(0.74, 0.92) if style == "round" and rng.random() < 0.4 else 1.0,
    )
    fluted = int(rng.integers(10, 17)) if style in ("deep", "footed") and rng.random() < 0.4 else 0
    solids = [("rim", _rim(shell, fluted > 0, rng)), ("bowl", _wall(shell, fluted))]
    solids.append(("foot", _foot(style, shell, rng)))
    loops = {}
    if style == "lugs":
        lugs, loop = _lugs(shell, rng)
        solids.append(("handle", lugs))
        loops["handle"] = loop
    wide = 2 * (radius + max(flare, 0.0))
    return Blueprint(
        solids=tuple(solids),
        affordances={
            "bowl": ("wrap-around-grip", "base-support") if wide <= _WRAP else ("base-support",),
            "foot": ("base-support",),
            "handle": ("handle-grip",),
        },
        loops=loops,
    )


def _wall(shell: _Shell, fluted: int) -> Solid:
    """The open shell with a round lip."""
    up = np.linspace(0.0, np.pi / 2, 20)
    outside = shell.curve(0.0, up)
    inside = shell.curve(shell.wall, up)[::-1]
    angles = np.linspace(0, np.pi, 6)[1:-1]
    centre = (outside[-1] + inside[0]) / 2
    lip = centre + shell.wall / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    profile = np.concatenate([outside, lip, inside])
    return lathe(profile, aspect=shell.aspect, ribs=fluted, rib_depth=_FLUTE, count=56)


def _rim(shell: _Shell, fluted: bool, rng: np.random.Generator) -> Solid:
    """A bead, a flat lip or a band round the top edge."""
    half_up, half_out = {
        "bead": (rng.uniform(0.0035, 0.0050), rng.uniform(0.0040, 0.0055)),
        "lip": (rng.uniform(0.0028, 0.0036), rng.uniform(0.0045, 0.0070)),
        "band": (rng.uniform(0.0060, 0.0100), rng.uniform(0.0036, 0.0044)),
    }[str(rng.choice(["bead", "lip", "band"]))]
    half_up = min(half_up, 0.10 * shell.height)
    half_out = min(half_out, 0.07 * shell.radius + 0.001)
    half_out = max(half_out, shell.wall / 2 + 0.0012 + (_FLUTE if fluted else 0.0))
    edge = shell.radius + shell.flare - shell.wall / 2
    ring = oval(edge, edge * shell.aspect, count=56)
    # Its top covers the round lip of the wall.
    level = shell.height + shell.wall / 2 + 0.0008 - half_up
    curve = np.column_stack([ring, np.full(len(ring), level)])
    return tube(curve, oval(half_up, half_out, rng.uniform(2.0, 3.0), count=10), Z, closed=True)


def _foot(style: str, shell: _Shell, rng: np.random.Generator) -> Solid:
    """A low plinth, or a stem on a plate under a footed bowl."""
    if style == "footed":
        stem, tall = rng.uniform(0.013, 0.024), rng.uniform(0.022, 0.060)
        plate = shell.radius * rng.uniform(0.48, 0.66)
        corners = [(0, -tall), (plate, -tall), (plate, -tall + 0.005), (stem, -tall * 0.55)]
        corners += [(stem * 1.05, -0.2 * tall), (stem * 1.5, 0.006), (0, 0.006)]
        return lathe(fillet(corners, 0.012, 4), aspect=shell.aspect, count=48) - shell.cut()
    tall = rng.uniform(0.004, 0.012)
    sink = 0.10 * shell.height
    top = shell.outside(sink) * 0.97
    bottom = top * rng.uniform(0.88, 1.02)
    solid = lathe(
        fillet([(0, -tall), (bottom, -tall), (top, sink * 0.9), (0, sink * 0.9)], 0.002),
        aspect=shell.aspect,
        count=56,
    )
    recess = lathe(
        [
            (0, -2 * tall),
            (bottom - 0.006, -2 * tall),
            (bottom - 0.007, -0.4 * tall),
            (0, -0.4 * tall),
        ],
        aspect=shell.aspect,
        count=56,
    )
    return solid - recess - shell.cut()


def _lugs(shell: _Shell, rng: np.random.Generator) -> tuple[Solid, Array]:
    """Two upright or level bows at the ends of the x axis."""
    half_out, half_wide = rng.uniform(0.0050, 0.0065), rng.uniform(0.0055, 0.0080)
    gap = rng.uniform(0.027, 0.032)
    level = shell.height * rng.uniform(0.60, 0.70)
    radius = shell.outside(shell.height * 0.85)
    grips, loops = [], []
    span = rng.uniform(0.060, 0.075)
    path_kind = str(rng.choice(["C", "D", "square"]))
    for out in (X, -X):
        sunk = radius - np.sqrt(radius**2 - (span / 2) ** 2)
        path = bow(path_kind, span, gap + half_out + sunk, corner=0.014)
        curve = placed(path, (radius - sunk) * out + level * Z, out, Y, 0.008)
        grips.append(tube(curve, oval(half_wide, half_out, 2.4, count=14), Z))
        loops.append((radius + 0.5 * gap) * out + level * Z)
    return union(grips) - shell.cut(), np.array(loops)
