"""From a point cloud to a closed surface."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from handhold.errors import InputError
from handhold.geometry import topology
from handhold.geometry.level_set import level_set
from handhold.geometry.mesh import TriMesh, unit_rows
from handhold.geometry.reach import outside_nodes

_NEIGHBOURS = 16
_MAX_POINTS = 20_000
_MAX_CELLS = 64  # ours: along the longest side
_MIN_CELLS = 24


@dataclass(frozen=True, eq=False)
class OrientedCloud:
    """points (N, 3), outward unit normals (N, 3), the area (N,) each point stands for."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    areas: NDArray[np.float64]


def orient_cloud(
    points: NDArray[np.float64], normals: NDArray[np.float64] | None = None
) -> OrientedCloud:
    """Give a cloud (N, 3) areas, and normals where it has none.

    Normals: principal component analysis of 16 neighbours, made consistent along a minimum
    spanning tree (Hoppe et al. 1992), outward on the whole (the flux of position through the
    surface is positive), and towards the nearest place that can be reached from outside (ours).
    Given normals are kept.
    """
    tree = cKDTree(points)
    count = min(_NEIGHBOURS, len(points))
    distances, neighbours = tree.query(points, k=count)
    areas = np.pi * distances[:, -1] ** 2 / count
    if normals is None:
        normals = _outward(points, _consistent(points, neighbours, areas), areas)
    return OrientedCloud(points, unit_rows(np.asarray(normals, dtype=np.float64)), areas)


def thin_cloud(points: NDArray[np.float64], limit: int = _MAX_POINTS) -> NDArray[np.int64]:
    """Indices of at most about `limit` points, one per cell of a grid as fine as that allows."""
    chosen = np.arange(len(points))
    size = float(np.ptp(points, axis=0).max())
    cells = 512
    while len(chosen) > limit:
        keys = np.floor((points - points.min(axis=0)) / max(size, 1e-30) * cells).astype(np.int64)
        _, chosen = np.unique(keys @ [1, 1 << 20, 1 << 40], return_index=True)
        cells = int(cells * 0.8)
    return np.sort(chosen)


def surface_of_cloud(cloud: OrientedCloud) -> TriMesh:
    """A closed mesh around the solid that the cloud is the surface of (an implicit one, ours).

    Near the points the field is a moving-least-squares distance to their tangent planes;
    elsewhere it is the distance to the nearest point, negative where the winding number of
    the points, seen as small squares, exceeds 1/2. The latter closes holes and the unseen
    back of a partial scan. The zero level is cut out by marching cubes.
    """
    tree = cKDTree(cloud.points)
    gap = float(np.median(np.sqrt(cloud.areas)))
    size = float(np.ptp(cloud.points, axis=0).max())
    cell = float(np.clip(gap, size / _MAX_CELLS, size / _MIN_CELLS))
    lower = cloud.points.min(axis=0) - 3.4 * cell
    upper = cloud.points.max(axis=0) + 3.4 * cell
    surface = level_set(
        lambda nodes: _field(cloud, tree, nodes, max(cell, gap)), lower, upper, cell
    )
    if surface is None:
        raise InputError(
            "No surface could be fitted to the point cloud.",
            "Give more points, or normals that look outwards.",
        )
    return _main_bodies(surface)


def _field(
    cloud: OrientedCloud, tree: cKDTree, nodes: NDArray[np.float64], width: float
) -> NDArray[np.float64]:
    inside = _square_winding(cloud, nodes) > 0.5
    distance, nearest = tree.query(nodes, distance_upper_bound=2 * width)
    field = np.where(inside, -1.0, 1.0) * np.minimum(distance, 2 * width)
    near = np.flatnonzero(np.isfinite(distance))
    offset = nodes[near] - cloud.points[nearest[near]]
    height = np.einsum("ni,ni->n", offset, cloud.normals[nearest[near]])
    sideways = np.sqrt(np.maximum(distance[near] ** 2 - height**2, 0.0))
    reach = np.maximum(np.sqrt(cloud.areas[nearest[near]]), 0.5 * width)
    near = near[sideways < reach]
    if len(near):
        field[near] = _moving_least_squares(cloud, tree, nodes[near], width)
    return field


