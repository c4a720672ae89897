"""Watering cans: garden cans with two handles or one arch, and slender indoor ones."""

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
    prism,
    resample,
    tube,
    turn,
    union,
)
from handhold.synthesis.shapes.vessels import (
    RadiusAt,
    bow,
    full_vessel,
    open_profile,
    placed,
    shoulder,
    side,
)

STYLES = ("garden", "indoor", "top-bow", "arch")
# Ranges per style, metres: bottom radius, top over bottom radius, height, y size over x size.
_BODIES = {
    "garden": ((0.075, 0.098), (0.86, 1.0), (0.15, 0.21), (0.70, 1.0)),
    "indoor": ((0.040, 0.062), (0.80, 1.0), (0.09, 0.13), (0.90, 1.0)),
    "top-bow": ((0.070, 0.092), (0.78, 1.0), (0.11, 0.16), (0.72, 1.0)),
    "arch": ((0.070, 0.095), (0.82, 1.0), (0.13, 0.19), (0.66, 1.0)),
}


@dataclass(frozen=True, eq=False)
class _Can:
    """The body's outer radius along x by height; `cut` takes away what is inside it."""

    body: Solid
    cut: Solid
    wall: RadiusAt
    height: float
    top: float

    def radius(self, level: float) -> float:
        return float(self.wall(np.array(level)))


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A can of 20-50 cm with its spout towards -x."""
    can = _full_can(style, rng) if style == "indoor" else _open_can(style, rng)
    rosy = style != "indoor" or rng.random() < 0.5
    spout, tip, ahead = _spout(style, can, rosy, rng)
    solids: list[tuple[str, Solid]] = []
    affordances: dict[str, tuple[str, ...]] = {"handle": ("handle-grip",)}
    if style == "garden":
        carry, carry_loop = _top_bow(can, rng)
        solids.append(("top-handle", carry - can.cut))
        affordances["top-handle"] = ("handle-grip",)
        grip, loop = _back_bow(can, rng)
    elif style == "top-bow":
        grip, loop = _top_bow(can, rng)
    elif style == "arch":
        grip, loop = _arch(can, rng)
    else:
        grip, loop = _back_bow(can, rng)
    loops = {"handle": loop[None]}
    if style == "garden":
        loops["top-handle"] = carry_loop[None]
    if rosy:
        solids.append(("rose", _rose(style, tip, ahead, rng)))
    solids += [("handle", grip - can.cut), ("spout", spout - can.cut), ("body", can.body)]
    small = 2 * can.radius(0.4 * can.height) <= 0.09
    affordances["body"] = ("wrap-around-grip", "base-support") if small else ("base-support",)
    return Blueprint(solids=tuple(solids), affordances=affordances, loops=loops)


def _open_can(style: str, rng: np.random.Generator) -> _Can:
    """An open body whose front half is covered."""
    bottom, share, height, aspect = (rng.uniform(*span) for span in _BODIES[style])
    wall = side(height, bottom, bottom * share, rng.uniform(0.0, 0.006))
    thick = rng.uniform(0.0026, 0.0036)
    shell = lathe(
        open_profile(wall, height, thick, 0.004, 0.006, levels=10), aspect=aspect, count=60
    )
    top = float(wall(np.array(height))) - thick / 2
    half = oval(top, top * aspect, count=60)
    cover = half[half[:, 0] < -top * rng.uniform(-0.30, 0.15)]
    # From the +y side round by -x to the -y side: the outline is already in that order.
    hood = moved(prism(cover, 0.004), (height - 0.005) * Z)
    levels = np.linspace(0.0, height, 10)
    core = np.stack([wall(levels) - thick / 2, levels], axis=1)
    core = np.concatenate([[[0.0, 0.0]], core, [[0.0, height]]])
    cut = lathe(core, aspect=aspect, count=60) - hood
    return _Can(union([shell, hood]), cut, wall, height, height)


def _full_can(style: str, rng: np.random.Generator) -> _Can:
    """A body with a shoulder and a hole to fill it by."""
    bottom, share, height, aspect = (rng.uniform(*span) for span in _BODIES[style])
    wall = side(height, bottom, bottom * share, rng.uniform(0.0, 0.010))
    start = np.array([float(wall(np.array(height))), height])
    mouth, rise = start[0] * rng.uniform(0.45, 0.75), rng.uniform(0.012, 0.030)
    crown = shoulder(start, mouth, rise, rng.uniform(1.4, 2.1))
    solid = full_vessel(wall, height, 0.006, crown, aspect=aspect, levels=12, count=60)
    hole = moved(cylinder(mouth - 0.004, 0.04, count=48), (height + rise - 0.015) * Z)
    return _Can(solid - hole, hole, wall, height, height + rise)


def _spout(
    style: str, can: _Can, rosy: bool, rng: np.random.Generator
) -> tuple[Solid, Array, Array]:
    """A tapering pipe (open if it bears no rose), its end point and its direction."""
    foot = can.height * (rng.uniform(0.12, 0.22) if style == "indoor" else rng.uniform(0.18, 0.32))
    wall = can.radius(foot)
    reach = rng.uniform(0.09, 0.13) if style == "indoor" else rng.uniform(0.13, 0.19)
    tip = can.top + rng.uniform(0.005, 0.045)
    start = (-wall + 0.030, foot - 0.006)
    end = (-wall - reach, tip)
    if style == "indoor" or rng.random() < 0.4:
        knee = (-wall - 0.45 * reach, foot + rng.uniform(0.20, 0.45) * (tip - foot))
        bend = (-wall - 0.72 * reach, tip - 0.02)
        corners = [start, knee, bend, end] if style == "indoor" else [start, knee, end]
    else:
        corners = [start, end]
    flat = resample(fillet(corners, 0.05, 8), 0.008)
    curve = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    wide = rng.uniform(0.0060, 0.0075) if style == "indoor" else rng.uniform(0.0100, 0.0130)
    taper = np.linspace(1.7, 1.0, len(curve))
    section = oval(wide, wide, count=20)
    pipe = tube(curve, section, Y, scale=taper)
    ahead = curve[-1] - curve[-2]
    ahead /= np.linalg.norm(ahead)
    if not rosy:
        bore = np.stack([curve[-1] - 0.020 * ahead, curve[-1], curve[-1] + 0.010 * ahead])
        pipe = pipe - tube(bore, section * 0.74, Y)
    if style != "indoor" and rng.random() < 0.6:
        pipe = union([pipe, _brace(can, curve)])
    return pipe, curve[-1], ahead


def _brace(can: _Can, curve: Array) -> Solid:
    """A rod from the top edge to the spout."""
    level = can.height - 0.010
    target = curve[int(0.72 * len(curve))]
    start = np.array([-can.radius(level) + 0.010, 0.0, level])
    return tube(resample(np.stack([start, target]), 0.02), oval(0.003, 0.0045, count=12), Y)


def _rose(style: str, tip: Array, ahead: Array, rng: np.random.Generator) -> Solid:
    """The sprinkler head: a cone with a domed, studded face."""
    small = style == "indoor"
    wide = rng.uniform(0.016, 0.021) if small else rng.uniform(0.026, 0.038)
    deep, neck = rng.uniform(0.8, 1.2) * wide, 0.0095 if small else 0.0165
    dome = rng.uniform(0.12, 0.30) * wide
    angles = np.linspace(0, np.pi / 2, 6)
    face = np.stack([wide * np.cos(angles), deep + 0.005 + dome * np.sin(angles)], axis=1)
    profile = np.concatenate([[(0, -0.016), (neck, -0.016), (neck, 0.0), (wide, deep)], face])
    pieces = [lathe(profile, count=44)]
    for ring, count in ((0.35, 5), (0.68, 10)):
        rise = deep + 0.005 + dome * np.sqrt(1 - ring**2)
        stud = moved(cylinder(0.0016, 0.004, count=8), (rise - 0.003) * Z)
        pieces += [
            moved(stud, [ring * wide * np.cos(a), ring * wide * np.sin(a), 0.0])
            for a in 2 * np.pi * np.arange(count) / count
        ]
    lean = float(np.degrees(np.arctan2(ahead[0], ahead[2])))
    return moved(union(pieces), tip, turn("y", lean))


def _back_bow(can: _Can, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bow at the back of the body."""
    half_y, half_out = rng.uniform(0.0075, 0.0115), rng.uniform(0.0060, 0.0085)
    gap = rng.uniform(0.032, 0.048)
    span = min(rng.uniform(0.095, 0.130), 0.85 * can.height)
    middle = can.height * rng.uniform(0.50, 0.54)
    around = can.wall(middle + span * np.linspace(-0.5, 0.5, 9))
    attach, widest = float(around.min()), float(around.max())
    path = bow(
        str(rng.choice(["C", "D", "square", "ear"])),
        span,
        gap + half_out + widest - attach,
        corner=0.022,
        skew=rng.uniform(0.10, 0.30),
    )
    curve = placed(path, attach * X + middle * Z, X, Z, 0.008)
    grip = tube(curve, oval(half_y, half_out, rng.uniform(2.0, 3.0), count=16), Y)
    return grip, np.array([widest + 0.45 * gap, 0.0, middle])


