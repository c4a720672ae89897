"""Coffee machines: espresso with a portafilter, drip with a carafe, pods, lever machines."""

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
from handhold.synthesis.shapes.vessels import bow, full_vessel, placed, shoulder, side

STYLES = ("espresso", "drip", "pod", "lever")
# Ranges per style, metres: width (y), depth (x), height, of the base, of the head.
_FRAMES = {
    "espresso": ((0.19, 0.29), (0.22, 0.27), (0.27, 0.34), (0.050, 0.070), (0.085, 0.115)),
    "drip": ((0.17, 0.22), (0.20, 0.25), (0.29, 0.36), (0.028, 0.045), (0.080, 0.110)),
    "pod": ((0.10, 0.14), (0.22, 0.28), (0.22, 0.29), (0.020, 0.035), (0.080, 0.105)),
    "lever": ((0.18, 0.24), (0.22, 0.27), (0.25, 0.31), (0.055, 0.080), (0.080, 0.100)),
}


@dataclass(frozen=True, eq=False)
class _Frame:
    """A C seen from the side: base, column at the back (-x) and head over the base."""

    solid: Solid
    width: float
    depth: float
    height: float
    base: float
    under: float  # height of the head's lower side
    column: float  # x of the column's front
    corner: float  # radius of the base's upright edges

    @property
    def front(self) -> float:
        return self.depth / 2

    @property
    def axis(self) -> float:
        """x of the line on which coffee runs down, half way between column and front."""
        return (self.front + self.column) / 2


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A machine of 22-45 cm, its front towards +x."""
    frame = _frame(style, rng)
    solids: list[tuple[str, Solid]]
    affordances: dict[str, tuple[str, ...]] = {"buttons": ("press", "point")}
    loops: dict[str, Array] = {}
    if style == "drip":
        grip, carafe, loop = _carafe(frame, rng)
        solids = [("handle", grip), ("carafe", carafe), ("buttons", _base_buttons(frame, rng))]
        solids.append(("knob", _top_knob(frame, rng)))
        affordances |= {"handle": ("handle-grip",), "knob": ("twist",)}
        loops["handle"] = loop[None]
    elif style == "pod":
        lever, loop = _pod_lever(frame, rng)
        solids = [("lever", lever), ("buttons", _top_buttons(frame, rng))]
        solids += [("tray", _tray(frame, rng)), ("tank", _tank(frame, rng))]
        affordances["lever"] = ("handle-grip",)
        loops["lever"] = loop[None]
    else:
        buttons = _base_buttons(frame, rng) if style == "lever" else _head_buttons(frame, rng)
        solids = [("portafilter", _portafilter(frame, rng)), ("buttons", buttons)]
        solids.append(("knob", _side_knob(frame, rng)))
        solids.append(("tray", _tray(frame, rng)))
        affordances |= {"portafilter": ("handle-grip",), "knob": ("twist",)}
        if style == "lever":
            solids.append(("lever", _piston_lever(frame, rng)))
            affordances["lever"] = ("handle-grip",)
        else:
            solids.append(("wand", _wand(frame, rng)))
    solids.append(("body", frame.solid))
    return Blueprint(solids=tuple(solids), affordances=affordances, loops=loops)


def _frame(style: str, rng: np.random.Generator) -> _Frame:
    width, depth, height, base, head = (rng.uniform(*span) for span in _FRAMES[style])
    corner = rng.uniform(0.30, 0.48) * width if style == "pod" else rng.uniform(0.010, 0.045)
    edge = rng.uniform(0.004, 0.012)
    thick = depth * (rng.uniform(0.42, 0.50) if style == "pod" else rng.uniform(0.30, 0.38))
    narrow = width - 0.004
    column = moved(
        slab([thick, narrow, height - 0.020], min(corner, 0.4 * thick), 0.003),
        [(thick - depth) / 2 + 0.002, 0.0, 0.010],
    )
    foot = slab([depth, width, base], corner, min(edge, 0.3 * base))
    top = moved(slab([depth, width, head], corner, edge), (height - head) * Z)
    under = height - head
    group = moved(cylinder(0.030, 0.030, 0.002, 40), [thick / 2, 0.0, under - 0.016])
    front = -depth / 2 + thick
    pieces = [foot, column, top] + ([] if style == "drip" else [group])
    return _Frame(union(pieces), width, depth, height, base, under, front, corner)


def _portafilter(frame: _Frame, rng: np.random.Generator) -> Solid:
    """A filter holder under the group with two short spouts and a handle to the front."""
    level = frame.under - 0.026
    holder = moved(cylinder(rng.uniform(0.033, 0.037), 0.024, 0.003, 44), -0.012 * Z)
    spouts = [moved(cylinder(0.0055, 0.022, 0.001, 20), [0.0, y, -0.030]) for y in (-0.008, 0.008)]
    reach = frame.front - frame.axis + rng.uniform(0.085, 0.115)
    droop = rng.uniform(0.0, 0.025)
    curve = resample([(0.020, 0, 0.0), (0.5 * reach, 0, -0.3 * droop), (reach, 0, -droop)], 0.006)
    along = curve[:, 0] - (reach - 0.105)
    swell = 0.60 + 0.40 / (1 + np.exp(-along / 0.006)) - 0.08 * np.exp(-((along / 0.05 - 1) ** 2))
    section = oval(rng.uniform(0.0110, 0.0140), rng.uniform(0.0115, 0.0145), rng.uniform(2, 3), 22)
    arm = tube(curve, section, Y, scale=swell, round_ends=True)
    return moved(union([holder, *spouts, arm]), [frame.axis, 0.0, level])


def _side_knob(frame: _Frame, rng: np.random.Generator) -> Solid:
    """The steam knob on the side of the head."""
    radius, deep = rng.uniform(0.017, 0.024), rng.uniform(0.020, 0.030)
    level = (frame.under + frame.height) / 2
    knob = _ribbed(radius, deep, rng)
    at = [frame.front - rng.uniform(0.075, 0.11), frame.width / 2 - 0.004, level]
    return moved(knob, at, turn("x", -90))


def _top_knob(frame: _Frame, rng: np.random.Generator) -> Solid:
    """A strength knob on the front of the head."""
    knob = _ribbed(rng.uniform(0.016, 0.023), rng.uniform(0.016, 0.024), rng)
    level = (frame.under + frame.height) / 2
    return moved(knob, [frame.front - 0.004, 0.0, level], turn("y", 90))


def _ribbed(radius: float, deep: float, rng: np.random.Generator) -> Solid:
    """A knob standing on z = 0: a stem and a ribbed or lobed head."""
    corners = [(0, 0), (0.6 * radius, 0), (0.6 * radius, 0.010), (radius, 0.010)]
    corners += [(radius * 0.92, 0.010 + deep), (0, 0.010 + deep)]
    ribs = int(rng.choice([5, 6, 16, 20]))
    depth = 0.0025 if ribs < 10 else 0.0009
    return lathe(fillet(corners, 0.003), ribs=ribs, rib_depth=depth, count=52)


def _head_buttons(frame: _Frame, rng: np.random.Generator) -> Solid:
    """One to four round buttons in a row across the front of the head."""
    return _row(frame, (frame.under + frame.height) / 2 + 0.008, rng)


def _base_buttons(frame: _Frame, rng: np.random.Generator) -> Solid:
    """One to four round buttons in the front of the base."""
    return _row(frame, 0.5 * frame.base, rng, limit=0.32 * frame.base)


def _row(frame: _Frame, level: float, rng: np.random.Generator, limit: float = 1.0) -> Solid:
    radius = min(rng.uniform(0.0085, 0.0130), limit)
    count = int(rng.integers(1, 5))
    step = min(rng.uniform(0.030, 0.040), 0.55 * frame.width / count)
    out = rng.uniform(0.004, 0.007)
    peg = moved(
        cylinder(radius, 0.012 + out, 0.0015, 26),
        [frame.front - 0.012, 0.0, level],
        turn("y", 90),
    )
    return union([moved(peg, (i - (count - 1) / 2) * step * Y) for i in range(count)])


def _top_buttons(frame: _Frame, rng: np.random.Generator) -> Solid:
    """Two or three buttons on top of the head, near its back."""
    count = int(rng.integers(1, 4))
    peg = cylinder(rng.uniform(0.009, 0.012), 0.014, 0.0015, 32)
    at = [-frame.depth * 0.27, 0.0, frame.height - 0.009]
    row = [moved(peg, (i - (count - 1) / 2) * 0.027 * Y) for i in range(count)]
    return moved(union(row), at)


def _tray(frame: _Frame, rng: np.random.Generator) -> Solid:
    """The drip tray with its slotted grid on the base."""
    wide, long = 0.82 * frame.width, (frame.front - frame.column) * 0.92
    tall = rng.uniform(0.008, 0.014)
    plate = slab([long, wide, tall + 0.010], max(0.8 * frame.corner - 0.005, 0.008), 0.003)
    slots = [
        moved(slab([long * 0.75, 0.005, 0.02], 0.002, 0.0005, 2), [0.0, y, tall + 0.006])
        for y in np.linspace(-0.36, 0.36, 5) * wide
    ]
    middle = (frame.front + frame.column) / 2
    return moved(plate - union(slots), [middle, 0.0, frame.base - 0.010])


def _wand(frame: _Frame, rng: np.random.Generator) -> Solid:
    """The steam pipe beside the group."""
    down, lean = rng.uniform(0.09, 0.12), rng.uniform(0.010, 0.030)
    start = np.array([frame.front - 0.035, 0.36 * frame.width, frame.under + 0.010])
    corners = [start, start - 0.045 * Z, start + lean * X - down * Z]
    pipe = tube(resample(fillet(corners, 0.03), 0.006), oval(0.0045, 0.0045, count=16), Y)
    joint = moved(ellipsoid([0.010, 0.010, 0.010], 24), start - 0.012 * Z)
    return union([pipe, joint])


def _piston_lever(frame: _Frame, rng: np.random.Generator) -> Solid:
    """A long arm that rises from the head towards the front, with a grip at its end."""
    reach, rise = rng.uniform(0.050, 0.100), rng.uniform(0.120, 0.165)
    root = np.array([frame.axis, 0.0, frame.height])
    boss = moved(cylinder(0.022, 0.050, 0.004, 40), root - 0.010 * Z)
    elbow = root + 0.032 * Z
    end = elbow + reach * X + rise * Z
    arm = tube(resample([elbow, end], 0.015), oval(0.0055, 0.0055, count=16), Y)
    curve = resample([end - 0.62 * (end - elbow), end], 0.006)
    share = np.linspace(0, 1, len(curve))
    swell = 0.80 + 0.25 * share
    thick = rng.uniform(0.0115, 0.0145)
    grip = tube(curve, oval(thick, thick, count=22), Y, scale=swell, round_ends=True)
    return union([boss, arm, grip])


def _pod_lever(frame: _Frame, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bow over the head from side to side that opens it, and a point in its opening."""
    half_y, half_out = rng.uniform(0.0085, 0.0120), rng.uniform(0.0060, 0.0080)
    gap = rng.uniform(0.034, 0.044)
    tilt = np.radians(rng.uniform(25, 65))
    out = np.sin(tilt) * X + np.cos(tilt) * Z
    span = 0.70 * frame.width
    origin = np.array([frame.front - 0.045, 0.0, frame.height - 0.014])
    path = bow(str(rng.choice(["D", "square"])), span, 0.014 + gap + half_out + 0.012, corner=0.018)
    curve = placed(path, origin, out, Y, 0.012)
    across = np.cross(Y, out)
    lever = tube(curve, oval(half_y, half_out, 2.6, count=18), across)
    return lever, origin + (0.026 + 0.5 * gap) * out


