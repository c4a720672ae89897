"""Flashlights: a barrel with a wider head, a lantern with a handle, and a bent-neck lamp."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Solid,
    X,
    Y,
    Z,
    cylinder,
    fillet,
    lathe,
    moved,
    oval,
    resample,
    slab,
    tube,
    turn,
    union,
)
from handhold.synthesis.shapes.vessels import bow, placed

STYLES = ("classic", "tactical", "lantern", "bent")
_ALONG_X = turn("y", 90)
_GRIPS = ("wrap-around-grip", "handle-grip")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A flashlight along x, shining to +x; some stand on their tail or their foot instead."""
    if style == "lantern":
        return _lantern(rng)
    if style == "bent":
        return _bent(rng)
    return _straight(style, rng)


def _straight(style: str, rng: np.random.Generator) -> Blueprint:
    """A round barrel with a screwed head at z = length and, if tactical, a tail cap."""
    tactical = style == "tactical"
    radius = rng.uniform(0.0105, 0.0140) if tactical else rng.uniform(0.0135, 0.0190)
    length = rng.uniform(0.075, 0.105) if tactical else rng.uniform(0.110, 0.210)
    wide = radius * (rng.uniform(1.08, 1.65) if tactical else rng.uniform(1.35, 1.80))
    solids = [
        ("head", moved(_head(radius, wide, tactical, rng), length * Z)),
        ("barrel", _barrel(radius, length, rng)),
    ]
    if tactical:
        button = moved(cylinder(0.62 * radius, 0.012, 0.0025, count=28), -0.0185 * Z)
        solids = [("button", button), *solids, ("tailcap", _tailcap(radius, rng))]
        if rng.random() < 0.5:
            solids.append(("clip", moved(_clip(rng), (radius - 0.001) * X + 0.008 * Z)))
    else:
        knob = cylinder(rng.uniform(0.0060, 0.0080), 0.012, 0.002, count=28)
        place = (radius - 0.0088) * X + rng.uniform(0.74, 0.84) * length * Z
        solids.insert(0, ("button", moved(knob, place, turn("y", 90))))
    stands = tactical and rng.random() < 0.3
    pose = np.eye(3) if stands else turn("x", rng.uniform(20, 70)) @ _ALONG_X @ turn("z", 180)
    return Blueprint(
        solids=tuple((name, moved(solid, np.zeros(3), pose)) for name, solid in solids),
        affordances={
            "head": ("twist",),
            "barrel": _GRIPS,
            "button": ("press",),
            "tailcap": ("twist",),
            "clip": (),
        },
    )


def _barrel(radius: float, length: float, rng: np.random.Generator) -> Solid:
    """The tube from z = 0 to z = length with a grooved grip and a rounded tail."""
    low, high = rng.uniform(0.10, 0.25) * length, rng.uniform(0.55, 0.68) * length
    rise = rng.uniform(-0.0012, 0.0010)
    corners = [(0, 0), (radius, 0), (radius, low), (radius + rise, low + 0.002)]
    corners += [(radius + rise, high), (radius, high + 0.002), (radius, length), (0, length)]
    if rng.random() < 0.5:
        return lathe(fillet(corners, 0.003, 4), ribs=int(rng.integers(9, 15)), rib_depth=0.0010)
    rings = [cylinder(radius - 0.0008, length, 0.002, count=36)]
    for level in np.arange(low, high, rng.uniform(0.010, 0.016)):
        ring = lathe(fillet([(0, 0), (radius, 0), (radius, 0.007), (0, 0.007)], 0.001, 3), count=36)
        rings.append(moved(ring, level * Z))
    return union(rings)


def _head(radius: float, wide: float, tactical: bool, rng: np.random.Generator) -> Solid:
    """The screwed head from just below z = 0 up, with a sunk lens."""
    cone, drum = rng.uniform(0.010, 0.026), rng.uniform(0.016, 0.034)
    top, rim = cone + drum, rng.uniform(0.0022, 0.0034)
    corners = [
        (0, -0.006),
        (radius + 0.0012, -0.006),
        (radius + 0.0014, 0.002),
        (wide, cone),
        (wide * rng.uniform(0.95, 1.06), top),
        (wide - rim, top),
        (wide - rim - 0.001, top - 0.003),
        (0.45 * wide, top - rng.uniform(0.004, 0.009)),
        (0, top - rng.uniform(0.004, 0.010)),
    ]
    ribs = int(rng.choice([0, 10, 14])) if tactical else int(rng.choice([0, 12]))
    return lathe(fillet(corners, 0.0015, 3), ribs=ribs, rib_depth=0.0010, count=40)


def _tailcap(radius: float, rng: np.random.Generator) -> Solid:
    """The cap that closes the tube behind z = 0 and carries the button."""
    wide = radius * rng.uniform(1.04, 1.14)
    corners = [(0, -0.014), (wide * 0.9, -0.014), (wide, -0.010), (wide, 0.006), (0, 0.006)]
    return lathe(fillet(corners, 0.001, 3), ribs=12, rib_depth=0.0010, count=36)


