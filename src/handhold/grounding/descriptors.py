"""Size, place and share of an object's parts, as far as choosing one needs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from handhold.geometry import TriMesh, oriented_box
from handhold.objects import ObjectAsset


@dataclass(frozen=True, eq=False)
class PartDescriptors:
    """What is measured of P parts, in the object frame (metres, z up).

    lengths (P, 3): sides of the oriented box, longest first. centres (P, 3): its centre.
    area_share (P,): share of the object's surface. volume (P,): of the convex hull, m^3.
    bottom, top (P,): lowest and highest point, 0 at the object's foot and 1 at its top.
    extents (3,): size of the whole object.
    """

    lengths: NDArray[np.float64]
    centres: NDArray[np.float64]
    area_share: NDArray[np.float64]
    volume: NDArray[np.float64]
    bottom: NDArray[np.float64]
    top: NDArray[np.float64]
    extents: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def off_axis(self) -> NDArray[np.float64]:
        """(P,) horizontal distance from the object's middle, 1 at its horizontal half size."""
        half = max(float(np.max(self.extents[:2])) / 2, 1e-9)
        return np.linalg.norm(self.centres[:, :2], axis=1) / half


def describe_parts(asset: ObjectAsset) -> PartDescriptors:
    """Measure every part of an object."""
    meshes = [asset.part_mesh(name) for name in asset.part_names]
    boxes = [oriented_box(mesh.vertices) for mesh in meshes]
    areas = np.array([mesh.area for mesh in meshes])
    lower, upper = asset.mesh.bounds
    height = max(float(upper[2] - lower[2]), 1e-9)
    z_ranges = np.array([mesh.bounds[:, 2] for mesh in meshes])
    return PartDescriptors(
        lengths=np.array([box.lengths for box in boxes]),
        centres=np.array([box.centre for box in boxes]),
        area_share=areas / max(float(areas.sum()), 1e-12),
        volume=np.array([_hull_volume(mesh) for mesh in meshes]),
        bottom=(z_ranges[:, 0] - lower[2]) / height,
        top=(z_ranges[:, 1] - lower[2]) / height,
        extents=np.asarray(upper - lower, dtype=np.float64),
    )


def _hull_volume(mesh: TriMesh) -> float:
    """Volume of the convex hull; 0 for a flat part."""
    try:
        return float(ConvexHull(mesh.vertices).volume)
    except (QhullError, ValueError):
        return 0.0
