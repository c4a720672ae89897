"""Labelled shapes for the part segmenter to learn from: seen categories, hybrids, inventions.

All of it is ours. Hybrids are parts of one shape set on another one, so that a handle is learned
as such and not as "what a mug has"; inventions are of no category. Every shape is turned,
stretched and sometimes simplified; some become scan-like clouds, or what one camera sees of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from handhold.geometry import TriMesh, concatenate
from handhold.geometry.mesh import unit_rows
from handhold.geometry.repair import simplified
from handhold.geometry.topology import bodies
from handhold.grounding.surface_points import (
    DETAIL,
    N_POINTS,
    Rays,
    SurfacePoints,
    points_of_cloud,
    points_of_mesh,
)
from handhold.synthesis import SEEN, ShapeSample, make_shape
from handhold.synthesis.shapes.inventions import invent

NOWHERE = -1  # label of outliers
_INVENTED = "invented"
_ANY_WAY_UP = frozenset({"knife", "scissors", "earphone", "rod", "pistol"})
_LENDERS: Mapping[str, tuple[str, ...]] = {
    "handle": ("bag", "faucet", "handle-bottle", "knife", "mug", "pot", "scissors"),
    "knob": ("bottle", "jar", "handle-bottle"),
    "button": ("keyboard", "laptop"),
    "any": tuple(family for family in SEEN if family != "earphone"),
}

Rng = np.random.Generator


@dataclass(frozen=True)
class ShapeMix:
    """How shapes are varied; probabilities and spreads, ours.

    numbers: shapes of a family are drawn from this many; one in `kept_out` is for validation.
    invented: chance of an invented object; hybrid, hybrid_invented: that parts of a seen category
    are set on the shape. bare: chance that a hybrid's base loses its small parts; second: that it
    gets two parts; lent: chances of a handle, a knob (a cap or lid, shrunk), a button (one key),
    any part.
    stretch: half range of the logarithm of each side's factor; zoom: of the whole's.
    """

    numbers: int = 4000
    kept_out: int = 10
    invented: float = 0.55
    hybrid: float = 0.45
    hybrid_invented: float = 0.12
    bare: float = 0.5
    second: float = 0.4
    lent: tuple[float, ...] = (0.4, 0.2, 0.15, 0.25)
    stretch: float = 0.25
    zoom: float = 0.2
    tilt_degrees: float = 5.0
    any_way_up: float = 0.2
    simplified: float = 0.15
    partial: float = 0.22
    scanned: float = 0.1
    no_thickness: float = 0.35
    no_openness: float = 0.2


@dataclass(frozen=True, eq=False)
class LabelledPoints:
    """labels (N,): index into names, or NOWHERE. affordances: what each part suits.

    family: the category, or the kind of an invented object, or two of these joined by "+";
    "body" then is that of the first.
    """

    surface: SurfacePoints
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    affordances: Mapping[str, tuple[str, ...]]
    family: str


@dataclass(frozen=True, eq=False)
class _Labelled:
    mesh: TriMesh
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    affordances: Mapping[str, tuple[str, ...]]
    family: str


@dataclass(frozen=True, eq=False)
class _Lent:
    name: str
    mesh: TriMesh
    affordances: tuple[str, ...]
    outward: NDArray[np.float64]
    zoom: float


def draw_shape(
    number: int, *, validation: bool = False, seed: int = 0, mix: ShapeMix | None = None
) -> LabelledPoints:
    """The labelled points number `number`: the same for the same number, seed and mix.

    Validation draws are of shapes that training never sees, hybrids of such among them.
    """
    mix = mix or ShapeMix()
    rng = np.random.default_rng([seed, number, int(validation)])
    is_invented = rng.random() < mix.invented
    family = _INVENTED if is_invented else SEEN[number % len(SEEN)]
    base = _whole(_shape(family, mix, validation, rng))
    if rng.random() < (mix.hybrid_invented if is_invented else mix.hybrid):
        base = _hybrid(base, mix, validation, rng)
    posed = replace(base, mesh=_posed(base, mix, rng))
    surface, labels = _sampled(posed, mix, rng)
    present = np.unique(labels[labels >= 0])
    packed = np.full(len(base.names) + 1, NOWHERE)
    packed[present] = np.arange(len(present))
    names = tuple(base.names[index] for index in present)
    return LabelledPoints(surface, packed[labels], names, base.affordances, base.family)


def _shape(family: str, mix: ShapeMix, validation: bool, rng: Rng) -> ShapeSample:
    drawn = int(rng.integers(mix.numbers))
    if (drawn % mix.kept_out == 0) != validation:
        drawn = drawn // mix.kept_out * mix.kept_out + (
            0 if validation else int(rng.integers(1, mix.kept_out))
        )
    return invent(drawn) if family == _INVENTED else make_shape(family, drawn)


def _whole(shape: ShapeSample) -> _Labelled:
    family = shape.style if shape.family == _INVENTED else shape.family
    return _Labelled(
        shape.mesh, shape.face_parts, shape.part_names, dict(shape.affordances), family
    )


def _hybrid(base: _Labelled, mix: ShapeMix, validation: bool, rng: Rng) -> _Labelled:
    """Parts of other shapes set on `base`, which may lose all its parts but the largest first."""
    if rng.random() < mix.bare:
        base = _bare(base)
    for _ in range(1 + int(rng.random() < mix.second)):
        kind = tuple(_LENDERS)[rng.choice(len(_LENDERS), p=mix.lent)]
        lenders = _LENDERS[kind]
        other = _shape(lenders[rng.integers(len(lenders))], mix, validation, rng)
        base = _with(base, _lent(kind, other, rng), other.family, rng)
    return base


def _with(base: _Labelled, lent: _Lent, family: str, rng: Rng) -> _Labelled:
    """The lent part somewhere on the outside of `base`, sunk in a little."""
    spot, normal = _spot(base.mesh, rng)
    spin = _turn(rng.choice([0.0, np.pi / 2, np.pi, rng.uniform(0, 2 * np.pi)]) * normal)
    rotation = spin @ _aligning(lent.outward, normal)
    placed = (lent.mesh.vertices - lent.mesh.centre) @ rotation.T * lent.zoom
    reach = placed @ normal
    sunk = rng.uniform(0.02, 0.15) * float(np.ptp(reach))
    placed = placed + spot - (reach.min() + sunk) * normal
    names = base.names if lent.name in base.names else (*base.names, lent.name)
    return _Labelled(
        concatenate([base.mesh, TriMesh(placed, lent.mesh.faces)]),
        np.concatenate([base.labels, np.full(len(lent.mesh.faces), names.index(lent.name))]),
        names,
        {lent.name: lent.affordances, **base.affordances},
        f"{base.family}+{family}",
    )


def _lent(kind: str, other: ShapeSample, rng: Rng) -> _Lent:
    """A part of `other`: a cap or lid as a knob, one key as a button, a handle, or any part."""
    caps = [name for name in other.part_names if name in ("cap", "lid")]
    if kind == "knob" and caps:
        mesh = other.part(caps[0])
        zoom = rng.uniform(0.012, 0.06) / float(mesh.extents.max())
        return _Lent("knob", mesh, ("twist",), np.array([0.0, 0.0, 1.0]), zoom)
    if kind == "button":
        mesh = _one_key(other.part("keys"), rng)
        zoom = rng.uniform(0.007, 0.03) / float(mesh.extents.max())
        return _Lent("button", mesh, ("press", "point"), np.array([0.0, 0.0, 1.0]), zoom)
    handles = [name for name in other.part_names if name.startswith("handle")]
    areas = [mesh.area for _, mesh in other.parts]
    small = [name for name, area in zip(other.part_names, areas, strict=True) if area < max(areas)]
    name = str(rng.choice(handles if kind == "handle" and handles else small))
    part = other.part(name)
    outward = part.face_centres.mean(axis=0) - other.mesh.face_centres.mean(axis=0)
    return _Lent(name, part, other.affordances[name], outward, rng.uniform(0.8, 1.25))


def _one_key(keys: TriMesh, rng: Rng) -> TriMesh:
    body = bodies(keys.faces, len(keys.vertices))
    return keys.submesh(body == rng.integers(body.max() + 1))


def _bare(base: _Labelled) -> _Labelled:
    areas = np.bincount(base.labels, weights=base.mesh.face_areas, minlength=len(base.names))
    kept = int(areas.argmax())
    chosen = base.labels == kept
    return replace(
        base,
        mesh=base.mesh.submesh(chosen),
        labels=np.zeros(int(chosen.sum()), dtype=np.int64),
        names=(base.names[kept],),
    )


def _turn(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation (3, 3) about a vector by its length in radians."""
    return Rotation.from_rotvec(vector).as_matrix()


