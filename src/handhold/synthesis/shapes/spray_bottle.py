"""Spray bottles: a pistol head with a long lever over a cone, a waist, a block or a dome."""

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
    fillet,
    lathe,
    moved,
    oval,
    resample,
    rounded_rectangle,
    tube,
    turn,
    union,
)
from handhold.synthesis.shapes.vessels import full_vessel, shoulder

STYLES = ("cone", "waist", "block", "mister")


@dataclass(frozen=True, eq=False)
class _Head:
    """A pistol head over the z axis, its throat from z = 0, spraying towards +x."""

    neck: Solid
    trigger: Solid
    nozzle: Solid
    gap: Array


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A spray bottle of 20-32 cm."""
    mouth = rng.uniform(0.0120, 0.0145)
    body, height, shift = _body(style, mouth, rng)
    head = _head(style, mouth, rng)
    at = shift * X + height * Z
    return Blueprint(
        solids=(
            ("nozzle", moved(head.nozzle, at)),
            ("neck", moved(head.neck, at)),
            ("trigger", moved(head.trigger, at)),
            ("body", body),
        ),
        affordances={
            "nozzle": ("twist",),
            "neck": (),
            "trigger": ("trigger-squeeze",),
            "body": ("wrap-around-grip",),
        },
        loops={"trigger": (head.gap + at)[None]},
    )


def _body(style: str, mouth: float, rng: np.random.Generator) -> tuple[Solid, float, float]:
    """The reservoir, its height, and how far along x its mouth lies."""
    radius = rng.uniform(0.033, 0.043)
    height = rng.uniform(0.095, 0.140)
    rise, roundness, shift = rng.uniform(0.025, 0.045), rng.uniform(1.5, 2.2), 0.0
    exponent, aspect = 2.0, 1.0
    pinch, top, middle = 0.0, radius * rng.uniform(0.90, 1.0), 0.72
    if style == "cone":
        height, rise = rng.uniform(0.070, 0.105), rng.uniform(0.060, 0.095)
        roundness = rng.uniform(1.0, 1.3)
    elif style == "waist":
        height, pinch = rng.uniform(0.125, 0.155), radius * rng.uniform(0.26, 0.38)
        middle, aspect = rng.uniform(0.60, 0.74), rng.uniform(0.62, 0.85)
        top, shift = radius * rng.uniform(0.88, 1.0), rng.uniform(-0.006, 0.0)
        rise = rng.uniform(0.018, 0.030)
    elif style == "block":
        exponent, aspect = rng.uniform(4.0, 6.0), rng.uniform(0.62, 1.0)
        shift = rng.uniform(-0.010, 0.010)
    else:
        radius = rng.uniform(0.041, 0.050)
        height, rise = rng.uniform(0.050, 0.080), rng.uniform(0.040, 0.055)
        top, roundness = radius, 2.0

    def wall(level: Array) -> Array:
        share = np.asarray(level, dtype=np.float64) / height
        return radius + (top - radius) * share - pinch * np.exp(-(((share - middle) / 0.20) ** 2))

    start = np.array([float(wall(np.array(height))), height])
    body = full_vessel(
        wall,
        height,
        rng.uniform(0.005, 0.010),
        shoulder(start, mouth * 1.05, rise, roundness),
        exponent=exponent,
        aspect=aspect,
        neck_shift=shift,
        levels=16,
        count=52,
    )
    return body, height + rise, shift


def _head(style: str, mouth: float, rng: np.random.Generator) -> _Head:
    """Collar, throat, hood with a tail that lies on the hand, lever and nozzle."""
    collar_tall, throat = rng.uniform(0.016, 0.022), rng.uniform(0.0100, 0.0120)
    ceiling = collar_tall + rng.uniform(0.044, 0.058)
    half = np.array([rng.uniform(0.0105, 0.0140), rng.uniform(0.0105, 0.0135)])
    axis, front = ceiling + half[0], rng.uniform(0.046, 0.056)
    wide = mouth + rng.uniform(0.003, 0.006)
    collar = lathe(
        fillet([(0, -0.006), (wide, -0.006), (wide * 0.97, collar_tall), (0, collar_tall)], 0.002),
        ribs=16,
        rib_depth=0.0008,
    )
    column = tube(
        np.outer(np.linspace(collar_tall - 0.004, axis, 6), Z),
        oval(throat * rng.uniform(1.0, 1.15), throat * 0.9, 2.6),
        X,
    )
    lever, gap = _lever(throat, ceiling, style, rng)
    return _Head(
        neck=union([collar, column, _hood(half, axis, front, rng)]),
        trigger=lever,
        nozzle=moved(_nozzle(half, rng), [front + 0.003, 0.0, axis], turn("y", 90)),
        gap=gap,
    )


def _hood(half: Array, axis: float, front: float, rng: np.random.Generator) -> Solid:
    """The housing along x, flat at its front, its tail sloping down behind."""
    back, droop = rng.uniform(0.026, 0.052), rng.uniform(0.002, 0.016)
    ridge = rng.uniform(0.0, 0.004)
    share = np.linspace(0, 1, 20)
    x = -back + (back + front) * share
    behind = ((0.45 - share) / 0.45).clip(0)
    z = axis - droop * behind**1.6
    tall = 1 - rng.uniform(0.25, 0.50) * behind**1.3 + ridge / half[0] * np.sin(np.pi * share)
    broad = 1 - rng.uniform(0.0, 0.2) * behind - rng.uniform(0.0, 0.2) * share**2
    section = rounded_rectangle(2 * half[0], 2 * half[1], rng.uniform(0.35, 0.95) * half.min())
    curve = np.stack([x, 0 * x, z], axis=1)
    return tube(curve, section, Z, scale=np.stack([tall, broad], axis=1), round_ends=True)


def _nozzle(half: Array, rng: np.random.Generator) -> Solid:
    """The turning nozzle from z = 0 forwards: a square or a ribbed cap round a spout."""
    wide, long = float(half.min()) * rng.uniform(0.78, 0.98), rng.uniform(0.018, 0.026)
    corners = [(0, 0), (wide, 0), (wide, 0.6 * long), (0.8 * wide, long), (0.35 * wide, long)]
    profile = fillet([*corners, (0.3 * wide, long - 0.003), (0, long - 0.003)], 0.0015, 3)
    if rng.random() < 0.5:
        return lathe(profile, exponent=rng.uniform(4.0, 6.0), count=40)
    return lathe(profile, ribs=int(rng.integers(8, 13)), rib_depth=0.0010, count=40)


def _lever(
    throat: float, ceiling: float, style: str, rng: np.random.Generator
) -> tuple[Solid, Array]:
    """A lever for several fingers under the hood, and the middle of the gap behind it."""
    root, length = throat + rng.uniform(0.0285, 0.0330), rng.uniform(0.058, 0.074)
    if style == "mister":
        length = rng.uniform(0.050, 0.058)
    belly, flick = rng.uniform(0.000, 0.004), rng.uniform(0.006, 0.020)
    slant = rng.uniform(-0.004, 0.008)
    share = np.linspace(0, 1, 24)
    x = root - belly * np.sin(np.pi * share) + flick * share**3 + slant * share
    curve = resample(np.stack([x, 0 * x, ceiling + 0.006 - length * share], axis=1), 0.003)
    width, at = rng.uniform(0.0065, 0.0090), np.linspace(0, 1, len(curve))
    sizes = np.stack([1 - 0.3 * at * rng.uniform(0.2, 1.0), 1.2 - 0.4 * at], axis=1)
    section = oval(width, rng.uniform(0.0030, 0.0040), 3.0, count=20)
    middle = curve[len(curve) // 2] - 0.004 * X
    plate = tube(curve, section, Y, scale=sizes, round_ends=True)
    return plate, np.array([(throat + middle[0]) / 2, 0.0, middle[2]])
