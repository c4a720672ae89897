"""The trigger sprayer head that bottles of more than one family carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handhold.synthesis.shapes.solids import (
    Array,
    Solid,
    X,
    Y,
    Z,
    cylinder,
    lathe,
    moved,
    oval,
    resample,
    tube,
    turn,
    union,
)


@dataclass(frozen=True, eq=False)
class Sprayer:
    """A head standing on z = 0 about the z axis, spraying towards +x.

    neck: collar, throat, hood and nozzle; trigger: the lever in front of the throat; gap:
    the point (3,) half way between throat and trigger.
    """

    neck: Solid
    trigger: Solid
    gap: Array


def sprayer(mouth: float, rng: np.random.Generator) -> Sprayer:
    """A sprayer for a bottle mouth of radius `mouth` (metres)."""
    collar_height = rng.uniform(0.014, 0.020)
    throat_height = rng.uniform(0.030, 0.044)
    throat = rng.uniform(0.0095, 0.0125)
    ceiling = collar_height + throat_height
    hood_half = np.array([rng.uniform(0.0105, 0.0135), rng.uniform(0.0115, 0.0145)])

    collar = lathe(
        [(0, -0.006), (mouth + 0.003, -0.006), (mouth + 0.002, collar_height), (0, collar_height)],
        ribs=24,
        rib_depth=0.0007,
    )
    column = moved(cylinder(throat, throat_height + 0.012), (collar_height - 0.004) * Z)
    front = rng.uniform(0.044, 0.052)
    back = rng.uniform(0.020, 0.030)
    axis = ceiling + hood_half[0]
    x = np.linspace(-back, front, 18)
    share = np.linspace(0, 1, 18)
    hood = tube(
        np.stack([x, 0 * x, axis + rng.uniform(0.0, 0.006) * (share - 0.5)], axis=1),
        oval(float(hood_half[0]), float(hood_half[1]), rng.uniform(2.6, 4.0)),
        Z,
        scale=1 - rng.uniform(0.0, 0.18) * share,
        round_ends=True,
    )
    nozzle = moved(cylinder(0.0075, 0.024, 0.001, count=32), [front, 0.0, axis], turn("y", 90))
    lever, middle = _trigger(throat, ceiling, rng)
    gap = np.array([(throat + middle[0]) / 2, 0.0, middle[2]])
    return Sprayer(union([collar, column, hood, nozzle]), lever, gap)


def _trigger(throat: float, ceiling: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """The lever hanging from the hood, and the point on it where the finger lies."""
    root = throat + rng.uniform(0.022, 0.028)
    length = rng.uniform(0.040, 0.052)
    flick = rng.uniform(0.004, 0.014)
    share = np.linspace(0, 1, 20)
    x = root + 0.004 * np.sin(np.pi * share) * -1 + flick * share**2.5
    curve = np.stack([x, 0 * x, ceiling + 0.005 - length * share], axis=1)
    section = oval(rng.uniform(0.0050, 0.0075), rng.uniform(0.0026, 0.0036), 3.0, count=20)
    lever = tube(resample(curve, 0.0025), section, Y, round_ends=True)
    return lever, curve[9] - 0.003 * X
