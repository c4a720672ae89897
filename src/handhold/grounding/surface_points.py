"""Points on what can be seen of a surface, with normals: where the part segmenter looks.

All of it is ours. Real meshes are open, double-walled, or made of many bodies that reach into each
other; short rays to all sides tell which side of a face is the outer one, and whether any is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from handhold.errors import InputError
from handhold.geometry import TriMesh, sample_surface
from handhold.geometry.mesh import unit_rows
from handhold.geometry.sampling import SurfaceSample
from handhold.geometry.topology import weld

N_POINTS = 2048
DETAIL = 0.5  # ours
_BENDS = 4000  # points that tell where a surface bends
_CHOICE = 16  # places to choose from, per candidate
_REACH = 0.025  # of the longest side: how far a bend draws points
_CROWDING = 2.0  # the power by which crowded bends draw more
_DENSEST = 6.0  # times the mean; below _CHOICE, or places run out
_SPARE = 1.6  # candidates per point wanted: some are hidden
_RAYS = 10  # to each side of a candidate
_BOX = 100.0  # rays are float32: work in a box of this size
_OFFSET = 0.02  # in that box: 0.04 mm on an object of 0.2 m
_NEIGHBOURS = 16  # whose plane is a cloud's normal
_FEWEST = 16


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """N points of an object, in metres, z up.

    points, normals (N, 3): normals are of unit length and look out. source (N,): the face that a
    point lies on, or the index of the cloud's point. thickness (N,): metres from the point inwards
    to the next surface, NaN where there is none or it is not known. openness (N,): share of the
    half space above the point that is free, NaN where not known. share (N,): the area that a point
    stands for, in units of their mean.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    source: NDArray[np.int64]
    thickness: NDArray[np.float64]
    openness: NDArray[np.float64]
    share: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.points)

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> SurfacePoints:
        """The chosen points (indices or mask)."""
        return SurfacePoints(
            self.points[chosen],
            self.normals[chosen],
            self.source[chosen],
            self.thickness[chosen],
            self.openness[chosen],
            self.share[chosen],
        )


def points_of_mesh(
    mesh: TriMesh,
    n: int = N_POINTS,
    seed: int = 0,
    *,
    detail: float = DETAIL,
    bend: NDArray[np.float64] | None = None,
) -> SurfacePoints:
    """`n` points on what can be seen of a mesh from outside; the same for the same seed.

    detail: share of the points that go where the surface bends most, so that a button gets more
    than its area gives it; the others are spread evenly. bend (F,): what `bending` says of the
    mesh, where it is known already. Normals look to the side that sees more
    of the surroundings, whatever the winding. Raises InputError for a mesh without area.
    """
    if not mesh.area > 0:
        raise InputError("The mesh has no area.", "Give one with faces.")
    generator = np.random.default_rng(seed)
    if bend is None:
        bend = bending(mesh) if detail > 0 else np.zeros(len(mesh.faces))
    sample, share = _candidates(mesh, int(_SPARE * n), seed, detail, bend)
    rays = Rays(mesh)
    front = rays.free_share(sample.points, sample.normals, generator)
    back = rays.free_share(sample.points, -sample.normals, generator)
    seen = np.flatnonzero(np.maximum(front, back) > 0)
    if len(seen) < _FEWEST:
        seen = np.arange(len(front))
    chosen = seen[np.arange(n) % len(seen)] if len(seen) < n else seen[:n]
    turned = np.where(back > front, -1.0, 1.0)[chosen]
    points, normals = sample.points[chosen], sample.normals[chosen] * turned[:, None]
    return SurfacePoints(
        points,
        normals,
        sample.faces[chosen],
        rays.distance(points, -normals),
        np.maximum(front, back)[chosen],
        share[chosen] / share[chosen].mean(),
    )


def _candidates(
    mesh: TriMesh, n: int, seed: int, detail: float, bend: NDArray[np.float64]
) -> tuple[SurfaceSample, NDArray[np.float64]]:
    """Points in random order, and the area that each stands for."""
    if not (detail > 0 and bend.sum() > 0):
        return sample_surface(mesh, n, seed=seed), np.ones(n)
    bends = sample_surface(mesh, _BENDS, seed + 1, bend / np.maximum(mesh.face_areas, 1e-30))
    many = sample_surface(mesh, _CHOICE * n, seed)
    reach = _REACH * float(mesh.extents.max())
    crowd = cKDTree(bends.points).query_ball_point(many.points, reach, return_length=True)
    crowd = crowd.astype(np.float64) ** _CROWDING
    density = (1 - detail) + detail * crowd / max(float(crowd.mean()), 1e-30)
    density = np.minimum(density, _DENSEST)
    chance = density / density.sum()
    at = np.random.default_rng([seed, 2]).choice(len(chance), n, p=chance, replace=False)
    sample = SurfaceSample(many.points[at], many.normals[at], many.faces[at])
    return sample, 1 / density[at]


