"""One synthetic object: its parts as solids, and the whole surface labelled by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from handhold.geometry.mesh import TriMesh
from handhold.objects.asset import ObjectAsset
from handhold.objects.frame import UserFrame
from handhold.synthesis.shapes.solids import Solid, moved, union

_WELD = 1e-5  # metres: edges and flat triangles smaller than this are collapsed


@dataclass(frozen=True, eq=False)
class Blueprint:
    """What a family builds: overlapping solids by part name; earlier parts keep the overlap.

    affordances: part -> the affordances it suits (exact names, see `grasps.affordances`).
    loops: part -> points (k, 3) in openings that a finger can enter.
    """

    solids: tuple[tuple[str, Solid], ...]
    affordances: Mapping[str, tuple[str, ...]]
    loops: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ShapeSample:
    """A shape of a family: metres, z up, standing on z = 0.

    index: the seed it was made from; style: its variant (a C handle, a pump); parts: closed
    meshes that do not overlap; affordances: part -> what it suits; loops: part -> points
    (k, 3) in the openings that fingers can enter; mesh: the closed surface of all parts
    together; face_parts (F,): index into `parts` for each of its faces.
    """

    family: str
    index: int
    style: str
    parts: tuple[tuple[str, TriMesh], ...]
    affordances: Mapping[str, tuple[str, ...]]
    loops: Mapping[str, NDArray[np.float64]]
    mesh: TriMesh
    face_parts: NDArray[np.int64]

    @property
    def name(self) -> str:
        """Family and index, as in mug-0007."""
        return f"{self.family}-{self.index:04d}"

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names in the order of `parts`."""
        return tuple(name for name, _ in self.parts)

    def part(self, name: str) -> TriMesh:
        """The closed mesh of one part."""
        return dict(self.parts)[name]

    def asset(self) -> ObjectAsset:
        """The labelled whole surface as an object (origin at the centre of its box)."""
        offset = self.mesh.centre
        return ObjectAsset(
            name=self.name,
            mesh=self.mesh.transformed(np.eye(3), -offset),
            face_parts=self.face_parts,
            part_names=self.part_names,
            parts_provisional=False,
            frame=UserFrame(offset=offset),
        )


def realise(blueprint: Blueprint, family: str, index: int, style: str) -> ShapeSample:
    """Stand the blueprint on z = 0, cut its parts apart, and label the union's faces."""
    names = tuple(name for name, _ in blueprint.solids)
    lowest = min(solid.bounding_box()[2] for _, solid in blueprint.solids)
    lift = np.array([0.0, 0.0, -lowest])
    whole = [moved(solid, lift).simplify(_WELD).as_original() for _, solid in blueprint.solids]
    apart = [whole[0]]
    for solid in whole[1:]:
        apart.append(solid - union(apart))
    mesh, labels = _labelled_union(whole)
    return ShapeSample(
        family=family,
        index=index,
        style=style,
        parts=tuple((name, _mesh(solid)) for name, solid in zip(names, apart, strict=True)),
        affordances=MappingProxyType(
            {name: tuple(blueprint.affordances.get(name, ())) for name in names}
        ),
        loops=MappingProxyType({name: at + lift for name, at in blueprint.loops.items()}),
        mesh=mesh,
        face_parts=labels,
    )


def _labelled_union(solids: list[Solid]) -> tuple[TriMesh, NDArray[np.int64]]:
    """The union's surface and, per face, which solid it came from."""
    raw = union(solids).to_mesh64()
    order = {solid.original_id(): index for index, solid in enumerate(solids)}
    starts = np.asarray(raw.run_index, dtype=np.int64) // 3
    labels = np.empty(len(raw.tri_verts), dtype=np.int64)
    for run, origin in enumerate(raw.run_original_id):
        labels[starts[run] : starts[run + 1]] = order[int(origin)]
    return TriMesh(raw.vert_properties[:, :3], raw.tri_verts.astype(np.int64)), labels


def _mesh(solid: Solid) -> TriMesh:
    raw = solid.to_mesh64()
    return TriMesh(raw.vert_properties[:, :3], raw.tri_verts.astype(np.int64))
