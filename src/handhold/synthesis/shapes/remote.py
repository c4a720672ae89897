"""Remote controls: bars, rounded and slim ones with a dial, and one with a joystick."""

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
    rounded_rectangle,
    skin,
    slab,
    union,
)

STYLES = ("bar", "curved", "slim", "joystick")
_SIZES = {  # length, width, thickness; metres
    "bar": ((0.150, 0.225), (0.042, 0.054), (0.016, 0.024)),
    "curved": ((0.150, 0.205), (0.044, 0.056), (0.020, 0.027)),
    "slim": ((0.110, 0.155), (0.032, 0.040), (0.011, 0.016)),
    "joystick": ((0.115, 0.155), (0.044, 0.056), (0.021, 0.029)),
}
_ROOT = 0.0020  # metres that a button reaches into the body


class _Top:
    """The body's upper side: heights by place along x."""

    def __init__(self, x: Array, height: Array, half_width: Array) -> None:
        self.x, self.height, self.half_width = x, height, half_width

    def at(self, x: float) -> float:
        return float(np.interp(x, self.x, self.height))

    def room(self, x: float) -> float:
        return float(np.interp(x, self.x, self.half_width))


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A remote control lying on its back, pointing to +x, its buttons up."""
    length, width, thick = (rng.uniform(*span) for span in _SIZES[style])
    body, top = _body(style, length, width, thick, rng)
    rise = rng.uniform(0.0012, 0.0024)
    radius = min(rng.uniform(0.30, 0.36) * width, 0.017)
    centre = rng.uniform(-0.04 if style == "bar" else 0.10, 0.20) * length
    solids = [("power", _power(top, 0.5 * length - rng.uniform(0.013, 0.017), rise, rng))]
    if style == "joystick":
        solids.append(("joystick", moved(_stick(rng), centre * X + top.at(centre) * Z)))
        radius = 0.013
    else:
        solids.append(("dial", moved(_dial(radius, rise, rng), centre * X + top.at(centre) * Z)))
    keys = [_keys(style, top, -0.5 * length + 0.016, centre - radius - 0.004, rise, rng)]
    first, last = centre + radius + 0.004, 0.5 * length - 0.026
    if last - first > 0.024:
        keys.append(_keys(style, top, first, last, rise, rng))
    solids += [("buttons", union(keys)), ("body", body)]
    return Blueprint(
        solids=tuple(solids),
        affordances={
            "power": ("press", "point"),
            "dial": ("press", "twist"),
            "joystick": ("press", "twist"),
            "buttons": ("press", "point"),
            "body": ("wrap-around-grip", "base-support"),
        },
    )


def _body(
    style: str, length: float, width: float, thick: float, rng: np.random.Generator
) -> tuple[Solid, _Top]:
    """The case along x on z = 0, and its upper side."""
    near = np.array([0.0, 0.0004, 0.0015, 0.003, 0.005, 0.008, 0.012])
    ends = near, np.linspace(0.017, length - 0.017, 12), (length - near)[::-1]
    share = np.concatenate(ends) / length
    x = length * (share - 0.5)
    waist, taper, arch = 0.0, 0.0, 0.0
    if style == "curved":
        waist, taper, arch = rng.uniform(0.04, 0.16), rng.uniform(-0.10, 0.16), 0.004
    elif style == "joystick":
        waist, taper, arch = rng.uniform(0.0, 0.10), rng.uniform(0.06, 0.24), 0.002
    corner, rim = rng.uniform(0.003, 0.012), rng.uniform(0.002, 0.005)
    if style in ("curved", "joystick"):
        corner, rim = 0.012, 0.30 * thick
    shrink = _rounded(x, length, corner) / (width / 2), _rounded(x, length, rim) / (thick / 2)
    broad = (1 - shrink[0]) * (
        1 - waist * np.exp(-(((share - 0.36) / 0.16) ** 2)) + taper * (share - 0.5)
    )
    full = (1 - rng.uniform(0.0, 0.16) * share) + arch / thick * np.sin(np.pi * share)
    bow_height = arch * rng.uniform(-0.6, 0.6) * np.sin(np.pi * share)
    deep = full * (1 - shrink[1])
    if style in ("bar", "slim"):
        section = rounded_rectangle(thick, width, rng.uniform(0.22, 0.48) * thick, 7)
    else:
        section = oval(thick / 2, width / 2, rng.uniform(2.8, 3.8), 36)
    middle = full * section[:, 0].max() + bow_height  # so that a straight case is flat underneath
    rings = np.empty((len(x), len(section), 3))
    rings[..., 0] = x[:, None]
    rings[..., 1] = section[:, 1] * broad[:, None]
    rings[..., 2] = section[:, 0] * deep[:, None] + middle[:, None]
    return skin(rings), _Top(x, middle + deep * thick / 2, broad * width / 2)


def _rounded(x: Array, length: float, radius: float) -> Array:
    """How far an arc of `radius` at both ends of `length` lies inside the full size."""
    inside = (length / 2 - np.abs(x)).clip(0, radius)
    return radius - np.sqrt(radius**2 - (radius - inside) ** 2)


def _power(top: _Top, x: float, rise: float, rng: np.random.Generator) -> Solid:
    """A single round button near the front edge, in the middle or to one side."""
    radius = rng.uniform(0.0036, 0.0050)
    y = float(rng.choice([0.0, -0.45, 0.45])) * top.room(x)
    level = top.at(x) - _ROOT - 0.0002
    return moved(cylinder(radius, rise + _ROOT, 0.0008, count=24), [x, y, level])


def _dial(radius: float, rise: float, rng: np.random.Generator) -> Solid:
    """A ring to press on all sides or to turn, with a key in its middle."""
    low, inner = -_ROOT, radius * rng.uniform(0.40, 0.55)
    corners = [(0, low), (radius, low), (radius, rise), (inner, rise * 1.2), (inner, rise * 0.4)]
    ribs = int(rng.choice([0, 18]))
    ring = lathe(fillet([*corners, (0, rise * 0.4)], 0.0006, 3), ribs=ribs, rib_depth=0.0006)
    middle = cylinder(inner * 0.78, rise * 1.6 + _ROOT, 0.0008, count=24)
    return union([ring, moved(middle, -_ROOT * Z)])


def _stick(rng: np.random.Generator) -> Solid:
    """A thumb stick: a skirt, a stem and a hollowed cap, standing on z = 0."""
    skirt, stem = rng.uniform(0.0100, 0.0130), rng.uniform(0.0038, 0.0052)
    tall, cap = rng.uniform(0.010, 0.017), rng.uniform(0.0072, 0.0098)
    corners = [
        (0, -_ROOT),
        (skirt, -_ROOT),
        (skirt, 0.0015),
        (stem + 0.001, 0.0050),
        (stem, tall),
        (cap, tall + 0.001),
        (cap, tall + 0.0042),
        (cap * 0.7, tall + 0.0045),
        (0, tall + 0.0034),
    ]
    return lathe(fillet(corners, 0.0012, 4), count=32)


def _keys(
    style: str, top: _Top, first: float, last: float, rise: float, rng: np.random.Generator
) -> Solid:
    """Rows of buttons between two places along x: round ones, pills, or a rocker pair."""
    columns = {"slim": 2, "joystick": 2}.get(style, int(rng.integers(3, 5)))
    pitch = rng.uniform(0.0115, 0.0150)
    rows = max(2, min(int((last - first) / pitch), 7 if style != "joystick" else 3))
    round_keys = rng.random() < 0.5
    across = 1.56 * min(top.room(x) for x in np.linspace(first, last, 8)) / columns
    wide = min(across - 0.0022, 0.0115)
    caps = []
    for row in range(rows):
        x = last - (row + 0.5) * (last - first) / rows
        for column in range(columns):
            y = (column - (columns - 1) / 2) * across
            shape = round_keys or row == rows - 1
            caps.append(moved(_key(shape, wide, pitch, rise), [x, y, top.at(x) - _ROOT - 0.0002]))
    return union(caps)


def _key(is_round: bool, wide: float, pitch: float, rise: float) -> Solid:
    """One button of about `wide` across on z = 0."""
    tall = rise + _ROOT
    if is_round:
        radius = min(wide, pitch - 0.003) / 2
        corners = [(radius, 0), (radius, tall - 0.0007), (radius - 0.0007, tall)]
        return lathe([(0, 0), *corners, (0, tall)], count=14)
    return slab([0.56 * pitch, wide, tall], 0.0022, 0.0007, 3)
