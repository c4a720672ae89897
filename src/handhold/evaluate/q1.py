"""Q1: the smallest wrench that the contacts cannot resist (Ferrari and Canny 1992)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from handhold.contact import friction_cone_wrenches
from handhold.evaluate.hands import PosedHands
from handhold.evaluate.surface import HandOnSurface, closest_touchable
from handhold.geometry import TriMesh
from handhold.geometry.mesh import unit_rows

NO_LINKS = "it is not known which vertex belongs to which link of the hand"
_JITTER = 1e-9  # ours: friction cones are flat, and Qhull wants points in general position
_ZERO = 1e-6  # ours: a ball below this is none
_AT_ONCE = 16  # ours: facets looked at per round
_START = 24  # ours: directions whose extremes start the hull


@dataclass(frozen=True)
class ContactRule:
    """Which contacts count and what they can bear.

    reach: metres between a link's skin and the object (1 cm, MaskDexGrasp, supp.); friction and
    edges of the linearised cone (1 and 8, as relatives do).
    """

    reach: float = 0.01
    friction: float = 1.0
    edges: int = 8


@dataclass(frozen=True, eq=False)
class Contacts:
    """points (C, 3) metres on the object, unit normals (C, 3) into it; axes (3, 3): orthonormal
    rows that turn with the scene."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    axes: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))


def link_contacts(
    mesh: TriMesh, hands: PosedHands, on_surface: HandOnSurface, rule: ContactRule
) -> list[Contacts]:
    """The contacts of each hand: at most one per link.

    It is where the object is nearest to that vertex of the link's skin which is nearest to the
    surface, from either side. The normal is the direction in which the distance to the object
    falls there: the surface's own inside a face, unambiguous at edges, and on an open sheet away
    from the side that the hand is on (ours). on_surface must reach as far as the rule.
    """
    if hands.vertex_link is None:
        raise ValueError(NO_LINKS)
    chosen = _nearest_per_link(on_surface, hands.vertex_link, rule.reach)
    owner = np.repeat(np.arange(len(chosen)), [len(row) for row in chosen])
    vertex = np.concatenate(chosen) if len(owner) else np.zeros(0, dtype=np.int64)
    points = hands.vertices[owner, vertex]
    nearest = closest_touchable(mesh, points)
    outside = on_surface.distance[owner, vertex] >= 0
    inwards = unit_rows((nearest.point - points) * np.where(outside, 1.0, -1.0)[:, None])
    on_it = nearest.distance < 1e-6
    inwards[on_it] = -mesh.face_normals[nearest.face[on_it]]
    return [
        Contacts(nearest.point[owner == index], inwards[owner == index], _principal_axes(skin))
        for index, skin in enumerate(hands.vertices)
    ]


def q1(contacts: Contacts, mesh: TriMesh, rule: ContactRule | None = None) -> float:
    """Radius of the largest ball about the origin in the hull of the contacts' wrenches.

    Formula: min over unit u in R6 of max over wrenches w of u.w, where the wrenches of a
    contact are the edges of its friction cone with normal part 1, and their torques are taken
    about the surface's centre and divided by the largest distance of the surface from it; so it
    has no unit. 0 where the origin is outside or the wrenches do not span six dimensions. The
    normal parts of all contacts together add up to one (the L1 metric).

    Source: MaskDexGrasp, supp. ("Detailed definitions"); it states neither friction (1), edges
    (8), nor torque scale. Peers divide torques by fixed lengths or not at all, so absolute
    values do not carry over between papers. Ours: the torque scale; the centre, which is the
    centroid of the area, and edges that are laid out along the principal axes of the hand's
    skin, so that a turned scene gives the same number.
    """
    rule = rule or ContactRule()
    if len(contacts.points) < 2:
        return 0.0
    centre = area_centroid(mesh)
    wrenches = friction_cone_wrenches(
        contacts.points,
        contacts.normals,
        centre,
        friction=rule.friction,
        edges=rule.edges,
        scale=float(np.linalg.norm(mesh.vertices[mesh.faces] - centre, axis=-1).max()),
        axes=contacts.axes,
    )
    return largest_ball(wrenches)


def area_centroid(mesh: TriMesh) -> NDArray[np.float64]:
    """Centre (3,) of the surface's area."""
    return np.asarray(mesh.face_areas @ mesh.face_centres / mesh.area)


def largest_ball(points: NDArray[np.float64]) -> float:
    """Radius, in the unit of the points (N, D), of the largest ball about 0 in their hull.

    Exact to 1e-8 of the points' size. The hull grows only where it decides: while the facet
    nearest to the origin is not one of the whole hull, the points furthest beyond such facets
    are added (Zheng 2013). 0 where the origin is outside or the points do not span all
    dimensions.
    """
    points = np.asarray(points, dtype=np.float64)
    size = float(np.abs(points).max(initial=0.0))
    if not size > 0 or len(points) <= points.shape[1]:
        return 0.0
    if np.linalg.matrix_rank(points, tol=1e-6 * size) < points.shape[1]:
        return 0.0
    generator = np.random.default_rng(0)
    spread = points + _JITTER * size * generator.standard_normal(points.shape)
    try:
        radius = _grow(spread, generator, _ZERO * size)
    except QhullError:
        radius = float(-ConvexHull(points, qhull_options="QJ").equations[:, -1].max())
    return radius if radius > _ZERO * size else 0.0


def _grow(points: NDArray[np.float64], generator: np.random.Generator, tolerance: float) -> float:
    directions = generator.standard_normal((_START, points.shape[1]))
    first = np.unique(np.concatenate([(points @ directions.T).argmax(0), points.argmax(0)]))
    if len(first) <= points.shape[1]:
        first = np.arange(len(points))
    used = np.zeros(len(points), dtype=bool)
    used[first] = True
    hull = ConvexHull(points[first], incremental=True)
    while True:
        facets = hull.equations
        count = min(_AT_ONCE, len(facets))
        nearest = np.argpartition(-facets[:, -1], count - 1)[:count]
        nearest = nearest[np.argsort(-facets[nearest, -1])]
        reach = points @ facets[nearest, :-1].T
        radius = -float(facets[nearest[0], -1])
        if reach[:, 0].max() <= tolerance:
            return 0.0
        beyond = reach.max(axis=0) > -facets[nearest, -1] + 1e-2 * tolerance
        new = np.unique(reach.argmax(axis=0)[beyond])
        new = new[~used[new]]
        if not beyond[0] or not len(new):
            return radius
        used[new] = True
        hull.add_points(points[new])


def _principal_axes(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit rows (3, 3), from the least to the largest spread of points (N, 3)."""
    return np.asarray(np.linalg.eigh(np.cov(points.T))[1].T)


def _nearest_per_link(
    on_surface: HandOnSurface, link: NDArray[np.int64], reach: float
) -> list[NDArray[np.int64]]:
    """Per hand the vertices, one of each link that comes within `reach` of the surface."""
    gap = np.abs(on_surface.distance)
    chosen = []
    order = np.argsort(link, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(link[order])) + 1)
    for row in gap:
        best = np.array([group[row[group].argmin()] for group in groups])
        chosen.append(best[row[best] <= reach])
    return chosen