def _spot(mesh: TriMesh, rng: Rng) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A point on the outside, on the side six times in ten, on top three times, and its normal."""
    surface = points_of_mesh(mesh, 128, seed=int(rng.integers(2**31)), detail=0.0)
    up = surface.normals[:, 2]
    wanted = rng.choice(3, p=[0.6, 0.3, 0.1])
    fits = (np.abs(up) < 0.4, up > 0.7, np.ones(len(up), bool))[wanted]
    index = int(rng.choice(np.flatnonzero(fits))) if fits.any() else int(rng.integers(len(up)))
    return surface.points[index], surface.normals[index]


def _aligning(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shortest rotation (3, 3) that turns one direction into the other."""
    first, second = unit_rows(start[None])[0], unit_rows(end[None])[0]
    axis = np.cross(first, second)
    sine, cosine = float(np.linalg.norm(axis)), float(first @ second)
    if sine < 1e-6:
        if cosine > 0:
            return np.eye(3)
        axis, sine = np.cross(first, np.eye(3)[np.abs(first).argmin()]), 0.0
    return _turn(unit_rows(axis[None])[0] * np.arctan2(sine, cosine))


def _posed(base: _Labelled, mix: ShapeMix, rng: Rng) -> TriMesh:
    """Stretched, mirrored half the time, turned, and tilted a little or any way up."""
    factors = np.exp(rng.uniform(-mix.stretch, mix.stretch, 3) + rng.uniform(-mix.zoom, mix.zoom))
    factors[0] *= rng.choice([-1.0, 1.0])
    chance = 0.5 if base.family.split("+")[0] in _ANY_WAY_UP else mix.any_way_up
    tilt = rng.normal(0, np.radians(mix.tilt_degrees) / 2, 3) * [1, 1, 0]
    if rng.random() < chance:
        tilt = unit_rows(rng.normal(size=(1, 3)))[0] * rng.choice([np.pi / 2, rng.uniform(0, 3)])
    about = _turn(np.array([0.0, 0.0, rng.uniform(0, 2 * np.pi)]))
    matrix = _turn(tilt) @ about @ np.diag(factors)
    return base.mesh.transformed(matrix, np.zeros(3))


