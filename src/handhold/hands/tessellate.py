"""Triangles for primitives, and triangles small enough that vertices stand for a surface."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

from handhold.geometry import TriMesh, topology
from handhold.geometry.convex import convex_hull

_ROUNDS = 8


def box(half: NDArray[np.float64]) -> TriMesh:
    """A box about the origin with half sides (3,)."""
    return TriMesh.from_trimesh(trimesh.creation.box(extents=2.0 * np.asarray(half)))


def ellipsoid(radii: NDArray[np.float64]) -> TriMesh:
    """An ellipsoid (or sphere) about the origin with radii (3,); its corners lie on it."""
    ball = trimesh.creation.icosphere(subdivisions=3)
    return TriMesh(np.asarray(ball.vertices) * radii, np.asarray(ball.faces))


def capsule(radius: float, half_length: float) -> TriMesh:
    """A capsule along z; half_length is that of its straight part."""
    ball = ellipsoid(np.full(3, radius))
    # Stretched where it is widest, which leaves the corners on the capsule.
    shift = np.sign(ball.vertices[:, 2:]) * (np.abs(ball.vertices[:, 2:]) > 1e-9 * radius)
    ends = ball.vertices + shift * [0.0, 0.0, half_length]
    return convex_hull(ends) or ball


def cylinder(radius: float, half_length: float) -> TriMesh:
    """A cylinder along z."""
    shape = trimesh.creation.cylinder(radius=radius, height=2.0 * half_length, sections=32)
    return TriMesh.from_trimesh(shape)


def holes_filled(mesh: TriMesh) -> TriMesh:
    """`mesh` (welded, wound alike) with a fan of triangles over each hole; where holes touch,
    or the winding changes, the result may still be open."""
    edges = topology.directed_edges(mesh.faces)
    count = len(mesh.vertices)
    keys = edges[:, 0] * count + edges[:, 1]
    rims = edges[~np.isin(keys, edges[:, 1] * count + edges[:, 0])]
    if not np.array_equal(np.sort(rims[:, 0]), np.sort(rims[:, 1])):
        return mesh  # a rim that ends: there is no loop to fill
    after: dict[int, list[int]] = {}
    for start, end in rims.tolist():
        after.setdefault(start, []).append(end)
    vertices, faces = [mesh.vertices], [mesh.faces]
    for start in list(after):
        while after[start]:
            loop = [start]
            while (following := after[loop[-1]].pop()) != start:
                loop.append(following)
            rim = np.array(loop)
            if len(rim) == 3:
                faces.append(rim[::-1][None])
                continue
            vertices.append(mesh.vertices[rim].mean(axis=0)[None])
            middle = np.full(len(rim), count)
            count += 1
            faces.append(np.stack([np.roll(rim, -1), rim, middle], axis=1))
    return TriMesh(np.concatenate(vertices), np.concatenate(faces))


def edges_split(mesh: TriMesh, longest: float) -> TriMesh:
    """The same surface with no edge over `longest`; a closed mesh stays closed."""
    vertices, faces = mesh.vertices, mesh.faces
    for _ in range(_ROUNDS):
        edges = np.sort(topology.directed_edges(faces), axis=1)
        unique, inverse = np.unique(edges, axis=0, return_inverse=True)
        length = np.linalg.norm(vertices[unique[:, 0]] - vertices[unique[:, 1]], axis=1)
        cut = length > longest
        if not cut.any():
            break
        middle = np.full(len(unique), -1)
        middle[cut] = len(vertices) + np.arange(int(cut.sum()))
        vertices = np.concatenate([vertices, vertices[unique[cut]].mean(axis=1)])
        faces = _with_middles(vertices, faces, middle[inverse.reshape(3, -1)].T)
    return TriMesh(vertices, faces)


def _with_middles(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], middle: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Faces (F, 3) cut at the middles (F, 3) of their edges 01, 12, 20 (-1: not cut)."""
    cuts = (middle >= 0).sum(axis=1)
    # Turned so that a single cut, or the uncut edge beside two cuts, comes first.
    odd = np.where(cuts == 2, (middle < 0).argmax(axis=1), (middle >= 0).argmax(axis=1))
    turn = (odd[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(faces, turn, axis=1).T
    ab, bc, ca = np.take_along_axis(middle, turn, axis=1).T
    one, two, three = cuts == 1, cuts == 2, cuts == 3
    short = np.linalg.norm(vertices[a] - vertices[bc], axis=1) < np.linalg.norm(
        vertices[b] - vertices[ca], axis=1
    )
    near, far = two & short, two & ~short

    def rows(mask: NDArray[np.bool_], *corners: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.stack([corner[mask] for corner in corners], axis=1)

    return np.concatenate(
        [
            rows(cuts == 0, a, b, c),
            rows(one, a, ab, c),
            rows(one, ab, b, c),
            rows(two, bc, c, ca),
            rows(near, a, b, bc),
            rows(near, a, bc, ca),
            rows(far, a, b, ca),
            rows(far, b, bc, ca),
            rows(three, a, ab, ca),
            rows(three, ab, b, bc),
            rows(three, ca, bc, c),
            rows(three, ab, bc, ca),
        ]
    )
