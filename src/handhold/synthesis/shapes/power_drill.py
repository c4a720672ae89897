"""Power drills: a motor body over a pistol grip with a trigger, a chuck and a battery."""

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
    resample,
    slab,
    tube,
    turn,
    union,
)

STYLES = ("middle-grip", "rear-grip", "impact", "corded")
_ALONG_X = turn("y", 90)


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A drill pointing to +x, standing on its battery; a corded one lies on its side."""
    body, nose, back, radius = _body(style, rng)
    lean = rng.uniform(0.02, 0.16) if style in ("middle-grip", "impact") else rng.uniform(0.1, 0.3)
    place = {"middle-grip": 0.40, "impact": 0.30}.get(style, 0.16)
    root = back + place * (nose - back) + 0.010
    half = rng.uniform(0.0160, 0.0180), rng.uniform(0.0130, 0.0160)
    length = rng.uniform(0.100, 0.120)
    line = _grip_line(root, radius, length, lean)
    flare = 0.0 if style == "corded" else rng.uniform(0.05, 0.25)
    trigger, finger = _trigger(line, half[0], radius, rng)
    solids = [
        ("trigger", trigger),
        ("body", body),
        ("chuck", moved(_chuck(style, radius, rng), (nose - 0.006) * X, _ALONG_X)),
        ("handle", _grip(line, half, flare, rng)),
    ]
    if style == "corded":
        solids.append(("cord", _cord(line[-1], rng)))
        solids = [(name, moved(solid, 0 * Z, turn("x", 90))) for name, solid in solids]
        finger = turn("x", 90) @ finger
    else:
        solids.insert(3, ("battery", _battery(style, line[-1], half, rng)))
    return Blueprint(
        solids=tuple(solids),
        affordances={
            "trigger": ("trigger-squeeze",),
            "handle": ("handle-grip",),
            "body": (),
            "chuck": ("twist",),
            "battery": ("base-support",),
            "cord": (),
        },
        loops={"trigger": finger[None]},
    )


def _body(style: str, rng: np.random.Generator) -> tuple[Solid, float, float, float]:
    """The housing about the x axis; where its nose and its back end, and its radius."""
    radius = rng.uniform(0.0270, 0.0335)
    back = -rng.uniform(0.060, 0.080)
    front = rng.uniform(0.000, 0.015) if style == "impact" else rng.uniform(0.020, 0.045)
    collar, gear = rng.uniform(0.020, 0.038), radius * rng.uniform(0.70, 0.88)
    waist = radius * rng.uniform(0.90, 1.0)
    corners = [
        (0, back),
        (radius * rng.uniform(0.72, 0.95), back),
        (radius, back + 0.018),
        (radius, back + 0.030),
        (waist, back + 0.040),
        (radius * 0.99, front - 0.008),
        (gear, front),
        (gear * 0.97, front + collar),
        (gear * 0.80, front + collar + 0.004),
        (0, front + collar + 0.004),
    ]
    profile = fillet(corners, rng.uniform(0.004, 0.010), 4)
    power = np.where(profile[:, 1] < front - 0.004, rng.uniform(2.0, 3.2), 2.0)
    housing = lathe(profile, exponent=power, aspect=rng.uniform(0.90, 1.0), count=40)
    return moved(housing, 0 * X, _ALONG_X), front + collar + 0.004, back, radius


def _chuck(style: str, radius: float, rng: np.random.Generator) -> Solid:
    """The tool holder from z = 0 forwards, in half the cases with a bit in it."""
    wide = radius * rng.uniform(0.46, 0.54) if style == "impact" else radius * rng.uniform(0.6, 0.7)
    sleeve = rng.uniform(0.020, 0.028) if style == "impact" else rng.uniform(0.032, 0.044)
    jaw = wide * rng.uniform(0.42, 0.55)
    corners = [
        (0, 0),
        (wide * 0.9, 0),
        (wide, 0.008),
        (wide, sleeve),
        (jaw, sleeve + 0.6 * wide),
        (jaw * 0.85, sleeve + 0.6 * wide + 0.002),
        (0, sleeve + 0.6 * wide + 0.002),
    ]
    ribs = int(rng.integers(10, 15))
    chuck = lathe(fillet(corners, 0.0015, 3), ribs=ribs, rib_depth=rng.uniform(0.0006, 0.0014))
    if rng.random() < 0.5:
        return chuck
    bit, reach = rng.uniform(0.0018, 0.0032), rng.uniform(0.030, 0.075)
    point = [(0, 0), (bit, 0), (bit, reach), (0, reach + bit)]
    return union([chuck, moved(lathe(point, count=16), sleeve * Z)])


def _grip_line(root: float, radius: float, length: float, lean: float) -> Array:
    """The middle of the grip (n, 3) from inside the body down to the battery."""
    share = np.linspace(0, 1, 18)
    drop = radius * 0.45 + (radius * 0.55 + length) * share
    bend = -lean * drop + 0.004 * np.sin(np.pi * share)
    return np.stack([root + bend, 0 * share, -drop], axis=1)


def _grip(line: Array, half: tuple[float, float], flare: float, rng: np.random.Generator) -> Solid:
    """The handle, swollen in the palm and flared towards a battery."""
    share = np.linspace(0, 1, len(line))
    palm = 1 + rng.uniform(0.0, 0.08) * np.exp(-(((share - 0.5) / 0.2) ** 2))
    foot = flare * (share.clip(0.72) - 0.72) / 0.28
    throat = 0.12 * np.exp(-((share / 0.18) ** 2))
    sizes = np.stack([palm + foot + throat, palm + foot], axis=1)
    return tube(line, oval(*half, rng.uniform(2.2, 3.0), 28), X, scale=sizes, round_ends=True)


def _trigger(
    line: Array, half: float, radius: float, rng: np.random.Generator
) -> tuple[Solid, Array]:
    """The lever under the body, before the grip, and where the finger lies before it."""
    out, length = rng.uniform(0.008, 0.012), rng.uniform(0.014, 0.022)
    half_width = rng.uniform(0.0065, 0.0085)
    share = np.linspace(0, 1, 12)
    z = -radius - 0.001 - half_width - length * share  # its dome ends 1 mm below the body
    front = np.interp(-z, -line[:, 2], line[:, 0]) + half
    hollow = rng.uniform(0.0015, 0.0035) * np.sin(np.pi * share)
    depth = 0.011
    tilt = rng.uniform(0.0, 0.004) * (share - 0.5)
    curve = np.stack([front + out - hollow - tilt - depth, 0 * z, z], axis=1)
    section = oval(depth, half_width, 3.2, count=24)
    lever = tube(curve, section, X, round_ends=True)
    return lever, np.array([curve[7, 0] + depth + 0.012, 0.0, z[7]])


def _battery(style: str, foot: Array, half: tuple[float, float], rng: np.random.Generator) -> Solid:
    """The pack under the grip: a slab on a shoe, or a stick that ends the grip."""
    if style == "rear-grip" and rng.random() < 0.5:
        tall = rng.uniform(0.034, 0.050)
        size = [2.9 * half[0], 2.9 * half[1], tall]
        return moved(slab(size, 0.012, 0.004, 4), foot - (tall - 0.006) * Z)
    wide, deep = rng.uniform(0.058, 0.076), rng.uniform(0.092, 0.122)
    shoe, tall = rng.uniform(0.014, 0.020), rng.uniform(0.026, 0.048)
    pack = moved(slab([deep, wide, tall], rng.uniform(0.006, 0.014), 0.004, 4), -tall * Z)
    top = slab([deep * 0.86, wide * 0.84, shoe], 0.012, 0.006, 4)
    ahead = rng.uniform(0.004, 0.018) * X
    return moved(union([pack, moved(top, -0.003 * Z)]), foot + ahead - (shoe - 0.006) * Z)


def _cord(foot: Array, rng: np.random.Generator) -> Solid:
    """A ribbed sleeve under the grip and the first stretch of the cable."""
    rings = []
    for step in range(5):
        wide = 0.0075 - 0.0006 * step
        rings += [(wide, 0.006 * step), (wide, 0.006 * step + 0.0035)]
        rings += [(wide - 0.0018, 0.006 * step + 0.0045)]
    sleeve = lathe([(0, 0), *rings, (0, rings[-1][1])], count=20)
    reach = rng.uniform(0.05, 0.11)
    bent = [(0, 0, -0.01), (0, 0, -0.045), (-0.3 * reach, 0, -0.06), (-reach, 0, -0.06)]
    cable = tube(resample(fillet(bent, 0.02), 0.006), oval(0.0036, 0.0036, count=14), Y)
    low = foot - 0.004 * Z
    return union([moved(sleeve, low + 0 * X, turn("x", 180)), moved(cable, low)])
