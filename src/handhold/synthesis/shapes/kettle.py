"""Kettles: stove-top ones under a bow, electric jugs and goosenecks with a side handle."""

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
    ellipsoid,
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
    full_vessel,
    placed,
    shoulder,
    side,
)

STYLES = ("top-bow", "electric", "gooseneck", "whistling")
# Ranges per style, metres: bottom radius, top radius over bottom, height of the side, belly,
# rise of the shoulder, mouth radius.
_BODIES = {
    "top-bow": ((0.078, 0.098), (0.82, 1.0), (0.075, 0.120), (0.0, 0.016), (0.020, 0.036)),
    "electric": ((0.068, 0.082), (0.72, 0.92), (0.140, 0.190), (0.0, 0.012), (0.008, 0.016)),
    "gooseneck": ((0.066, 0.082), (0.70, 0.86), (0.090, 0.125), (0.0, 0.006), (0.008, 0.020)),
    "whistling": ((0.088, 0.105), (0.95, 1.0), (0.025, 0.045), (0.0, 0.006), (0.070, 0.100)),
}


@dataclass(frozen=True, eq=False)
class _Pot:
    """The full body about the z axis; `crown` (n, 2): its shoulder as (radius, z)."""

    solid: Solid
    wall: RadiusAt
    height: float
    crown: Array

    @property
    def top(self) -> float:
        return float(self.crown[-1, 1])

    @property
    def mouth(self) -> float:
        return float(self.crown[-2, 0])


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A kettle of 16-30 cm with its spout towards -x."""
    pot = _pot(style, rng)
    spout = _spout(style, pot, rng)
    if style == "electric":
        return _electric(pot, spout, rng)
    lid, cover = _lid(pot, rng)
    knob, peak = _knob(cover, rng)
    if style == "gooseneck":
        grip, loop = _side_grip(pot, rng)
    else:
        grip, loop = _top_grip(pot, peak, rng)
    return Blueprint(
        solids=(
            ("body", pot.solid),
            ("lid", lid),
            ("knob", knob),
            ("handle", grip),
            ("spout", spout),
        ),
        affordances={"handle": ("handle-grip",), "knob": ("twist",), "body": ("base-support",)},
        loops={"handle": loop[None]},
    )


def _electric(pot: _Pot, spout: Solid, rng: np.random.Generator) -> Blueprint:
    """A jug on its power base, opened by a button on the lid."""
    lid, cover = _lid(pot, rng)
    grip, loop = _side_grip(pot, rng)
    foot = float(pot.wall(np.array(0.0)))
    base = moved(cylinder(foot + rng.uniform(0.002, 0.010), 0.022, 0.005, 56), -0.018 * Z)
    half = rng.uniform(0.009, 0.014)
    button = lathe(
        fillet([(0, -0.010), (half, -0.010), (half, 0.005), (0, 0.007)], 0.002),
        aspect=rng.uniform(0.8, 1.3),
        count=40,
    )
    at = [pot.mouth * rng.uniform(0.35, 0.55), 0.0, cover - 0.003]
    return Blueprint(
        solids=(
            ("button", moved(button, at)),
            ("body", pot.solid),
            ("lid", lid),
            ("handle", grip),
            ("spout", spout),
            ("base", base),
        ),
        affordances={"handle": ("handle-grip",), "button": ("press", "point")},
        loops={"handle": loop[None]},
    )


def _pot(style: str, rng: np.random.Generator) -> _Pot:
    bottom, share, height, belly, rise = (rng.uniform(*span) for span in _BODIES[style])
    wall = side(height, bottom, bottom * share, belly)
    start = np.array([float(wall(np.array(height))), height])
    mouth = start[0] * (rng.uniform(0.30, 0.42) if style == "whistling" else rng.uniform(0.6, 0.8))
    round_ = rng.uniform(1.7, 2.1) if style == "whistling" else rng.uniform(1.5, 2.1)
    crown = shoulder(start, mouth, rise, round_)
    solid = full_vessel(wall, height, rng.uniform(0.005, 0.012), crown, levels=14, count=60)
    return _Pot(solid, wall, height, np.concatenate([start[None], crown]))


def _lid(pot: _Pot, rng: np.random.Generator) -> tuple[Solid, float]:
    """A low dome over the mouth, and the height of its top."""
    dome, rim = rng.uniform(0.004, 0.014), pot.mouth + 0.003
    angles = np.linspace(0, np.pi / 2, 8)
    cover = np.stack([rim * np.cos(angles), 0.006 + dome * np.sin(angles)], axis=1)
    plate = lathe(np.concatenate([[(0, -0.004), (rim, -0.004)], cover]), count=56)
    return moved(plate, pot.top * Z), pot.top + 0.006 + dome


def _knob(cover: float, rng: np.random.Generator) -> tuple[Solid, float]:
    """A ball, a disc or a peg on the lid, and the height of its top."""
    half, stem = rng.uniform(0.011, 0.016), rng.uniform(0.005, 0.010)
    post = moved(cylinder(half * 0.55, stem + 0.010, count=32), (cover - 0.005) * Z)
    kind = int(rng.integers(3))
    if kind == 0:
        peak = cover + stem + 1.8 * half
        head = moved(ellipsoid([half, half, 0.9 * half], 28), (peak - 0.9 * half) * Z)
    else:
        wide, tall = (1.15 * half, 0.010) if kind == 1 else (0.9 * half, 0.020)
        peak = cover + stem + tall
        head = moved(cylinder(wide, tall, 0.003, 40), (cover + stem) * Z)
    return union([post, head]), peak


def _top_grip(pot: _Pot, peak: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bow over the lid, in the plane of the spout."""
    half_y, half_out = rng.uniform(0.008, 0.013), rng.uniform(0.0065, 0.0090)
    inner, outer = pot.mouth + 0.014, float(pot.crown[0, 0]) - 0.006
    half_span = inner + (outer - inner) * rng.uniform(0.45, 0.9)
    foot = float(np.interp(half_span, pot.crown[::-1, 0], pot.crown[::-1, 1]))
    gap = rng.uniform(0.036, 0.055)
    path = bow(
        str(rng.choice(["C", "D", "square"])),
        2 * half_span,
        peak + gap + half_out - foot,
        corner=rng.uniform(0.020, 0.035),
    )
    curve = placed(path, foot * Z, Z, X, 0.018)
    share = np.linspace(-1, 1, len(curve))
    swell = 0.72 + 0.28 * np.exp(-((share / 0.4) ** 4))
    section = oval(half_out, half_y, rng.uniform(2.0, 3.2), count=18)
    return tube(curve, section[:, ::-1], Y, scale=swell), (peak + gap / 2) * Z


