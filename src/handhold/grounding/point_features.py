"""What the part segmenter is told about each point: place, size, and the shape around it.

All of it is ours. The numbers are chosen to mean the same on objects never seen before: places
relative to the object's box, sizes relative to the object and to a hand (millimetres), directions
only as far as gravity tells them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.grounding.surface_points import SurfacePoints

RELATIVE_RADII = (0.06, 0.14, 0.30)  # of the longest side of the object's box
ABSOLUTE_RADII = (0.006, 0.015, 0.040)  # metres
_USUAL_SIZE = 0.2  # metres
_USUAL_THICKNESS = 0.01  # metres
_FEWEST = 4  # neighbours that make a shape
_PLACE = ("x", "y", "z", "height", "normal_x", "normal_y", "normal_z")
_OBJECT = ("size", "side_long", "side_short", "side_up", "off_axis", "off_axis_share")
_AROUND = ("linear", "planar", "scattered", "upright", "flat", "convex", "filled")
_RAYS = ("thickness", "thickness_share", "has_thickness", "openness", "has_openness")
FEATURES: tuple[str, ...] = (
    *_PLACE,
    *_OBJECT,
    *(f"{name}_{k}" for k in range(6) for name in _AROUND),
    *_RAYS,
)
"""Names of the columns, in order. Columns 0:3 and 4:7 turn with the object about the vertical."""


def point_features(surface: SurfacePoints) -> NDArray[np.float32]:
    """Features (N, C) of N points, in the order of FEATURES; finite, about -3..3.

    Places are measured from the middle of the points' own box, so a partial cloud is described by
    what is seen of it.
    """
    low, high = surface.points.min(axis=0), surface.points.max(axis=0)
    sides = high - low
    size = max(float(sides.max()), 1e-9)
    centred = surface.points - (low + high) / 2
    off_axis = np.linalg.norm(centred[:, :2], axis=1)
    columns = [
        2 * centred / size,
        (surface.points[:, 2] - low[2])[:, None] / max(float(sides[2]), 1e-9),
        surface.normals,
        np.full((len(centred), 1), np.log(size / _USUAL_SIZE)),
        np.broadcast_to(np.append(np.sort(sides[:2])[::-1], sides[2]) / size, centred.shape),
        2 * off_axis[:, None] / size,
        2 * off_axis[:, None] / max(float(np.hypot(*sides[:2])), 1e-9),
        _shapes_around(centred, surface.normals, surface.share, size),
        _ray_columns(surface, size),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _shapes_around(
    centred: NDArray[np.float64],
    normals: NDArray[np.float64],
    share: NDArray[np.float64],
    size: float,
) -> NDArray[np.float64]:
    """Columns (N, 6 * 7) of all radii. Moments of all balls come from one matrix product each."""
    unit = (centred / size).astype(np.float32)
    squared = (unit**2).sum(axis=1)
    distance = squared[:, None] + squared - 2 * unit @ unit.T
    rows, columns = np.triu_indices(3)
    moments = np.column_stack(
        [np.ones(len(unit), np.float32), unit, unit[:, rows] * unit[:, columns]]
    )
    weight = share.astype(np.float32)[:, None]
    moments = np.column_stack([moments * weight, np.ones(len(unit), np.float32)])
    spacing = _area_of_share(distance, share)
    radii = (*RELATIVE_RADII, *(radius / size for radius in ABSOLUTE_RADII))
    return np.concatenate(
        [_shape(distance, radius, moments, unit, normals, spacing) for radius in radii], axis=1
    )


def _shape(
    distance: NDArray[np.float32],
    radius: float,
    moments: NDArray[np.float32],
    unit: NDArray[np.float32],
    normals: NDArray[np.float64],
    spacing: float,
) -> NDArray[np.float64]:
    """Columns (N, 7) of one radius: what a ball around each point holds of the surface."""
    sums = ((distance < radius**2).astype(np.float32) @ moments).astype(np.float64)
    area, count = sums[:, 0], sums[:, -1]
    mean = sums[:, 1:4] / area[:, None]
    spread = np.empty((len(unit), 3, 3))
    rows, columns = np.triu_indices(3)
    spread[:, rows, columns] = sums[:, 4:-1] / area[:, None] - mean[:, rows] * mean[:, columns]
    spread[:, columns, rows] = spread[:, rows, columns]
    values, axes = np.linalg.eigh(spread)
    third, second, first = np.sqrt(np.maximum(values, 0)).T
    longest = np.maximum(first, 1e-9)
    offset = ((mean - unit) * normals).sum(axis=1) / radius
    filled = np.log(np.maximum(area * spacing / (np.pi * radius**2), 1e-3))
    found = count >= _FEWEST
    return np.column_stack(
        [
            np.where(found, (first - second) / longest, 0),
            np.where(found, (second - third) / longest, 0),
            np.where(found, third / longest, 0),
            np.where(found, np.abs(axes[:, 2, 2]), 0),
            np.where(found, np.abs(axes[:, 2, 0]), 0),
            np.where(found, np.clip(-offset, -1, 1), 0),
            np.where(found, np.clip(filled, -3, 3), -3),
        ]
    )


def _area_of_share(distance: NDArray[np.float32], share: NDArray[np.float64]) -> float:
    """Surface of a point of share 1, from the typical distance to the eighth neighbour."""
    nth, step = min(8, len(distance) - 1), max(len(distance) // 256, 1)
    eighth = np.maximum(np.partition(distance[::step], nth, axis=1)[:, nth], 1e-12)
    return float(np.pi * np.median(eighth / share[::step]) / nth)


def _ray_columns(surface: SurfacePoints, size: float) -> NDArray[np.float64]:
    thick = np.isfinite(surface.thickness)
    thickness = np.where(thick, np.maximum(surface.thickness, 1e-4), _USUAL_THICKNESS)
    open_ = np.isfinite(surface.openness)
    return np.column_stack(
        [
            np.clip(np.log(thickness / _USUAL_THICKNESS), -3, 3),
            np.where(thick, np.minimum(thickness / size, 1), 0),
            thick,
            np.where(open_, surface.openness, 0),
            open_,
        ]
    )
