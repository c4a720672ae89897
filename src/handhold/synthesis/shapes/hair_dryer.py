"""Hair dryers: a barrel over a handle, with a nozzle or a diffuser and a switch."""

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
    fillet,
    lathe,
    moved,
    oval,
    skin,
    slab,
    tube,
    turn,
    union,
)

STYLES = ("salon", "compact", "ring", "diffuser")
_ALONG_X = turn("y", 90)


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A hair dryer blowing towards +x, its handle down, or the same lying on its side."""
    radius = rng.uniform(0.027, 0.034) if style == "compact" else rng.uniform(0.033, 0.042)
    barrel, back, mouth, opening = _barrel(style, radius, rng)
    root = back + rng.uniform(0.040, 0.055)
    if style == "ring":
        root = (back + mouth) / 2
    half = rng.uniform(0.0145, 0.0180), rng.uniform(0.0125, 0.0155)
    line = _grip_line(style, root, radius, rng)
    make = _diffuser if style == "diffuser" else _concentrator
    grip = _grip(line, half, rng)
    if style == "ring":  # cut in the middle of the wall, so that no crumbs are left
        bore = cylinder((opening + radius) / 2, mouth - back + 0.02)
        grip -= moved(bore, (back - 0.01) * X, _ALONG_X)
    nozzle = moved(make(opening, rng), (mouth - 0.012) * X, _ALONG_X)
    solids = [
        ("switch", _switch(line, half, rng)),
        ("nozzle", nozzle),
        ("barrel", barrel),
        ("handle", grip),
    ]
    if style != "ring":
        solids.insert(1, ("grille", moved(_grille(radius, rng), back * X, turn("y", -90))))
    pose = turn("x", 90) if rng.random() < 0.5 else np.eye(3)
    return Blueprint(
        solids=tuple((name, moved(solid, np.zeros(3), pose)) for name, solid in solids),
        affordances={
            "handle": ("handle-grip",),
            "switch": ("press",),
            "barrel": ("wrap-around-grip",),
            "nozzle": ("twist",),
            "grille": (),
        },
    )


def _barrel(
    style: str, radius: float, rng: np.random.Generator
) -> tuple[Solid, float, float, float]:
    """The housing about the x axis; the x of its back and of its mouth; the mouth's radius."""
    if style == "ring":  # a short open tube, as in bladeless dryers
        long, bore = rng.uniform(0.075, 0.105), radius * rng.uniform(0.50, 0.64)
        outline = [(bore, 0), (radius, 0), (radius, long), (bore + 0.004, long)]
        solid = _revolved(fillet(outline, rng.uniform(0.004, 0.010), 5, closed=True))
        return moved(solid, -0.5 * long * X, _ALONG_X), -0.5 * long, 0.5 * long, bore + 0.004
    long = rng.uniform(0.105, 0.130) if style == "compact" else rng.uniform(0.130, 0.185)
    opening = radius * rng.uniform(0.62, 0.82)
    bulge, where = rng.uniform(1.0, 1.08), rng.uniform(0.20, 0.34) * long
    corners = [
        (0, 0),
        (radius * rng.uniform(0.86, 0.96), 0),
        (radius * bulge, where),
        (radius * 0.97, 0.45 * long),
        (opening * rng.uniform(1.02, 1.12), rng.uniform(0.66, 0.80) * long),
        (opening, long),
        (0, long),
    ]
    solid = lathe(fillet(corners, rng.uniform(0.012, 0.030), 6), count=44)
    back = -rng.uniform(0.045, 0.060)
    return moved(solid, back * X, _ALONG_X), back, back + long, opening


def _revolved(section: Array) -> Solid:
    """A ring about the z axis of a closed section (n, 2) of (radius, z)."""
    angle = np.linspace(0, 2 * np.pi, 44, endpoint=False)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    flat = around[:, None] * section[None, :, :1]
    heights = np.broadcast_to(section[None, :, 1:], (len(angle), len(section), 1))
    return skin(np.concatenate([flat, heights], axis=2), closed=True)


def _grille(radius: float, rng: np.random.Generator) -> Solid:
    """The air intake behind the barrel: a low dome with rings or spokes, from z = 0 back."""
    wide, dome = radius * rng.uniform(0.80, 0.90), rng.uniform(0.006, 0.020)
    if rng.random() < 0.5:
        share = np.linspace(1, 0, 13)
        groove = 0.0012 * (np.arange(13) % 2)
        top = np.stack([wide * share, dome * (1 - share**2) + 0.004 - groove], axis=1)
        return lathe(np.concatenate([[(0, -0.008), (wide, -0.008)], top]), count=40)
    share = np.linspace(1, 0.12, 8)
    top = np.stack([wide * share, dome * (1 - share**2) + 0.004], axis=1)
    profile = np.concatenate([[(0, -0.008), (wide, -0.008)], top, [(0, top[-1, 1])]])
    return lathe(profile, ribs=int(rng.integers(10, 15)), rib_depth=0.0016, count=40)


