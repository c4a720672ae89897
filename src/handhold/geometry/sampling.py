"""Points on a surface, evenly spread by area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.geometry.mesh import TriMesh


@dataclass(frozen=True, eq=False)
class SurfaceSample:
    """points (n, 3), outward unit normals (n, 3) and the faces (n,) they lie on."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    faces: NDArray[np.int64]


def sample_surface(
    mesh: TriMesh,
    n: int,
    seed: int = 0,
    where: NDArray[np.bool_] | NDArray[np.float64] | None = None,
) -> SurfaceSample:
    """`n` random points on `mesh`, uniform by area, the same for the same seed.

    where: mask (F,) of the faces to use (all if None), or points per area (F,). Stratified over the
    cumulated area, which spreads them more evenly than plain sampling, then shuffled.
    """
    areas = mesh.face_areas if where is None else mesh.face_areas * where
    if not areas.sum() > 0:
        raise ValueError("a mesh without area has no surface to sample")
    generator = np.random.default_rng(seed)
    cumulated = np.cumsum(areas)
    targets = (np.arange(n) + generator.random(n)) / n * cumulated[-1]
    targets = np.minimum(generator.permutation(targets), np.nextafter(cumulated[-1], 0))
    faces = np.searchsorted(cumulated, targets, side="right")
    root, other = np.sqrt(generator.random(n)), generator.random(n)
    weights = np.stack([1 - root, root * (1 - other), root * other], axis=1)
    points = np.einsum("nc,ncd->nd", weights, mesh.triangles[faces])
    return SurfaceSample(points, mesh.face_normals[faces], faces.astype(np.int64))
