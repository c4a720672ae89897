"""Oriented bounding boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError


@dataclass(frozen=True, eq=False)
class OrientedBox:
    """centre (3,), axes (3, 3) whose rows are unit vectors of a right-handed frame sorted by
    side length, longest first, and the side lengths (3,)."""

    centre: NDArray[np.float64]
    axes: NDArray[np.float64]
    lengths: NDArray[np.float64]

    def corners(self) -> NDArray[np.float64]:
        """The eight corners (8, 3)."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        return self.centre + (signs * self.lengths / 2) @ self.axes


def oriented_box(points: NDArray[np.float64]) -> OrientedBox:
    """The box of least volume that has a side on a face of the convex hull of `points` (N, 3).

    Deterministic; the direction of each axis is fixed by its largest component being positive
    (the third follows from the right hand). Flat or collinear points give sides of length 0.
    """
    cloud = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    if not len(cloud):
        raise ValueError("no points, no box")
    axes = _hull_axes(cloud)
    return _box_along(cloud, axes)


def _hull_axes(cloud: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        hull = cloud[ConvexHull(cloud).vertices]
        to_origin, _ = trimesh.bounds.oriented_bounds(hull, ordered=True)
        return np.asarray(to_origin)[:3, :3]
    except (QhullError, ValueError, np.linalg.LinAlgError):
        return _flat_axes(cloud)  # Qhull refuses flat and collinear points


def _flat_axes(cloud: NDArray[np.float64]) -> NDArray[np.float64]:
    """Principal axes, turned in the plane to the rectangle of least area if there is one."""
    axes = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=True)[2]
    plane = cloud @ axes[:2].T
    try:
        corners = plane[ConvexHull(plane).vertices]
    except (QhullError, ValueError):
        return axes
    edges = np.roll(corners, -1, axis=0) - corners
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    turns = np.stack(
        [np.stack([np.cos(angles), np.sin(angles)], -1),
         np.stack([-np.sin(angles), np.cos(angles)], -1)], axis=1
    )  # fmt: skip
    areas = np.ptp(corners @ turns.transpose(0, 2, 1), axis=1).prod(axis=1)
    return np.concatenate([turns[areas.argmin()] @ axes[:2], axes[2:]])


def _box_along(cloud: NDArray[np.float64], axes: NDArray[np.float64]) -> OrientedBox:
    projected = cloud @ axes.T
    lengths = np.ptp(projected, axis=0)
    order = np.argsort(-lengths, kind="stable")
    rows = axes[order].copy()
    for index in range(2):
        largest = np.abs(rows[index]).argmax()
        rows[index] *= 1.0 if rows[index, largest] > 0 else -1.0
    rows[2] = np.cross(rows[0], rows[1])
    projected = cloud @ rows.T
    middle = (projected.min(axis=0) + projected.max(axis=0)) / 2
    return OrientedBox(middle @ rows, rows, np.ptp(projected, axis=0))