def _top_bow(can: _Can, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bow over the opening, from front to back."""
    half_y, half_out = rng.uniform(0.0075, 0.0115), rng.uniform(0.0055, 0.0080)
    gap = rng.uniform(0.040, 0.070)
    edge = can.radius(can.height) - 0.0015
    path = bow(str(rng.choice(["C", "D", "square"])), 2 * edge, gap + half_out, corner=0.035)
    curve = placed(path, (can.top - 0.004) * Z, Z, X, 0.012)
    grip = tube(curve, oval(half_y, half_out, rng.uniform(2.0, 3.0), count=16), Y)
    return grip, (can.top + gap / 2) * Z


def _arch(can: _Can, rng: np.random.Generator) -> tuple[Solid, Array]:
    """One long handle from the front of the cover over the back and down the side."""
    half_y, half_out = rng.uniform(0.0080, 0.0115), rng.uniform(0.0065, 0.0090)
    over, behind = rng.uniform(0.050, 0.075), rng.uniform(0.045, 0.065)
    back, low = can.radius(can.height), can.height * rng.uniform(0.25, 0.42)
    start = -rng.uniform(0.50, 0.75) * back
    corners = [
        (start, can.top - 0.003),
        (start + 0.015, can.top + over),
        (back + 0.6 * behind, can.top + 0.85 * over),
        (back + behind, can.top - 0.25 * can.height),
        (can.radius(low) - 0.004, low),
    ]
    flat = resample(fillet(corners, 0.07, 9), 0.008)
    curve = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    grip = tube(curve, oval(half_y, half_out, rng.uniform(2.0, 3.0), count=16), Y)
    return grip, np.array([0.35 * back, 0.0, can.top + 0.45 * over])
