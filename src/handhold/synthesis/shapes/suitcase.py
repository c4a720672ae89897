"""Suitcases: upright shells on wheels, trolleys, and old cases with latches."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    X,
    Y,
    Z,
    cylinder,
    moved,
    oval,
    resample,
    slab,
    tube,
    turn,
    union,
)
from handhold.synthesis.shapes.vessels import bow, placed

STYLES = ("spinner", "trolley", "vintage", "soft")
# Ranges per style, metres: width, height, depth, corner radius, edge radius.
_BODIES = {
    "spinner": ((0.33, 0.42), (0.46, 0.60), (0.19, 0.26), (0.035, 0.060), (0.018, 0.035)),
    "trolley": ((0.32, 0.38), (0.40, 0.46), (0.17, 0.22), (0.030, 0.060), (0.015, 0.030)),
    "vintage": ((0.42, 0.62), (0.34, 0.46), (0.13, 0.19), (0.020, 0.050), (0.006, 0.014)),
    "soft": ((0.32, 0.40), (0.44, 0.58), (0.18, 0.25), (0.040, 0.080), (0.025, 0.045)),
}


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A case of 35-75 cm that stands upright, its broad sides towards +y and -y."""
    size = np.array([rng.uniform(*span) for span in _BODIES[style][:3]])
    corner, edge = (rng.uniform(*span) for span in _BODIES[style][3:])
    ground = 0.0 if style == "vintage" else rng.uniform(0.045, 0.062)
    top = ground + size[1]
    body = moved(_shell(style, size, corner, edge, rng), ground * Z)
    grip, loop = _bow_on_top(top, rng)
    solids: list[tuple[str, Solid]] = [("handle", grip)]
    affordances: dict[str, tuple[str, ...]] = {"handle": ("handle-grip",)}
    loops = {"handle": loop[None]}
    if style == "trolley":
        button, bar, bar_loop = _trolley(size, top, rng)
        solids = [("button", button), ("trolley-handle", bar), *solids]
        affordances |= {"button": ("press",), "trolley-handle": ("handle-grip",)}
        loops["trolley-handle"] = bar_loop[None]
    if style in ("spinner", "soft"):
        second, second_loop = _bow_on_side(size, ground, rng)
        solids.append(("side-handle", second))
        affordances["side-handle"] = ("handle-grip",)
        loops["side-handle"] = second_loop[None]
    if style in ("spinner", "vintage"):
        solids.append(("latches", _latches(style, size, top, rng)))
        affordances["latches"] = ("press",)
    if style == "vintage":
        solids.append(("straps", _straps(size, corner, edge, rng)))
    else:
        solids.append(("wheels", _wheels(style, size, ground, rng)))
    solids.append(("body", body))
    return Blueprint(solids=tuple(solids), affordances=affordances, loops=loops)


def _upright(size: Array, corner: float, edge: float, steps: int = 4) -> Solid:
    """A case of (width, height, depth): big corners seen from the front, small rims."""
    lying = slab(size, corner, edge, steps)
    return moved(lying, [0.0, size[2] / 2, size[1] / 2], turn("x", 90))


def _shell(style: str, size: Array, corner: float, edge: float, rng: np.random.Generator) -> Solid:
    """The case standing on z = 0 with ribs, a pocket or a seam."""
    pieces = [_upright(size, corner, edge, 6)]
    seam = np.array([size[0] + 0.004, size[1] + 0.004, rng.uniform(0.008, 0.016)])
    pieces.append(moved(_upright(seam, corner + 0.002, 0.001), -0.002 * Z))
    proud = rng.uniform(0.003, 0.006)
    if style == "soft":
        share = rng.uniform(0.40, 0.75)
        pocket = np.array([size[0] * 0.80, size[1] * share, 0.05])
        pieces.append(
            moved(
                _upright(pocket, 0.03, 0.015), [0, -size[2] / 2, size[1] * rng.uniform(0.06, 0.2)]
            )
        )
    elif style != "vintage":
        pieces += _ribs(size, corner, proud, rng)
    return union(pieces)


def _ribs(size: Array, corner: float, proud: float, rng: np.random.Generator) -> list[Solid]:
    """Raised bars over both broad sides, upright or level."""
    count = int(rng.integers(3, 7))
    deep = size[2] + 2 * proud
    if rng.random() < 0.6:
        wide, tall = size[0] / (2.2 * count), size[1] - 2 * corner
        at = (np.arange(count) - (count - 1) / 2) * (size[0] - 2 * corner) / count
        bar = _upright(np.array([wide, tall, deep]), 0.45 * wide, proud * 0.9)
        return [moved(bar, [x, 0.0, corner]) for x in at]
    wide, tall = size[0] - 2 * corner, size[1] / (2.4 * count)
    bar = _upright(np.array([wide, tall, deep]), 0.45 * tall, proud * 0.9)
    at = corner + np.arange(count) * (size[1] - 2 * corner) / count
    return [moved(bar, [0.0, 0.0, z + 0.01]) for z in at]


