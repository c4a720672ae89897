"""Approximate convex decomposition, and how far its pieces stand out from the surface."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import coacd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from handhold.cache import DiskCache, content_hash, open_cache
from handhold.geometry import topology
from handhold.geometry.closest import closest_points
from handhold.geometry.level_set import closed_approximation
from handhold.geometry.mesh import TriMesh, concatenate, unit_rows
from handhold.geometry.repair import simplified
from handhold.geometry.sampling import sample_surface
from handhold.geometry.signed_distance import signed_distance

_LOG = logging.getLogger(__name__)
_VERSION = 3
_MAX_INPUT_FACES = 2000  # ours: CoACD takes seconds for this, minutes for ten times as many
_OVERHANG_SAMPLES = 4000  # ours, over all pieces
_TOUCHING = 1e-6  # metres: a sample this deep in another piece lies in no outer surface


@dataclass(frozen=True)
class Overhang:
    """How far the outer surface of convex pieces stands out from the true surface.

    largest, mean: metres, over samples of the outer surface of the union of the pieces, spread
    evenly by area; a sample on or below the true surface counts as 0. samples: how many.
    """

    largest: float
    mean: float
    samples: int

    @property
    def largest_mm(self) -> float:
        return 1000 * self.largest

    @property
    def mean_mm(self) -> float:
        return 1000 * self.mean


@dataclass(frozen=True, eq=False)
class ConvexDecomposition:
    """Convex pieces, largest first, how far they overhang, and the seconds it took to find them
    (the time of the run that filled the cache)."""

    pieces: list[TriMesh]
    overhang: Overhang
    seconds: float


def convex_pieces(
    mesh: TriMesh,
    threshold: float = 0.05,
    max_pieces: int = 32,
    max_vertices: int = 64,
    seed: int = 0,
    cache: DiskCache | None = None,
) -> list[TriMesh]:
    """Convex meshes that together cover `mesh`, largest first (CoACD; Wei et al. 2022).

    threshold: concavity at which a piece is cut no further, relative to the object's size
    (0.02-0.03 follows thin shells, 0.05 is coarse); pieces overhang the surface by up to some
    mm. Ours: CoACD gets a simplified mesh, and for a surface that is not closed one that runs
    1 % of its size outside of it. Where CoACD finds nothing, the convex hull. Cached by
    content.
    """
    store = open_cache() if cache is None else cache
    key = _key(mesh, threshold, max_pieces, max_vertices, seed)
    return _timed_pieces(mesh, threshold, max_pieces, max_vertices, seed, store, key)[0]


def convex_decomposition(
    mesh: TriMesh,
    threshold: float = 0.05,
    max_pieces: int = 32,
    max_vertices: int = 64,
    seed: int = 0,
    draw_in: bool = True,
    cache: DiskCache | None = None,
) -> ConvexDecomposition:
    """`convex_pieces` with their overhang over `mesh`, beside them in the cache.

    draw_in: corners outside of the true surface go to the nearest point of it, because for a
    surface that is not closed CoACD saw one that runs outside of it (ours).
    """
    store = open_cache() if cache is None else cache
    key = _key(mesh, threshold, max_pieces, max_vertices, seed)
    kind = "convex-drawn-in" if draw_in else "convex-as-cut"
    found = store.load(kind, key)
    if found is None:
        pieces, seconds = _timed_pieces(mesh, threshold, max_pieces, max_vertices, seed, store, key)
        start = time.perf_counter()
        if draw_in:
            pieces = _drawn_in(mesh, pieces)
        out = overhang(mesh, pieces)
        took = seconds + time.perf_counter() - start
        numbers = np.array([out.largest, out.mean, out.samples, took], dtype=np.float64)
        found = _packed(pieces) | {"numbers": numbers}
        store.store(kind, key, found)
    largest, mean, samples, seconds = found["numbers"].tolist()
    return ConvexDecomposition(_unpacked(found), Overhang(largest, mean, int(samples)), seconds)


def _drawn_in(mesh: TriMesh, pieces: list[TriMesh]) -> list[TriMesh]:
    corners = np.concatenate([piece.vertices for piece in pieces])
    out = signed_distance(mesh, corners)
    away = unit_rows(corners - closest_points(mesh, corners).point)
    ends = np.cumsum([len(piece.vertices) for piece in pieces])[:-1]
    moved = np.split(corners - np.maximum(out, 0.0)[:, None] * away, ends)
    hulls = [convex_hull(points) for points in moved]
    return [piece if hull is None else hull for piece, hull in zip(pieces, hulls, strict=True)]


def overhang(
    mesh: TriMesh, pieces: list[TriMesh], samples: int = _OVERHANG_SAMPLES, seed: int = 0
) -> Overhang:
    """How far the union of convex `pieces` stands out from `mesh`; see `Overhang`."""
    joined = concatenate(pieces)
    points = sample_surface(joined, samples, seed)
    owner = np.repeat(np.arange(len(pieces)), [len(piece.faces) for piece in pieces])
    buried = np.zeros(samples, dtype=bool)
    for index, piece in enumerate(pieces):
        others = (owner[points.faces] != index) & ~buried
        buried[others] = plane_distance(piece, points.points[others]) < -_TOUCHING
    outer = points.points[~buried]
    if not len(outer):
        return Overhang(0.0, 0.0, 0)
    above = np.maximum(signed_distance(mesh, outer), 0.0)
    return Overhang(float(above.max()), float(above.mean()), len(outer))


def nearest_piece(pieces: list[TriMesh], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each point (N, 3) the piece that it lies deepest in, or nearest to."""
    depth = np.stack([plane_distance(piece, points) for piece in pieces])
    return depth.argmin(axis=0)


