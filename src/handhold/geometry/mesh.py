"""A triangle mesh as two arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import trimesh
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TriMesh:
    """Triangles in space: `vertices` (V, 3) float64 and `faces` (F, 3) int64.

    Units and frame are the owner's business; inside handhold metres, z up. Vertices and
    faces are read-only copies-on-need of what was given; counter-clockwise faces look out.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]

    def __post_init__(self) -> None:
        vertices = _frozen(np.asarray(self.vertices, dtype=np.float64).reshape(-1, 3))
        faces = _frozen(np.asarray(self.faces, dtype=np.int64).reshape(-1, 3))
        if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
            raise ValueError(
                f"faces index vertices {faces.min()}..{faces.max()}, "
                f"but the mesh has {len(vertices)} vertices"
            )
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", faces)

    @classmethod
    def from_trimesh(cls, mesh: trimesh.Trimesh) -> TriMesh:
        """The arrays of a trimesh mesh."""
        return cls(np.array(mesh.vertices), np.array(mesh.faces))

    def to_trimesh(self) -> trimesh.Trimesh:
        """A trimesh mesh of the same arrays, in the same order (nothing is merged)."""
        return trimesh.Trimesh(np.array(self.vertices), np.array(self.faces), process=False)

    @cached_property
    def triangles(self) -> NDArray[np.float64]:
        """Corner points (F, 3, 3)."""
        return self.vertices[self.faces]

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """Lower and upper corner (2, 3) of the axis-aligned box of the vertices."""
        if not len(self.vertices):
            raise ValueError("an empty mesh has no bounds")
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    @property
    def extents(self) -> NDArray[np.float64]:
        """Side lengths (3,) of the axis-aligned box."""
        return self.bounds[1] - self.bounds[0]

    @property
    def centre(self) -> NDArray[np.float64]:
        """Centre (3,) of the axis-aligned box."""
        return self.bounds.mean(axis=0)

    @cached_property
    def face_areas(self) -> NDArray[np.float64]:
        """Area (F,) of each triangle."""
        return 0.5 * np.linalg.norm(self._area_vectors, axis=1)

    @property
    def area(self) -> float:
        """Total area."""
        return float(self.face_areas.sum())

    @cached_property
    def face_normals(self) -> NDArray[np.float64]:
        """Unit normals (F, 3), outwards for counter-clockwise faces; 0 where degenerate."""
        return unit_rows(self._area_vectors)

    @cached_property
    def vertex_normals(self) -> NDArray[np.float64]:
        """Area-weighted unit normals (V, 3); 0 for vertices without faces."""
        total = np.zeros_like(self.vertices)
        for corner in range(3):
            np.add.at(total, self.faces[:, corner], self._area_vectors)
        return unit_rows(total)

    @cached_property
    def face_centres(self) -> NDArray[np.float64]:
        """Centroids (F, 3)."""
        return self.triangles.mean(axis=1)

    @cached_property
    def _area_vectors(self) -> NDArray[np.float64]:
        first, second, third = self.triangles.transpose(1, 0, 2)
        return np.cross(second - first, third - first)

    def submesh(self, faces: NDArray[np.int64] | NDArray[np.bool_]) -> TriMesh:
        """The chosen faces (indices or mask) with only the vertices that they use."""
        chosen = self.faces[faces]
        used, packed = np.unique(chosen, return_inverse=True)
        return TriMesh(self.vertices[used], packed.reshape(-1, 3))

    def transformed(
        self, rotation: NDArray[np.float64], translation: NDArray[np.float64]
    ) -> TriMesh:
        """`rotation` (3, 3) @ p + `translation` (3,) for every vertex."""
        return TriMesh(self.vertices @ np.asarray(rotation).T + translation, self.faces)


def concatenate(meshes: list[TriMesh]) -> TriMesh:
    """One mesh with the vertices and faces of all, in order."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])[:-1]
    return TriMesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
    )


def unit_rows(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows scaled to length 1; rows of length 0 stay 0."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def _frozen(array: np.ndarray) -> np.ndarray:
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array
