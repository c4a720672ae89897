"""Profiles of containers and the bows that serve them as handles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from handhold.synthesis.shapes.solids import (
    AXIS_RADIUS,
    Array,
    Solid,
    fillet,
    lathe,
    resample,
)

RadiusAt = Callable[[Array], Array]  # height (n,) -> outer radius (n,)


def side(
    height: float, bottom: float, top: float, belly: float = 0.0, waist: float = 0.0
) -> RadiusAt:
    """Outer radius by height: a straight taper plus a bulge and a grip waist (metres)."""

    def radius(level: Array) -> Array:
        share = np.clip(np.asarray(level, dtype=np.float64) / height, 0.0, 1.0)
        bulge = belly * np.sin(np.pi * share)
        pinch = waist * np.exp(-(((share - 0.55) / 0.16) ** 2))
        return bottom + (top - bottom) * share + bulge - pinch

    return radius


def open_profile(
    radius: RadiusAt, height: float, wall: float, floor: float, foot: float, levels: int = 16
) -> Array:
    """Lathe profile (n, 2) of an open vessel: foot, outside, round lip, inside, floor."""
    up = np.linspace(foot, height - wall / 2, levels)
    outside = np.stack([radius(up), up], axis=1)
    down = np.linspace(height - wall / 2, floor + foot, levels)
    inside = np.stack([radius(down) - wall, down], axis=1)
    angles = np.linspace(0, np.pi, 7)[1:-1]
    centre = np.array([outside[-1, 0] - wall / 2, height - wall / 2])
    lip = centre + wall / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    sole = _quarter(outside[0] - [foot, foot], outside[0], foot)
    bed = _quarter(inside[-1] - [foot, foot], inside[-1], foot)[::-1]
    axis = [[AXIS_RADIUS, 0.0]], [[AXIS_RADIUS, floor]]
    return np.concatenate([axis[0], sole, outside, lip, inside, bed, axis[1]])


def cavity_profile(radius: RadiusAt, height: float, wall: float, levels: int = 16) -> Array:
    """Lathe profile of all within the middle of the wall, drawn out below and above.

    What is to be fixed to the wall is cut with it: in the middle, since two surfaces that
    only nearly agree would leave crumbs.
    """
    up = np.linspace(0.0, height, levels)
    inside = np.stack([radius(up) - wall / 2, up], axis=1)
    return np.concatenate(
        [
            [[AXIS_RADIUS, -0.05], [inside[0, 0], -0.05]],
            inside,
            [[inside[-1, 0], height + 0.1], [AXIS_RADIUS, height + 0.1]],
        ]
    )


def full_vessel(
    radius: RadiusAt,
    height: float,
    foot: float,
    top: Array,
    *,
    exponent: float = 2.0,
    aspect: float = 1.0,
    neck_shift: float = 0.0,
    levels: int = 20,
    count: int = 72,
) -> Solid:
    """A full vessel: a foot of radius `foot`, a side up to `height`, then the points of `top`.

    exponent and aspect (y size over x size) shape the side and fade to a circle over the
    top, whose narrow end lies `neck_shift` along x.
    """
    up = np.linspace(foot, height, levels)
    outside = np.stack([radius(up), up], axis=1)
    sole = _quarter(outside[0] - [foot, foot], outside[0], foot)
    profile = np.concatenate([[[AXIS_RADIUS, 0.0]], sole, outside, top])
    fade = np.zeros(len(profile))
    fade[-len(top) :] = np.linspace(0, 1, len(top))
    mouth = top[-2, 0]
    inward = (outside[-1, 0] - profile[:, 0]) / (outside[-1, 0] - mouth)
    return lathe(
        profile,
        exponent=exponent + (2.0 - exponent) * fade,
        aspect=aspect + (1.0 - aspect) * fade,
        shift=np.where(fade > 0, neck_shift * inward.clip(0, 1), 0.0),
        count=count,
    )


def shoulder(start: Array, neck: float, rise: float, roundness: float, steps: int = 10) -> Array:
    """Points (steps + 1, 2) from the end of a side at `start` up and in to the neck's radius.

    roundness 2 is a quarter ellipse, 1 a cone; the last point is on the axis.
    """
    angle = np.linspace(0, np.pi / 2, steps + 1)[1:]
    inward = 1 - np.cos(angle).clip(0) ** (2 / roundness)
    upward = np.sin(angle) ** (2 / roundness)
    curve = np.stack([start[0] + (neck - start[0]) * inward, start[1] + rise * upward], axis=1)
    return np.concatenate([curve, [[AXIS_RADIUS, curve[-1, 1]]]])


BOWS = ("C", "D", "square", "ear")


def bow(
    style: str, span: float, reach: float, *, corner: float = 0.012, skew: float = 0.0
) -> Array:
    """A handle's centre line (n, 2) as (out, along), from (0, -span/2) to (0, span/2).

    C is half an ellipse, D fuller, square has corners of radius `corner`, ear leans by
    `skew` (out per along).
    """
    if style == "square":
        half = span / 2
        path = fillet([(0, -half), (reach, -half), (reach, half), (0, half)], corner)
    else:
        exponent = {"C": 2.0, "D": 2.7, "ear": 2.2}[style]
        angle = np.linspace(-np.pi / 2, np.pi / 2, 61)
        cosine, sine = np.cos(angle).clip(0), np.sin(angle)
        path = np.stack(
            [
                reach * cosine ** (2 / exponent),
                span / 2 * np.sign(sine) * np.abs(sine) ** (2 / exponent),
            ],
            axis=1,
        )
        path[:, 0] += skew * path[:, 1] * path[:, 0] / reach
    return resample(path, span / 24)


def placed(path: Array, origin: Array, out: Array, along: Array, root: float) -> Array:
    """A bow in space (n + 2, 3): its ends drawn out by `root` into what they are fixed to."""
    ends = [path[:1] - [root, 0.0], path, path[-1:] - [root, 0.0]]
    flat = np.concatenate(ends)
    return origin + flat[:, :1] * out + flat[:, 1:] * along


def _quarter(start: Array, end: Array, radius: float, steps: int = 4) -> Array:
    """Points of a quarter circle that leaves `start` outwards and reaches `end` upwards."""
    angles = np.linspace(-np.pi / 2, 0, steps + 2)[:-1]
    centre = np.array([end[0] - radius, end[1]])
    return centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