def _bow_on_top(top: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """The carrying handle with room for four fingers."""
    half_y, half_out = rng.uniform(0.0095, 0.0140), rng.uniform(0.0060, 0.0095)
    gap, span = rng.uniform(0.030, 0.042), rng.uniform(0.125, 0.165)
    path = bow(
        str(rng.choice(["C", "D", "square"])),
        span,
        gap + half_out,
        corner=rng.uniform(0.015, 0.026),
    )
    curve = placed(path, top * Z, Z, X, 0.012)
    grip = tube(curve, oval(half_y, half_out, rng.uniform(2.0, 4.0), count=20), Y)
    return grip, (top + gap / 2) * Z


def _bow_on_side(size: Array, ground: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A second handle half way up the narrow side."""
    half_y, half_out, gap = rng.uniform(0.009, 0.013), rng.uniform(0.006, 0.008), 0.031
    path = bow(
        str(rng.choice(["D", "square"])), rng.uniform(0.12, 0.15), gap + half_out, corner=0.02
    )
    foot, middle = size[0] / 2, ground + 0.5 * size[1]
    curve = placed(path, foot * X + middle * Z, X, Z, 0.012)
    grip = tube(curve, oval(half_y, half_out, 2.8, count=18), Y)
    return grip, np.array([foot + gap / 2, 0.0, middle])


def _trolley(size: Array, top: float, rng: np.random.Generator) -> tuple[Solid, Solid, Array]:
    """A button and the pulled-out handle that carries it: two rods and a bar."""
    tall, half_span = rng.uniform(0.14, 0.20), size[0] * rng.uniform(0.24, 0.32)
    back = size[2] * rng.uniform(0.20, 0.28)
    half_out, half_y = rng.uniform(0.010, 0.013), rng.uniform(0.011, 0.015)
    rods = [
        moved(slab([0.016, 0.012, tall + 0.02], 0.005, 0.001), [x, back, top - 0.02])
        for x in (-half_span, half_span)
    ]
    level = top + tall
    share = np.linspace(-1, 1, 24)
    arch = rng.uniform(0.0, 0.012)
    x = share * (half_span + 0.012)
    curve = np.stack([x, 0 * x + back, level - arch * share**2], axis=1)
    bar = tube(
        resample(curve, 0.008), oval(half_out, half_y, rng.uniform(2.0, 3.5)), Z, round_ends=True
    )
    button = slab([0.030, 0.012, 0.008], 0.0055, 0.002)
    raised = moved(button, [0.0, back, level + half_out - 0.004])
    return raised, union([*rods, bar]), np.array([0.0, back, level - tall / 2])


def _wheels(style: str, size: Array, ground: float, rng: np.random.Generator) -> Solid:
    """Four wheels in housings, or two wheels and two feet."""
    radius, thick = ground * rng.uniform(0.42, 0.47), rng.uniform(0.016, 0.024)
    out_x, out_y = size[0] / 2 - 0.055, size[2] / 2 - 0.045
    rolling = style == "spinner" or rng.random() < 0.5
    pieces = []
    for x in (-out_x, out_x):
        for y in (-out_y, out_y):
            if rolling or y > 0:
                disc = moved(
                    cylinder(radius, thick, 0.003, 28), [0, thick / 2, radius], turn("x", 90)
                )
                fork = slab([1.5 * radius, thick + 0.010, ground + 0.010 - radius], 0.006, 0.003, 3)
                wheel = union([disc, moved(fork, radius * Z)])
            else:
                wheel = slab([0.04, 0.03, ground + 0.012], 0.010, 0.004)
            pieces.append(moved(wheel, [x, y, 0.0]))
    return union(pieces)


def _latches(style: str, size: Array, top: float, rng: np.random.Generator) -> Solid:
    """Two press latches beside the handle, or a lock on the narrow side."""
    wide, tall = rng.uniform(0.026, 0.036), rng.uniform(0.010, 0.014)
    plate = slab([wide, 0.034, tall], 0.008, 0.003)
    push = moved(slab([wide * 0.5, 0.018, 0.010], 0.006, 0.002), (tall - 0.004) * Z)
    latch = moved(union([plate, push]), (top - 0.005) * Z)
    out = 0.5 * size[0] * rng.uniform(0.58, 0.70)
    if style == "spinner":
        out = 0.5 * size[0] - rng.uniform(0.075, 0.085)
        return moved(latch, out * X)
    return union([moved(latch, out * X), moved(latch, -out * X)])


def _straps(size: Array, corner: float, edge: float, rng: np.random.Generator) -> Solid:
    """Two leather bands all round, or eight corner pieces."""
    proud = 0.0025
    if rng.random() < 0.5:
        grown = size + 2 * proud
        block = moved(_upright(grown, corner + proud, edge + proud, 5), -proud * Z)
        half = 0.5 * size[0]
        reach = rng.uniform(0.045, 0.065)
        keep = []
        for x in (-half, half):
            for z in (0.0, size[1]):
                box = slab([2 * reach, 1.0, 2 * reach], 0.25 * reach, 0.001, 3)
                keep.append(moved(box, [x, 0.0, z - reach]))
        return block ^ union(keep)
    band = np.array([rng.uniform(0.024, 0.036), size[1] + 2 * proud, size[2] + 2 * proud])
    out = 0.5 * size[0] * rng.uniform(0.46, 0.54)
    strap = moved(_upright(band, 0.006, max(edge, 0.004)), -proud * Z)
    return union([moved(strap, -out * X), moved(strap, out * X)])