def _concentrator(opening: float, rng: np.random.Generator) -> Solid:
    """The nozzle from z = 0 forwards: a sleeve that flattens to a slot."""
    sleeve, long = rng.uniform(0.018, 0.026), rng.uniform(0.034, 0.060)
    wide, thin = opening * rng.uniform(1.0, 1.45), rng.uniform(0.0060, 0.0110)
    outer = opening + 0.0025
    share = np.concatenate([[0.0, 0.5], np.linspace(1, 2, 9)])
    blend = (share - 1).clip(0) ** 0.8
    z = np.where(share < 1, sleeve * share, sleeve + long * (share - 1).clip(0))
    sizes = np.stack([outer + (wide - outer) * blend, outer + (thin - outer) * blend], axis=1)
    up = X if rng.random() < 0.5 else Y
    section = oval(1, 1, 2.3, 40)
    horn = tube(np.outer(z, Z), section, up, scale=sizes)
    slot = tube(np.outer(z[-3:] + [0, 0, 0.001], Z), section, up, scale=sizes[-3:] - 0.0025)
    return horn - slot


def _diffuser(opening: float, rng: np.random.Generator) -> Solid:
    """A wide bowl from z = 0 forwards with blunt fingers in it."""
    bowl, deep = rng.uniform(0.056, 0.074), rng.uniform(0.040, 0.060)
    outer = opening + 0.003
    side = [(0, 0), (outer, 0), (outer, 0.022), (bowl, 0.022 + deep)]
    inside = [(bowl - 0.005, 0.022 + deep), (bowl * 0.80, 0.022 + 0.62 * deep)]
    shell = lathe(fillet([*side, *inside, (0, 0.022 + 0.62 * deep)], 0.008, 4), count=44)
    finger = lathe([(0, 0), (0.0045, 0), (0.0040, 0.027), (0.0025, 0.030), (0, 0.030)], count=12)
    pins = []
    for count, ring in ((1, 0.0), (6, 0.33), (11, 0.60)):
        for angle in 2 * np.pi * np.arange(count) / count:
            place = ring * bowl * np.array([np.cos(angle), np.sin(angle), 0.0])
            pins.append(moved(finger, place + (0.019 + 0.62 * deep) * Z))
    return union([shell, *pins])


def _grip_line(style: str, root: float, radius: float, rng: np.random.Generator) -> Array:
    """The middle of the handle (n, 3) from inside the barrel down to its end."""
    length = rng.uniform(0.095, 0.112) if style == "compact" else rng.uniform(0.105, 0.135)
    lean = 0.0 if style == "ring" else rng.uniform(-0.10, 0.28)
    share = np.linspace(0, 1, 20)
    start = 0.86 * radius if style == "ring" else 0.5 * radius
    drop = start + (radius + length - start) * share
    bend = lean * drop + rng.uniform(-0.006, 0.006) * np.sin(np.pi * share)
    return np.stack([root - bend, 0 * share, -drop], axis=1)


def _grip(line: Array, half: tuple[float, float], rng: np.random.Generator) -> Solid:
    """The handle with a belly, and the sleeve of the cord at its end."""
    share = np.linspace(0, 1, len(line))
    belly = 1 + rng.uniform(0.0, 0.10) * np.sin(np.pi * share)
    taper = 1 - rng.uniform(0.0, 0.22) * share
    section = oval(half[0], half[1], rng.uniform(2.0, 3.0), 28)
    bar = tube(line, section, X, scale=belly * taper, round_ends=True)
    relief = [(0, -0.006), (0.0075, -0.006), (0.0050, 0.030), (0.0035, 0.034), (0, 0.034)]
    sleeve = lathe(fillet(relief, 0.002, 3), count=20)
    return union([bar, moved(sleeve, line[-1] - 0.004 * Z, turn("x", 180))])


def _switch(line: Array, half: tuple[float, float], rng: np.random.Generator) -> Solid:
    """A sliding switch or two buttons on the front or the back of the handle."""
    front = float(rng.choice([-1.0, 1.0]))
    at = int(rng.integers(6, 9))
    wide, tall = rng.uniform(0.010, 0.014), rng.uniform(0.016, 0.026)
    key = slab([tall, wide, 0.010], 0.45 * min(wide, tall), 0.002, 4)
    pieces = [key]
    if rng.random() < 0.5:
        small = slab([0.010, wide, 0.0095], 0.004, 0.0015, 4)
        pieces.append(moved(small, (tall / 2 + 0.009) * X))
    out = turn("y", front * 90)
    place = line[at] + front * (half[0] - 0.0066) * X
    return moved(union(pieces), place, out)
