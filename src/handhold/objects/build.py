"""From a file, or from part meshes, to an object asset."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from handhold.geometry.cloud import orient_cloud, surface_of_cloud, thin_cloud
from handhold.geometry.condense import CONDENSE_ABOVE, cluster_vertices
from handhold.geometry.convex import convex_pieces, nearest_piece
from handhold.geometry.loading import load_geometry
from handhold.geometry.mesh import TriMesh
from handhold.geometry.named_geometry import NamedGeometry
from handhold.geometry.repair import Repaired, repair
from handhold.objects.asset import MAX_FACES, ObjectAsset
from handhold.objects.frame import UserFrame
from handhold.objects.part_labels import (
    PartLabels,
    made_by_machine,
    parts_from_file,
    parts_of_file,
)
from handhold.objects.units import choose_frame

WHOLE = "object"  # the name of the only part of an object that was not divided

_LOG = logging.getLogger(__name__)
_Y_UP = frozenset({".glb", ".gltf"})
# Parts are for naming, not for collision: coarse and few (ours).
_PART_THRESHOLD = 0.08
_MAX_PARTS = 10


def load_object(
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    scale: float | None = None,
    up: str = "auto",
    parts: str | os.PathLike[str] | None = None,
    max_faces: int = MAX_FACES,
    decompose: bool = True,
) -> ObjectAsset:
    """Read a mesh (OBJ, PLY, STL, OFF, GLB, GLTF, NPZ) or point cloud (PLY, XYZ, NPY, NPZ).

    unit: m, cm, mm, in, or None to judge from the size; scale: metres per unit of the file,
    instead of a unit; up: x, y, z, or auto (y for glTF, z else); parts: a file of labels (see
    `parts_from_file`); max_faces: simplify beyond; decompose: divide an object without parts
    into convex pieces with provisional names (else it is one part). What was assumed and
    repaired is in `notes`. Raises InputError.
    """
    file = Path(path)
    geometries = load_geometry(file)
    vertices = _joined([each.vertices for each in geometries])
    faces = _joined_faces(geometries)
    bounds, y_up = _bounds(vertices, faces), file.suffix.lower() in _Y_UP
    frame, notes = choose_frame(bounds, unit, up, y_up, scale)
    notes.extend(note for each in geometries for note in each.notes)
    named = parts_of_file(geometries)
    if parts is not None:
        named = parts_from_file(parts, faces, len(vertices))
    if not len(faces):
        normals = _joined_normals(geometries, frame)
        points = frame.points_to_object(vertices)
        cloud = _from_cloud(file.stem, points, normals, named, frame, notes, max_faces, decompose)
        return replace(cloud, file=str(path))
    del geometries  # a five-million-face mesh should not be held twice
    given_faces = None
    if len(faces) > max(CONDENSE_ABOVE, max_faces):
        given_faces = len(faces)
        vertices, faces, source = cluster_vertices(vertices, faces)
        named = None if named is None else replace(named, labels=named.labels[source])
    repaired = repair(TriMesh(frame.points_to_object(vertices), faces), max_faces, given_faces)
    asset = _from_mesh(file.stem, repaired, named, frame, notes, decompose)
    return replace(asset, file=str(path))


def _from_mesh(
    name: str,
    repaired: Repaired,
    named: PartLabels | None,
    frame: UserFrame,
    notes: list[str],
    decompose: bool,
) -> ObjectAsset:
    notes = [*notes, *repaired.notes]
    if named is not None:
        face_parts, part_names = _pack(named.labels[repaired.source], named.names)
        provisional = _add_part_note(named, part_names, notes)
    else:
        face_parts, part_names = _automatic(repaired.mesh, decompose, notes)
        provisional = True
    return ObjectAsset(
        name, repaired.mesh, face_parts, part_names, provisional, frame, tuple(notes),
        hidden_faces=repaired.hidden,
    )  # fmt: skip


def _from_cloud(
    name: str,
    points: NDArray[np.float64],
    normals: NDArray[np.float64] | None,
    named: PartLabels | None,
    frame: UserFrame,
    notes: list[str],
    max_faces: int,
    decompose: bool,
) -> ObjectAsset:
    kept = thin_cloud(points)
    cloud = orient_cloud(points[kept], None if normals is None else normals[kept])
    repaired = repair(surface_of_cloud(cloud), max_faces)
    surface = repaired.mesh
    notes = [
        *notes,
        f"point cloud of {len(points)} points"
        + (f", thinned to {len(kept)}" if len(kept) < len(points) else "")
        + (", normals estimated" if normals is None else ""),
        f"a closed surface of {len(surface.faces)} faces was fitted to it; "
        "what needs a true solid is not measured",
    ]
    if named is not None:
        _, nearest = cKDTree(points).query(surface.face_centres)
        face_parts, part_names = _pack(named.labels[nearest], named.names)
        provisional = _add_part_note(named, part_names, notes)
    else:
        face_parts, part_names = _automatic(surface, decompose, notes)
        provisional = True
    return ObjectAsset(
        name, surface, face_parts, part_names, provisional, frame, tuple(notes),
        is_cloud=True, has_solid=False, hidden_faces=repaired.hidden,
    )  # fmt: skip


def _add_part_note(named: PartLabels, names: Sequence[str], notes: list[str]) -> bool:
    """Note where the parts come from; True if their names were made by a machine."""
    provisional = all(made_by_machine(name) for name in names)
    meaningless = ", but their names say nothing" if provisional else ""
    notes.append(f"{len(names)} parts from {named.source}{meaningless}")
    return provisional


def _automatic(
    mesh: TriMesh, decompose: bool, notes: list[str]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    whole = np.zeros(len(mesh.faces), dtype=np.int64)
    if not decompose:
        return whole, (WHOLE,)
    pieces = convex_pieces(mesh, threshold=_PART_THRESHOLD, max_pieces=_MAX_PARTS)
    nearest = nearest_piece(pieces, mesh.face_centres)
    areas = np.bincount(nearest, weights=mesh.face_areas, minlength=len(pieces))
    rank = np.argsort(np.argsort(-areas, kind="stable"), kind="stable")
    names = tuple(f"part_{index + 1}" for index in range(len(pieces)))
    face_parts, used = _pack(rank[nearest], names)
    notes.append(
        f"the file names no parts: divided into {len(used)} convex pieces with provisional "
        "names, the largest first (--parts FILE to name them)"
    )
    return face_parts, used


def _pack(
    labels: NDArray[np.int64], names: Sequence[str]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels and names without the parts that no face is left of."""
    used, packed = np.unique(labels, return_inverse=True)
    return packed.astype(np.int64), tuple(names[index] for index in used.tolist())


def _joined_faces(geometries: Sequence[NamedGeometry]) -> NDArray[np.int64]:
    if len(geometries) == 1:
        return geometries[0].faces
    starts = np.cumsum([0, *(len(each.vertices) for each in geometries)])
    return np.concatenate(
        [each.faces + start for each, start in zip(geometries, starts[:-1], strict=True)]
    )


def _joined(arrays: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _bounds(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Box (2, 3) of the vertices that faces use, or of all points of a cloud."""
    used = np.ones(len(vertices), dtype=bool)
    if len(faces):
        used[:] = False
        used[faces] = True
    points = vertices if used.all() else vertices[used]
    return np.stack([points.min(axis=0), points.max(axis=0)])


def _joined_normals(
    geometries: Sequence[NamedGeometry], frame: UserFrame
) -> NDArray[np.float64] | None:
    given = [each.normals for each in geometries if each.normals is not None]
    if len(given) != len(geometries):
        return None
    normals = np.concatenate(given)
    usable = np.isfinite(normals).all() and (np.linalg.norm(normals, axis=1) > 1e-6).all()
    return normals @ frame.rotation.T if usable else None
