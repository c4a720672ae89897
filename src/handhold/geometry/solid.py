"""What is inside an arbitrary mesh: closed bodies, thin sheets and buried faces told apart."""

from __future__ import annotations

import atexit
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import igl
import numpy as np
from numpy.typing import NDArray

from handhold.geometry import topology
from handhold.geometry.mesh import TriMesh
from handhold.geometry.reach import finger_reach
from handhold.geometry.visibility import sky_light

SHELL_THICKNESS = 0.0015  # metres, ours: what a single-layer wall is taken to measure
_DARK = 0.1  # ours: a side with less light than this cannot be reached from outside
_PROBE = 1e-4  # ours: winding numbers are probed this share of the size off a face


@dataclass(frozen=True, eq=False)
class Solid:
    """A mesh read as a solid. Arrays are per face of the mesh it was made from.

    flip (F,): the face looks inwards as given; shell (F,): part of a single-layer wall that
    can be reached from both sides, so that it bounds nothing; hidden (F,): buried in the
    object or lining a cavity that cannot be reached, which counts as inside;
    skipped (F,): degenerate, or a repetition of another face;
    wall (F', 3): the faces, turned outwards, whose winding number tells inside from outside.
    closed: the mesh bounds a solid as it stands, apart from `flip`.
    """

    vertices: NDArray[np.float64]
    wall: NDArray[np.int64]
    flip: NDArray[np.bool_]
    shell: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    skipped: NDArray[np.bool_]
    closed: bool

    @property
    def shell_half_thickness(self) -> float:
        """Half of what a single-layer wall is taken to measure (metres)."""
        return SHELL_THICKNESS / 2

    def winding_number(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Generalised winding number (N,) of the walls about `points` (N, 3).

        Fast winding numbers of Barill et al. 2018, by libigl.
        """
        queries = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
        if not len(self.wall) or not len(queries):
            return np.zeros(len(queries))
        return np.asarray(_hierarchy(self).winding_number(queries))

    def encloses(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each point lies within the closed bodies (shells do not count)."""
        return self.winding_number(points) > 0.5


@dataclass(frozen=True, eq=False)
class Facing:
    """A choice of a mesh's faces as a surface of its own, with their numbers (K,) in the mesh."""

    surface: TriMesh
    faces: NDArray[np.int64]


_READ: WeakKeyDictionary[TriMesh, Solid] = WeakKeyDictionary()
_HIERARCHIES: WeakKeyDictionary[Solid, igl.FastWindingNumberBVH] = WeakKeyDictionary()
# libigl's bindings complain on stderr about objects that outlive the interpreter.
atexit.register(_HIERARCHIES.clear)
_CHOSEN: WeakKeyDictionary[TriMesh, dict[str, Facing]] = WeakKeyDictionary()


def read_solid(mesh: TriMesh) -> Solid:
    """`mesh` (in metres) as a solid; found once per mesh object. See `Solid`."""
    if mesh not in _READ:
        _READ[mesh] = _read(mesh)
    return _READ[mesh]


def _hierarchy(solid: Solid) -> igl.FastWindingNumberBVH:
    """What makes winding numbers fast, found once per solid."""
    made = _HIERARCHIES.get(solid)
    if made is None:
        made = igl.FastWindingNumberBVH()
        made.init(solid.vertices, np.ascontiguousarray(solid.wall))
        _HIERARCHIES[solid] = made
    return made


def remember_solid(mesh: TriMesh, solid: Solid) -> None:
    """Spare `read_solid` the work where the reading of `mesh` is known already."""
    _READ[mesh] = solid


def touchable(mesh: TriMesh) -> Facing:
    """The faces that distances go to: not buried, not degenerate, no repetition."""
    solid = read_solid(mesh)
    return _chosen(mesh, "touchable", ~solid.hidden & ~solid.skipped)


def bounding(mesh: TriMesh) -> Facing:
    """The touchable faces that have an inside behind them."""
    solid = read_solid(mesh)
    return _chosen(mesh, "bounding", ~solid.shell & ~solid.hidden & ~solid.skipped)


def sheets(mesh: TriMesh) -> Facing:
    """The faces of single-layer walls."""
    return _chosen(mesh, "sheets", read_solid(mesh).shell)


def _chosen(mesh: TriMesh, name: str, mask: NDArray[np.bool_]) -> Facing:
    """Found once per mesh object, and so is whatever is remembered for the surface."""
    known = _CHOSEN.setdefault(mesh, {})
    if name not in known:
        faces = np.flatnonzero(mask)
        surface = mesh if mask.all() else TriMesh(mesh.vertices, mesh.faces[faces])
        known[name] = Facing(surface, faces)
    return known[name]


def turned_outwards(mesh: TriMesh) -> TriMesh:
    """`mesh` with every face looking outwards as `read_solid` says, which it need not redo."""
    solid = read_solid(mesh)
    faces = np.where(solid.flip[:, None], mesh.faces[:, ::-1], mesh.faces)
    turned = TriMesh(mesh.vertices, faces)
    remember_solid(turned, replace(solid, flip=np.zeros_like(solid.flip)))
    return turned


def _read(mesh: TriMesh) -> Solid:
    """Decide for every face which side is outside, if any.

    Closed meshes (every edge run along equally often both ways, after making the winding
    consistent) keep their faces; inverted bodies are turned. In all others a face looks to
    the side that light from the sky reaches (`sky_light`), patch by patch; faces lit on both
    sides form thin shells. What is hidden from light, like the inside of a bottle with a
    narrow neck, or too narrow for a finger, counts as inside.
    """
    if not len(mesh.faces):
        raise ValueError("a mesh without faces has no inside")
    vertices, faces, _ = topology.weld(mesh.vertices, mesh.faces)
    keep = topology.first_of_duplicates(faces) & _has_area(vertices, faces)
    chosen = np.flatnonzero(keep)
    if not len(chosen):
        raise ValueError("all faces of the mesh are degenerate")
    given = faces[chosen]
    oriented, patch = (given, None) if topology.is_closed(given) else _wind_alike(given)
    if topology.is_closed(oriented):
        reading = _read_closed(vertices, oriented)
    else:
        reading = _read_open(vertices, oriented, patch)
    wall, turned, shell, hidden = reading
    flip = _scatter(_winding_differs(given, oriented) ^ turned, chosen, len(faces))
    return Solid(
        vertices=vertices,
        wall=wall,
        flip=flip,
        shell=_scatter(shell, chosen, len(faces)),
        hidden=_scatter(hidden, chosen, len(faces)),
        skipped=~keep,
        closed=topology.is_closed(oriented),
    )


_Reading = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # wall, turned, shell, hidden


def _read_closed(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> _Reading:
    body = topology.bodies(faces, len(vertices))
    first, second, third = vertices[faces].transpose(1, 0, 2)
    volumes = np.bincount(body, weights=np.einsum("fi,fi->f", first, np.cross(second, third)))
    turned = volumes[body] < 0
    wall = np.where(turned[:, None], faces[:, ::-1], faces)
    hidden = _dark(sky_light(TriMesh(vertices, wall)) >= _DARK)
    return wall[~hidden], turned, np.zeros(len(faces), dtype=bool), hidden


def _read_open(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], patch: NDArray[np.int64] | None
) -> _Reading:
    assert patch is not None
    surface = TriMesh(vertices, faces)
    light = sky_light(surface)
    areas = surface.face_areas
    lit = _reached(surface, light)
    total = np.bincount(patch, weights=areas)
    visible = np.bincount(patch, weights=areas * lit.any(axis=1))
    both = np.bincount(patch, weights=areas * lit.all(axis=1))
    # Light breaks the tie of sheets that are reached on both sides.
    favour = (lit[:, 1] * 1.0 - lit[:, 0]) + 1e-3 * (light[:, 1] - light[:, 0])
    turned = (np.bincount(patch, weights=areas * favour) > 0)[patch]
    wound = np.where(turned[:, None], faces[:, ::-1], faces)
    share = np.divide(both, visible, out=np.zeros_like(both), where=visible > 0)[patch]
    shell = (share > 0.8) | ((share > 0.2) & lit.all(axis=1))
    buried = (visible < 0.02 * total)[patch]
    hidden = _dark(lit)
    shell |= _bounds_nothing(vertices, wound, patch, ~shell & ~hidden)
    shell &= ~buried & ~hidden
    return wound[~shell & ~hidden], turned, shell, hidden


def _dark(lit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Faces (F,) lit on neither side; none if that would be all of them."""
    dark = np.asarray(~lit.any(axis=1))
    return dark if not dark.all() else np.zeros_like(dark)


def _reached(surface: TriMesh, light: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Sides (F, 2) that can be reached: lit, and open to a finger where one fits.

    Light enters through any crack, so a side is dropped where a finger fits but cannot get
    to; and of a face lit on both sides, the side that no finger fits on if it gets to the other.
    """
    finger = finger_reach(surface)
    lit = (light >= _DARK) & ~(finger.fits & ~finger.reached)
    one_side = lit.all(axis=1) & (finger.reached.sum(axis=1) == 1)
    lit[one_side] = finger.reached[one_side]
    return lit


def _bounds_nothing(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    patch: NDArray[np.int64],
    candidates: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Patches of would-be walls that are no walls: not inside just behind most of their area."""
    if not candidates.any():
        return np.zeros(len(faces), dtype=bool)
    surface = TriMesh(vertices, faces)
    step = _PROBE * float(np.linalg.norm(surface.extents))
    behind = surface.face_centres - step * surface.face_normals
    inside = _winding_number(vertices, faces[candidates], behind) > 0.5
    areas = surface.face_areas * candidates
    total = np.bincount(patch, weights=areas)
    good = np.bincount(patch, weights=areas * inside)
    return candidates & (good < 0.5 * total)[patch]


def _wind_alike(faces: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    oriented, patch = topology.consistent_patches(faces)
    # bfs_orient keeps the winding of whichever face it meets first: follow the majority.
    differs = _winding_differs(faces, oriented)
    minority = np.bincount(patch, weights=np.where(differs, 1.0, -1.0)) > 0
    turn = minority[patch]
    return np.where(turn[:, None], oriented[:, ::-1], oriented), patch


def _winding_differs(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the same triangles (F, 3) are wound the other way round."""
    start = (second == first[:, :1]).argmax(axis=1)
    rows = np.arange(len(first))
    return second[rows, (start + 1) % 3] != first[:, 1]


def _has_area(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.bool_]:
    return TriMesh(vertices, faces).face_areas > 0


def _scatter(values: NDArray[np.bool_], where: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    spread = np.zeros(count, dtype=bool)
    spread[where] = values
    return spread


def _winding_number(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    if not len(faces) or not len(points):
        return np.zeros(len(points))
    return np.asarray(igl.fast_winding_number(vertices, np.ascontiguousarray(faces), points))
