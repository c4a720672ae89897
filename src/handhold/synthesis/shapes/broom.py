"""Brooms: a stick over a wide, a slanted or a bound head, and short hand brushes."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    Y,
    Z,
    fillet,
    lathe,
    moved,
    oval,
    prism,
    resample,
    rounded_rectangle,
    slab,
    tube,
    turn,
    union,
)

STYLES = ("push", "slanted", "corn", "hand-brush")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A broom standing on its bristles, or a hand brush along x with its handle at -x."""
    if style == "hand-brush":
        return _hand_brush(rng)
    head, bristles, height, lean = {"push": _push, "slanted": _slanted, "corn": _corn}[style](rng)
    stick = moved(
        _stick(rng, 0.96 if style == "corn" else 1.24), (height - 0.012) * Z, turn("y", lean)
    )
    return Blueprint(
        solids=(("head", head), ("stick", stick), ("bristles", bristles)),
        affordances={"stick": ("handle-grip",), "head": (), "bristles": ()},
    )


def _stick(rng: np.random.Generator, longest: float) -> Solid:
    """A stick from the origin upwards, with or without a grip sleeve and a hanging knob."""
    length, radius = rng.uniform(0.72, longest), rng.uniform(0.0095, 0.0130)
    top = radius + rng.choice([0.0, rng.uniform(0.0015, 0.0040)])
    sleeve = length - rng.uniform(0.10, 0.24)
    corners = [
        (0, 0),
        (radius, 0),
        (radius, 0.5 * length),
        (radius, sleeve),
        (top, sleeve + 0.004),
        (top, length - 0.002),
        (0, length),
    ]
    rod = lathe(fillet(corners, 0.006, 4), count=28)
    if rng.random() < 0.4:  # the eye that it hangs from
        circle = oval(0.010, 0.010, count=20)
        ring = np.column_stack([circle[:, 0], 0 * circle[:, 0], circle[:, 1]])
        eye = tube(ring + (length + 0.007) * Z, oval(0.003, 0.003, count=10), Y, closed=True)
        return union([rod, eye])
    return rod


def _push(rng: np.random.Generator) -> tuple[Solid, Solid, float, float]:
    """Head, bristles, height and lean (degrees) of a wide floor broom, wide along y."""
    deep, wide = rng.uniform(0.050, 0.075), rng.uniform(0.26, 0.46)
    tall, drop = rng.uniform(0.022, 0.036), rng.uniform(0.055, 0.085)
    block = slab([deep, wide, tall], rng.uniform(0.006, 0.45 * deep), 0.005, steps=4)
    lean = float(rng.choice([-1.0, 1.0])) * rng.uniform(16, 34)
    socket = moved(_socket(rng.uniform(0.045, 0.075), rng), (tall - 0.008) * Z, turn("y", lean))
    bristles = _skirt(deep - 0.010, wide - 0.012, drop + 0.006, rng.uniform(1.0, 1.12), 0.0)
    return moved(union([block, socket]), drop * Z), bristles, drop + tall, lean


def _slanted(rng: np.random.Generator) -> tuple[Solid, Solid, float, float]:
    """A kitchen broom: a tapered shell over a fan of bristles that is cut at an angle."""
    deep, wide = rng.uniform(0.036, 0.052), rng.uniform(0.18, 0.27)
    tall, drop = rng.uniform(0.045, 0.085), rng.uniform(0.100, 0.150)
    share = np.linspace(0, 1, 9)
    shoulders = rng.uniform(1.6, 3.0)
    across = 0.016 + (wide / 2 - 0.016) * (1 - share**shoulders)
    through = deep / 2 + (0.016 - deep / 2) * share
    curve = np.outer(tall * share, Z)
    shell = tube(curve, oval(1, 1, 4.5, 32), Y, scale=np.stack([across, through], axis=1))
    socket = moved(_socket(rng.uniform(0.045, 0.080), rng), (tall - 0.010) * Z)
    slope = rng.uniform(0.0, 0.22)
    bristles = _skirt(deep - 0.010, wide - 0.020, drop + 0.005, rng.uniform(1.08, 1.28), slope)
    lean = rng.uniform(-6, 6)
    return moved(union([shell, socket]), drop * Z), bristles, drop + tall, lean


