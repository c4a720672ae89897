"""Closed solids to build shapes from: skins over rings, lathed and swept bodies, slabs.

Every function returns a `Solid` (a manifold3d `Manifold`): a closed surface that booleans
keep closed. Metres. Rings and sections run counter-clockwise seen against the direction in
which the solid grows; a solid given the other way round is turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from manifold3d import CrossSection, Manifold, Mesh64, OpType
from numpy.typing import ArrayLike, NDArray

Solid: TypeAlias = Manifold
Array = NDArray[np.float64]

X = np.array([1.0, 0.0, 0.0])
Y = np.array([0.0, 1.0, 0.0])
Z = np.array([0.0, 0.0, 1.0])
AXIS_RADIUS = 1e-4  # lathe profiles stop this far from the axis, so that no ring collapses


def skin(rings: Array, *, closed: bool = False) -> Solid:
    """The solid between rings (n, k, 3) of k corresponding points.

    The first and last ring are capped by a fan from their centroid (they must be flat and
    star-shaped), or joined where `closed`.
    """
    count, size = rings.shape[:2]
    index = np.arange(count * size).reshape(count, size)
    lower = index if closed else index[:-1]
    upper = np.roll(index, -1, axis=0) if closed else index[1:]
    faces = [_strip(lower, upper)]
    vertices = [rings.reshape(-1, 3)]
    if not closed:
        vertices.append(rings[[0, -1]].mean(axis=1))
        bottom, top = count * size, count * size + 1
        faces.append(_fan(index[0][::-1], bottom))
        faces.append(_fan(index[-1], top))
    return _solid(np.concatenate(vertices), np.concatenate(faces))


def oval(half_u: float, half_v: float, exponent: float = 2.0, count: int = 24) -> Array:
    """Superellipse |u/half_u|^e + |v/half_v|^e = 1 as (count, 2) points.

    exponent 2 is an ellipse, 4 a rounded rectangle, 6 nearly a rectangle.
    """
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    corner = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # Radial form: points stay evenly spread, where the usual powers crowd into the corners.
    norm = (np.abs(corner) ** exponent).sum(axis=1) ** (1 / exponent)
    return corner / norm[:, None] * [half_u, half_v]


def lathe(
    profile: ArrayLike,
    *,
    exponent: ArrayLike = 2.0,
    aspect: ArrayLike = 1.0,
    shift: ArrayLike = 0.0,
    ribs: int = 0,
    rib_depth: float = 0.0,
    count: int = 64,
) -> Solid:
    """A body of the profile (n, 2) of (radius, z) from bottom centre to top (or inner) centre.

    A number or (n,), per level: exponent of the superellipse; aspect, y size over x size;
    shift, the level's centre along x. ribs: grooves round the body, `rib_depth` deep.
    """
    points = np.asarray(profile, dtype=np.float64)
    levels = [
        np.broadcast_to(np.asarray(v, dtype=np.float64), len(points))
        for v in (exponent, aspect, shift)
    ]
    count = max(count, 4 * ribs)
    wave = np.cos(ribs * 2 * np.pi * (np.arange(count) + 0.5) / count)
    rings = []
    for (radius, height), power, depth, centre in zip(points, *levels, strict=True):
        groove = rib_depth * (wave - 1) / 2 if ribs and radius > 2 * rib_depth else 0.0
        scale = max(radius, AXIS_RADIUS) + groove
        ring = oval(1.0, depth, power, count) * np.reshape(scale, (-1, 1)) + [centre, 0.0]
        rings.append(np.column_stack([ring, np.full(count, height)]))
    return skin(np.stack(rings))


def tube(
    curve: ArrayLike,
    section: Array,
    up: Array,
    *,
    scale: ArrayLike = 1.0,
    closed: bool = False,
    round_ends: bool = False,
) -> Solid:
    """A `section` (k, 2) swept along a curve (n, 3).

    The section's first axis stays in the direction of `up` (never parallel to the curve),
    its second lies across. scale: a number, or (n,) sizes along the curve, or (n, 2) for
    the two axes; round_ends closes the ends with domes instead of flat cuts.
    """
    points = np.asarray(curve, dtype=np.float64)
    sizes = np.broadcast_to(_columns(np.asarray(scale, dtype=np.float64)), (len(points), 2))
    tangents = _tangents(points, closed)
    if round_ends and not closed:
        reach = float(np.ptp(section, axis=0).min()) / 2
        points, sizes, tangents = _domed(points, sizes, tangents, reach)
    across = np.cross(tangents, up)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    upward = np.cross(across, tangents)
    flat = section[None] * sizes[:, None]
    rings = points[:, None] + flat[..., :1] * upward[:, None] + flat[..., 1:] * across[:, None]
    return skin(rings, closed=closed)


def slab(size: ArrayLike, corner: float, edge: float, steps: int = 5) -> Solid:
    """A box of `size` (3,) standing on z = 0, centred in x and y.

    corner: radius of the four upright edges; edge: radius of the rounded rims.
    """
    width, depth, height = np.asarray(size, dtype=np.float64)
    angles = np.linspace(0, np.pi / 2, steps)
    low = np.stack([edge * (1 - np.sin(angles)), edge * (1 - np.cos(angles))], axis=1)
    high = np.stack([low[::-1, 0], height - low[::-1, 1]], axis=1)
    rings = []
    for inset, level in np.concatenate([low, high]):
        outline = rounded_rectangle(
            width - 2 * inset, depth - 2 * inset, max(corner - inset, corner * 0.2), steps
        )
        rings.append(np.column_stack([outline, np.full(len(outline), level)]))
    return skin(np.stack(rings))


def cylinder(radius: float, height: float, edge: float = 0.0, count: int = 48) -> Solid:
    """A cylinder on z = 0 about the z axis with rims rounded by `edge`."""
    corners = [(AXIS_RADIUS, 0.0), (radius, 0.0), (radius, height), (AXIS_RADIUS, height)]
    return lathe(fillet(corners, edge) if edge else corners, count=count)


def ellipsoid(radii: ArrayLike, count: int = 32) -> Solid:
    """An ellipsoid of the given half axes (3,) about the origin."""
    return Manifold.sphere(1.0, count).scale(_triple(radii))


def prism(outline: Array, height: float) -> Solid:
    """A simple polygon (k, 2), counter-clockwise, drawn up from z = 0."""
    return Manifold.extrude(CrossSection([np.ascontiguousarray(outline)]), height)


def hull(points: Array) -> Solid:
    """The convex hull of points (n, 3)."""
    return Manifold.hull_points(np.ascontiguousarray(points))


def union(solids: Sequence[Solid]) -> Solid:
    """All solids as one."""
    return Manifold.batch_boolean(list(solids), OpType.Add)


def moved(solid: Solid, offset: ArrayLike, rotation: Array | None = None) -> Solid:
    """`rotation` (3, 3) @ p + offset (3,)."""
    turn = np.eye(3) if rotation is None else rotation
    return solid.transform(np.column_stack([turn, np.asarray(offset, dtype=np.float64)]))


def turn(axis: str, degrees: float) -> Array:
    """Rotation matrix (3, 3) about the x, y or z axis, right handed."""
    angle = np.radians(degrees)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[second, first] = np.sin(angle)
    matrix[first, second] = -np.sin(angle)
    return matrix


def fillet(corners: ArrayLike, radius: float, steps: int = 5, *, closed: bool = False) -> Array:
    """A polyline (n, d) with its corners replaced by arcs of at most `radius`."""
    points = np.asarray(corners, dtype=np.float64)
    inner = range(len(points)) if closed else range(1, len(points) - 1)
    pieces = [] if closed else [points[:1]]
    for index in inner:
        pieces.append(
            _arc(points[index - 1], points[index], points[(index + 1) % len(points)], radius, steps)
        )
    if not closed:
        pieces.append(points[-1:])
    return np.concatenate(pieces)


def rounded_rectangle(width: float, depth: float, radius: float, steps: int = 5) -> Array:
    """Outline (4 * steps, 2) of a rectangle about the origin with round corners."""
    x, y = width / 2, depth / 2
    radius = min(radius, 0.499 * min(width, depth))
    return fillet([(x, y), (-x, y), (-x, -y), (x, -y)], radius, steps, closed=True)


def resample(curve: ArrayLike, spacing: float, *, closed: bool = False) -> Array:
    """The polyline (n, d) with points about `spacing` apart by arc length, ends kept."""
    points = np.asarray(curve, dtype=np.float64)
    if closed:
        points = np.concatenate([points, points[:1]])
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    count = max(int(np.ceil(lengths[-1] / spacing)), 2) + 1
    at = np.linspace(0, lengths[-1], count)
    even = np.stack([np.interp(at, lengths, column) for column in points.T], axis=1)
    return even[:-1] if closed else even


def _solid(vertices: Array, faces: NDArray[np.int64]) -> Solid:
    mesh = Mesh64(np.ascontiguousarray(vertices), np.ascontiguousarray(faces, dtype=np.uint64))
    solid = Manifold(mesh)
    if solid.volume() < 0:
        flipped = np.ascontiguousarray(faces[:, ::-1], dtype=np.uint64)
        solid = Manifold(Mesh64(np.ascontiguousarray(vertices), flipped))
    if solid.is_empty():
        raise ValueError(f"the rings do not bound a solid: {solid.status()}")
    return solid


def _strip(lower: NDArray[np.int64], upper: NDArray[np.int64]) -> NDArray[np.int64]:
    lower_next, upper_next = np.roll(lower, -1, axis=1), np.roll(upper, -1, axis=1)
    first = np.stack([lower, lower_next, upper_next], axis=-1)
    second = np.stack([lower, upper_next, upper], axis=-1)
    return np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])


def _fan(ring: NDArray[np.int64], centre: int) -> NDArray[np.int64]:
    return np.stack([ring, np.roll(ring, -1), np.full(len(ring), centre)], axis=1)


def _tangents(points: Array, closed: bool) -> Array:
    if closed:
        steps = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    else:
        steps = np.gradient(points, axis=0)
    return steps / np.linalg.norm(steps, axis=1, keepdims=True)


def _domed(
    points: Array, sizes: Array, tangents: Array, reach: float, steps: int = 4
) -> tuple[Array, Array, Array]:
    angles = np.linspace(0, np.pi / 2, steps + 2)[1:-1]
    out, shrink = np.sin(angles) * reach, np.cos(angles)
    front = points[0] - out[::-1, None] * tangents[0]
    back = points[-1] + out[:, None] * tangents[-1]
    return (
        np.concatenate([front, points, back]),
        np.concatenate([shrink[::-1, None] * sizes[0], sizes, shrink[:, None] * sizes[-1]]),
        np.concatenate(
            [np.tile(tangents[0], (steps, 1)), tangents, np.tile(tangents[-1], (steps, 1))]
        ),
    )


def _arc(before: Array, corner: Array, after: Array, radius: float, steps: int) -> Array:
    """The arc that touches both legs; legs lend at most 49 % of their length."""
    first, second = before - corner, after - corner
    lengths = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    first, second = first / lengths[0], second / lengths[1]
    half = np.arccos(np.clip(first @ second, -1, 1)) / 2
    if half > np.pi / 2 - 1e-3 or half < 1e-3:
        return corner[None]
    slope = float(np.tan(half))
    leg = min(radius / slope, 0.49 * min(lengths))
    radius = leg * slope
    middle = (first + second) / np.linalg.norm(first + second)
    centre = corner + middle * radius / np.sin(half)
    start, end = corner + leg * first - centre, corner + leg * second - centre
    sweep = np.pi - 2 * half
    at = np.linspace(0, 1, steps)[:, None]
    blend = np.sin((1 - at) * sweep) * start + np.sin(at * sweep) * end
    return centre + blend / np.sin(sweep)


def _columns(scale: Array) -> Array:
    return scale[:, None] if scale.ndim == 1 else scale


def _triple(values: ArrayLike) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in np.asarray(values, dtype=np.float64))
    return x, y, z
