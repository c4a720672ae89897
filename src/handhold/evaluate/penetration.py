"""Penetration depth and solid intersection volume (system design, section 7)."""

from __future__ import annotations

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
    vertices = np.asarray(hand_vertices, dtype=np.float64)
    cells = [
        _cells_in_hand(mesh, posed, np.asarray(hand_faces, dtype=np.int64), voxel_size)
        for posed in vertices
    ]
    owner = np.repeat(np.arange(len(cells)), [len(c) for c in cells])
    if not len(owner):
        return np.zeros(len(vertices))
    distinct, where = np.unique(np.concatenate(cells), axis=0, return_inverse=True)
    solid = inside(mesh, np.asarray((distinct + 0.5) * voxel_size, np.float64))[where.reshape(-1)]
    count = np.bincount(owner[solid], minlength=len(vertices))
    return np.asarray(CM3_PER_M3 * voxel_size**3 * count, dtype=np.float64)


def _cells_in_hand(
    mesh: TriMesh, vertices: NDArray[np.float64], faces: NDArray[np.int64], voxel_size: float
) -> NDArray[np.int64]:
    """Lattice indices (N, 3) of the cells in both boxes whose centres are inside the hand."""
    lower = np.maximum(mesh.bounds[0], vertices.min(axis=0))
    upper = np.minimum(mesh.bounds[1], vertices.max(axis=0))
    first = np.ceil(lower / voxel_size - 0.5).astype(np.int64)
    last = np.floor(upper / voxel_size - 0.5).astype(np.int64)
    if (last < first).any():
        return np.zeros((0, 3), dtype=np.int64)
    axes = [np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]
    cells = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    centres = (cells + 0.5) * voxel_size
    winding = igl.fast_winding_number(vertices, faces, centres)
    return cells[np.atleast_1d(winding) > 0.5]
