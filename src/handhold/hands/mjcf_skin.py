"""The skin of a robot hand: a closed surface per link, from what the model shows or touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry import TriMesh, concatenate
from handhold.hands import tessellate
from handhold.hands.mjcf_tree import HandTree, body_name
from handhold.hands.watertight import closed_surface, fitted_surface, within

SkinSource = Literal["auto", "visual", "collision"]
_PLANE, _HFIELD, _SPHERE, _CAPSULE, _ELLIPSOID, _CYLINDER, _BOX, _MESH = range(8)  # mjtGeom

# All ours.
FACE_AREA = 12e-6  # m2: a triangle of 5 mm sides, so that vertices can stand for the surface
LONGEST_EDGE = 0.010  # m
MAX_VERTICES = 8_000  # of a hand; larger hands get larger triangles
_ROUNDS = 4
_MARKER = 0.004  # m: a geom smaller than this marks a frame, and touches nothing


@dataclass(frozen=True, eq=False)
class Skin:
    """mesh: the hand at the zero pose, root frame; link (V,): whose each vertex is; buried (V,):
    within another piece of the hand; notes: what was done."""

    mesh: TriMesh
    link: NDArray[np.int64]
    buried: NDArray[np.bool_]
    notes: tuple[str, ...]


def build_skin(model: Any, tree: HandTree, source: SkinSource, known: tuple[str, ...] = ()) -> Skin:
    """Every link's geoms as closed surfaces.

    Raises InputError if the hand has none, with what is `known` of the reason.
    """
    notes: list[str] = []
    pieces: list[tuple[int, TriMesh]] = []
    redone: dict[str, set[str]] = {}
    for link, geoms in _geoms_of_links(model, tree, source, notes).items():
        for geom in geoms:
            shape = _shape(model, geom)
            if shape is None or shape.extents.max() < _MARKER:
                continue
            solid = closed_surface(shape, _MARKER)
            if solid is None:
                notes.append(f"left out a flat geom of '{_owner(model, geom)}'")
                continue
            if solid.how:
                redone.setdefault(solid.how, set()).add(_owner(model, geom))
            body = int(model.geom_bodyid[geom])
            turn = _matrix(model.geom_quat[geom])
            local = solid.mesh.transformed(turn, model.geom_pos[geom])
            pieces.append((link, local.transformed(tree.rotation[body], tree.position[body])))
    if not pieces:
        raise InputError(
            "The hand has no shape: " + "; ".join((*known, *notes)) + ".",
            "Give a model with meshes that MuJoCo reads, or collision primitives.",
        )
    for how, owners in redone.items():
        notes.append(f"what is not closed became {how}: {', '.join(sorted(owners))}")
    return _joined(pieces, tuple(notes))


def _geoms_of_links(
    model: Any, tree: HandTree, source: SkinSource, notes: list[str]
) -> dict[int, list[int]]:
    """Per link the meshes that are seen of it (and touch nothing), else what touches, else the
    primitives that are seen, which in MJCF are often decoration."""
    meshes: dict[int, list[int]] = {}
    primitives: dict[int, list[int]] = {}
    touching: dict[int, list[int]] = {}
    for geom in range(model.ngeom):
        link = tree.link_of.get(int(model.geom_bodyid[geom]))
        kind = int(model.geom_type[geom])
        if link is None or kind in (_PLANE, _HFIELD):
            continue
        if model.geom_contype[geom] or model.geom_conaffinity[geom]:
            touching.setdefault(link, []).append(geom)
        else:
            (meshes if kind == _MESH else primitives).setdefault(link, []).append(geom)
    if source == "visual" and not (meshes or primitives):
        raise InputError("The model has no visual geometry.", "Use skin='auto' or 'collision'.")
    if source == "collision" or (source == "auto" and touching and not meshes):
        notes.append("skin from collision geometry")
        return touching
    notes.append("skin from visual geometry")
    return {**primitives, **(touching if source == "auto" else {}), **meshes}


def _shape(model: Any, geom: int) -> TriMesh | None:
    kind, size = int(model.geom_type[geom]), np.asarray(model.geom_size[geom], dtype=np.float64)
    if kind == _MESH:
        mesh = int(model.geom_dataid[geom])
        first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
        start, faces = int(model.mesh_faceadr[mesh]), int(model.mesh_facenum[mesh])
        return TriMesh(
            model.mesh_vert[first : first + count], model.mesh_face[start : start + faces]
        )
    if kind == _BOX:
        return tessellate.box(size)
    if kind == _SPHERE:
        return tessellate.ellipsoid(np.full(3, size[0]))
    if kind == _ELLIPSOID:
        return tessellate.ellipsoid(size)
    if kind == _CAPSULE:
        return tessellate.capsule(float(size[0]), float(size[1]))
    if kind == _CYLINDER:
        return tessellate.cylinder(float(size[0]), float(size[1]))
    return None


def _joined(pieces: list[tuple[int, TriMesh]], notes: tuple[str, ...]) -> Skin:
    scale = 1.0
    for _ in range(_ROUNDS):
        fitted = [
            fitted_surface(mesh, FACE_AREA * scale, LONGEST_EDGE * scale**0.5) for _, mesh in pieces
        ]
        count = sum(len(mesh.vertices) for mesh in fitted)
        if count <= MAX_VERTICES:
            break
        scale *= 1.1 * count / MAX_VERTICES
    whole = concatenate(fitted)
    links = [link for link, _ in pieces]
    normals = np.concatenate([mesh.vertex_normals for mesh in fitted])
    # A step off its own surface, so that only the other pieces count.
    buried = within(whole, whole.vertices + 2e-4 * normals)
    return Skin(whole, np.repeat(links, [len(mesh.vertices) for mesh in fitted]), buried, notes)


def _owner(model: Any, geom: int) -> str:
    return body_name(model, int(model.geom_bodyid[geom]))


def _matrix(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    import mujoco

    result = np.zeros(9)
    mujoco.mju_quat2Mat(result, np.asarray(quaternion, dtype=np.float64))
    return result.reshape(3, 3)