def _moving_least_squares(
    cloud: OrientedCloud, tree: cKDTree, nodes: NDArray[np.float64], width: float
) -> NDArray[np.float64]:
    distances, neighbours = tree.query(nodes, k=min(10, len(cloud.points)))
    # Relative to the nearest point, so that weights do not vanish away from the surface.
    excess = distances**2 - distances[:, :1] ** 2
    weights = np.exp(-excess / (2 * width**2)) * cloud.areas[neighbours]
    offsets = nodes[:, None] - cloud.points[neighbours]
    heights = np.einsum("nki,nki->nk", offsets, cloud.normals[neighbours])
    return (weights * heights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-300)


def _square_winding(cloud: OrientedCloud, nodes: NDArray[np.float64]) -> NDArray[np.float64]:
    helper = np.where(np.abs(cloud.normals[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    first = unit_rows(np.cross(cloud.normals, helper))
    second = np.cross(cloud.normals, first)
    half = 0.5 * np.sqrt(cloud.areas)[:, None]
    corners = [
        cloud.points + half * (a * first + b * second)
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    vertices = np.concatenate(corners)
    index = np.arange(len(cloud.points))
    count = len(index)
    faces = np.concatenate(
        [
            np.stack([index, index + count, index + 2 * count], axis=1),
            np.stack([index, index + 2 * count, index + 3 * count], axis=1),
        ]
    )
    return np.asarray(igl.fast_winding_number(vertices, faces, nodes))


def _consistent(
    points: NDArray[np.float64], neighbours: NDArray[np.int64], areas: NDArray[np.float64]
) -> NDArray[np.float64]:
    centred = points[neighbours] - points[neighbours].mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh(np.einsum("nki,nkj->nij", centred, centred))
    normals = axes[:, :, 0]
    count, width = neighbours.shape
    rows = np.repeat(np.arange(count), width - 1)
    columns = neighbours[:, 1:].reshape(-1)
    costs = 1.0 + 1e-6 - np.abs(np.einsum("ni,ni->n", normals[rows], normals[columns]))
    tree = minimum_spanning_tree(csr_array(coo_array((costs, (rows, columns)), (count, count))))
    tree = tree + tree.T
    _, component = connected_components(tree, directed=False)
    for root in np.unique(component, return_index=True)[1]:
        order, parent = breadth_first_order(tree, root, directed=False)
        for node in order[1:]:
            if normals[node] @ normals[parent[node]] < 0:
                normals[node] = -normals[node]
        members = component == component[root]
        normals[members] = _outward(points[members], normals[members], areas[members])
    # The tree may cross a thin wall: where the way out is clear, that decides.
    facing = np.einsum("ni,ni->n", normals, _way_out(points, areas))
    return np.where(facing[:, None] < -0.3, -normals, normals)


def _way_out(points: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit directions (N, 3) to the nearest places that a ball from outside can get to.

    The ball is more than twice as large as the usual gap between points: it stays outside.
    """
    size = float(np.ptp(points, axis=0).max())
    radius = max(2 * float(np.quantile(np.sqrt(areas), 0.75)), size / 40)
    tree = cKDTree(points)
    bounds = np.stack([points.min(axis=0), points.max(axis=0)])
    places = outside_nodes(lambda nodes: tree.query(nodes)[0], bounds, radius)
    _, nearest = cKDTree(places).query(points, k=min(6, len(places)))
    return unit_rows((places[nearest] - points[:, None]).mean(axis=1))


def _outward(
    points: NDArray[np.float64], normals: NDArray[np.float64], areas: NDArray[np.float64]
) -> NDArray[np.float64]:
    flux = (areas[:, None] * (points - points.mean(axis=0)) * normals).sum()
    return normals if flux >= 0 else -normals


def _main_bodies(surface: TriMesh) -> TriMesh:
    """The bodies with at least 2 % of the largest one's area, looking outwards."""
    points, triangles, _ = topology.weld(surface.vertices, surface.faces)
    mesh = TriMesh(points, triangles)
    body = topology.bodies(triangles, len(points))
    areas = np.bincount(body, weights=mesh.face_areas)
    mesh = mesh.submesh((areas >= 0.02 * areas.max())[body])
    first, second, third = mesh.triangles.transpose(1, 0, 2)
    if np.einsum("fi,fi->", first, np.cross(second, third)) < 0:
        mesh = TriMesh(mesh.vertices, mesh.faces[:, ::-1])
    return mesh