def _key(mesh: TriMesh, threshold: float, max_pieces: int, max_vertices: int, seed: int) -> str:
    settings = (_VERSION, float(threshold), max_pieces, max_vertices, seed)
    return content_hash(*settings, mesh.vertices, mesh.faces)


def _timed_pieces(
    mesh: TriMesh,
    threshold: float,
    max_pieces: int,
    max_vertices: int,
    seed: int,
    store: DiskCache,
    key: str,
) -> tuple[list[TriMesh], float]:
    found = store.load("convex-pieces", key)
    if found is None:
        start = time.perf_counter()
        pieces = _decompose(mesh, threshold, max_pieces, max_vertices, seed)
        found = _packed(pieces) | {"seconds": np.array(time.perf_counter() - start)}
        store.store("convex-pieces", key, found)
    return _unpacked(found), float(found["seconds"])


def _decompose(
    mesh: TriMesh, threshold: float, max_pieces: int, max_vertices: int, seed: int
) -> list[TriMesh]:
    small = _manifold(mesh)
    coacd.set_log_level("error")
    try:
        parts = coacd.run_coacd(
            coacd.Mesh(small.vertices, small.faces.astype(np.int32)),
            preprocess_mode="off" if topology.is_closed(small.faces) else "auto",
            preprocess_resolution=30,
            threshold=threshold,
            max_convex_hull=max_pieces,
            max_ch_vertex=max_vertices,
            mcts_iterations=30,
            mcts_nodes=12,
            mcts_max_depth=2,
            resolution=800,
            seed=seed,
        )
    except RuntimeError as error:
        _LOG.warning("the convex decomposition failed (%s); the hull is used", error)
        parts = []
    pieces = [
        hull for vertices, _ in parts if (hull := convex_hull(np.asarray(vertices))) is not None
    ]
    if not pieces:
        whole = convex_hull(mesh.vertices)
        pieces = [mesh if whole is None else whole]
    return sorted(pieces, key=_volume, reverse=True)


def _manifold(mesh: TriMesh) -> TriMesh:
    """A small closed mesh of the shape: itself simplified, or else a surface around it."""
    small = simplified(mesh, _MAX_INPUT_FACES)
    if (
        topology.is_closed(small.faces)
        and not topology.bodies(small.faces, len(small.vertices)).any()
    ):
        return small
    for cells in (48, 32):
        around = closed_approximation(mesh, cells)
        if around is not None:
            small = simplified(around, _MAX_INPUT_FACES)
            if topology.is_closed(small.faces):
                return small
    # Simplification may pinch thin places: a coarser surface that needs none.
    coarse = closed_approximation(mesh, 20)
    return small if coarse is None else coarse


def convex_hull(points: NDArray[np.float64]) -> TriMesh | None:
    """The closed convex hull of `points` (N, 3), outward; None where they span no volume."""
    try:
        hull = ConvexHull(points)
    except (QhullError, ValueError):
        return None
    faces = hull.simplices.astype(np.int64)
    corners = points[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (normals * hull.equations[:, :3]).sum(axis=1) < 0
    faces[inward] = faces[inward][:, ::-1]
    return TriMesh(points, faces).submesh(np.arange(len(faces)))


def plane_distance(piece: TriMesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest signed distance (N,) of `points` to the planes of a convex mesh: negative inside."""
    planes = hull_planes(piece)
    if planes is None:
        return np.linalg.norm(points - piece.centre, axis=1)
    worst = np.full(len(points), -np.inf)
    for plane in planes:
        np.maximum(worst, points @ plane[:3] + plane[3], out=worst)
    return worst


def hull_planes(piece: TriMesh) -> NDArray[np.float64] | None:
    """Unit outward planes (P, 4) of a convex mesh, n . x + d <= 0 inside; None where it is flat."""
    try:
        equations = ConvexHull(piece.vertices).equations
    except (QhullError, ValueError):
        return None
    return np.unique(np.round(equations, 9), axis=0)


def _volume(mesh: TriMesh) -> float:
    first, second, third = (mesh.triangles - mesh.centre).transpose(1, 0, 2)
    return abs(float(np.einsum("fi,fi->", first, np.cross(second, third)))) / 6.0


def _packed(pieces: list[TriMesh]) -> dict[str, np.ndarray]:
    return {
        "vertices": np.concatenate([piece.vertices for piece in pieces]),
        "faces": np.concatenate([piece.faces for piece in pieces]),
        "vertex_counts": np.array([len(piece.vertices) for piece in pieces]),
        "face_counts": np.array([len(piece.faces) for piece in pieces]),
    }


def _unpacked(arrays: dict[str, np.ndarray]) -> list[TriMesh]:
    vertices = np.split(arrays["vertices"], np.cumsum(arrays["vertex_counts"])[:-1])
    faces = np.split(arrays["faces"], np.cumsum(arrays["face_counts"])[:-1])
    return [TriMesh(points, triangles) for points, triangles in zip(vertices, faces, strict=True)]
