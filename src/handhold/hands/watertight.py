"""Closing the surfaces of CAD models, and giving them as few triangles as they need."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
from numpy.typing import NDArray

from handhold.geometry import TriMesh, closest_points, concatenate, signed_distance, topology
from handhold.geometry.convex import convex_hull
from handhold.geometry.level_set import level_set
from handhold.geometry.repair import simplified
from handhold.hands.tessellate import edges_split, holes_filled

# All ours.
_FEWEST_FACES = 80
_CELLS = 48  # along the longest side of what is remeshed
_COARSEST_CELL = 0.0025  # m
_BURIED = 0.98  # share of a component's vertices within the others that makes it an inner part
_SHEET = 1e-4  # of area times length: less volume than that is none
_ALLOWANCES = (1.0, 1.1, 1.25, 1.5)  # how many more faces to try where fewer tear the surface
_SOLID = 0.3  # a remeshed surface with less of its hull's volume is a sheet that got a thickness

SURFACE = "a surface around it"
HULL = "its convex hull"


@dataclass(frozen=True, eq=False)
class ClosedSurface:
    """mesh: every edge with two faces, outwards; how: SURFACE or HULL where it had to be made."""

    mesh: TriMesh
    how: str


def closed_surface(shape: TriMesh, marker: float) -> ClosedSurface | None:
    """A closed surface of a mesh in metres, None where there is no volume.

    Component by component: holes are filled by fans, components inside of others and those
    smaller than `marker` beside larger ones are dropped. A component that is still not closed
    becomes a surface remeshed from its signed distance, or its convex hull where that is a sheet.
    """
    parts = [c for c in _components(shape) if c.extents.max() >= marker]
    parts = [_filled(part) for part in parts or _components(shape)]
    whole = [_outwards(part) for part in parts if _is_solid(part)]
    how = ""
    for part in (part for part in parts if not _is_solid(part)):
        if whole and within(concatenate(whole), part.vertices).mean() > _BURIED:
            continue
        made, made_how = _replaced(part)
        if made is not None:
            whole.append(made)
            how = HULL if HULL in (how, made_how) else made_how
    outer = [p for k, p in enumerate(whole) if not _is_buried(p, whole[:k] + whole[k + 1 :])]
    return ClosedSurface(concatenate(outer), how) if outer else None


def fitted_surface(mesh: TriMesh, face_area: float, longest: float) -> TriMesh:
    """A closed mesh with about as many triangles as its area asks for, none too long."""
    wanted = max(_FEWEST_FACES, int(mesh.area / face_area))
    if len(mesh.faces) > wanted:
        mesh = _simpler(mesh, wanted)
    return edges_split(mesh, longest)


def within(mesh: TriMesh, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points (N, 3) lie in the bodies of a closed outward mesh; unlike
    `handhold.geometry.inside` this need not find out whether it is one."""
    winding = igl.fast_winding_number(mesh.vertices, mesh.faces, np.ascontiguousarray(points))
    return np.asarray(winding) > 0.5


def depth_within(mesh: TriMesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) metres from the surface of a closed outward mesh, negative outside."""
    distance = closest_points(mesh, points).distance
    return np.where(within(mesh, points), distance, -distance)


def is_manifold(faces: NDArray[np.int64]) -> bool:
    """Whether every edge has two faces that run along it in opposite directions."""
    edges = np.sort(topology.directed_edges(faces), axis=1)
    counts = np.unique(edges, axis=0, return_counts=True)[1]
    return topology.is_closed(faces) and bool((counts == 2).all())


def _components(shape: TriMesh) -> list[TriMesh]:
    vertices, faces, _ = topology.weld(shape.vertices, shape.faces)
    distinct = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    faces = faces[distinct]
    faces = faces[topology.first_of_duplicates(faces)]
    if not len(faces):
        return []
    body = topology.bodies(faces, len(vertices))
    mesh = TriMesh(vertices, faces)
    return [mesh.submesh(body == index) for index in range(int(body.max()) + 1)]


def _filled(part: TriMesh) -> TriMesh:
    if is_manifold(part.faces):
        return part
    wound = TriMesh(part.vertices, topology.consistent_patches(part.faces)[0])
    return holes_filled(wound)


def _replaced(part: TriMesh) -> tuple[TriMesh | None, str]:
    """What stands for a component that cannot be closed, and how it was made."""
    hull = convex_hull(part.vertices)
    made = _remeshed(part)
    if made is not None and hull is not None and _volume(made) > _SOLID * _volume(hull):
        return made, SURFACE
    return hull, HULL


def _is_solid(part: TriMesh) -> bool:
    """Closed, and no sheet whose two sides coincide."""
    size = part.area * float(part.extents.max())
    return is_manifold(part.faces) and abs(_volume(part)) > _SHEET * size


def _volume(mesh: TriMesh) -> float:
    first, second, third = (mesh.triangles - mesh.centre).transpose(1, 0, 2)
    return float(np.einsum("fi,fi->", first, np.cross(second, third))) / 6.0


def _outwards(part: TriMesh) -> TriMesh:
    """A closed component with a positive volume."""
    return part if _volume(part) > 0 else TriMesh(part.vertices, part.faces[:, ::-1])


def _is_buried(part: TriMesh, others: list[TriMesh]) -> bool:
    """Whether it lies in one larger component (the inner wall of a hollow link)."""
    around = [o for o in others if (o.extents >= part.extents).all() and o.area > part.area]
    return any(bool(within(other, part.vertices).mean() > _BURIED) for other in around)


def _remeshed(shape: TriMesh) -> TriMesh | None:
    """Marching cubes of the signed distance; thin features under a cell get lost."""
    cell = min(float(shape.extents.max()) / _CELLS, _COARSEST_CELL)
    margin = 2.5 * cell
    made = level_set(
        lambda points: signed_distance(shape, points),
        shape.bounds[0] - margin,
        shape.bounds[1] + margin,
        cell,
    )
    return made if made is not None and is_manifold(made.faces) else None


def _simpler(mesh: TriMesh, wanted: int) -> TriMesh:
    """Simplified and still closed; simplification may tear or pinch what has narrow places."""
    small = _simplified_closed(mesh, wanted)
    if small is None:
        even = _remeshed(mesh)
        small = None if even is None else _simplified_closed(even, wanted)
    return mesh if small is None else small


def _simplified_closed(mesh: TriMesh, wanted: int) -> TriMesh | None:
    for more in _ALLOWANCES:
        small = _filled(simplified(mesh, int(more * wanted)))
        if is_manifold(small.faces):
            return small
    return None
