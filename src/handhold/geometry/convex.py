"""Approximate convex decomposition."""

from __future__ import annotations

import logging

import coacd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from handhold.cache import DiskCache, content_hash, open_cache
from handhold.geometry import topology
from handhold.geometry.level_set import closed_approximation
from handhold.geometry.mesh import TriMesh
from handhold.geometry.repair import simplified

_LOG = logging.getLogger(__name__)
_VERSION = 2
_MAX_INPUT_FACES = 2000  # ours: CoACD takes seconds for this, minutes for ten times as many


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
    settings = (_VERSION, float(threshold), max_pieces, max_vertices, seed)
    key = content_hash(*settings, mesh.vertices, mesh.faces)
    found = store.load("convex-pieces", key)
    if found is None:
        found = _packed(_decompose(mesh, threshold, max_pieces, max_vertices, seed))
        store.store("convex-pieces", key, found)
    return _unpacked(found)


def nearest_piece(pieces: list[TriMesh], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each point (N, 3) the piece that it lies deepest in, or nearest to."""
    depth = np.stack([_plane_distance(piece, points) for piece in pieces])
    return depth.argmin(axis=0)


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
    pieces = [hull for vertices, _ in parts if (hull := _hull(np.asarray(vertices))) is not None]
    if not pieces:
        whole = _hull(mesh.vertices)
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


def _hull(points: NDArray[np.float64]) -> TriMesh | None:
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


def _plane_distance(piece: TriMesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest signed distance to the planes of a convex mesh: negative inside."""
    try:
        planes = np.unique(np.round(ConvexHull(piece.vertices).equations, 9), axis=0)
    except (QhullError, ValueError):
        return np.linalg.norm(points - piece.centre, axis=1)
    worst = np.full(len(points), -np.inf)
    for plane in planes:
        np.maximum(worst, points @ plane[:3] + plane[3], out=worst)
    return worst


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
