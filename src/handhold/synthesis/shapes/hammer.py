"""Hammers: a handle and a head with a claw, a ball or a wedge, and mallets."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    X,
    Y,
    Z,
    fillet,
    lathe,
    moved,
    oval,
    prism,
    slab,
    tube,
    turn,
    union,
)

STYLES = ("claw", "ball-peen", "mallet", "cross-peen")
_STEPS = 24


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A hammer along x, its head at +x, lying on its side or standing on its head."""
    if style == "mallet":
        head, eye = _mallet(rng)
        solids = [("head", head)]
    else:
        eye = rng.uniform(0.0125, 0.0155)
        back = {"claw": _claw, "ball-peen": _ball, "cross-peen": _wedge}[style](eye, rng)
        name = "claw" if style == "claw" else "peen"
        solids = [("head", _poll(eye, rng)), (name, back)]
    solids.append(("handle", _handle(eye, rng)))
    upright = style == "mallet" and rng.random() < 0.4
    pose = turn("y", 90) if upright else turn("x", 90)
    return Blueprint(
        solids=tuple((name, moved(solid, np.zeros(3), pose)) for name, solid in solids),
        affordances={"handle": ("handle-grip",), "head": (), "claw": (), "peen": ()},
    )


def _handle(eye: float, rng: np.random.Generator) -> Solid:
    """The handle from x = -length into the head at x = 0; longer across z than y."""
    length = rng.uniform(0.23, 0.33)
    share = np.linspace(0, 1, _STEPS)
    half = rng.uniform(0.0135, 0.0165), rng.uniform(0.0105, 0.0130)
    neck = min(rng.uniform(0.60, 0.85), 0.80 * eye / half[0])
    along = 1 / (1 + np.exp((share - rng.uniform(0.45, 0.58)) / rng.uniform(0.02, 0.09)))
    knob = 1 + rng.uniform(0.0, 0.20) * np.exp(-((share / 0.09) ** 2))
    pinch = 1 - rng.uniform(0.0, 0.12) * np.exp(-(((share - 0.20) / 0.10) ** 2))
    ripple = 1 + rng.choice([0.0, 0.035]) * np.sin(2 * np.pi * 9 * share) * (share < 0.45)
    scale = (neck + (1 - neck) * along) * knob * pinch * ripple
    sway = rng.uniform(0.0, 0.006) * np.sin(2 * np.pi * share) * (1 - share)
    curve = np.stack([-length * (1 - share), 0 * share, sway], axis=1)
    section = oval(half[0], half[1], rng.uniform(2.0, 3.2))
    return tube(curve, section, Z, scale=scale, round_ends=True)


def _poll(eye: float, rng: np.random.Generator) -> Solid:
    """The block round the handle's end and the striking face towards +z."""
    reach, face = rng.uniform(0.042, 0.062), rng.uniform(0.0125, 0.0165)
    neck = face * rng.uniform(0.70, 0.92)
    block = 1.06 * eye
    profile = [
        (0, -block),
        (0.92 * block, -block),
        (block, -0.8 * block),
        (block, 0.8 * block),
        (neck, 1.35 * block),
        (neck, 0.62 * reach),
        (face, 0.74 * reach),
        (face, reach - 0.002),
        (face - 0.002, reach),
        (0, reach + 0.0008),
    ]
    corners = float(rng.uniform(2.0, 4.5))
    return lathe(profile, exponent=[5.0] * 4 + [corners] * 4 + [2.0] * 2, count=40)


def _claw(eye: float, rng: np.random.Generator) -> Solid:
    """Two prongs that part from below the head towards -z and curl back to the handle."""
    reach, curl = rng.uniform(0.070, 0.092), rng.uniform(0.012, 0.042)
    share = np.linspace(0, 1, 20)
    curve = np.stack([-curl * share**2.2, 0 * share, -reach * share], axis=1)
    wide = eye * (0.82 + rng.uniform(0.05, 0.30) * share)
    thick = 0.80 * eye * (1 - share) ** 0.8 + 0.0016
    plate = tube(curve, oval(1, 1, 4.0, 24), Y, scale=np.stack([wide, thick], axis=1))
    apex, gap = rng.uniform(0.42, 0.55) * reach, rng.uniform(0.0035, 0.0055)
    notch = prism(np.array([(apex, -0.0004), (0.12, -1.9 * gap), (0.12, 1.9 * gap)]), 0.2)
    return plate - moved(notch, -0.1 * X, turn("y", 90))


def _ball(eye: float, rng: np.random.Generator) -> Solid:
    """A neck and a ball towards -z."""
    ball, neck = rng.uniform(0.0115, 0.0150), rng.uniform(0.55, 0.75) * eye
    start = 1.06 * eye + rng.uniform(0.006, 0.014)
    angle = np.linspace(0.85, np.pi, 12)
    around = np.stack([ball * np.sin(angle), ball * (1 - np.cos(angle)) + start - 0.3 * ball], 1)
    profile = np.concatenate([[(0.0, 0.5 * eye), (0.8 * eye, 0.5 * eye), (neck, start)], around])
    return lathe(profile * [1, -1], count=32)


def _wedge(eye: float, rng: np.random.Generator) -> Solid:
    """A wedge towards -z whose edge runs across or along the handle."""
    reach = rng.uniform(0.045, 0.062)
    share = np.linspace(0, 1, 10)
    wide = eye * (0.85 + rng.uniform(0.0, 0.15) * share)
    thin = 0.85 * eye * (1 - share) ** rng.uniform(0.8, 1.2) + 0.0018
    curve = np.outer(-0.3 * eye - (reach - 0.3 * eye) * share, Z)
    edge = X if rng.random() < 0.35 else Y
    section = oval(1, 1, 5.0, 24)
    return tube(curve, section, edge, scale=np.stack([wide, thin], axis=1))


def _mallet(rng: np.random.Generator) -> tuple[Solid, float]:
    """A big head of rubber (round) or wood (a block), and half its thickness at the handle."""
    long, half = rng.uniform(0.090, 0.125), rng.uniform(0.024, 0.036)
    if rng.random() < 0.4:
        size = np.array([2 * half, rng.uniform(1.3, 1.9) * half, long])
        taper = rng.uniform(0.0, 0.14)
        block = moved(slab(size, 0.006, 0.003, 4), -long / 2 * Z)

        def tapered(points: Array) -> Array:
            grown = 1 + taper * points[:, 0] / half
            return np.stack([points[:, 0], points[:, 1], points[:, 2] * grown], axis=1)

        return block.warp_batch(tapered), 0.014
    band, step = rng.uniform(0.55, 0.80) * long / 2, rng.uniform(0.002, 0.005)
    side = [(half, -long / 2), (half, -band), (half - step, -band + 0.003)]
    corners = [(0.0, -long / 2), *side, *[(r, -z) for r, z in reversed(side)], (0.0, long / 2)]
    barrel = lathe(fillet(np.array(corners, dtype=np.float64), 0.005, 4), count=36)
    collar = lathe(fillet([(0, 0), (0.020, 0), (0.017, 0.030), (0, 0.030)], 0.003, 4), count=28)
    socket = moved(collar, -0.6 * half * X, turn("y", -90))
    return union([barrel, socket]), 0.015
