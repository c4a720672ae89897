"""Faces or points as a graph: scores smoothed along it, and its connected pieces. All ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from handhold.geometry import TriMesh
from handhold.geometry.topology import weld

_SHARP = 0.6  # radians: a concave edge bent by this passes on 37 % of what a flat one does
_CONVEX_SHARP = 2.0  # convex edges divide parts less often
_NEAR = 8  # neighbours of a cloud's point
_STEPS = 12
_PULL = 1.5  # of the neighbours, against the face's own score


@dataclass(frozen=True, eq=False)
class SurfaceGraph:
    """weights (n, n): symmetric, how alike neighbours ought to be. sizes (n,): areas, or ones.

    bodies (n,): connected body that each face or point is on.
    """

    weights: csr_array
    sizes: NDArray[np.float64]
    bodies: NDArray[np.int64]

    def smoothed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (n, ...) pulled towards their neighbours' means, a few steps."""
        flat = values.reshape(len(values), -1)
        degree = np.asarray(self.weights.sum(axis=1)).reshape(-1, 1)
        reach = np.minimum(degree, 1.0) * _PULL
        result = flat
        for _ in range(_STEPS):
            around = (self.weights @ result) / np.maximum(degree, 1e-12)
            result = (flat + reach * around) / (1 + reach)
        return result.reshape(values.shape)

    def body_means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean (n, ...) over each one's body of values (n, ...), weighted by size."""
        flat = values.reshape(len(values), -1)
        size = np.bincount(self.bodies, self.sizes)
        sums = [np.bincount(self.bodies, self.sizes * column) for column in flat.T]
        means = np.stack(sums, axis=1) / np.maximum(size, 1e-30)[:, None]
        return means[self.bodies].reshape(values.shape)

    def pieces(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Connected piece (n,) of each chosen one, -1 for the others."""
        index = np.flatnonzero(chosen)
        result = np.full(len(chosen), -1)
        if len(index):
            result[index] = connected_components(self.weights[index][:, index], directed=False)[1]
        return result


def graph_of_mesh(mesh: TriMesh) -> SurfaceGraph:
    """Faces that share an edge; corners that coincide are one. Concave edges hold parts apart."""
    vertices, faces, _ = weld(mesh.vertices, mesh.faces)
    count = len(faces)
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    owner = np.repeat(np.arange(count), 3)
    keys = edges[:, 0] * len(vertices) + edges[:, 1]
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    first, second = owner[order][same], owner[order][same + 1]
    apart = first != second
    first, second = first[apart], second[apart]
    weights = _likeness(mesh, first, second)
    graph = coo_array((weights, (first, second)), (count, count)).tocsr()
    whole = csr_array(graph + graph.T)
    return SurfaceGraph(whole, mesh.face_areas, _bodies(whole))


def graph_of_points(points: NDArray[np.float64]) -> SurfaceGraph:
    """Points and their nearest neighbours."""
    count = len(points)
    distance, near = cKDTree(points).query(points, k=min(_NEAR + 1, count))
    usual = max(float(np.median(distance[:, -1])), 1e-12)
    rows = np.repeat(np.arange(count), near.shape[1] - 1)
    weights = np.exp(-((distance[:, 1:] / usual) ** 2)).reshape(-1)
    graph = coo_array((weights, (rows, near[:, 1:].reshape(-1))), (count, count)).tocsr()
    whole = csr_array((graph + graph.T) / 2)
    return SurfaceGraph(whole, np.ones(count), np.zeros(count, np.int64))


def _likeness(
    mesh: TriMesh, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float64]:
    normals, centres = mesh.face_normals, mesh.face_centres
    cosine = np.clip((normals[first] * normals[second]).sum(axis=1), -1, 1)
    between = centres[second] - centres[first]
    concave = (between * (normals[first] - normals[second])).sum(axis=1) > 0
    bend = np.arccos(cosine)
    limit = np.where(concave, _SHARP, _CONVEX_SHARP)
    return np.maximum(np.exp(-((bend / limit) ** 2)), 1e-3)


def _bodies(weights: csr_array) -> NDArray[np.int64]:
    return connected_components(weights, directed=False)[1].astype(np.int64)
