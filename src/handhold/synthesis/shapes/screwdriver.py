"""Screwdrivers: a grip that fits the palm, a shaft, and a slot, cross or star tip."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    X,
    Z,
    cylinder,
    fillet,
    lathe,
    moved,
    oval,
    tube,
    turn,
)

STYLES = ("fluted", "lobed", "stubby", "precision")
_ALONG_X = turn("y", 90)  # what stands on z = 0 points towards +x
_LENGTHS = {  # grip and shaft, metres
    "fluted": ((0.085, 0.115), (0.070, 0.180)),
    "lobed": ((0.095, 0.125), (0.080, 0.170)),
    "stubby": ((0.046, 0.060), (0.028, 0.042)),
    "precision": ((0.080, 0.105), (0.040, 0.070)),
}


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A screwdriver along x, tip towards +x, its handle at -x."""
    length, reach = (rng.uniform(*span) for span in _LENGTHS[style])
    thin = style == "precision"
    radius = rng.uniform(0.0016, 0.0022) if thin else rng.uniform(0.0026, 0.0042)
    widest = rng.uniform(0.0066, 0.0090) if thin else rng.uniform(0.0130, 0.0175)
    grip = moved(_grip(style, length, widest, rng), -length * X, _ALONG_X)
    shaft = _shaft(radius, reach, widest, rng)
    tip = moved(_tip(radius, rng), (reach - 0.003) * X)
    solids = [("handle", grip), ("shaft", shaft), ("tip", tip)]
    affordances: dict[str, tuple[str, ...]] = {
        "handle": ("handle-grip", "twist"),
        "shaft": (),
        "tip": (),
    }
    if thin:  # the cap that the forefinger presses while the others turn
        solids.insert(0, ("cap", moved(_cap(widest, rng), -length * X, _ALONG_X)))
        affordances["cap"] = ("press",)
    return Blueprint(solids=tuple(solids), affordances=affordances)


def _grip(style: str, length: float, widest: float, rng: np.random.Generator) -> Solid:
    """The handle from its butt at z = 0 to the shaft at z = length."""
    if style == "precision":
        return _precision_grip(length, widest, rng)
    share = np.linspace(0, 1, 22)
    palm = rng.uniform(0.30, 0.46)
    waist = rng.uniform(0.10, 0.34) * np.exp(-(((share - rng.uniform(0.74, 0.84)) / 0.11) ** 2))
    swell = 1 - rng.uniform(0.05, 0.22) * np.abs((share - palm) / (1 - palm)) ** 1.5 - waist
    dome = np.sqrt(1 - (1 - (share / rng.uniform(0.10, 0.22)).clip(0, 1)) ** 2)
    front = np.sqrt(1 - ((share - 0.94).clip(0) / 0.06) ** 2 * 0.75)
    radius = widest * swell * dome * front
    ends = [(0.0, 0.0)], [(0.0, length)]
    profile = np.concatenate([ends[0], np.stack([radius, length * share], axis=1)[1:], ends[1]])
    ribs = int(rng.integers(3, 5)) if style == "lobed" else int(rng.integers(6, 11))
    depth = rng.uniform(0.0022, 0.0036) if style == "lobed" else rng.uniform(0.0010, 0.0022)
    return lathe(profile, ribs=ribs, rib_depth=depth, count=40)


def _precision_grip(length: float, widest: float, rng: np.random.Generator) -> Solid:
    """A slim pencil of a handle with a knurled band near its front."""
    knurl, step = rng.uniform(0.45, 0.70) * length, rng.uniform(0.0004, 0.0012)
    corners = [
        (0, 0.002),
        (widest * 0.9, 0.002),
        (widest, 0.012),
        (widest - step, 0.3 * length),
        (widest - step, knurl),
        (widest, knurl + 0.004),
        (widest, length - 0.012),
        (0.45 * widest, length),
        (0, length),
    ]
    ribs = int(rng.integers(8, 13))
    return lathe(fillet(corners, 0.002, 3), ribs=ribs, rib_depth=0.0007, count=32)


def _cap(widest: float, rng: np.random.Generator) -> Solid:
    """The free-turning cap behind a precision handle, from z = -0.009 to the handle."""
    radius = widest * rng.uniform(0.95, 1.15)
    corners = [
        (0, -0.009),
        (radius, -0.008),
        (radius, -0.001),
        (0.5 * radius, 0),
        (0.4 * radius, 0),
    ]
    return lathe(fillet([*corners, (0.4 * radius, 0.006), (0, 0.006)], 0.0015, 4), count=32)


def _shaft(radius: float, reach: float, widest: float, rng: np.random.Generator) -> Solid:
    """The round shaft from within the handle to x = reach, with or without a bolster."""
    root, collar = 0.015, rng.uniform(0.004, 0.010)
    wide = min(radius * rng.uniform(1.3, 1.9), 0.75 * widest)
    if rng.random() < 0.4:
        corners = [
            (0, 0),
            (wide, 0),
            (wide, root + collar),
            (radius, root + collar + wide - radius),
        ]
        rod = lathe([*corners, (radius, root + reach), (0, root + reach)], count=24)
    else:
        rod = cylinder(radius, root + reach, count=24)
    return moved(rod, -root * X, _ALONG_X)


def _tip(radius: float, rng: np.random.Generator) -> Solid:
    """What enters the screw, from within the shaft at x = 0."""
    kind = str(rng.choice(["slot", "cross", "star"]))
    share = np.linspace(0, 1, 10)
    ahead = share.clip(0.2) - 0.2
    if kind == "slot":
        length, wide = rng.uniform(0.013, 0.018), radius * rng.uniform(1.15, 1.65)
        thin = max(0.22 * radius, 0.0005)
        across = 0.94 * radius + (wide - 0.94 * radius) * np.sin(np.pi * ahead.clip(0, 0.5))
        sizes = np.stack([across, 0.94 * radius + (thin - 0.94 * radius) * ahead / 0.8], axis=1)
        return tube(np.outer(length * share, X), oval(1, 1, 4.0, 20), Z, scale=sizes)
    length = rng.uniform(0.010, 0.014)
    lobes, depth = (4, 0.50) if kind == "cross" else (6, 0.22)
    end = 0.34 if kind == "cross" else 0.70
    sizes = radius * (0.94 + (end - 0.94) * (ahead / 0.8) ** (1.0 if kind == "cross" else 0.5))
    return tube(np.outer(length * share, X), _star(lobes, depth), Z, scale=sizes)


def _star(lobes: int, depth: float) -> Array:
    """A unit circle with `lobes` grooves, `depth` of the radius deep."""
    angle = 2 * np.pi * np.arange(8 * lobes) / (8 * lobes)
    radius = 1 - depth * ((1 - np.cos(lobes * angle)) / 2) ** 0.7
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