def _tank(frame: _Frame, rng: np.random.Generator) -> Solid:
    """The water tank at the back with its lid."""
    deep, wide = rng.uniform(0.045, 0.070), frame.width * rng.uniform(0.70, 0.88)
    tall = frame.height * rng.uniform(0.78, 0.92)
    box = slab([deep + 0.020, wide, tall], 0.018, 0.004)
    lid = moved(slab([deep + 0.014, wide + 0.004, 0.012], 0.018, 0.003), (tall - 0.006) * Z)
    return moved(union([box, lid]), [-frame.depth / 2 - deep / 2 + 0.010, 0.0, 0.0])


def _carafe(frame: _Frame, rng: np.random.Generator) -> tuple[Solid, Solid, Array]:
    """A full glass jug on the base: its handle, itself, and a point behind the handle."""
    room = frame.under - frame.base - 0.012
    radius = min(0.066, 0.40 * frame.width, 0.46 * (frame.front - frame.column))
    height = 0.74 * room
    wall = side(height, 0.80 * radius, 0.86 * radius, rng.uniform(0.08, 0.16) * radius)
    start = np.array([float(wall(np.array(height))), height])
    crown = shoulder(start, 0.60 * radius, 0.14 * room, rng.uniform(1.4, 2.0))
    glass = full_vessel(wall, height, 0.006, crown, levels=10, count=48)
    lid = moved(cylinder(0.66 * radius, 0.012, 0.003, 44), (0.88 * room - 0.006) * Z)
    plate = moved(cylinder(0.86 * radius, 0.010, 0.001, 48), -0.007 * Z)
    half_y, half_out = rng.uniform(0.0085, 0.0115), rng.uniform(0.0060, 0.0085)
    gap, span = rng.uniform(0.030, 0.038), min(0.80 * height, 0.105)
    middle = 0.50 * height
    around = wall(middle + span * np.linspace(-0.5, 0.5, 9))
    attach, widest = float(around.min()), float(around.max())
    path = bow(
        str(rng.choice(["C", "D", "square"])), span, gap + half_out + widest - attach, corner=0.02
    )
    curve = placed(path, attach * X + middle * Z, X, Z, 0.010)
    grip = tube(curve, oval(half_y, half_out, rng.uniform(2.0, 3.2), count=18), Y)
    at = np.array([(frame.front + frame.column) / 2 + 0.004, 0.0, frame.base + 0.004])
    loop = np.array([widest + 0.45 * gap, 0.0, middle])
    return moved(grip, at), moved(union([glass, lid, plate]), at), loop + at
