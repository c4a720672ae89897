"""Knives: a tapered blade and a handle of round, oval or flat section."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import Array, Solid, Z, moved, oval, skin, tube, turn

STYLES = ("oval", "round", "flat", "cleaver")
_HALVES = {  # half height and half thickness of the grip, metres
    "oval": ((0.0110, 0.0140), (0.0080, 0.0105), 2.2),
    "round": ((0.0100, 0.0135), (0.0095, 0.0125), 2.0),
    "flat": ((0.0110, 0.0145), (0.0055, 0.0080), 4.5),
    "cleaver": ((0.0120, 0.0145), (0.0085, 0.0110), 3.0),
}


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A knife along x, tip towards +x, on its edge or on its side."""
    length = rng.uniform(0.095, 0.130)
    heights, depths, exponent = _HALVES[style]
    half_height, half_depth = rng.uniform(*heights), rng.uniform(*depths)
    grip = _grip(length, oval(half_height, half_depth, exponent), rng)
    solids = [("handle", grip), ("blade", _blade(style, half_height, rng))]
    if rng.random() < 0.6:  # on its side; otherwise edge down, as it cuts
        solids = [(name, moved(solid, np.zeros(3), turn("x", 90))) for name, solid in solids]
    return Blueprint(solids=tuple(solids), affordances={"handle": ("handle-grip",), "blade": ()})


def _grip(length: float, section: Array, rng: np.random.Generator) -> Solid:
    """The handle, x from -length to 0, with a belly, a pommel and a slight droop."""
    share = np.linspace(0, 1, 28)
    x = -length + length * share
    belly = 1 + rng.uniform(0.0, 0.10) * np.sin(np.pi * share)
    pommel = 1 + rng.uniform(0.0, 0.22) * np.exp(-(((share - 0.04) / 0.12) ** 2))
    pinch = 1 - rng.uniform(0.0, 0.16) * np.exp(-(((share - 0.86) / 0.10) ** 2))
    droop = -rng.uniform(0.0, 0.010) * (1 - share) ** 2
    curve = np.stack([x, np.zeros_like(x), droop], axis=1)
    return tube(curve, section, Z, scale=belly * pommel * pinch, round_ends=True)


def _blade(style: str, half_height: float, rng: np.random.Generator) -> Solid:
    """A wedge from a blunt spine to a thin edge; its heel hangs below the handle."""
    cleaver = style == "cleaver"
    length = rng.uniform(0.15, 0.19) if cleaver else rng.uniform(0.09, 0.22)
    drop = rng.uniform(0.055, 0.075) if cleaver else rng.uniform(0.016, 0.040)
    spine = rng.uniform(0.0012, 0.0020)
    share = np.linspace(0, 1, 30)
    roundness = rng.uniform(12, 20) if cleaver else rng.uniform(2.0, 4.0)
    fall = 0.0 if cleaver else rng.uniform(0.0, 0.5) * drop
    top = half_height * 0.7 - fall * share**3
    edge = half_height * 0.7 - fall - (drop - fall) * np.sqrt(1 - share**roundness)
    bottom = np.minimum(edge, top - 0.0012)
    rings = []
    for at, high, low in zip(-0.012 + (length + 0.012) * share, top, bottom, strict=True):
        tall, half = high - low, spine * (1 - 0.5 * (at / length).clip(0))
        outline = [
            (half, low + 0.4 * tall),
            (half, high),
            (-half, high),
            (-half, low + 0.4 * tall),
            (-0.0002, low),
            (0.0002, low),
        ]
        rings.append([(at, y, z) for y, z in outline])
    return skin(np.array(rings))
