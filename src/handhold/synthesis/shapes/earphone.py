"""Earphones: headphones with a band over two ear cups."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    Y,
    fillet,
    lathe,
    moved,
    oval,
    resample,
    tube,
    turn,
    union,
)

STYLES = ("round", "oval", "slim")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """Headphones as worn, cups at -x and +x, standing on the cups."""
    half = rng.uniform(0.072, 0.086)
    radius = rng.uniform(0.026, 0.033) if style == "slim" else rng.uniform(0.034, 0.044)
    thick = rng.uniform(0.022, 0.030) if style == "slim" else rng.uniform(0.030, 0.042)
    tall = rng.uniform(1.15, 1.32) if style == "oval" else 1.0
    crown = rng.uniform(0.105, 0.135) + radius * 0.4
    band = _band(half, crown, style, rng)
    cup = _cup(radius, thick, tall, rng)
    cups = [
        moved(cup, [half + 0.006, 0, 0], turn("y", -90)),
        moved(cup, [-half - 0.006, 0, 0], turn("y", 90)),
    ]
    return Blueprint(
        solids=(("earcups", union(cups)), ("band", band)),
        affordances={"band": ("wrap-around-grip",), "earcups": ("press", "point")},
        loops={"band": np.array([[0.0, 0.0, crown * 0.6]])},
    )


def _band(half: float, crown: float, style: str, rng: np.random.Generator) -> Solid:
    """The head band: padded on top, thin at its sliders, which end inside the cups."""
    angle = np.linspace(0, np.pi, 61)
    exponent = rng.uniform(2.0, 2.6)
    arch = np.stack(
        [
            half * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / exponent),
            crown * np.sin(angle).clip(0) ** (2 / exponent),
        ],
        axis=1,
    )
    flat = resample(arch, 0.006)
    curve = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    share = np.linspace(-1, 1, len(curve))
    pad = 1 / (1 + np.exp((np.abs(share) - rng.uniform(0.45, 0.65)) / 0.05))
    wide = rng.uniform(0.007, 0.010) if style == "slim" else rng.uniform(0.011, 0.018)
    section = oval(1.0, 1.0, rng.uniform(2.6, 4.0))
    sizes = np.stack([wide * (0.55 + 0.45 * pad), 0.0026 + rng.uniform(0.002, 0.006) * pad], axis=1)
    return tube(curve, section, Y, scale=sizes)


def _cup(radius: float, thick: float, tall: float, rng: np.random.Generator) -> Solid:
    """An ear cup about the z axis: the outer face at z = 0, the cushion at z = thick.

    Its y axis is drawn out by 1 / tall, so that `tall` > 1 stands upright.
    """
    cushion = rng.uniform(0.009, 0.012)
    seam = thick - 1.6 * cushion
    shell = fillet(
        [(0, 0), (radius * rng.uniform(0.7, 0.95), 0), (radius, seam * 0.6), (radius * 0.97, seam)],
        0.006,
    )
    pillow = _pillow(radius, seam, cushion)
    inner = [(radius - 2.0 * cushion, seam + 0.3 * cushion), (0, seam + 0.3 * cushion)]
    return lathe(np.concatenate([shell, pillow, inner]), count=60, aspect=1.0).scale(
        (tall, 1.0, 1.0)
    )


def _pillow(radius: float, seam: float, cushion: float) -> Array:
    """The round cushion from the seam over its top to its inner side."""
    angle = np.linspace(-0.35, np.pi, 14)
    centre = np.array([radius - cushion, seam + 0.8 * cushion])
    return centre + cushion * np.stack([np.cos(angle), 0.8 * np.sin(angle)], axis=1)
