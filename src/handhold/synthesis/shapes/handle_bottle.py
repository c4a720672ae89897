"""Handle-bottles: jugs with a grip at the side or in the body, capped or with a sprayer."""

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
    prism,
    rounded_rectangle,
    tube,
    turn,
    union,
)
from handhold.synthesis.shapes.sprayer import sprayer
from handhold.synthesis.shapes.vessels import bow, full_vessel, placed, shoulder, side

STYLES = ("side", "integrated", "side-trigger", "integrated-trigger")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A jug of 20-32 cm; its handle is towards +x, its mouth towards -x."""
    integrated, spray = style.startswith("integrated"), style.endswith("trigger")
    half_width = rng.uniform(0.062, 0.078) if integrated else rng.uniform(0.045, 0.062)
    height = rng.uniform(0.17, 0.23)
    mouth = 0.0145 if spray else rng.uniform(0.017, 0.024)
    shift = -half_width * rng.uniform(0.25, 0.42) if integrated else 0.0
    body, top = _body(half_width, height, mouth, shift, integrated, rng)
    if integrated:
        body, grip, loop = _window(body, half_width, height, rng)
    else:
        grip, loop = _side_grip(half_width, height, rng)
    seat = np.array([shift, 0.0, top])
    solids: list[tuple[str, Solid]] = [("body", body), ("handle", grip)]
    affordances: dict[str, tuple[str, ...]] = {"handle": ("handle-grip",), "body": ()}
    loops = {"handle": loop[None]}
    if spray:
        # The nozzle looks away from the handle.
        head, away = sprayer(mouth, rng), turn("z", 180)
        solids = [
            ("neck", moved(head.neck, seat, away)),
            ("trigger", moved(head.trigger, seat, away)),
            *solids,
        ]
        affordances |= {"neck": (), "trigger": ("trigger-squeeze",)}
        loops["trigger"] = (away @ head.gap + seat)[None]
    else:
        solids.insert(0, ("cap", moved(_cap(mouth, rng), seat + 0.003 * Z)))
        affordances["cap"] = ("twist",)
    return Blueprint(solids=tuple(solids), affordances=affordances, loops=loops)


def _body(
    half_width: float,
    height: float,
    mouth: float,
    shift: float,
    integrated: bool,
    rng: np.random.Generator,
) -> tuple[Solid, float]:
    """The reservoir with its neck, and the height of the shoulder."""
    wall = side(height, half_width, half_width * (1.0 if integrated else rng.uniform(0.9, 1.0)))
    rise = rng.uniform(0.020, 0.040)
    start = np.array([float(wall(np.array(height))), height])
    top = shoulder(start, mouth, rise, rng.uniform(1.3, 2.0))
    shell = full_vessel(
        wall,
        height,
        0.008,
        top,
        exponent=rng.uniform(2.6, 4.5),
        aspect=rng.uniform(0.60, 0.78),
        neck_shift=shift,
    )
    neck = moved(cylinder(mouth * 0.94, 0.018), [shift, 0.0, height + rise - 0.006])
    return union([shell, neck]), height + rise


def _side_grip(half_width: float, height: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bow fixed to the side of the body."""
    half_y, half_out = rng.uniform(0.0085, 0.0125), rng.uniform(0.0070, 0.0105)
    gap, span = rng.uniform(0.030, 0.042), rng.uniform(0.105, 0.125)
    middle = height * rng.uniform(0.58, 0.66)
    foot = half_width * 0.93
    path = bow(
        str(rng.choice(["D", "square", "ear"])),
        span,
        gap + half_out + half_width - foot,
        corner=0.022,
        skew=0.12,
    )
    curve = placed(path, foot * X + middle * Z, X, Z, 0.012)
    grip = tube(curve, oval(half_y, half_out, rng.uniform(2.0, 3.2)), Y)
    return grip, np.array([half_width + 0.45 * gap, 0.0, middle])


def _window(
    body: Solid, half_width: float, height: float, rng: np.random.Generator
) -> tuple[Solid, Solid, Array]:
    """A notch in the side of the body, bridged by the handle within the outline."""
    half_y, half_out = rng.uniform(0.0095, 0.0130), rng.uniform(0.0085, 0.0115)
    gap, tall = rng.uniform(0.032, 0.042), rng.uniform(0.090, 0.110)
    middle = height * rng.uniform(0.56, 0.64)
    depth = gap + 2 * half_out
    outline = rounded_rectangle(2 * depth, tall, 0.018)
    notch = moved(prism(outline, 0.3), [half_width, 0.15, middle], turn("x", 90))
    lean = rng.uniform(0.0, 0.006)
    share = np.linspace(-1, 1, 30)
    x = half_width - half_out - 0.001 - lean * share**2
    z = middle + share * (tall / 2 + 0.014)
    grip = tube(np.stack([x, 0 * x, z], axis=1), oval(half_y, half_out, rng.uniform(2.0, 3.0)), Y)
    return body - notch, grip, np.array([half_width - 2 * half_out - gap / 2, 0.0, middle])


def _cap(mouth: float, rng: np.random.Generator) -> Solid:
    """A ribbed screw cap standing on z = 0."""
    outside, height = mouth + 0.003, rng.uniform(0.018, 0.030)
    corners = [(0, 0), (outside, 0), (outside * rng.uniform(0.88, 1.0), height), (0, height)]
    return lathe(fillet(corners, 0.003), ribs=int(rng.integers(24, 36)), rib_depth=0.001)
