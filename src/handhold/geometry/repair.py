"""Making an arbitrary triangle soup usable, and saying what was done."""

from __future__ import annotations

from dataclasses import dataclass

import fast_simplification
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from handhold.cache import DiskCache, content_hash, open_cache
from handhold.errors import InputError
from handhold.geometry import topology
from handhold.geometry.mesh import TriMesh
from handhold.geometry.solid import (
    SHELL_THICKNESS,
    Solid,
    read_solid,
    remember_solid,
    turned_outwards,
)

_VERSION = 3
_SIMPLIFIED_TWICE = 200_000  # faces, ours
_LEFT_ALONE = 200  # faces of a body, ours
_KIND = "repaired-mesh"


@dataclass(frozen=True, eq=False)
class Repaired:
    """mesh; source (F,): the face of the input each face came from; hidden (F,): faces buried
    in the object; notes: what was found and done, for the user."""

    mesh: TriMesh
    source: NDArray[np.int64]
    hidden: NDArray[np.bool_]
    notes: tuple[str, ...]


def repair(
    mesh: TriMesh,
    max_faces: int,
    given_faces: int | None = None,
    cache: DiskCache | None = None,
) -> Repaired:
    """Weld, drop degenerate and repeated faces, simplify to `max_faces`, turn faces outwards.

    `mesh` is in metres (thin sheets are given a thickness); given_faces: how many faces it had
    before it was condensed, if it was. Kept in `cache` (default: the disk cache) with what
    `read_solid` says of the result. Raises InputError when nothing with an area is left.
    """
    store = open_cache() if cache is None else cache
    key = content_hash(_VERSION, SHELL_THICKNESS, max_faces, given_faces, mesh.vertices, mesh.faces)
    found = store.load(_KIND, key)
    if found is not None:
        return _unpacked(found)
    repaired = _repaired(mesh, max_faces, given_faces)
    store.store(_KIND, key, _packed(repaired))
    return repaired


def _repaired(mesh: TriMesh, max_faces: int, given_faces: int | None) -> Repaired:
    notes: list[str] = []
    cleaned, source = _clean(mesh, notes)
    if len(cleaned.faces) > max_faces:
        given_faces = given_faces or len(cleaned.faces)
        cleaned, kept = _simplify(cleaned, max_faces)
        source = source[kept]
    if given_faces is not None:
        notes.append(f"simplified from {given_faces} to {len(cleaned.faces)} faces")
    solid = read_solid(cleaned)
    notes.extend(_solid_notes(cleaned, solid))
    return Repaired(turned_outwards(cleaned), source, solid.hidden, tuple(notes))


def _packed(repaired: Repaired) -> dict[str, np.ndarray]:
    solid = read_solid(repaired.mesh)
    return {
        "vertices": repaired.mesh.vertices,
        "faces": repaired.mesh.faces,
        "source": repaired.source,
        "hidden": repaired.hidden,
        "notes": np.array(repaired.notes, dtype=np.str_),
        "solid_vertices": solid.vertices,
        "solid_wall": solid.wall,
        "solid_marks": np.stack([solid.flip, solid.shell, solid.hidden, solid.skipped]),
        "solid_closed": np.array(solid.closed),
    }


def _unpacked(found: dict[str, np.ndarray]) -> Repaired:
    mesh = TriMesh(found["vertices"], found["faces"])
    flip, shell, hidden, skipped = found["solid_marks"]
    vertices, wall, closed = (found[f"solid_{name}"] for name in ("vertices", "wall", "closed"))
    solid = Solid(vertices, wall, flip, shell, hidden, skipped, bool(closed))
    remember_solid(mesh, solid)
    return Repaired(mesh, found["source"], found["hidden"], tuple(found["notes"].tolist()))


def simplified(mesh: TriMesh, max_faces: int) -> TriMesh:
    """`mesh` welded, without degenerate and repeated faces, of about `max_faces` at most."""
    cleaned, _ = _clean(mesh, [])
    return cleaned if len(cleaned.faces) <= max_faces else _simplify(cleaned, max_faces)[0]


