"""Frying pans: flared pans, saute pans, cast-iron skillets and woks with a long handle."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.sample import Blueprint
from handhold.synthesis.shapes.solids import (
    AXIS_RADIUS,
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
    resample,
    tube,
)
from handhold.synthesis.shapes.vessels import (
    RadiusAt,
    bow,
    cavity_profile,
    open_profile,
    placed,
    side,
)

STYLES = ("flared", "saute", "skillet", "wok")
# Ranges per style, metres: radius at the rim, height, radius at the bottom over that at the
# rim, bulge of the side, wall.
_PANS = {
    "flared": ((0.100, 0.145), (0.036, 0.052), (0.70, 0.82), (0.004, 0.010), (0.0030, 0.0040)),
    "saute": ((0.105, 0.140), (0.056, 0.078), (0.96, 1.0), (0.0, 0.001), (0.0025, 0.0035)),
    "skillet": ((0.095, 0.135), (0.036, 0.050), (0.84, 0.92), (0.0, 0.003), (0.0045, 0.0060)),
    "wok": ((0.130, 0.160), (0.072, 0.095), (0.36, 0.46), (0.022, 0.034), (0.0030, 0.0040)),
}


def build(style: str, rng: np.random.Generator) -> Blueprint:
    """A pan of 20-33 cm across; its handle is towards +x."""
    top, height, share, belly, wall = (rng.uniform(*span) for span in _PANS[style])
    outer = side(height, top * share, top, belly)
    profile = (
        _round_profile(outer, height, wall)
        if style == "wok"
        else open_profile(outer, height, wall, 0.005, 0.006, levels=12)
    )
    pan = lathe(profile, count=64)
    inside = lathe(cavity_profile(outer, height, wall, levels=12), count=64)
    level = height * rng.uniform(0.62, 0.78)
    root = float(outer(np.array(level))) * X + level * Z
    solids: list[tuple[str, Solid]] = [("pan", pan)]
    if style == "skillet":
        solids.append(("handle", _iron_handle(root, rng) - inside))
    else:
        bracket, joint = _bracket(root, rng)
        handle = _strap_handle(joint, rng) if style == "saute" else _grip_handle(joint, rng)
        solids += [("bracket", bracket - inside), ("handle", handle)]
    loops = {}
    if style == "saute" or (style != "flared" and rng.random() < 0.6):
        helper, loop = _helper(outer, level, rng)
        solids.append(("helper", helper - inside))
        loops["helper"] = loop[None]
    return Blueprint(
        solids=tuple(solids),
        affordances={
            "handle": ("handle-grip",),
            "helper": ("handle-grip",),
            "pan": ("base-support",),
        },
        loops=loops,
    )


def _round_profile(outer: RadiusAt, height: float, wall: float) -> Array:
    """Lathe profile of a round-bottomed pan, its wall equally thick across the slope."""
    up = np.linspace(0.0, height, 18)
    outside = np.stack([outer(up), up], axis=1)
    along = np.gradient(outside, axis=0)
    inward = np.stack([-along[:, 1], along[:, 0]], axis=1)
    inside = outside + wall * inward / np.linalg.norm(inward, axis=1, keepdims=True)
    ends = [[AXIS_RADIUS, 0.0]], [[AXIS_RADIUS, inside[0, 1]]]
    return np.concatenate([ends[0], outside, inside[::-1], ends[1]])


def _bracket(root: Array, rng: np.random.Generator) -> tuple[Solid, Array]:
    """The metal arm that carries the handle, and the point where it ends."""
    reach, rise = rng.uniform(0.030, 0.050), rng.uniform(0.008, 0.020)
    joint = root + reach * X + rise * Z
    curve = resample(np.array([root - 0.014 * X - 0.004 * Z, joint + 0.3 * (joint - root)]), 0.005)
    share = np.linspace(0, 1, len(curve))
    wide, tall = 1.5 - 0.75 * share, 1.0 - 0.3 * share
    section = oval(rng.uniform(0.0050, 0.0065), rng.uniform(0.0090, 0.0120), 3.0, count=24)
    return tube(curve, section, Z, scale=np.stack([tall, wide], axis=1)), joint


def _grip_handle(joint: Array, rng: np.random.Generator) -> Solid:
    """A moulded or wooden handle of round section with a belly."""
    length, rise = rng.uniform(0.13, 0.18), rng.uniform(-0.005, 0.040)
    curve = _rising(joint, length, rise)
    share = np.linspace(0, 1, len(curve))
    peak = rng.uniform(0.45, 0.85)
    swell = 0.80 + 0.30 * np.exp(-(((share - peak) / rng.uniform(0.25, 0.45)) ** 2))
    section = oval(rng.uniform(0.0085, 0.0115), rng.uniform(0.0105, 0.0140), rng.uniform(2.0, 3.4))
    handle = tube(curve, section, Z, scale=swell, round_ends=True)
    return handle - _hole(curve[-2], 0.0045) if rng.random() < 0.6 else handle


def _strap_handle(joint: Array, rng: np.random.Generator) -> Solid:
    """A flat cast metal handle that widens to a hanging hole."""
    length, rise = rng.uniform(0.15, 0.19), rng.uniform(0.005, 0.045)
    curve = _rising(joint, length, rise)
    share = np.linspace(0, 1, len(curve))
    wide = 0.80 + 0.25 * share**2 + rng.uniform(0.0, 0.25) * np.sin(np.pi * share)
    section = oval(rng.uniform(0.0055, 0.0075), rng.uniform(0.0110, 0.0145), rng.uniform(2.6, 4.5))
    handle = tube(
        curve, section, Z, scale=np.stack([np.ones_like(wide), wide], axis=1), round_ends=True
    )
    return handle - _hole(curve[-4], 0.0060)


def _iron_handle(root: Array, rng: np.random.Generator) -> Solid:
    """A short cast handle with a waist and a long hole at its end."""
    length, rise = rng.uniform(0.115, 0.150), rng.uniform(0.0, 0.020)
    curve = _rising(root - 0.010 * X, length + 0.010, rise)
    share = np.linspace(0, 1, len(curve))
    wide = (
        0.85 + 0.75 * np.exp(-((share / 0.16) ** 2)) + 0.22 * np.exp(-(((share - 0.9) / 0.3) ** 2))
    )
    section = oval(rng.uniform(0.0060, 0.0080), rng.uniform(0.0120, 0.0145), rng.uniform(2.4, 3.6))
    handle = tube(
        curve, section, Z, scale=np.stack([np.ones_like(wide), wide], axis=1), round_ends=True
    )
    slot = moved(cylinder(1.0, 0.1, count=32), [0, 0, 0]).scale((0.013, 0.0058, 1.0))
    return handle - moved(slot, curve[-5] - 0.05 * Z)


def _rising(start: Array, length: float, rise: float) -> Array:
    """A curve from `start` out along +x that first climbs and then levels."""
    end = start + length * X + rise * Z
    knee = start + 0.4 * length * X + 0.62 * rise * Z
    return resample(fillet([start, knee, end], 0.08), 0.0055)


def _hole(at: Array, radius: float) -> Solid:
    return moved(cylinder(radius, 0.1, count=28), at - 0.05 * Z)


def _helper(outer: RadiusAt, level: float, rng: np.random.Generator) -> tuple[Solid, Array]:
    """A bow opposite the handle, level or tilted up, for the other hand."""
    half_z, half_out = rng.uniform(0.0050, 0.0070), rng.uniform(0.0050, 0.0075)
    gap, span = rng.uniform(0.028, 0.036), rng.uniform(0.070, 0.095)
    radius = float(outer(np.array(level)))
    sunk = radius - np.sqrt(radius**2 - (span / 2) ** 2)
    tilt = np.radians(rng.uniform(0.0, 25.0))
    out = -np.cos(tilt) * X + np.sin(tilt) * Z
    path = bow(str(rng.choice(["C", "D", "square"])), span, gap + half_out + sunk, corner=0.018)
    curve = placed(path, -(radius - sunk) * X + level * Z, out, Y, 0.006)
    section = oval(half_z, half_out, rng.uniform(2.0, 3.0), count=16)
    across = np.cross(Y, out)
    return tube(curve, section, across), -radius * X + level * Z + 0.5 * gap * out
