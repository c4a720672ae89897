"""Invented objects: vessels, boxes, rods and pistols with fittings at random, of no category.

For what learns to tell parts apart: the seen categories have few kinds of parts, always at their
usual places. No category is copied, seen or unseen, and no part has a name that only an unseen one
has; what looks like a known object does so because a body, a grip and a trigger do. All of it is
ours. Metres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from handhold.synthesis.shapes.draft import Draft, of_body
from handhold.synthesis.shapes.fittings import Rng
from handhold.synthesis.shapes.sample import Blueprint, ShapeSample, realise
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
    slab,
    tube,
    turn,
    union,
)
from handhold.synthesis.shapes.vessels import open_profile, side

KINDS = ("vessel", "box", "rod", "pistol")
_TRIES = 12


def invent(index: int) -> ShapeSample:
    """The invented object of a seed; kinds take turns, among every tenth one too."""
    kind = KINDS[(index + index // 10) % len(KINDS)]
    rng = np.random.default_rng([index, 7])
    for _ in range(_TRIES):
        draft = _BUILDERS[kind](rng)
        shape = realise(Blueprint(tuple(draft.solids), draft.affordances), "invented", index, kind)
        if len(np.unique(shape.face_parts)) == len(shape.parts):  # none is swallowed by others
            break
    return shape


def _vessel(rng: Rng) -> Draft:
    """A round, oval or boxy container: open, with a lid, or closed."""
    draft = Draft()
    height = float(np.exp(rng.uniform(np.log(0.035), np.log(0.32))))
    bottom = float(np.clip(height * np.exp(rng.uniform(-1.3, 1.2)), 0.022, 0.17))
    top = bottom * rng.uniform(0.6, 1.5)
    belly = bottom * rng.uniform(0, 0.35) * (rng.random() < 0.5)
    radius = side(height, bottom, top, belly)
    power, aspect = rng.choice([2.0, 2.0, 3.0, 5.0]), rng.choice([1.0, 1.0, rng.uniform(0.55, 1)])
    wall = rng.uniform(0.002, 0.006)
    open_ = rng.random() < 0.55
    if open_:
        profile = open_profile(radius, height, wall, wall * 1.5, rng.uniform(0.003, 0.012))
    else:
        up = np.linspace(0.0, height, 14)
        skin = np.column_stack([radius(up), up])
        profile = fillet([(0, 0), *skin, (0, height)], rng.uniform(0.003, 0.02))
    body = lathe(profile, exponent=power, aspect=aspect)
    if open_ and rng.random() < 0.5:
        _lid(draft, radius, height, power, aspect, rng)
    elif open_ and rng.random() < 0.3:
        _rim(draft, radius, height, power, aspect, rng)
    elif not open_:
        draft.fit_on_top(body, str(rng.choice(["cap", "knob", "pump", "bow", "nozzle"])), rng)
    sides = list(rng.permutation(["front", "back", "right", "left"]))
    grips = str(rng.choice(["bow", "stick", "bail", "none"], p=[0.4, 0.25, 0.2, 0.15]))
    if grips == "bail" and open_:
        _bail(draft, radius, height, rng)
    elif grips in ("bow", "stick"):
        where = sides.pop()
        draft.fit(body, grips, where, rng, along=Z if rng.random() < 0.7 else Y)
    for kind in ("spout", "lever", "button", "latch", "nozzle"):
        if sides and rng.random() < (0.4 if kind == "spout" else 0.13):
            draft.fit(body, kind, sides.pop(), rng, along=Z)
    if rng.random() < 0.25:
        plate = rng.uniform(0.008, 0.03)
        foot = cylinder(bottom * rng.uniform(0.75, 1.25), plate, 0.003)
        draft.add("base", moved(foot, -(plate - 0.003) * Z), ("base-support",))
    draft.add("body", body, of_body(body, stands="base" not in draft.affordances))
    return draft


def _lid(draft: Draft, radius: Callable[[Array], Array], height: float, power: float,
         aspect: float, rng: Rng) -> None:  # fmt: skip
    wide = float(radius(np.array([height]))[0]) * rng.uniform(0.95, 1.06)
    rise = rng.uniform(0.004, 0.5 * wide)
    dome = [(0, height - 0.004), (wide, height - 0.004), (wide, height + 0.004),
            (wide * 0.75, height + 0.7 * rise), (0, height + rise)]  # fmt: skip
    lid = lathe(fillet(dome, 0.4 * wide, 5), exponent=power, aspect=aspect)
    draft.fit_on_top(lid, str(rng.choice(["knob", "knob", "bow", "button"])), rng)
    draft.add("lid", lid, ("twist",) if wide < 0.055 else ())


def _rim(draft: Draft, radius: Callable[[Array], Array], height: float, power: float,
         aspect: float, rng: Rng) -> None:  # fmt: skip
    wide = float(radius(np.array([height]))[0])
    out, tall = rng.uniform(0.002, 0.012), rng.uniform(0.004, 0.02)
    outer = lathe([(0, height - tall), (wide + out, height - tall), (wide + out, height + 0.001),
                   (0, height + 0.001)], exponent=power, aspect=aspect)  # fmt: skip
    inner = lathe([(0, 0), (wide - 0.005, 0), (wide - 0.005, height + 0.01), (0, height + 0.01)],
                  exponent=power, aspect=aspect)  # fmt: skip
    draft.add("rim", outer - inner)


def _bail(draft: Draft, radius: Callable[[Array], Array], height: float, rng: Rng) -> None:
    """A wire or band over the mouth, sometimes with a grip in its middle."""
    at = height * rng.uniform(0.8, 0.95)
    wide = float(radius(np.array([at]))[0])
    rise = max(wide * rng.uniform(0.8, 1.6), 0.06)
    angles = np.linspace(0, np.pi, 32)
    curve = np.stack([wide * np.cos(angles), 0 * angles, at + rise * np.sin(angles)], axis=1)
    wire = rng.uniform(0.0015, 0.004)
    if rng.random() < 0.5:
        sleeve = tube(curve[11:21], oval(4 * wire, 4 * wire, 2.5, 20), Y, round_ends=True)
        draft.add("handle", sleeve, ("handle-grip",))
        draft.add("bail", tube(curve, oval(wire, wire, 2, 14), Y))
    else:
        band = oval(wire * rng.uniform(2, 6), wire * rng.uniform(1, 1.6), 3, 18)
        draft.add("handle", tube(curve, band, Y), ("handle-grip",))


def _box(rng: Rng) -> Draft:
    """A housing or case: flat, upright or cubic, with what devices and cases have."""
    draft = Draft()
    size = np.exp(rng.uniform(np.log(0.05), np.log(0.38), 3))
    shape = rng.integers(4)
    if shape == 0:
        size[2] = rng.uniform(0.012, 0.045)  # flat: the panel is on top
    elif shape == 1:
        size = np.array(
            [rng.uniform(0.035, 0.07), rng.uniform(0.12, 0.24), rng.uniform(0.012, 0.04)]
        )
    least = float(size.min())
    if rng.random() < 0.2:
        body = cylinder(float(size[0]) / 2, float(size[2]), least * 0.1)
    else:
        body = slab(size, least * rng.uniform(0.05, 0.45), least * rng.uniform(0.02, 0.2), 4)
    panel = "top" if size[2] == least else "front"
    small = ["button", "power", "buttons", "knob", "switch", "screen", "joystick", "lever"]
    for kind in rng.permutation(small)[: rng.integers(0, 5)]:
        draft.fit(body, str(kind), panel if rng.random() < 0.8 else "right", rng, along=Y)
    large = ["bow", "bow", "pull", "latch", "tank", "spout", "cord", "grille", "door", "clip",
             "nozzle", "lever", "cap"]  # fmt: skip
    for kind in rng.permutation(large)[: rng.integers(0, 5)]:
        where = str(rng.choice(["top", "front", "back", "right", "left"]))
        along = Z if kind == "spout" or (where not in ("top",) and rng.random() < 0.5) else X
        draft.fit(body, str(kind), where, rng, along=along)
    if size[2] > 0.08 and rng.random() < 0.3:
        _wheels(draft, body, rng)
    elif size[2] > 0.05 and rng.random() < 0.25:
        _strap(draft, size, rng)
    draft.add("body", body, of_body(body))
    return draft


def _wheels(draft: Draft, body: Solid, rng: Rng) -> None:
    low_x, low_y, _, high_x, high_y, _ = body.bounding_box()
    radius, wide = rng.uniform(0.01, 0.035), rng.uniform(0.008, 0.02)
    wheel = moved(cylinder(radius, wide, 0.002, 32), -wide / 2 * X, turn("y", 90))
    for x in (low_x + wide, high_x - wide):
        for y in (low_y + radius, high_y - radius):
            draft.add("wheels", moved(wheel, [x, y, -radius * 0.5]))


def _strap(draft: Draft, size: Array, rng: Rng) -> None:
    wide = rng.uniform(0.015, 0.04)
    at = rng.uniform(-0.3, 0.3) * (size[0] - wide)
    band = slab([wide, size[1] + 0.004, size[2] + 0.004], 0.001, 0.001, 3)
    draft.add("strap", moved(band, at * X - 0.002 * Z))


def _rod(rng: Rng) -> Draft:
    """Things in a row along one axis: an end, a grip, a shaft, a head and its tip."""
    draft = Draft()
    half, long = rng.uniform(0.009, 0.024), rng.uniform(0.085, 0.17)
    profile = _grip_profile(half, long, rng)
    aspect, power = rng.choice([1.0, rng.uniform(0.6, 0.95)]), rng.choice([2.0, 2.0, 3.0, 6.0])
    ribs = int(rng.choice([0, 0, 0, 12]))
    grip = lathe(profile, exponent=power, aspect=aspect, ribs=ribs, rib_depth=0.001)
    is_fat = half > 0.016
    reach = long
    if rng.random() < (0.15 if is_fat else 0.6):
        thin = half * rng.uniform(0.2, 0.75)
        shaft = float(np.exp(rng.uniform(np.log(0.03), np.log(0.5))))
        draft.add("shaft", moved(cylinder(thin, shaft + 0.01, count=28), (long - 0.01) * Z))
        reach += shaft
    if rng.random() < 0.35:
        _end(draft, half, rng)
    if rng.random() < 0.85:
        _head(draft, reach, half, rng)
    if rng.random() < 0.3:
        draft.fit(grip, str(rng.choice(["button", "switch", "power"])), "front", rng)
    if rng.random() < 0.12:
        draft.fit(grip, str(rng.choice(["clip", "lever"])), "back", rng)
    name = "body" if is_fat and rng.random() < 0.7 else "handle"
    suits = ("wrap-around-grip", "handle-grip") if name == "body" else ("handle-grip",)
    draft.add(name, grip, suits)
    if rng.random() < 0.65:
        return draft.turned(turn("y", 90))
    return draft


def _grip_profile(half: float, long: float, rng: Rng) -> Array:
    share = np.linspace(0, 1, 18)
    wave = 1 + rng.uniform(-0.2, 0.25) * np.sin(np.pi * share)
    wave = wave * (1 + rng.uniform(-0.3, 0.25) * share)
    skin = np.column_stack([half * wave, long * share])
    return fillet([(0, 0), *skin, (0, long)], rng.uniform(0.001, half * 0.8))


def _end(draft: Draft, half: float, rng: Rng) -> None:
    """A cap at the near end, or a loop."""
    if rng.random() < 0.7:
        wide, tall = half * rng.uniform(0.85, 1.2), rng.uniform(0.006, 0.03)
        corners = [(0, -tall), (wide * rng.uniform(0.7, 1), -tall), (wide, 0.002), (0, 0.002)]
        solid = lathe(fillet(corners, 0.003, 3), ribs=int(rng.choice([0, 14])), rib_depth=0.0008)
        draft.add("cap", solid, (str(rng.choice(["twist", "twist", "press"])),))
        return
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    ring = half * rng.uniform(0.6, 1.2)
    curve = np.stack([ring * np.cos(angles), 0 * angles, ring * np.sin(angles) - ring], axis=1)
    draft.add("loop", tube(curve, oval(0.002, 0.003, 2, 14), Y, closed=True))


def _head(draft: Draft, reach: float, half: float, rng: Rng) -> None:
    """What the rod is for: a block, disc, ball, cone, blade or fork."""
    kind = str(rng.choice(["block", "disc", "ball", "cone", "blade", "fork"]))
    low = (reach - 0.006) * Z
    if kind == "block":
        size = [rng.uniform(0.03, 0.16), rng.uniform(0.02, 0.05), rng.uniform(0.02, 0.05)]
        draft.add(
            "head", moved(slab(size, 0.006, 0.003, 4), low + rng.uniform(-0.3, 0.3) * size[0] * X)
        )
    elif kind == "disc":
        disc = cylinder(rng.uniform(1.5, 5) * half, rng.uniform(0.003, 0.02), 0.001)
        draft.add("head", moved(disc, low + half * X, turn("x", 90 * float(rng.random() < 0.5))))
    elif kind == "ball":
        radii = half * rng.uniform(1.2, 3.2, 3)
        draft.add("head", moved(ellipsoid(radii), low + 0.8 * radii[2] * Z))
    elif kind == "cone":
        wide, tall = half * rng.uniform(1.1, 2.6), rng.uniform(0.02, 0.09)
        corners = [(0, 0), (half, 0), (wide, tall * rng.uniform(0.3, 1)), (wide, tall), (0, tall)]
        solid = lathe(fillet(corners, 0.002, 3), ribs=int(rng.choice([0, 16])), rib_depth=0.001)
        draft.add("head", moved(solid, low), ("twist",) if wide < 0.04 else ())
    elif kind == "blade":
        long, wide = rng.uniform(0.05, 0.2), rng.uniform(0.012, 0.05)
        sheet = slab([wide, rng.uniform(0.0012, 0.004), long], 0.0005, 0.0004, 2)
        draft.add("blade", moved(sheet, low))
    else:
        tines, wide, long = int(rng.integers(2, 5)), rng.uniform(0.02, 0.08), rng.uniform(0.04, 0.1)
        tine = cylinder(rng.uniform(0.0015, 0.003), long, count=14)
        bar = slab([wide + 0.008, 0.006, 0.008], 0.002, 0.001, 3)
        at = np.linspace(-wide / 2, wide / 2, tines)
        draft.add("head", union([moved(bar, low), *(moved(tine, low + x * X) for x in at)]))
    if rng.random() < 0.2:
        top = max(solid.bounding_box()[5] for _, solid in draft.solids)
        point = lathe([(0, 0), (0.005, 0), (0.002, 0.02), (0, 0.022)], count=18)
        draft.add("tip", moved(point, (top - 0.003) * Z))


def _pistol(rng: Rng) -> Draft:
    """A body that points to +x over a grip, most with a trigger or a switch for the finger."""
    draft = Draft()
    radius, front, back = (
        rng.uniform(0.016, 0.042),
        rng.uniform(0.02, 0.15),
        rng.uniform(0.01, 0.11),
    )
    line, half = _pistol_grip(radius, rng)
    if rng.random() < 0.72:
        draft.add("trigger", _finger_lever(line, half[0], radius, rng), ("trigger-squeeze",))
    elif rng.random() < 0.7:
        draft.fit(tube(line, oval(*half, 2.4, 24), X), "switch", "right", rng, along=Z)
    mouth = _mouth(radius, rng)
    if mouth is not None:
        name, solid, suits = mouth
        draft.add(name, moved(solid, (front - 0.005) * X, turn("y", 90)), suits)
    if rng.random() < 0.55:
        _pack(draft, line[-1], half, rng)
    body = _pistol_body(radius, front, back, rng)
    for kind, where in (("knob", "left"), ("cap", "top"), ("tank", "top"), ("grille", "left"),
                        ("button", "right"), ("switch", "top"), ("lever", "top")):  # fmt: skip
        if rng.random() < 0.1:
            draft.fit(body, kind, where, rng, along=X)
    flare = rng.uniform(0.0, 0.3)
    share = np.linspace(0, 1, len(line))
    sizes = 1 + flare * (share.clip(0.7) - 0.7) / 0.3 + 0.08 * np.exp(-(((share - 0.5) / 0.2) ** 2))
    grip = tube(line, oval(*half, rng.uniform(2.0, 3.4), 28), X, scale=sizes, round_ends=True)
    if rng.random() < 0.15:
        draft.fit(grip, "cord", "under", rng)
    draft.add("body", body, ("wrap-around-grip",) if radius > 0.025 else ())
    draft.add("handle", grip, ("handle-grip",))
    return draft.turned(turn("x", 90)) if rng.random() < 0.3 else draft


def _pistol_grip(radius: float, rng: Rng) -> tuple[Array, tuple[float, float]]:
    """The middle line (n, 3) of a grip below the body, from within it, and its half axes."""
    share, long = np.linspace(0, 1, 18), rng.uniform(0.085, 0.14)
    drop = 0.4 * radius + (0.6 * radius + long) * share
    lean = rng.uniform(-0.1, 0.4)
    line = np.stack([-lean * drop + 0.004 * np.sin(np.pi * share), 0 * share, -drop], axis=1)
    return line, (rng.uniform(0.013, 0.021), rng.uniform(0.010, 0.017))


def _finger_lever(line: Array, half: float, radius: float, rng: Rng) -> Solid:
    """What the finger pulls: before the grip, close below the body."""
    out, long, wide = rng.uniform(0.006, 0.016), rng.uniform(0.012, 0.07), rng.uniform(0.004, 0.009)
    share = np.linspace(0, 1, 12)
    z = -radius - 0.5 * wide - long * share
    root = np.interp(-z, -line[:, 2], line[:, 0]) + half
    swing = rng.uniform(-0.004, 0.012) * share
    hollow = rng.uniform(0, 0.004) * np.sin(np.pi * share)
    depth = rng.uniform(0.004, 0.011)
    curve = np.stack([root + out + swing - hollow - 0.5 * depth, 0 * z, z], axis=1)
    return tube(curve, oval(depth, wide, rng.uniform(2.2, 3.6), 22), X, round_ends=True)


def _mouth(radius: float, rng: Rng) -> tuple[str, Solid, tuple[str, ...]] | None:
    """What is in front, from z = 0 on: a nozzle, a holder that turns, a thin tube, or nothing."""
    kind = rng.integers(4)
    root, long = radius * rng.uniform(0.45, 1.0), rng.uniform(0.02, 0.08)
    if kind == 0:
        tip = root * rng.choice([rng.uniform(0.25, 0.8), rng.uniform(1.0, 1.5)])
        aspect = np.linspace(1.0, rng.choice([1.0, 0.3]), 4)
        profile = [(0, 0), (root, 0), (tip, long), (0, long)]
        return "nozzle", lathe(profile, aspect=aspect, count=40), ("twist",)
    if kind == 1:
        jaw = root * rng.uniform(0.4, 0.8)
        profile = [(0, 0), (root, 0.002), (root, long * 0.6), (jaw, long), (0, long)]
        ribs = int(rng.integers(8, 16))
        return "nozzle", lathe(fillet(profile, 0.001, 3), ribs=ribs, rib_depth=0.001), ("twist",)
    if kind == 2:
        thin = radius * rng.uniform(0.15, 0.45)
        return "tube", cylinder(thin, rng.uniform(0.05, 0.2), 0.001, 24), ()
    return None


def _pack(draft: Draft, foot: Array, half: tuple[float, float], rng: Rng) -> None:
    """A block or vessel under the grip."""
    tall = rng.uniform(0.02, 0.14)
    if rng.random() < 0.5:
        size = [rng.uniform(2.2, 7) * half[0], rng.uniform(2.2, 5) * half[1], tall]
        solid, name = slab(size, 0.008, 0.004, 4), "base"
    else:
        solid, name = cylinder(rng.uniform(1.2, 3) * half[0], tall, 0.006), "tank"
    ahead = rng.uniform(-0.005, 0.02) * X
    draft.add(name, moved(solid, foot + ahead - (tall - 0.008) * Z), ("base-support",))


def _pistol_body(radius: float, front: float, back: float, rng: Rng) -> Solid:
    power, aspect = rng.choice([2.0, 2.0, 3.0, 5.0]), rng.uniform(0.7, 1.05)
    ends = rng.uniform(0.5, 1.0, 2) * radius
    corners = [(0, -back - 0.02), (ends[0], -back - 0.02), (radius, -back), (radius, 0.4 * front),
               (ends[1], front), (0, front)]  # fmt: skip
    shape = lathe(fillet(corners, rng.uniform(0.002, 0.012), 4), exponent=power, aspect=aspect)
    return moved(shape, 0 * X, turn("y", 90))


_BUILDERS: Mapping[str, Callable[[Rng], Draft]] = MappingProxyType(
    {"vessel": _vessel, "box": _box, "rod": _rod, "pistol": _pistol}
)