def _corn(rng: np.random.Generator) -> tuple[Solid, Solid, float, float]:
    """A bound broom: bristles that fan out from under a cone, with rings of binding."""
    drop, wide = rng.uniform(0.27, 0.38), rng.uniform(0.075, 0.135)
    flat = rng.uniform(0.28, 0.75)
    share = np.linspace(0, 1, 9)
    half = 0.024 + (wide - 0.024) * (1 - share) ** rng.uniform(0.9, 1.7)
    aspect = 1 / (flat + (1 - flat) * share**0.7)
    profile = np.column_stack([half / aspect, drop * share])
    ends = np.concatenate([[[0.0, 0.0]], profile, [[0.0, drop]]])
    ratio = np.concatenate([aspect[:1], aspect, aspect[-1:]])
    bristles = lathe(ends, aspect=ratio, ribs=22, rib_depth=0.0030)
    cap = fillet([(0, 0), (0.028, 0), (0.026, 0.030), (0.0165, 0.085), (0, 0.085)], 0.006, 4)
    rings = [moved(lathe(cap, count=32), (drop - 0.030) * Z)]
    for part in rng.uniform(0.62, 0.72), rng.uniform(0.78, 0.84):
        radii = [float(np.interp(part, share, size)) for size in (half / aspect, half)]
        band = oval(radii[0] + 0.0005, radii[1] + 0.0005, count=32)
        path = np.column_stack([band, np.full(32, part * drop)])
        rings.append(tube(path, oval(0.0035, 0.0030, count=8), Z, closed=True))
    return union(rings), bristles, drop + 0.055, 0.0


def _socket(length: float, rng: np.random.Generator) -> Solid:
    """The sleeve that takes the stick."""
    low, high = rng.uniform(0.019, 0.023), rng.uniform(0.0155, 0.0175)
    return lathe(fillet([(0, 0), (low, 0), (high, length), (0, length)], 0.003, 4), count=32)


def _skirt(deep: float, wide: float, height: float, flare: float, slope: float) -> Solid:
    """Bristles from z = height down to z = 0 in grooved tufts, wide along y.

    flare: size at the tips over size at the roots; slope: how the tips are cut, z over y.
    """
    outline = resample(rounded_rectangle(deep, wide, 0.3 * deep), 0.0026, closed=True)
    outline = outline[: len(outline) // 4 * 4]
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    inward = np.stack([-along[:, 1], along[:, 0]], axis=1)
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    groove = np.tile([0.0, 0.0008, 0.0016, 0.0008], len(outline) // 4)
    block = prism(outline + groove[:, None] * inward, height)

    def shaped(points: Array) -> Array:
        low = points[:, 2:] < height / 2
        spread = np.where(low, [[flare**0.5, flare, 1.0]], 1.0)
        rise = np.where(low[:, 0], slope * (points[:, 1] + wide / 2), 0.0)
        return points * spread + np.outer(rise, Z)

    return block.warp_batch(shaped)


def _hand_brush(rng: np.random.Generator) -> Blueprint:
    """A dustpan brush: its handle runs on from the head at -x."""
    long, wide = rng.uniform(0.12, 0.18), rng.uniform(0.030, 0.058)
    tall, drop = rng.uniform(0.014, 0.022), rng.uniform(0.036, 0.058)
    block = moved(slab([long, wide, tall], rng.uniform(0.2, 0.49) * wide, 0.004, 4), drop * Z)
    tufts = _skirt(wide - 0.008, long - 0.010, drop + 0.004, rng.uniform(1.0, 1.12), 0.0)
    reach, rise = rng.uniform(0.115, 0.155), rng.uniform(-0.004, 0.028)
    x = -long / 2 + 0.018 - np.linspace(0, reach + 0.018, 22)
    share = np.linspace(0, 1, 22)
    curve = np.stack([x, 0 * x, drop + tall / 2 + rise * share**1.6], axis=1)
    belly = 1 + rng.uniform(0.0, 0.22) * np.sin(np.pi * share) - 0.28 * np.exp(-share / 0.12)
    section = oval(rng.uniform(0.0075, 0.0105), rng.uniform(0.0105, 0.0150), 2.4)
    grip = tube(curve, section, Z, scale=belly, round_ends=True)
    return Blueprint(
        solids=(("head", block), ("handle", grip), ("bristles", moved(tufts, 0 * Z, _QUARTER))),
        affordances={"handle": ("handle-grip",), "head": (), "bristles": ()},
    )


_QUARTER = turn("z", 90)
