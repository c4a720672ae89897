"""Buckets: an open pail under an upright bail of wire with a grip, or of plastic."""

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
    lathe,
    moved,
    oval,
    tube,
    turn,
    union,
)
from handhold.synthesis.shapes.vessels import (
    RadiusAt,
    bow,
    cavity_profile,
    open_profile,
    placed,
    side,
)

STYLES = ("wire", "plastic", "square", "ice")
# Ranges per style, metres: radius at the rim, height over that, bottom radius over it, wall.
_SIZES = {
    "wire": ((0.110, 0.150), (1.55, 2.0), (0.66, 0.92), (0.0025, 0.0035)),
    "plastic": ((0.110, 0.150), (1.45, 1.9), (0.68, 0.84), (0.0030, 0.0040)),
    "square": ((0.110, 0.145), (1.45, 1.9), (0.76, 0.90), (0.0030, 0.0040)),
    "ice": ((0.066, 0.092), (1.5, 2.0), (0.74, 0.95), (0.0025, 0.0035)),
}


@dataclass(frozen=True, eq=False)
class _Pail:
    """Outer radius by height, and the outline's superellipse: exponent, y over x."""

    wall: RadiusAt
    height: float
    thick: float
    exponent: float
    aspect: float

    @property
    def top(self) -> float:
        return float(self.wall(np.array(self.height)))

    def ring(self, half_up: float, half_out: float, level: float, out: float) -> Solid:
        """A bead round the wall, `out` beyond its outside."""
        at = float(self.wall(np.array(level))) + out
        outline = oval(at, at * self.aspect, self.exponent, count=52)
        curve = np.column_stack([outline, np.full(len(outline), level)])
        return tube(curve, oval(half_up, half_out, 2.6, count=10), Z, closed=True)

    def lathed(self, profile: Array) -> Solid:
        return lathe(profile, exponent=self.exponent, aspect=self.aspect, count=52)


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A bucket of 13-30 cm, 20-50 cm with its bail, which stands up in the xz plane."""
    pail = _pail(style, rng)
    inside = pail.lathed(cavity_profile(pail.wall, pail.height, pail.thick, levels=10))
    half_up = rng.uniform(0.0045, 0.0110)
    rim = pail.ring(half_up, rng.uniform(0.0045, 0.0065), pail.height - half_up * 0.4, 0.0)
    lugs, seat = _lugs(pail, rng)
    solids: list[tuple[str, Solid]] = []
    if style in ("wire", "ice"):
        grip, bail, loop = _wire_bail(style, pail, seat, inside, rng)
        solids = [("handle", grip), ("bail", bail)]
    else:
        bail, loop = _plastic_bail(pail, seat, rng)
        solids = [("handle", bail)]
    solids += [("lugs", lugs - inside), ("rim", rim), ("body", _body(style, pail, rng))]
    if style == "wire" or rng.random() < 0.4:
        foot = pail.ring(rng.uniform(0.005, 0.009), 0.005, rng.uniform(0.008, 0.012), -0.001)
        solids.append(("foot", foot - inside))
    return Blueprint(
        solids=tuple(solids),
        affordances={"handle": ("handle-grip",), "body": ("base-support",)},
        loops={"handle": loop[None]},
    )


def _pail(style: str, rng: np.random.Generator) -> _Pail:
    top, tall, share, thick = (rng.uniform(*span) for span in _SIZES[style])
    height = top * tall
    squared = style == "square"
    return _Pail(
        wall=side(height, top * share, top, rng.uniform(0.0, 0.006)),
        height=height,
        thick=thick,
        exponent=rng.uniform(3.2, 5.0) if squared else 2.0,
        aspect=rng.uniform(0.74, 0.98) if squared else 1.0,
    )


def _body(style: str, pail: _Pail, rng: np.random.Generator) -> Solid:
    """The open vessel, often with beads round it."""
    pieces = [pail.lathed(open_profile(pail.wall, pail.height, pail.thick, 0.004, 0.006, 8))]
    if style != "ice":
        for share in rng.uniform(0.2, 0.8, int(rng.integers(0, 3))):
            pieces.append(pail.ring(0.004, pail.thick * 0.9, pail.height * share, 0.0))
    return union(pieces)


def _lugs(pail: _Pail, rng: np.random.Generator) -> tuple[Solid, Array]:
    """Two ears at the ends of the x axis, and where the bail is hung: (x, z)."""
    radius, depth = rng.uniform(0.012, 0.017), rng.uniform(0.012, 0.016)
    level = pail.height - rng.uniform(0.024, 0.036)
    foot = float(pail.wall(np.array(level))) - 0.006
    ear = cylinder(radius, 0.006 + depth, 0.002, 36)
    right = moved(ear, foot * X + level * Z, turn("y", 90))
    left = moved(ear, -foot * X + level * Z, turn("y", -90))
    # Outside the rim, which overhangs the wall.
    return union([right, left]), np.array([max(foot + depth - 0.002, pail.top + 0.010), level])


def _arch(pail: _Pail, seat: Array, kind: str, rng: np.random.Generator) -> Array:
    """The bail's centre line from ear to ear."""
    reach = max(seat[0] * rng.uniform(0.95, 1.20), pail.height - seat[1] + 0.09)
    path = bow(kind, 2 * seat[0], reach, corner=0.05)
    return placed(path, seat[1] * Z, Z, X, 0.002)


