"""Distances to an object without a grid: brute force, surface samples, or exact trees.

Three ways behind one protocol, for benchmarks/naive_twin.py. All are differentiable through the
nearest surface point: it is looked for without gradients, and the distance to it is measured.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import igl
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.geometry import sample_surface
from handhold.geometry.solid import read_solid
from handhold.objects import ObjectAsset

SAMPLES = 8192
"""Surface samples of `SampleDistance`."""
_AT_ONCE = 1 << 24
"""Distances held at once by a brute-force search."""
_ON_SURFACE = 1e-9
"""Metres: nearer than this there is no direction away from the surface."""


class Distance(Protocol):
    """An object and its contact part, as the naive energies ask about them. Metres."""

    def signed(self, points: Tensor) -> Tensor:
        """Signed distance (...) of points (..., 3) to the object, negative inside."""
        ...

    def to_part(self, points: Tensor) -> Tensor:
        """Distance (...) of points (..., 3) to the contact part's surface, never negative."""
        ...

    def normal(self, points: Tensor) -> Tensor:
        """Outward unit direction (..., 3): where the signed distance grows. Not differentiated."""
        ...


@dataclass(frozen=True, eq=False)
class Nearest:
    """Per query: the nearest surface point (N, 3), the side (N,) of it that the query is on (1
    outside, -1 inside), and the metres (N,) of wall that cover the surface there."""

    point: Tensor
    side: Tensor
    cover: Tensor


class NearestPoint(ABC):
    """The protocol's three answers, from a search for the nearest surface points.

    signed = side |p - nearest| - cover. Where p varies, the nearest point may be held still: a
    distance grows along the line from the nearest point to p, whatever the surface.
    """

    @abstractmethod
    def nearest(self, points: Tensor) -> Nearest:
        """Of the object, for points (N, 3)."""

    @abstractmethod
    def nearest_of_part(self, points: Tensor) -> Tensor:
        """Nearest points (N, 3) of the part's surface."""

    def signed(self, points: Tensor) -> Tensor:
        flat = points.reshape(-1, 3)
        with torch.no_grad():
            found = self.nearest(flat.detach())
        length = _length(flat - found.point)
        return (found.side * length - found.cover).reshape(points.shape[:-1])

    def to_part(self, points: Tensor) -> Tensor:
        flat = points.reshape(-1, 3)
        with torch.no_grad():
            found = self.nearest_of_part(flat.detach())
        return _length(flat - found).reshape(points.shape[:-1])

    @torch.no_grad()
    def normal(self, points: Tensor) -> Tensor:
        flat = points.detach().reshape(-1, 3)
        found = self.nearest(flat)
        away = found.side[:, None] * (flat - found.point)
        length = away.norm(dim=-1, keepdim=True)
        return torch.where(length > _ON_SURFACE, away / length, 0.0).reshape(points.shape)


@dataclass(frozen=True, eq=False)
class Surfaces:
    """The triangles (F, 3, 3) of an object that distances refer to; metres, object frame.

    body: what bounds its solids and can be touched; wall: what tells inside from outside, turned
    outwards; shell: single-layer walls, `half` metres thick to either side; part: the contact
    part. As `handhold.geometry.signed_distance` and `handhold.contact.build_field` have it.
    """

    body: NDArray[np.float64]
    wall: NDArray[np.float64]
    shell: NDArray[np.float64]
    half: float
    part: NDArray[np.float64]


def surfaces_of(asset: ObjectAsset, part: str) -> Surfaces:
    """The triangles of an object with a contact part."""
    mesh, solid, target = asset.mesh, read_solid(asset.mesh), asset.part_mesh(part)
    outer = ~solid.shell & ~solid.skipped & ~solid.hidden
    return Surfaces(
        body=mesh.vertices[mesh.faces[outer]],
        wall=solid.vertices[solid.wall],
        shell=mesh.vertices[mesh.faces[solid.shell]],
        half=solid.shell_half_thickness,
        part=target.vertices[target.faces],
    )


