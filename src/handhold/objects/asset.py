"""An object to grasp: its surface, its named parts, and how it maps to the user's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from handhold.cache import content_hash
from handhold.errors import InputError
from handhold.geometry.mesh import TriMesh, concatenate
from handhold.geometry.repair import repair
from handhold.objects.frame import UserFrame

MAX_FACES = 40_000  # ours: beyond this a mesh is simplified


@dataclass(frozen=True, eq=False)
class ObjectAsset:
    """An object in the object frame: metres, z up, centre of the bounding box at the origin.

    face_parts (F,) int64 indexes part_names; parts_provisional: the parts come from an
    automatic decomposition and their names mean nothing; notes: what was assumed and what
    was repaired, one sentence each; is_cloud: it was a point cloud, and mesh is a surface
    fitted to it; has_solid: "inside" means something, so volumes can be measured;
    file: the path it was read from, as given, or ""; hidden_faces (F,): buried inside the object,
    where nothing can touch them.
    """

    name: str
    mesh: TriMesh
    face_parts: NDArray[np.int64]
    part_names: tuple[str, ...]
    parts_provisional: bool
    frame: UserFrame
    notes: tuple[str, ...] = ()
    is_cloud: bool = False
    has_solid: bool = True
    file: str = ""
    hidden_faces: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        parts = np.asarray(self.face_parts, dtype=np.int64)
        if parts.shape != (len(self.mesh.faces),):
            raise ValueError(f"face_parts {parts.shape}, but {len(self.mesh.faces)} faces")
        if len(parts) and (parts.min() < 0 or parts.max() >= len(self.part_names)):
            raise ValueError(f"face_parts up to {parts.max()} of {len(self.part_names)} names")
        object.__setattr__(self, "face_parts", parts)
        if not len(self.hidden_faces):
            object.__setattr__(self, "hidden_faces", np.zeros(len(parts), dtype=bool))

    @classmethod
    def from_parts(
        cls,
        name: str,
        parts: Sequence[tuple[str, TriMesh]],
        *,
        notes: Sequence[str] = (),
        max_faces: int = MAX_FACES,
    ) -> ObjectAsset:
        """An object put together from (part name, mesh in metres, z up); names may repeat.

        Meshes of the same name form one part. The frame maps back to the given coordinates.
        Repaired like a file (duplicate faces, winding; see `notes`).
        """
        names = list(dict.fromkeys(part for part, _ in parts))
        whole = concatenate([mesh for _, mesh in parts])
        labels = np.repeat(
            [names.index(part) for part, _ in parts], [len(mesh.faces) for _, mesh in parts]
        )
        centre = whole.submesh(np.arange(len(whole.faces))).centre
        repaired = repair(whole.transformed(np.eye(3), -centre), max_faces)
        used, packed = np.unique(labels[repaired.source], return_inverse=True)
        return cls(
            name,
            repaired.mesh,
            packed,
            tuple(names[index] for index in used.tolist()),
            parts_provisional=False,
            frame=UserFrame(offset=centre),
            notes=(*notes, *repaired.notes),
            hidden_faces=repaired.hidden,
        )

    @cached_property
    def content_hash(self) -> str:
        """Hash (hex) of surface and parts: what results about this object may be cached under."""
        names = "\n".join(self.part_names)
        return content_hash(self.mesh.vertices, self.mesh.faces, self.face_parts, names)

    def part_index(self, name: str) -> int:
        """Index of the part called `name` (case does not matter); InputError lists the names."""
        wanted = name.strip().lower()
        for index, known in enumerate(self.part_names):
            if known.lower() == wanted:
                return index
        raise InputError(
            f"'{self.name}' has no part called '{name}'.",
            f"Its parts: {', '.join(self.part_names)}.",
        )

    def part_mesh(self, name: str) -> TriMesh:
        """The faces of one part that can be touched (an open surface where others join)."""
        return self.mesh.submesh(self._touchable(self.face_parts == self.part_index(name)))

    def rest_mesh(self, name: str) -> TriMesh | None:
        """Everything but one part; None where that part is all there is."""
        rest = self.face_parts != self.part_index(name)
        return self.mesh.submesh(self._touchable(rest)) if rest.any() else None

    @cached_property
    def surface(self) -> TriMesh:
        """The faces that can be touched: `mesh` without what is buried inside the object."""
        if not self.hidden_faces.any():
            return self.mesh
        return self.mesh.submesh(self._touchable(np.ones(len(self.face_parts), dtype=bool)))

    def _touchable(self, faces: NDArray[np.bool_]) -> NDArray[np.bool_]:
        visible = faces & ~self.hidden_faces
        return visible if visible.any() else faces