def _clean(mesh: TriMesh, notes: list[str]) -> tuple[TriMesh, NDArray[np.int64]]:
    vertices, faces, _ = topology.weld(mesh.vertices, mesh.faces)
    merged = len(np.unique(mesh.faces)) - len(vertices)
    if merged:
        notes.append(f"merged {merged} vertices that coincide")
    source = np.arange(len(faces))
    solid = _not_degenerate(vertices, faces)
    if not solid.all():
        notes.append(f"removed {int((~solid).sum())} degenerate faces (no area)")
    faces, source = faces[solid], source[solid]
    first = topology.first_of_duplicates(faces)
    if not first.all():
        notes.append(f"removed {int((~first).sum())} duplicate faces (double-sided surfaces)")
    faces, source = faces[first], source[first]
    if not len(faces):
        raise InputError("The mesh has no face with an area.", "Give an object with a surface.")
    used, packed = np.unique(faces, return_inverse=True)
    return TriMesh(vertices[used], packed.reshape(-1, 3)), source


def _not_degenerate(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.bool_]:
    distinct = (
        (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    )
    size = float(np.ptp(vertices, axis=0).max())
    return distinct & (TriMesh(vertices, faces).face_areas > 1e-14 * size * size)


def _simplify(mesh: TriMesh, max_faces: int) -> tuple[TriMesh, NDArray[np.int64]]:
    """Quadric simplification; each new face takes after the old one nearest to its middle."""
    scale = float(mesh.extents.max())
    points = ((mesh.vertices - mesh.centre) / scale).astype(np.float32)
    vertices, faces = _fewer_of_each(points, mesh.faces.astype(np.int32), max_faces)
    placed = np.asarray(vertices, dtype=np.float64) * scale + mesh.centre
    candidate = np.asarray(faces, dtype=np.int64)
    welded, candidate, _ = topology.weld(placed, candidate)
    keep = _not_degenerate(welded, candidate) & topology.first_of_duplicates(candidate)
    used, packed = np.unique(candidate[keep], return_inverse=True)
    simple = TriMesh(welded[used], packed.reshape(-1, 3))
    _, nearest = cKDTree(mesh.face_centres).query(simple.face_centres)
    return simple, np.asarray(nearest, dtype=np.int64)


def _fewer_of_each(
    points: NDArray[np.float32], faces: NDArray[np.int32], max_faces: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Each body simplified to its share of `max_faces`, the small ones left as they are.

    All at once, a body that resists leaves its share to the others, down to nothing.
    """
    body = topology.bodies(faces.astype(np.int64), len(points))
    sizes = np.bincount(body)
    few = min(_LEFT_ALONE, max_faces // 20)
    small = sizes <= few
    room = max_faces - int(sizes[small].sum())
    if len(sizes) == 1 or small.all() or room < max_faces // 2:
        return _fewer(points, faces, max_faces)
    ends = np.cumsum(sizes)[:-1]
    groups = np.split(np.argsort(body, kind="stable"), ends)
    large = int(sizes[~small].sum())
    made = []
    for rows, size in zip(groups, sizes, strict=True):
        used, packed = np.unique(faces[rows], return_inverse=True)
        mine = packed.reshape(-1, 3).astype(np.int32)
        target = max(few, room * int(size) // large)
        done = (points[used], mine)
        made.append(done if size <= target else _fewer(*done, target))
    starts = np.cumsum([0, *(len(each) for each, _ in made)])
    joined = [mine + start for (_, mine), start in zip(made, starts[:-1], strict=True)]
    return np.concatenate([each for each, _ in made]), np.concatenate(joined).astype(np.int32)


def _fewer(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], max_faces: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    if len(faces) > _SIMPLIFIED_TWICE:
        # In one go the library takes longer for so many, and stops short.
        between = max(max_faces, _SIMPLIFIED_TWICE)
        vertices, faces = fast_simplification.simplify(vertices, faces, target_count=between)[:2]
    fewer, left = fast_simplification.simplify(vertices, faces, target_count=max_faces)[:2]
    return np.asarray(fewer, np.float32), np.asarray(left, np.int32)


def _solid_notes(mesh: TriMesh, solid: Solid) -> list[str]:
    notes = []
    turned = int(solid.flip.sum())
    if turned:
        notes.append(f"turned {turned} of {len(mesh.faces)} faces to look outwards")
    if not solid.closed:
        edges = topology.open_edge_count(mesh.faces)
        kind = f"{edges} open edges" if edges else "edges shared by more than two faces"
        notes.append(f"the surface is not closed ({kind}); inside and outside were found by rays")
    if solid.shell.any():
        share = mesh.face_areas[solid.shell].sum() / mesh.area
        notes.append(
            f"{share:.0%} of the surface is a single-layer wall; it is taken to be "
            f"{SHELL_THICKNESS * 1000:g} mm thick"
        )
    if solid.hidden.any():
        notes.append(f"{int(solid.hidden.sum())} faces are buried inside the object")
    return notes
