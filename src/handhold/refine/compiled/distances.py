"""Trilinear look-ups with their slopes."""

from __future__ import annotations

from math import floor, sqrt

from handhold.refine.compiled.machine import inner
from handhold.refine.compiled.records import Array, FieldArrays


@inner
def distances(
    field: FieldArrays, point: Array
) -> tuple[float, float, float, float, float, float, float, float]:
    """Distance to the object with its gradient, then to the part with its gradient.

    Beyond the box: the value at its nearest point plus the way to it.
    """
    grid, spacing = field.values, field.spacing
    i, u, over_x, in_x = _cell((point[0] - field.origin[0]) / spacing, grid.shape[0])
    j, v, over_y, in_y = _cell((point[1] - field.origin[1]) / spacing, grid.shape[1])
    k, w, over_z, in_z = _cell((point[2] - field.origin[2]) / spacing, grid.shape[2])
    a00, a01 = grid[i, j, k, 0], grid[i, j, k + 1, 0]
    a10, a11 = grid[i, j + 1, k, 0], grid[i, j + 1, k + 1, 0]
    b00, b01 = grid[i + 1, j, k, 0], grid[i + 1, j, k + 1, 0]
    b10, b11 = grid[i + 1, j + 1, k, 0], grid[i + 1, j + 1, k + 1, 0]
    signed, sx, sy, sz = _blend(a00, a01, a10, a11, b00, b01, b10, b11, u, v, w)
    a00, a01 = grid[i, j, k, 1], grid[i, j, k + 1, 1]
    a10, a11 = grid[i, j + 1, k, 1], grid[i, j + 1, k + 1, 1]
    b00, b01 = grid[i + 1, j, k, 1], grid[i + 1, j, k + 1, 1]
    b10, b11 = grid[i + 1, j + 1, k, 1], grid[i + 1, j + 1, k + 1, 1]
    part, px, py, pz = _blend(a00, a01, a10, a11, b00, b01, b10, b11, u, v, w)
    scale = 1.0 / spacing
    sx, px = (sx * scale, px * scale) if in_x else (0.0, 0.0)
    sy, py = (sy * scale, py * scale) if in_y else (0.0, 0.0)
    sz, pz = (sz * scale, pz * scale) if in_z else (0.0, 0.0)
    if not (in_x and in_y and in_z):
        beyond = sqrt(over_x**2 + over_y**2 + over_z**2)
        if beyond > 0.0:
            signed, part = signed + beyond * spacing, part + beyond * spacing
            x, y, z = over_x / beyond, over_y / beyond, over_z / beyond
            sx, sy, sz, px, py, pz = sx + x, sy + y, sz + z, px + x, py + y, pz + z
    return signed, sx, sy, sz, part, px, py, pz


@inner
def inward(field: FieldArrays, point: Array, out: Array) -> None:
    """The object's unit normal at a point, turned inwards, from the gradient grid."""
    grid = field.gradient
    i, u, _, _ = _cell((point[0] - field.origin[0]) / field.spacing, grid.shape[0])
    j, v, _, _ = _cell((point[1] - field.origin[1]) / field.spacing, grid.shape[1])
    k, w, _, _ = _cell((point[2] - field.origin[2]) / field.spacing, grid.shape[2])
    squared = 0.0
    for c in range(3):
        a0 = grid[i, j, k, c] + w * (grid[i, j, k + 1, c] - grid[i, j, k, c])
        a1 = grid[i, j + 1, k, c] + w * (grid[i, j + 1, k + 1, c] - grid[i, j + 1, k, c])
        b0 = grid[i + 1, j, k, c] + w * (grid[i + 1, j, k + 1, c] - grid[i + 1, j, k, c])
        b1 = grid[i + 1, j + 1, k, c] + w * (
            grid[i + 1, j + 1, k + 1, c] - grid[i + 1, j + 1, k, c]
        )
        a, b = a0 + v * (a1 - a0), b0 + v * (b1 - b0)
        out[c] = -a - u * (b - a)
        squared += out[c] ** 2
    length = max(sqrt(squared), 1e-12)
    for c in range(3):
        out[c] /= length


@inner
def to_avoided(field: FieldArrays, point: Array) -> tuple[float, float, float, float]:
    """Distance to the parts to be avoided, with its gradient; beyond the box as above."""
    grid, origin, spacing = field.avoided, field.avoided_origin, field.avoided_spacing
    i, u, over_x, in_x = _cell((point[0] - origin[0]) / spacing, grid.shape[0])
    j, v, over_y, in_y = _cell((point[1] - origin[1]) / spacing, grid.shape[1])
    k, w, over_z, in_z = _cell((point[2] - origin[2]) / spacing, grid.shape[2])
    a00, a01 = grid[i, j, k], grid[i, j, k + 1]
    a10, a11 = grid[i, j + 1, k], grid[i, j + 1, k + 1]
    b00, b01 = grid[i + 1, j, k], grid[i + 1, j, k + 1]
    b10, b11 = grid[i + 1, j + 1, k], grid[i + 1, j + 1, k + 1]
    away, x, y, z = _blend(a00, a01, a10, a11, b00, b01, b10, b11, u, v, w)
    x = x / spacing if in_x else 0.0
    y = y / spacing if in_y else 0.0
    z = z / spacing if in_z else 0.0
    if not (in_x and in_y and in_z):
        beyond = sqrt(over_x**2 + over_y**2 + over_z**2)
        if beyond > 0.0:
            away += beyond * spacing
            x, y, z = x + over_x / beyond, y + over_y / beyond, z + over_z / beyond
    return away, x, y, z


@inner
def _cell(position: float, count: int) -> tuple[int, float, float, bool]:
    """Cell and share along one axis, how far (in nodes) beyond the box, and whether within."""
    last = count - 1.0
    held = min(max(position, 0.0), last)
    low = min(int(floor(held)), count - 2)
    return low, held - low, position - held, 0.0 < position < last


@inner
def _blend(
    a00: float, a01: float, a10: float, a11: float,
    b00: float, b01: float, b10: float, b11: float,
    u: float, v: float, w: float,
) -> tuple[float, float, float, float]:  # fmt: skip
    """Trilinear value and its slopes along the three axes, per cell."""
    a0, a1 = a00 + w * (a01 - a00), a10 + w * (a11 - a10)
    b0, b1 = b00 + w * (b01 - b00), b10 + w * (b11 - b10)
    a, b = a0 + v * (a1 - a0), b0 + v * (b1 - b0)
    along_y = (a1 - a0) + u * ((b1 - b0) - (a1 - a0))
    low = (a01 - a00) + v * ((a11 - a10) - (a01 - a00))
    high = (b01 - b00) + v * ((b11 - b10) - (b01 - b00))
    return a + u * (b - a), b - a, along_y, low + u * (high - low)