def _wire_bail(
    style: str, pail: _Pail, seat: Array, inside: Solid, rng: np.random.Generator
) -> tuple[Solid, Solid, Array]:
    """A grip, the wire it sits on with hooked-in ends, and a point below the grip."""
    curve = _arch(pail, seat, str(rng.choice(["C", "D"])), rng)
    wire = rng.uniform(0.0028, 0.0040)
    pins = [
        moved(cylinder(wire, 0.012, count=20), [end[0], 0.0, end[2]], turn("y", away))
        for end, away in ((curve[0], 90.0), (curve[-1], -90.0))
    ]
    bail = union(
        [tube(curve, oval(wire, wire, count=12), Y, round_ends=True), union(pins) - inside]
    )
    small = style == "ice"
    reach = rng.uniform(0.040, 0.050) if small else rng.uniform(0.050, 0.062)
    middle = curve[np.abs(curve[:, 0]) < reach]
    thick = rng.uniform(0.0090, 0.0115) if small else rng.uniform(0.0105, 0.0145)
    share = np.linspace(-1, 1, len(dense := _grip_curve(middle)))
    swell = 1 - rng.uniform(0.0, 0.22) * share**2
    section = oval(thick, thick * rng.uniform(0.9, 1.15), count=24)
    grip = tube(dense, section, Y, scale=swell, round_ends=True)
    return grip, bail, (float(curve[:, 2].max()) - thick - 0.025) * Z


def _grip_curve(middle: Array) -> Array:
    """The stretch of the arch under the grip, in 24 steps."""
    at = np.linspace(0, len(middle) - 1, 25)
    index = np.arange(len(middle))
    return np.stack([np.interp(at, index, column) for column in middle.T], axis=1)


def _plastic_bail(pail: _Pail, seat: Array, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bail of flat section that thickens to a grip, and a point below it."""
    curve = _arch(pail, seat, str(rng.choice(["C", "D", "square"])), rng)
    half_y, half_out = rng.uniform(0.0085, 0.0125), rng.uniform(0.0055, 0.0070)
    share = np.abs(np.linspace(-1, 1, len(curve)))
    grown = 1 + rng.uniform(0.15, 0.40) * np.exp(-((share / 0.22) ** 4))
    wide = 1 - 0.2 * share
    bail = tube(
        curve,
        oval(half_y, half_out, rng.uniform(2.4, 4.0), count=20),
        Y,
        scale=np.stack([wide, grown], axis=1),
        round_ends=True,
    )
    return bail, (float(curve[:, 2].max()) - 1.4 * half_out - 0.025) * Z