def _clip(rng: np.random.Generator) -> Solid:
    """A spring clip along the barrel, standing off it, from z = 0 up."""
    long = rng.uniform(0.038, 0.055)
    path = [(-0.003, 0, 0), (0.0045, 0, 0), (0.0035, 0, long * 0.85), (0.0055, 0, long)]
    section = oval(0.0032, 0.0007, 4.0, 14)
    return tube(resample(fillet(path, 0.003), 0.003), section, Y)


def _lantern(rng: np.random.Generator) -> Blueprint:
    """A block with a wide lamp towards +x and a handle on top along x."""
    long, wide = rng.uniform(0.105, 0.155), rng.uniform(0.075, 0.100)
    tall = wide * rng.uniform(0.95, 1.20)
    body = slab([long, wide, tall], rng.uniform(0.010, 0.030), rng.uniform(0.006, 0.012), 4)
    lamp, deep = 0.5 * wide * rng.uniform(0.95, 1.15), rng.uniform(0.026, 0.048)
    rim = [(0.5 * lamp, 0), (lamp, 0.6 * deep), (lamp, deep), (lamp - 0.004, deep)]
    profile = [
        (0, -0.02),
        (0.6 * lamp, -0.02),
        *rim,
        (0.55 * lamp, deep - 0.010),
        (0, deep - 0.014),
    ]
    head = moved(lathe(fillet(profile, 0.003, 3), count=44), [long / 2, 0, tall / 2], _ALONG_X)
    half, span = rng.uniform(0.0080, 0.0105), rng.uniform(0.078, 0.66 * long + 0.012)
    reach = rng.uniform(0.028, 0.036) + half
    path = bow(str(rng.choice(["D", "square"])), span, reach, corner=0.016)
    grip = tube(
        placed(path, (tall - 0.003) * Z, Z, X, 0.006),
        oval(rng.uniform(0.95, 1.35) * half, half, rng.uniform(2.0, 3.0), 20),
        Y,
    )
    top = [0.0, 0.0, tall + reach - 0.004]
    button = moved(slab([0.018, 0.013, half + 0.006], 0.006, 0.002, 4), top)
    button = moved(button, rng.uniform(0.05, 0.25) * span * X)
    return Blueprint(
        solids=(("button", button), ("head", head), ("handle", grip), ("body", body)),
        affordances={
            "button": ("press",),
            "head": (),
            "handle": ("handle-grip",),
            "body": ("base-support",),
        },
        loops={"handle": np.array([[0.0, 0.0, tall + 0.5 * (reach - half)]])},
    )


def _bent(rng: np.random.Generator) -> Blueprint:
    """An upright barrel whose head looks to +x, as army lamps have it."""
    half = rng.uniform(0.0150, 0.0195), rng.uniform(0.0145, 0.0180)
    tall, bend = rng.uniform(0.115, 0.165), half[1] + rng.uniform(0.003, 0.007)
    ahead = bend + rng.uniform(0.003, 0.006)
    angle = np.linspace(0, np.pi / 2, 7)
    arc = np.stack([bend * (1 - np.cos(angle)), tall + bend * (np.sin(angle) - 1)], axis=1)
    upright = np.linspace([0, 0], [0, tall - bend], 16)[:-1]
    flat = np.concatenate([upright, arc, [[ahead, tall]]])
    curve = np.stack([flat[:, 0], 0 * flat[:, 0], flat[:, 1]], axis=1)
    section = oval(*half, rng.uniform(2.0, 3.2), 28)
    ridges = np.ones(len(curve))
    ridges[1:15] += rng.choice([0.0, 0.025]) * np.sin(np.arange(14) * np.pi / 2)
    barrel = tube(curve, section, Y, scale=ridges)
    wide, deep = max(half) * rng.uniform(1.26, 1.55), rng.uniform(0.020, 0.032)
    corners = [(0, -0.004), (wide * 0.85, -0.004), (wide, 0.006), (wide, deep)]
    lens = [(wide - 0.003, deep), (wide - 0.004, deep - 0.004), (0, deep - 0.007)]
    head = lathe(fillet([*corners, *lens], 0.002, 4), ribs=14, rib_depth=0.0012, count=40)
    foot = np.outer([0.0, 0.001, rng.uniform(0.012, 0.020)], Z)
    cap = tube(foot, section, Y, scale=[1.03, 1.09, 1.09])
    button = slab([0.020, 0.013, 0.012], 0.006, 0.002, 4)
    height = rng.uniform(0.60, 0.74) * tall
    place = [-half[1] + 0.0085, 0.0, height]
    solids = [
        ("button", moved(button, place, turn("y", -90))),
        ("head", moved(head, [ahead, 0, tall], _ALONG_X)),
        ("tailcap", moved(cap, -0.003 * Z)),
        ("barrel", barrel),
    ]
    if rng.random() < 0.6:
        clip = moved(_clip(rng), [half[1] - 0.001, 0, 0.030])
        solids.append(("clip", clip))
    return Blueprint(
        solids=tuple(solids),
        affordances={
            "button": ("press",),
            "head": ("twist",),
            "barrel": _GRIPS,
            "tailcap": ("twist",),
            "clip": (),
        },
    )
