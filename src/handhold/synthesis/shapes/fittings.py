"""Fittings: handles, knobs, buttons, spouts and the like, to be set on any body.

A fitting grows from the plane z = 0 towards +z and reaches a little below it, so that it holds to
what it is set on; x is its long way. Metres. Sizes are ours, of everyday things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from handhold.synthesis.shapes.solids import (
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
    slab,
    tube,
    turn,
    union,
)

Rng = np.random.Generator
SUNK = 0.004  # how far below z = 0 a fitting reaches


@dataclass(frozen=True, eq=False)
class Fitting:
    """A part by name, and what it suits. reach: half its extent along x and y."""

    name: str
    solid: Solid
    affordances: tuple[str, ...] = ()

    @property
    def reach(self) -> float:
        """Half the longer side of its foot print."""
        low_x, low_y, _, high_x, high_y, _ = self.solid.bounding_box()
        return max(high_x - low_x, high_y - low_y) / 2


def button(rng: Rng) -> Fitting:
    """One to press: round, square or domed."""
    return Fitting("button", _cap_of_key(rng.uniform(0.004, 0.013), rng), ("press", "point"))


def power(rng: Rng) -> Fitting:
    """The one that switches the whole thing on."""
    return Fitting("power", _cap_of_key(rng.uniform(0.004, 0.010), rng), ("press", "point"))


def buttons(rng: Rng) -> Fitting:
    """A field of several."""
    half = rng.uniform(0.0025, 0.008)
    rows, columns = int(rng.integers(1, 6)), int(rng.integers(2, 5))
    step = half * rng.uniform(2.4, 3.6)
    key = _cap_of_key(half, rng)
    at = [(step * (r - (rows - 1) / 2), step * (c - (columns - 1) / 2), 0)
          for r in range(rows) for c in range(columns)]  # fmt: skip
    return Fitting("buttons", union([moved(key, p) for p in at]), ("press", "point"))


def _cap_of_key(half: float, rng: Rng) -> Solid:
    tall = rng.uniform(0.0012, 0.006)
    kind = rng.integers(3)
    if kind == 0:
        return moved(cylinder(half, tall + SUNK, min(0.001, tall / 2), 24), -SUNK * Z)
    if kind == 1:
        size = [2 * half * rng.uniform(1, 1.7), 2 * half, tall + SUNK]
        return moved(slab(size, half * rng.uniform(0.2, 0.8), min(0.001, tall / 2), 4), -SUNK * Z)
    return ellipsoid([half * rng.uniform(1, 1.5), half, tall + SUNK], 24)


def knob(rng: Rng) -> Fitting:
    """To turn: a ribbed or smooth dial, or a mushroom."""
    radius, tall = rng.uniform(0.008, 0.026), rng.uniform(0.006, 0.024)
    if rng.random() < 0.35:
        neck = radius * rng.uniform(0.35, 0.6)
        head = radius * rng.uniform(0.35, 0.7)
        profile = fillet(
            [(0, -SUNK), (neck, -SUNK), (neck, tall * 0.4), (radius, tall * 0.6),
             (radius, tall * 0.6 + head), (0, tall * 0.6 + head)], 0.003, 3)  # fmt: skip
        return Fitting("knob", lathe(profile, count=32), ("twist",))
    top = radius * rng.uniform(0.75, 1.0)
    profile = fillet([(0, -SUNK), (radius, -SUNK), (radius, 0), (top, tall), (0, tall)], 0.0015, 3)
    ribs = int(rng.choice([0, 0, 10, 16]))
    return Fitting("knob", lathe(profile, ribs=ribs, rib_depth=0.001, count=40), ("twist",))


def joystick(rng: Rng) -> Fitting:
    """A short stick with a ball, a pad or a mushroom."""
    stem, tall = rng.uniform(0.0025, 0.006), rng.uniform(0.006, 0.035)
    ball = stem * rng.uniform(1.8, 3.0)
    parts = [moved(cylinder(stem, tall + SUNK, count=20), -SUNK * Z)]
    parts.append(moved(ellipsoid([ball, ball, ball * rng.uniform(0.4, 1)], 24), tall * Z))
    if rng.random() < 0.6:
        parts.append(moved(cylinder(ball * 1.5, 0.004 + SUNK, 0.001, 32), -SUNK * Z))
    return Fitting("joystick", union(parts), ("press", "twist"))


def switch(rng: Rng) -> Fitting:
    """A rocker, a slide in its frame, or a toggle."""
    long, wide = rng.uniform(0.008, 0.018), rng.uniform(0.005, 0.010)
    kind = rng.integers(3)
    if kind == 0:
        rocker = slab([long * 1.4, wide * 1.6, 0.008], 0.0015, 0.001, 3)
        solid = moved(rocker, -0.004 * Z, turn("y", rng.uniform(-14, 14)))
    elif kind == 1:
        rail = moved(slab([long * 2, wide, 0.001 + SUNK], wide * 0.4, 0.0004, 3), -SUNK * Z)
        slide = slab([long * 0.8, wide * 0.9, 0.004 + SUNK], 0.001, 0.0008, 3)
        solid = union([rail, moved(slide, rng.uniform(-0.4, 0.4) * long * X - SUNK * Z)])
    else:
        bat = lathe([(0, -SUNK), (0.002, -SUNK), (0.0035, 0.014), (0, 0.016)], count=16)
        plate = moved(cylinder(0.006, 0.002 + SUNK, 0.0005, 24), -SUNK * Z)
        solid = union([plate, moved(bat, 0 * Z, turn("y", rng.uniform(-30, 30)))])
    return Fitting("switch", solid, ("press",))


def lever(rng: Rng) -> Fitting:
    """A bar that stands out to one side, to be pushed or pulled down."""
    long, half = rng.uniform(0.045, 0.12), rng.uniform(0.003, 0.008)
    rise = rng.uniform(0.008, 0.025)
    bent = [(0, 0, -SUNK), (0, 0, rise), (long, 0, rise + rng.uniform(-0.2, 0.6) * rise)]
    bar = tube(resample(fillet(bent, rise * 0.45), 0.005),
               oval(half, half * rng.uniform(1, 2), 2.6, 20), Y, round_ends=True)  # fmt: skip
    parts = [bar]
    if rng.random() < 0.4:
        parts.append(moved(ellipsoid(np.full(3, half * 2.2), 24), bent[-1]))
    if rng.random() < 0.5:
        parts.append(moved(cylinder(half * 2.5, rise * 0.5 + SUNK, 0.001, 28), -SUNK * Z))
    return Fitting("lever", union(parts), ("handle-grip",))


def screen(rng: Rng) -> Fitting:
    """A thin pane."""
    wide = rng.uniform(0.02, 0.09)
    size = [wide * rng.uniform(0.4, 1.0), wide, rng.uniform(0.0006, 0.003) + SUNK]
    return Fitting("screen", moved(slab(size, 0.002, 0.0003, 3), -SUNK * Z), ("point",))


def bow(rng: Rng) -> Fitting:
    """A handle that a hand reaches through: round or square, of a bar or a band."""
    span, rise = rng.uniform(0.075, 0.15), rng.uniform(0.03, 0.065)
    half = rng.uniform(0.003, 0.011)
    flat = half * rng.uniform(1.0, 2.4)
    inward = rng.uniform(0.55, 1.0)
    slant = rng.uniform(-0.2, 0.2) * span
    bent = [(-span / 2, 0, -SUNK - 0.006), (-span / 2 * inward + slant, 0, rise),
            (span / 2 * inward + slant, 0, rise), (span / 2, 0, -SUNK - 0.006)]  # fmt: skip
    curve = resample(fillet(bent, rng.uniform(0.25, 0.95) * rise, 8), 0.005)
    section = oval(flat, half, rng.uniform(2, 4), 20)
    return Fitting("handle", tube(curve, section, Y), ("handle-grip",))


def stick(rng: Rng) -> Fitting:
    """A handle that stands out: straight, swollen or bent, round or flat."""
    long, half = rng.uniform(0.08, 0.22), rng.uniform(0.007, 0.016)
    drop = rng.uniform(-0.25, 0.35) * long
    share = np.linspace(0, 1, 16)
    curve = np.stack([drop * share**1.6, 0 * share, -SUNK - 0.01 + (long + 0.014) * share], axis=1)
    belly = 1 + rng.uniform(-0.35, 0.25) * np.exp(-((share / 0.25) ** 2))
    belly = belly + rng.uniform(-0.1, 0.3) * share
    section = oval(half * rng.uniform(0.6, 1.2), half, rng.uniform(2, 4), 22)
    return Fitting("handle", tube(curve, section, Y, scale=belly, round_ends=True),
                   ("handle-grip",))  # fmt: skip


def pull(rng: Rng) -> Fitting:
    """A handle to draw out: two rods and a cross bar."""
    wide, long = rng.uniform(0.06, 0.2), rng.uniform(0.05, 0.4)
    rod, grip = rng.uniform(0.003, 0.006), rng.uniform(0.007, 0.013)
    parts = [
        moved(cylinder(rod, long + SUNK + 0.004, count=18), side * wide / 2 * X - SUNK * Z)
        for side in (-1, 1)
    ]
    bar = slab([wide + 3 * grip, 2 * grip, 2 * grip], grip * 0.9, grip * 0.5, 4)
    return Fitting("handle", union([*parts, moved(bar, (long - grip) * Z)]), ("handle-grip",))


def spout(rng: Rng) -> Fitting:
    """A pipe that leads out and up."""
    long, root = rng.uniform(0.03, 0.16), rng.uniform(0.008, 0.02)
    rise = rng.uniform(0.1, 1.3) * long
    share = np.linspace(0, 1, 14)
    bend = rng.uniform(0.8, 2.0)
    curve = np.stack([rise * share**bend, 0 * share, -0.01 + long * share], axis=1)
    taper = 1 + (rng.uniform(0.35, 0.9) - 1) * share
    return Fitting("spout", tube(curve, oval(root, root, 2, 24), Y, scale=taper))


def nozzle(rng: Rng) -> Fitting:
    """A mouth piece that turns: a cone, a flare or stacked rings."""
    root, long = rng.uniform(0.006, 0.022), rng.uniform(0.012, 0.05)
    tip = root * rng.choice([rng.uniform(0.3, 0.8), rng.uniform(1.0, 1.6)])
    profile = [(0, -SUNK), (root, -SUNK), (root * rng.uniform(0.8, 1.1), long * 0.4), (tip, long),
               (0, long)]  # fmt: skip
    aspect = np.linspace(1.0, rng.choice([1.0, 1.0, 0.35]), 5)
    ribs = int(rng.choice([0, 12]))
    solid = lathe(profile, aspect=aspect, ribs=ribs, rib_depth=0.0008, count=36)
    return Fitting("nozzle", solid, ("twist",))


def cap(rng: Rng) -> Fitting:
    """A screw cap."""
    radius, tall = rng.uniform(0.010, 0.032), rng.uniform(0.010, 0.03)
    corners = [(0, -SUNK), (radius, -SUNK), (radius * rng.uniform(0.85, 1), tall), (0, tall)]
    solid = lathe(fillet(corners, 0.002, 3), ribs=int(rng.choice([0, 18])), rib_depth=0.0008)
    return Fitting("cap", solid, ("twist",))


def pump(rng: Rng) -> Fitting:
    """A stem with a head that is pressed down."""
    stem, tall = rng.uniform(0.003, 0.006), rng.uniform(0.015, 0.05)
    head = slab([rng.uniform(0.03, 0.06), rng.uniform(0.016, 0.026), rng.uniform(0.008, 0.014)],
                0.007, 0.003, 4)  # fmt: skip
    rod = moved(cylinder(stem, tall + SUNK, count=18), -SUNK * Z)
    solid = union([rod, moved(head, (tall - 0.002) * Z + rng.uniform(0, 0.012) * X)])
    return Fitting("pump", solid, ("press",))


def tank(rng: Rng) -> Fitting:
    """A second, smaller container."""
    size = rng.uniform(0.03, 0.11, 3)
    if rng.random() < 0.5:
        return Fitting("tank", moved(slab(size, 0.01, 0.004, 4), -0.006 * Z))
    return Fitting("tank", moved(cylinder(size[0] / 2, size[2], 0.006), -0.006 * Z))


def latch(rng: Rng) -> Fitting:
    """A clip that snaps shut."""
    size = [rng.uniform(0.02, 0.045), rng.uniform(0.012, 0.035), rng.uniform(0.003, 0.009) + SUNK]
    return Fitting("latch", moved(slab(size, 0.003, 0.0015, 3), -SUNK * Z), ("press",))


def clip(rng: Rng) -> Fitting:
    """A tongue along the surface, held at one end."""
    long, gap = rng.uniform(0.03, 0.07), rng.uniform(0.002, 0.005)
    bent = [(-long / 2, 0, -SUNK), (-long / 2, 0, gap), (long / 2, 0, gap)]
    strip = tube(resample(fillet(bent, gap), 0.004), oval(0.0009, 0.005, 5, 16), Z + 0.3 * X)
    return Fitting("clip", strip)


def cord(rng: Rng) -> Fitting:
    """The first stretch of a cable."""
    long, half = rng.uniform(0.05, 0.2), rng.uniform(0.0022, 0.005)
    sway = rng.uniform(-0.6, 0.6) * long
    bent = [(0, 0, -SUNK), (0, 0, long * 0.4), (sway, 0, long)]
    cable = tube(resample(fillet(bent, 0.3 * long), 0.006), oval(half, half, count=14), Y)
    sleeve = lathe([(0, -SUNK), (2 * half, -SUNK), (1.3 * half, 0.03), (0, 0.03)], count=18)
    return Fitting("cord", union([cable, sleeve]))


def grille(rng: Rng) -> Fitting:
    """A round field of slits."""
    radius, bars = rng.uniform(0.012, 0.035), int(rng.integers(3, 8))
    parts = [moved(cylinder(radius, 0.001 + SUNK, count=40), -SUNK * Z)]
    for k in range(bars):
        at = radius * (2 * (k + 0.5) / bars - 1)
        long = 1.8 * float(np.sqrt(radius**2 - at**2))
        parts.append(moved(slab([long, radius * 0.7 / bars, 0.003 + SUNK], 1e-4, 1e-4, 2),
                           at * Y - SUNK * Z))  # fmt: skip
    return Fitting("grille", union(parts))


def door(rng: Rng) -> Fitting:
    """A flap or drawer front."""
    size = [rng.uniform(0.04, 0.12), rng.uniform(0.05, 0.14), rng.uniform(0.003, 0.012) + SUNK]
    return Fitting("door", moved(slab(size, 0.003, 0.001, 3), -SUNK * Z))


ANYWHERE: Mapping[str, Callable[[Rng], Fitting]] = MappingProxyType(
    {
        "button": button, "power": power, "buttons": buttons, "knob": knob, "joystick": joystick,
        "switch": switch, "lever": lever, "screen": screen, "bow": bow, "stick": stick,
        "pull": pull, "spout": spout, "nozzle": nozzle, "cap": cap, "pump": pump, "tank": tank,
        "latch": latch, "clip": clip, "cord": cord, "grille": grille, "door": door,
    }
)  # fmt: skip
"""All fittings by kind."""