def _sampled(shape: _Labelled, mix: ShapeMix, rng: Rng) -> tuple[SurfacePoints, NDArray[np.int64]]:
    seed = int(rng.integers(2**31))
    kind = rng.random()
    if kind < mix.partial:
        return _seen_from_one_side(shape, rng, seed)
    if kind < mix.partial + mix.scanned:
        return _as_scan(*_on_mesh(shape, mix, rng, seed, detail=0.0), rng)
    surface, labels = _on_mesh(shape, mix, rng, seed)
    unknown = np.full(len(surface), np.nan)
    if rng.random() < mix.no_thickness:
        surface = replace(surface, thickness=unknown)
    if rng.random() < mix.no_openness:
        surface = replace(surface, openness=unknown)
    return surface, labels


def _on_mesh(
    shape: _Labelled, mix: ShapeMix, rng: Rng, seed: int, detail: float = DETAIL
) -> tuple[SurfacePoints, NDArray[np.int64]]:
    if rng.random() >= mix.simplified:
        surface = points_of_mesh(shape.mesh, N_POINTS, seed, detail=detail)
        return surface, shape.labels[surface.source]
    coarse = simplified(shape.mesh, int(np.exp(rng.uniform(np.log(200), np.log(2000)))))
    surface = points_of_mesh(coarse, N_POINTS, seed, detail=detail)
    fine = points_of_mesh(shape.mesh, 3 * N_POINTS, seed)
    _, nearest = cKDTree(fine.points).query(surface.points)
    return surface, shape.labels[fine.source[nearest]]


def _seen_from_one_side(
    shape: _Labelled, rng: Rng, seed: int
) -> tuple[SurfacePoints, NDArray[np.int64]]:
    surface = points_of_mesh(shape.mesh, 3 * N_POINTS, seed, detail=0.0)
    direction = unit_rows(rng.normal(size=(1, 3)) + [0, 0, 0.5])[0]
    eye = shape.mesh.centre + 3 * float(np.linalg.norm(shape.mesh.extents)) * direction
    seen = np.flatnonzero(Rays(shape.mesh).sees(eye, surface.points))
    if len(seen) < N_POINTS // 8:
        seen = np.arange(len(surface))
    visible = surface.take(seen[:N_POINTS])
    return _as_scan(visible, shape.labels[visible.source], rng)


def _as_scan(
    surface: SurfacePoints, labels: NDArray[np.int64], rng: Rng
) -> tuple[SurfacePoints, NDArray[np.int64]]:
    """A cloud with noise along the normals, and up to one outlier in a hundred points."""
    size = float(np.ptp(surface.points, axis=0).max())
    noise = (
        rng.normal(size=(len(surface), 1)) * size * np.exp(rng.uniform(np.log(5e-4), np.log(8e-3)))
    )
    points = surface.points + noise * surface.normals
    lost = rng.random(len(points)) < rng.choice([0.0, 0.005, 0.01])
    low, high = points.min(axis=0), points.max(axis=0)
    points[lost] = rng.uniform(low, high, (len(points), 3))[lost]
    labels = np.where(lost, NOWHERE, labels)
    cloud = points_of_cloud(points, N_POINTS, seed=int(rng.integers(2**31)))
    return cloud, labels[cloud.source]
