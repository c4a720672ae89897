"""A mesh with colours and the normals it is shaded with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handhold.geometry import TriMesh

_CREASE = math.radians(40.0)  # ours
_MAX_PAIRS = 5_000_000  # ours: beyond, faces are so small that creases do not show


@dataclass(frozen=True, eq=False)
class ShadedMesh:
    """Triangles to be drawn: vertices (V, 3) metres, faces (F, 3), colours in sRGB 0..1.

    face_colors (F, 3), or vertex_colors (V, 3) which are blended over the faces, or `color` for
    all. smooth: round shading between faces that meet at less than `crease` radians.
    gloss: strength of the highlight, 0..1.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    face_colors: NDArray[np.float64] | None = None
    vertex_colors: NDArray[np.float64] | None = None
    color: ArrayLike = (0.78, 0.785, 0.795)
    smooth: bool = True
    crease: float = _CREASE
    gloss: float = 0.12

    @cached_property
    def mesh(self) -> TriMesh:
        """The triangles alone."""
        return TriMesh(self.vertices, self.faces)

    @cached_property
    def corner_colors(self) -> NDArray[np.float32]:
        """Colours (F, 3 corners, 3) in sRGB."""
        count = len(self.mesh.faces)
        if self.vertex_colors is not None:
            colors = np.asarray(self.vertex_colors, dtype=np.float32)
            _require("vertex_colors", colors, len(self.mesh.vertices))
            return colors[self.mesh.faces]
        if self.face_colors is not None:
            colors = np.asarray(self.face_colors, dtype=np.float32)
            _require("face_colors", colors, count)
            return np.repeat(colors[:, None, :], 3, axis=1)
        return np.tile(np.asarray(self.color, dtype=np.float32), (count, 3, 1))

    @cached_property
    def corner_normals(self) -> NDArray[np.float32]:
        """Unit shading normals (F, 3 corners, 3)."""
        flat = np.repeat(self.mesh.face_normals[:, None, :], 3, axis=1)
        if not self.smooth or not len(flat):
            return flat.astype(np.float32)
        return _creased_normals(self.mesh, math.cos(self.crease)).astype(np.float32)


def _creased_normals(mesh: TriMesh, least: float) -> NDArray[np.float64]:
    """Per corner the area-weighted mean of the face normals round the vertex that are near."""
    vertex = _merged_vertices(mesh)[mesh.faces].reshape(-1)
    face = np.repeat(np.arange(len(mesh.faces)), 3)
    order = np.argsort(vertex, kind="stable")
    counts = np.bincount(vertex)
    starts = np.cumsum(counts) - counts
    repeats = counts[vertex]
    if repeats.sum() > _MAX_PAIRS:
        return mesh.vertex_normals[mesh.faces]
    corner = np.repeat(np.arange(len(vertex)), repeats)
    step = np.arange(len(corner)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    other = face[order[np.repeat(starts[vertex], repeats) + step]]
    normals = mesh.face_normals
    near = (normals[face[corner]] * normals[other]).sum(axis=1) >= least
    weighted = normals[other] * np.where(near, mesh.face_areas[other], 0.0)[:, None]
    total = np.stack(
        [np.bincount(corner, weighted[:, axis], len(vertex)) for axis in range(3)], axis=1
    )
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    fallback = normals[face]
    return np.where(lengths > 0, total / np.maximum(lengths, 1e-300), fallback).reshape(-1, 3, 3)


def _merged_vertices(mesh: TriMesh) -> NDArray[np.int64]:
    # Files such as STL repeat a vertex for every face.
    cell = max(float(mesh.extents.max()), 1e-12) * 1e-6
    keys = np.round(mesh.vertices / cell).astype(np.int64)
    _, merged = np.unique(keys, axis=0, return_inverse=True)
    return merged.reshape(-1)


def _require(name: str, colors: np.ndarray, count: int) -> None:
    if colors.shape != (count, 3):
        raise ValueError(f"{name} has shape ({count}, 3), got {colors.shape}")
