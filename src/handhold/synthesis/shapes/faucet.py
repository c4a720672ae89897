"""Faucets: a column on a plate, a spout, and a lever, knob or cross to turn."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    Y,
    Z,
    cylinder,
    ellipsoid,
    fillet,
    lathe,
    moved,
    oval,
    resample,
    tube,
    turn,
    union,
)

STYLES = ("lever", "knob", "cross", "side-lever", "side-knob")


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A basin mixer with a spout towards +x; its handle on top or at the side (+y)."""
    column_radius = rng.uniform(0.016, 0.023)
    column_height = rng.uniform(0.085, 0.150)
    plate = cylinder(column_radius + rng.uniform(0.006, 0.016), rng.uniform(0.006, 0.012), 0.002)
    column = cylinder(column_radius, column_height, 0.004)
    spout_radius = rng.uniform(0.0085, 0.0125)
    if style.startswith("side"):
        level = column_height * rng.uniform(0.45, 0.62)
        boss = moved(cylinder(0.013, column_radius + 0.014), level * Z, turn("x", -90))
        base = union([plate, column, boss])
        spout = _gooseneck(column_height, spout_radius, rng)
        place = turn("x", -90), np.array([0.0, column_radius + 0.012, level])
    else:
        base = union([plate, column])
        spout = _front_spout(column_height, column_radius, spout_radius, rng)
        place = np.eye(3), np.array([0.0, 0.0, column_height - 0.001])
    handle = _handle(style.removeprefix("side-"), column_radius, rng)
    use = ("handle-grip", "point") if style.endswith("lever") else ("twist",)
    return Blueprint(
        solids=(
            ("base", base),
            ("handle", moved(handle, place[1], place[0])),
            ("spout", spout),
        ),
        affordances={"handle": use, "spout": (), "base": ()},
    )


def _gooseneck(height: float, radius: float, rng: np.random.Generator) -> Solid:
    """A high arch out of the top of the column."""
    rise, reach = rng.uniform(0.09, 0.16), rng.uniform(0.10, 0.16)
    drop = rng.uniform(0.03, 0.07)
    corners = [
        (0, height - 0.010),
        (0, height + rise),
        (reach, height + rise),
        (reach, height + rise - drop),
    ]
    return _pipe(fillet(corners, min(reach, 2 * drop) * 0.49, 12), radius)


def _front_spout(height: float, column: float, radius: float, rng: np.random.Generator) -> Solid:
    """A spout out of the front of the column, level or rising, bent down at its end."""
    level = height * rng.uniform(0.55, 0.72)
    reach, rise = rng.uniform(0.09, 0.15), rng.uniform(-0.005, 0.035)
    corners = [(column * 0.4, level), (reach, level + rise), (reach + 0.012, level + rise - 0.032)]
    return _pipe(fillet(corners, 0.022, 8), radius)


def _pipe(path: Array, radius: float) -> Solid:
    flat = resample(path, 0.006)
    curve = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    return tube(curve, oval(radius, radius), Y)


def _handle(style: str, column: float, rng: np.random.Generator) -> Solid:
    """The control about the z axis, standing on z = 0."""
    if style == "lever":
        return _lever(column, rng)
    stem = cylinder(0.0085, 0.020)
    if style == "knob":
        radius, height = rng.uniform(0.018, 0.029), rng.uniform(0.020, 0.030)
        corners = [(0, 0), (radius * rng.uniform(0.7, 1.0), 0), (radius, height), (0, height)]
        lobes = int(rng.choice([0, 6, 8, 24]))
        depth = {0: 0.0, 6: 0.0040, 8: 0.0030, 24: 0.0012}[lobes]
        return union(
            [stem, moved(lathe(fillet(corners, 0.005), ribs=lobes, rib_depth=depth), 0.012 * Z)]
        )
    arm, half = rng.uniform(0.026, 0.036), rng.uniform(0.0050, 0.0068)
    level = 0.014 + half
    hub = moved(cylinder(0.0125, 2 * half + 0.008, 0.003), 0.010 * Z)
    bars = []
    for axis in (np.array([1.0, 0, 0]), np.array([0, 1.0, 0])):
        share = np.linspace(-1, 1, 25)[:, None]
        sizes = 0.85 + 0.25 * np.abs(share[:, 0]) ** 3
        bars.append(
            tube(share * arm * axis + level * Z, oval(half, half), Z, scale=sizes, round_ends=True)
        )
    return union([stem, hub, *bars])


def _lever(column: float, rng: np.random.Generator) -> Solid:
    """A cap with a flat arm that points forwards or backwards and up."""
    length, lift = rng.uniform(0.075, 0.115), rng.uniform(5, 35)
    cap = lathe(fillet([(0, 0), (column * 0.98, 0), (column * 0.9, 0.024), (0, 0.026)], 0.006))
    share = np.linspace(0, 1, 20)
    path = np.stack([length * share, 0 * share, 0.015 + 0 * share], axis=1)
    tilt = turn("y", -lift)
    path = (path - [0, 0, 0.015]) @ tilt.T + [0, 0, 0.015]
    section = oval(rng.uniform(0.0065, 0.0105), rng.uniform(0.0042, 0.0060), 2.4)
    arm = tube(path, section, Y, scale=1 - 0.2 * share, round_ends=True)
    ball = moved(ellipsoid([column * 0.7, column * 0.7, 0.012]), 0.016 * Z)
    facing = turn("z", float(rng.choice([0.0, 180.0])))
    return moved(union([cap, arm, ball]), np.zeros(3), facing)