def _side_grip(pot: _Pot, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bow at the back of the body."""
    half_y, half_out = rng.uniform(0.009, 0.013), rng.uniform(0.0065, 0.0095)
    gap, span = rng.uniform(0.032, 0.044), min(rng.uniform(0.095, 0.125), 0.86 * pot.height)
    middle = pot.height * rng.uniform(0.52, 0.56)
    levels = middle + span * np.linspace(-0.5, 0.5, 9)
    around = pot.wall(levels)
    attach, widest = float(around.min()), float(around.max())
    path = bow(
        str(rng.choice(["C", "D", "square", "ear"])),
        span,
        gap + half_out + widest - attach,
        corner=0.024,
        skew=rng.uniform(0.10, 0.25),
    )
    curve = placed(path, attach * X + middle * Z, X, Z, 0.012)
    grip = tube(curve, oval(half_y, half_out, rng.uniform(2.0, 3.2), count=18), Y)
    return grip, np.array([widest + 0.45 * gap, 0.0, middle])


def _spout(style: str, pot: _Pot, rng: np.random.Generator) -> Solid:
    """A spout with a hollow mouth towards -x."""
    wall = float(pot.wall(np.array(0.5 * pot.height)))
    if style == "gooseneck":
        low, reach = rng.uniform(0.018, 0.030), rng.uniform(0.030, 0.050)
        tip = pot.top + rng.uniform(0.0, 0.025)
        corners = [
            (-0.7 * wall, low),
            (-wall - reach, low + 0.012),
            (-wall - reach - 0.006, tip),
            (-wall - reach - 0.050, tip + rng.uniform(0.0, 0.012)),
        ]
        start, end, bend = 1.45, 0.85, 0.035
        section = oval(0.0085, 0.0085, count=20)
    elif style == "electric":
        start_at, crest = 0.68 * pot.height, pot.top - rng.uniform(0.002, 0.010)
        neck = float(pot.wall(np.array(pot.height)))
        corners = [(-0.6 * neck, start_at), (-neck - rng.uniform(0.014, 0.024), crest)]
        start, end, bend = 1.5, 0.75, 0.01
        section = oval(0.016, rng.uniform(0.016, 0.022), count=24)
    else:
        foot = float(np.interp(0.45, [0, 1], [0, pot.top]))
        out, tip = wall + rng.uniform(0.040, 0.065), pot.top + rng.uniform(-0.020, 0.010)
        corners = [(-0.55 * wall, foot - 0.010), (-0.5 * (wall + out), foot + 0.008), (-out, tip)]
        start, end, bend = 1.35, rng.uniform(0.62, 0.85), 0.030
        section = oval(0.0155, 0.0155, count=22)
    return _pipe(np.array(corners), section, start, end, bend)


def _pipe(corners: Array, section: Array, start: float, end: float, bend: float) -> Solid:
    """A pipe along (x, z) corners that narrows from `start` to `end` and is open at its end."""
    flat = resample(fillet(corners, bend, 9), 0.006)
    curve = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    outside = tube(curve, section, Y, scale=np.linspace(start, end, len(curve)))
    beyond = curve[-1] + 1.5 * (curve[-1] - curve[-2])
    bore = np.concatenate([curve[-4:], beyond[None]])
    return outside - tube(bore, section * 0.74, Y, scale=end)
