"""Who shares an edge with whom, and which faces are the same."""

from __future__ import annotations

import igl
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from handhold.geometry.condense import cell_keys


def weld(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Merge vertices that coincide, drop unused ones.

    Coincide: same cell of a 2^20 grid over the bounding box (0.3 um on a 0.3 m object, ours).
    Returns vertices (V', 3), faces (F, 3) and for each kept vertex its old index (V',).
    """
    lower = vertices.min(axis=0)
    cell = max(float((vertices.max(axis=0) - lower).max()), 1e-30) / (2**20 - 1)
    keys = cell_keys(vertices, lower, cell)
    used = np.zeros(len(vertices), dtype=bool)
    used[faces] = True
    where = np.flatnonzero(used)
    _, first, inverse = np.unique(keys[where], return_index=True, return_inverse=True)
    target = np.zeros(len(vertices), dtype=np.int64)
    target[where] = inverse
    return vertices[where[first]], target[faces], where[first]


def first_of_duplicates(faces: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mask (F,) that keeps one face of each set of three vertices, whatever the winding."""
    if not len(faces):
        return np.zeros(0, dtype=bool)
    low, middle, high = np.sort(faces, axis=1).T
    order = np.lexsort((high, middle, low))
    ordered = np.stack([low, middle, high], axis=1)[order]
    new = np.ones(len(faces), dtype=bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    keep = np.zeros(len(faces), dtype=bool)
    keep[order[new]] = True
    return keep


def directed_edges(faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """The edges (3F, 2) as the faces run along them: all first edges, then second, third."""
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def is_closed(faces: NDArray[np.int64]) -> bool:
    """Whether every edge is run along equally often in both directions (an oriented cycle).

    This is what makes the winding number an integer; watertight and consistently wound
    meshes are closed, and so are some with edges of four faces.
    """
    if not len(faces):
        return False
    edges = directed_edges(faces)
    signs = np.where(edges[:, 0] < edges[:, 1], 1, -1)
    count = int(faces.max()) + 1
    keys = edges.min(axis=1) * count + edges.max(axis=1)
    _, inverse = np.unique(keys, return_inverse=True)
    return not np.bincount(inverse, weights=signs).any()


def open_edge_count(faces: NDArray[np.int64]) -> int:
    """How many edges belong to one face only."""
    edges = np.sort(directed_edges(faces), axis=1)
    _, counts = np.unique(edges[:, 0] * (int(faces.max()) + 1) + edges[:, 1], return_counts=True)
    return int((counts == 1).sum())


def bodies(faces: NDArray[np.int64], vertex_count: int) -> NDArray[np.int64]:
    """Component (F,) of each face; faces that share a vertex are in the same component."""
    rows = np.concatenate([faces[:, 0], faces[:, 1]])
    columns = np.concatenate([faces[:, 1], faces[:, 2]])
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), (vertex_count,) * 2)
    _, labels = connected_components(graph, directed=False)
    _, packed = np.unique(labels[faces[:, 0]], return_inverse=True)
    return packed


def consistent_patches(
    faces: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Faces (F, 3) wound alike within each patch, and the patch (F,) of each face.

    A patch is a set of faces joined by edges of exactly two faces (libigl's bfs_orient).
    """
    oriented, patch = igl.bfs_orient(np.ascontiguousarray(faces))[:2]
    return np.asarray(oriented, dtype=np.int64), np.asarray(patch, dtype=np.int64).reshape(-1)
