"""Penetration depth and solid intersection volume (system design, section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
import torch
from numpy.typing import NDArray

from handhold.contact import skin_depth
from handhold.evaluate.surface import HandOnSurface
from handhold.geometry import TriMesh, inside

CM_PER_M = 100.0
CM3_PER_M3 = 1e6


def penetration_depth_cm(hand: HandOnSurface) -> NDArray[np.float64]:
    """(B,) cm: largest exact distance to the surface over the vertices inside; 0 if none."""
    return CM_PER_M * skin_depth(torch.from_numpy(hand.distance)).numpy().max(axis=1)


@dataclass(frozen=True, eq=False)
class SharedCells:
    """Lattice cubes in both object and hand, for B hands.

    volume_cm3 (B,); twice (B,): the hand's skin encloses one of them twice, for it cuts itself.
    points_inside (B, N): which of the other points that were asked for are inside the hand.
    """

    volume_cm3: NDArray[np.float64]
    twice: NDArray[np.bool_]
    points_inside: NDArray[np.bool_]


def intersection_volume_cm3(
    mesh: TriMesh,
    hand_vertices: NDArray[np.float64],
    hand_faces: NDArray[np.int64],
    *,
    voxel_size: float = 0.005,
) -> NDArray[np.float64]:
    """(B,) cm3 of object solid inside the hand.

    Cubes of `voxel_size` metres on one lattice fixed to the object's frame; a cube counts
    when its centre is inside the object and inside the hand mesh. hand_vertices (B, V, 3)
    metres, hand_faces (F, 3). A posed hand may cut itself, so "inside the hand" is a winding
    number over 1/2.
    """
    return shared_cells(mesh, hand_vertices, hand_faces, voxel_size=voxel_size).volume_cm3


def shared_cells(
    mesh: TriMesh,
    hand_vertices: NDArray[np.float64],
    hand_faces: NDArray[np.int64],
    *,
    voxel_size: float = 0.005,
    points: NDArray[np.float64] | None = None,
) -> SharedCells:
    """The cubes that `intersection_volume_cm3` counts.

    points (N, 3): others of which it is to be known whether they are inside each hand; asking
    both at once builds the tree of the hand's skin once.
    """
    vertices = np.asarray(hand_vertices, dtype=np.float64)
    faces = np.asarray(hand_faces, dtype=np.int64)
    others = np.zeros((0, 3)) if points is None else points
    found = [_enclosed(mesh, posed, faces, voxel_size, others) for posed in vertices]
    owner = np.repeat(np.arange(len(found)), [len(item.cells) for item in found])
    volume, twice = np.zeros(len(vertices)), np.zeros(len(vertices), dtype=bool)
    if len(owner):
        distinct, where = np.unique(
            np.concatenate([item.cells for item in found]), axis=0, return_inverse=True
        )
        centres = np.asarray((distinct + 0.5) * voxel_size, np.float64)
        solid = inside(mesh, centres)[where.reshape(-1)]
        winding = np.concatenate([item.winding for item in found])
        count = np.bincount(owner[solid], minlength=len(vertices))
        volume = np.asarray(CM3_PER_M3 * voxel_size**3 * count, dtype=np.float64)
        twice = np.bincount(owner[solid & (winding > 1.5)], minlength=len(vertices)) > 0
    return SharedCells(volume, twice, np.array([item.points_inside for item in found]))


def inside_hands(
    hand_vertices: NDArray[np.float64], hand_faces: NDArray[np.int64], points: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(B, N): which of points (N, 3) metres are inside each hand (B, V, 3) metres."""
    return np.array([_inside_hand(posed, hand_faces, points) for posed in hand_vertices])


@dataclass(frozen=True, eq=False)
class _Enclosed:
    """cells (M, 3) of the lattice inside one hand, its winding number there, and which points."""

    cells: NDArray[np.int64]
    winding: NDArray[np.float64]
    points_inside: NDArray[np.bool_]


def _enclosed(
    mesh: TriMesh,
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    voxel_size: float,
    points: NDArray[np.float64],
) -> _Enclosed:
    cells = _cells_in_boxes(mesh, vertices, voxel_size)
    near = _in_box(vertices, points)
    queries = np.concatenate([(cells + 0.5) * voxel_size, points[near]])
    winding = _winding(vertices, faces, queries)
    enclosed = winding[: len(cells)] > 0.5
    points_inside = np.zeros(len(points), dtype=bool)
    points_inside[near] = winding[len(cells) :] > 0.5
    return _Enclosed(cells[enclosed], winding[: len(cells)][enclosed], points_inside)


def _cells_in_boxes(
    mesh: TriMesh, vertices: NDArray[np.float64], voxel_size: float
) -> NDArray[np.int64]:
    """Lattice indices (N, 3) of the cells whose centres are in the boxes of both."""
    lower = np.maximum(mesh.bounds[0], vertices.min(axis=0))
    upper = np.minimum(mesh.bounds[1], vertices.max(axis=0))
    first = np.ceil(lower / voxel_size - 0.5).astype(np.int64)
    last = np.floor(upper / voxel_size - 0.5).astype(np.int64)
    if (last < first).any():
        return np.zeros((0, 3), dtype=np.int64)
    axes = [np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _inside_hand(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], points: NDArray[np.float64]
) -> NDArray[np.bool_]:
    near = _in_box(vertices, points)
    within = np.zeros(len(points), dtype=bool)
    within[near] = _winding(vertices, faces, points[near]) > 0.5
    return within


def _in_box(vertices: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    lower, upper = vertices.min(axis=0), vertices.max(axis=0)
    return np.asarray(((points > lower) & (points < upper)).all(axis=1))


def _winding(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    if not len(points):
        return np.zeros(0)
    return np.atleast_1d(igl.fast_winding_number(vertices, faces, points))