class TriangleDistance(NearestPoint):
    """Brute force over all triangles, the side by the sum of all solid angles. Exact, slow."""

    def __init__(self, surfaces: Surfaces, dtype: torch.dtype = torch.float64) -> None:
        self._half = surfaces.half
        self._body, self._wall, self._shell, self._part = (
            torch.as_tensor(triangles, dtype=dtype)
            for triangles in (surfaces.body, surfaces.wall, surfaces.shell, surfaces.part)
        )

    def nearest(self, points: Tensor) -> Nearest:
        return _nearer_of(
            points, self._half,
            (lambda: closest_on_triangles(points, self._body)) if len(self._wall) else None,
            lambda: winding_number(points, self._wall) > 0.5,
            (lambda: closest_on_triangles(points, self._shell)) if len(self._shell) else None,
        )  # fmt: skip

    def nearest_of_part(self, points: Tensor) -> Tensor:
        return closest_on_triangles(points, self._part)


class ExactDistance(NearestPoint):
    """The same values, found by libigl's trees, which are built once. On the CPU."""

    def __init__(self, surfaces: Surfaces) -> None:
        self._half = surfaces.half
        self._body, self._shell, self._part = (
            _Tree(triangles) if len(triangles) else None
            for triangles in (surfaces.body, surfaces.shell, surfaces.part)
        )
        self._has_wall = len(surfaces.wall) > 0
        if self._has_wall:
            self._winding = igl.FastWindingNumberBVH()
            vertices, faces = _soup(surfaces.wall)
            self._winding.init(vertices, faces, 2)

    def nearest(self, points: Tensor) -> Nearest:
        body, shell = self._body, self._shell
        return _nearer_of(
            points, self._half,
            (lambda: body.closest(points)) if self._has_wall and body else None,
            lambda: self._encloses(points),
            (lambda: shell.closest(points)) if shell else None,
        )  # fmt: skip

    def nearest_of_part(self, points: Tensor) -> Tensor:
        assert self._part is not None
        return self._part.closest(points)

    def _encloses(self, points: Tensor) -> Tensor:
        number = self._winding.winding_number(_rows(points), 2.0)
        return torch.from_numpy(np.asarray(number) > 0.5)


class SampleDistance(NearestPoint):
    """The nearest of many surface samples, the side by its normal; shells have no thickness."""

    def __init__(self, points: Tensor, normals: Tensor, on_part: Tensor) -> None:
        """points, normals: (S, 3), outward. on_part: (S,) True on the contact part."""
        self._points, self._normals, self._part = points, normals, points[on_part]

    @classmethod
    def of(
        cls, asset: ObjectAsset, part: str, dtype: torch.dtype = torch.float32, seed: int = 0
    ) -> SampleDistance:
        """`SAMPLES` points spread evenly over what can be touched."""
        sample = sample_surface(asset.mesh, SAMPLES, seed, where=~asset.hidden_faces)
        mine = asset.face_parts == asset.part_index(part)
        points, normals = (
            torch.as_tensor(values, dtype=dtype) for values in (sample.points, sample.normals)
        )
        return cls(points, normals, torch.as_tensor(mine[sample.faces]))

    def nearest(self, points: Tensor) -> Nearest:
        index = nearest_index(points, self._points)
        point = self._points[index]
        inside = ((points - point) * self._normals[index]).sum(-1) < 0
        return Nearest(point, _side(inside, points), torch.zeros_like(points[:, 0]))

    def nearest_of_part(self, points: Tensor) -> Tensor:
        return self._part[nearest_index(points, self._part)]