def bending(mesh: TriMesh) -> NDArray[np.float64]:
    """(F,) how much of the surface's bending is at each face: half of length times angle of its
    edges (twice the integral of the mean curvature); edges of one face alone count for nothing."""
    vertices, faces, _ = weld(mesh.vertices, mesh.faces)
    edges = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2), axis=2).reshape(-1, 2)
    face = np.repeat(np.arange(len(faces)), 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    edges, face = edges[order], face[order]
    same = np.flatnonzero((edges[1:] == edges[:-1]).all(axis=1))
    first, second = face[same], face[same + 1]
    cosine = np.abs((mesh.face_normals[first] * mesh.face_normals[second]).sum(axis=1))
    ends = vertices[edges[same]]
    amount = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) * np.arccos(np.clip(cosine, 0, 1))
    return (np.bincount(first, amount, len(faces)) + np.bincount(second, amount, len(faces))) / 2


def points_of_cloud(
    points: NDArray[np.float64],
    n: int = N_POINTS,
    seed: int = 0,
    normals: NDArray[np.float64] | None = None,
) -> SurfacePoints:
    """At most `n` points of a cloud (M, 3), drawn at random; same for same seed.

    normals (M, 3): as given, else estimated from neighbours and turned away from the bulk of the
    cloud. Raises InputError for fewer than 16 points or for points that are not finite.
    """
    given = np.asarray(points, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != 3 or len(given) < _FEWEST:
        raise InputError(
            f"The cloud has shape {given.shape}.", f"It needs at least {_FEWEST} rows of x, y, z."
        )
    if not np.isfinite(given).all():
        raise InputError("The cloud has points that are not finite.", "Remove them.")
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(given))[:n]
    kept = given[chosen]
    unknown = np.full(len(chosen), np.nan)
    outward = _normals(kept) if normals is None else unit_rows(np.asarray(normals)[chosen])
    return SurfacePoints(kept, outward, chosen, unknown, unknown, np.ones(len(chosen)))


class Rays:
    """Rays against a mesh: how free a point is, how far the next surface."""

    def __init__(self, mesh: TriMesh) -> None:
        self._centre = mesh.centre
        self._scale = _BOX / max(float(mesh.extents.max()), 1e-30)
        self._scene = rtcore_scene.EmbreeScene()
        triangles = ((mesh.triangles - self._centre) * self._scale).astype(np.float32)
        TriangleMesh(self._scene, triangles)

    def free_share(
        self,
        points: NDArray[np.float64],
        normals: NDArray[np.float64],
        generator: np.random.Generator,
        rays: int = _RAYS,
    ) -> NDArray[np.float64]:
        """Share (n,) of random rays (density cosine) from the normal's side that meet nothing."""
        sphere = unit_rows(generator.normal(size=(rays, *points.shape)))
        directions = unit_rows(normals + 0.999 * sphere).reshape(-1, 3)
        starts = np.broadcast_to(self._inside(points) + _OFFSET * normals, sphere.shape)
        hit = self._run(starts.reshape(-1, 3), directions, "INTERSECT")
        return (hit < 0).reshape(rays, -1).mean(axis=0)

    def distance(
        self, points: NDArray[np.float64], directions: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Metres (n,) to the next surface along unit directions; NaN where there is none."""
        starts = self._inside(points) + _OFFSET * directions
        found = self._run(starts, directions, "DISTANCE").astype(np.float64)
        return np.where(found < 10 * _BOX, found / self._scale, np.nan)

    def sees(self, eye: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Mask (n,) of the points that nothing hides from `eye` (3,)."""
        to_eye = eye - points
        lengths = np.linalg.norm(to_eye, axis=1)
        blocked = self.distance(points, unit_rows(to_eye))
        return ~(blocked < lengths)

    def _inside(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return (points - self._centre) * self._scale

    def _run(
        self, starts: NDArray[np.float64], directions: NDArray[np.float64], query: str
    ) -> NDArray[np.float64]:
        return np.asarray(
            self._scene.run(
                np.ascontiguousarray(starts, dtype=np.float32),
                np.ascontiguousarray(directions, dtype=np.float32),
                query=query,
            )
        )


def _normals(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normals of the planes through each point's neighbours, away from where most points are."""
    tree = cKDTree(points)
    _, near = tree.query(points, k=min(_NEIGHBOURS, len(points)))
    offsets = points[near] - points[near].mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh(np.einsum("nki,nkj->nij", offsets, offsets))
    normals = axes[:, :, 0]
    away = _away(points)
    return np.where((normals * away).sum(axis=1, keepdims=True) < 0, -normals, normals)


def _away(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The field (n, 3) that equal charges at the points make: outwards, if they bound a body."""
    unit = (points - points.mean(axis=0)) / max(float(np.ptp(points, axis=0).max()), 1e-30)
    flat = unit.astype(np.float32)
    squared = (flat**2).sum(axis=1)
    distance = np.maximum(squared[:, None] + squared - 2 * flat @ flat.T, 1e-3)
    weight = distance**-1.5
    field: NDArray[np.float64] = (unit * weight.sum(axis=1)[:, None] - weight @ flat).astype(float)
    return field