def nearest_index(points: Tensor, among: Tensor) -> Tensor:
    """Index (N,) of the nearest of `among` (M, 3) to each of `points` (N, 3).

    |p - q|^2 = |p|^2 - 2 p.q + |q|^2 by a matrix product, whose rounding may swap neighbours
    that are equally far to some 0.1 mm in float32; the caller measures the distance itself.
    """
    half = among.square().sum(-1) / 2
    rows = max(1, _AT_ONCE // len(among))
    return torch.cat(
        [torch.addmm(half, part, among.T, alpha=-1).argmin(-1) for part in points.split(rows)]
    )


def closest_on_triangles(points: Tensor, triangles: Tensor) -> Tensor:
    """Nearest points (N, 3) to `points` (N, 3) on the union of `triangles` (F, 3, 3).

    The nearest point of a triangle is the foot of the perpendicular on its plane, if that lies
    in the triangle, and else on one of the three sides.
    """
    rows = max(1, _AT_ONCE // 64 // len(triangles))
    return torch.cat([_closest_of_all(part, triangles) for part in points.split(rows)])


def winding_number(points: Tensor, triangles: Tensor) -> Tensor:
    """Sum (N,) of the solid angles of `triangles` (F, 3, 3) about `points`, over 4 pi.

    tan(angle / 2) = det(a, b, c) / (|a||b||c| + (a.b)|c| + (b.c)|a| + (c.a)|b|)
    (Van Oosterom and Strackee 1983).
    """
    rows = max(1, _AT_ONCE // 64 // len(triangles))
    sums = []
    for part in points.split(rows):
        a, b, c = (triangles - part[:, None, None]).unbind(2)
        la, lb, lc = a.norm(dim=-1), b.norm(dim=-1), c.norm(dim=-1)
        volume = (a * torch.linalg.cross(b, c)).sum(-1)
        below = la * lb * lc + (a * b).sum(-1) * lc + (b * c).sum(-1) * la + (c * a).sum(-1) * lb
        sums.append(2 * torch.atan2(volume, below).sum(-1) / (4 * torch.pi))
    return torch.cat(sums)


class _Tree:
    """Triangles (F, 3, 3) in a libigl AABB tree."""

    def __init__(self, triangles: NDArray[np.float64]) -> None:
        self._vertices, self._faces = _soup(triangles)
        self._tree = igl.AABB()
        self._tree.init(self._vertices, self._faces)

    def closest(self, points: Tensor) -> Tensor:
        """Nearest points (N, 3)."""
        _, _, found = self._tree.squared_distance(self._vertices, self._faces, _rows(points))
        return torch.from_numpy(np.asarray(found)).to(points.dtype)


def _nearer_of(
    points: Tensor,
    half: float,
    on_body: Callable[[], Tensor] | None,
    inside: Callable[[], Tensor],
    on_shell: Callable[[], Tensor] | None,
) -> Nearest:
    """Bodies and shells together: the smaller signed distance. One of the two may be missing."""
    found: list[Nearest] = []
    nothing = torch.zeros_like(points[:, 0])
    if on_body is not None:
        found.append(Nearest(on_body(), _side(inside(), points), nothing))
    if on_shell is not None:
        found.append(Nearest(on_shell(), nothing + 1, nothing + half))
    if len(found) == 1:
        return found[0]
    body, shell = found
    first, second = (f.side * (points - f.point).norm(dim=-1) - f.cover for f in found)
    return Nearest(
        torch.where((first <= second)[:, None], body.point, shell.point),
        torch.where(first <= second, body.side, shell.side),
        torch.where(first <= second, body.cover, shell.cover),
    )


def _closest_of_all(points: Tensor, triangles: Tensor) -> Tensor:
    a, b, c = triangles.unbind(1)
    p = points[:, None]
    candidates = [_on_segment(p, *ends) for ends in ((a, b), (b, c), (c, a))]
    normal = torch.linalg.cross(b - a, c - a)
    foot = p - ((p - a) * normal).sum(-1, keepdim=True) / _square(normal) * normal
    within = torch.stack(
        [
            (torch.linalg.cross((v - u)[None], foot - u) * normal).sum(-1)
            for u, v in ((a, b), (b, c), (c, a))
        ]
    ).amin(0)
    candidates.append(torch.where(within[..., None] >= 0, foot, torch.inf))
    every = torch.cat(candidates, 1)  # (N, 4 F, 3)
    best = (every - p).norm(dim=-1).argmin(1)
    return every[torch.arange(len(points)), best]


def _on_segment(p: Tensor, a: Tensor, b: Tensor) -> Tensor:
    share = ((p - a) * (b - a)).sum(-1, keepdim=True) / _square(b - a)
    return a + share.clamp(0.0, 1.0) * (b - a)


def _square(vectors: Tensor) -> Tensor:
    return vectors.square().sum(-1, keepdim=True).clamp(min=1e-30)


def _length(vectors: Tensor) -> Tensor:
    """Lengths (...) of (..., 3), with gradient 0 at 0."""
    squared = vectors.square().sum(-1)
    there = squared > 0
    return torch.where(there, torch.where(there, squared, 1.0).sqrt(), 0.0)


def _side(inside: Tensor, points: Tensor) -> Tensor:
    return torch.where(inside, -1.0, 1.0).to(points)


def _soup(triangles: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vertices and faces of triangles that share nothing."""
    vertices = np.ascontiguousarray(triangles, dtype=np.float64).reshape(-1, 3)
    return vertices, np.arange(len(vertices), dtype=np.int64).reshape(-1, 3)


def _rows(points: Tensor) -> NDArray[np.float64]:
    return np.ascontiguousarray(points.detach().numpy(), dtype=np.float64)
