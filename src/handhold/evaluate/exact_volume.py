"""The volume that hand and object share, by an exact boolean: the oracle of the voxels."""

from __future__ import annotations

from dataclasses import dataclass

import manifold3d
import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.hands import PosedHands
from handhold.evaluate.penetration import CM3_PER_M3, SharedCells, shared_cells
from handhold.geometry import TriMesh, read_solid, topology


@dataclass(frozen=True, eq=False)
class ExactVolume:
    """cm3 (B,), nan where there is a reason (B,)."""

    volume_cm3: NDArray[np.float64]
    reasons: tuple[str, ...]


def exact_intersection_volume_cm3(
    mesh: TriMesh,
    hands: PosedHands,
    *,
    has_solid: bool = True,
    cells: SharedCells | None = None,
) -> ExactVolume:
    """Exact volume of hand and object together, where both are closed manifolds.

    Separate bodies of either are united first; a skin of one piece that cuts itself inside the
    object would be counted twice there, so it is nan where a lattice cube shows it. By the
    booleans of manifold3d; peers use voxels, or booleans whose repairs they do not state.
    cells: what `shared_cells` found for these hands, if it is known.
    """
    if not has_solid:
        return _nothing(len(hands), "the object has no inside (point cloud or open surface)")
    solid = read_solid(mesh)
    if solid.shell.any():
        return _nothing(len(hands), "parts of the object are open sheets")
    target, _ = _united(solid.vertices, solid.wall)
    if target is None:
        return _nothing(len(hands), "the object is not a closed manifold")
    if cells is None:
        cells = shared_cells(mesh, hands.vertices, hands.faces)
    found = [
        _shared(target, mesh, posed, hands.faces, bool(twice))
        for posed, twice in zip(hands.vertices, cells.twice, strict=True)
    ]
    volume = np.array([value for value, _ in found], dtype=np.float64)
    return ExactVolume(CM3_PER_M3 * volume, tuple(reason for _, reason in found))


def _shared(
    target: manifold3d.Manifold,
    mesh: TriMesh,
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    twice: bool,
) -> tuple[float, str]:
    """m3, and why it is nan."""
    lower, upper = vertices.min(axis=0), vertices.max(axis=0)
    if (lower > mesh.bounds[1]).any() or (upper < mesh.bounds[0]).any():
        return 0.0, ""
    hand, pieces = _united(vertices, faces)
    if hand is None:
        return np.nan, "the hand's mesh is not a closed manifold"
    if twice and pieces == 1:
        return np.nan, "the hand's skin cuts itself inside the object"
    return max(float((hand ^ target).volume()), 0.0), ""


def _united(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[manifold3d.Manifold | None, int]:
    """The union of the closed bodies of a mesh and their number; None if they are no manifold."""
    points, joined, _ = topology.weld(vertices, faces)
    whole = manifold3d.Manifold(
        manifold3d.Mesh64(np.ascontiguousarray(points), joined.astype(np.uint64))
    )
    if whole.status() != manifold3d.Error.NoError:
        return None, 0
    pieces = whole.decompose()
    if len(pieces) < 2:
        return whole, 1
    return manifold3d.Manifold.batch_boolean(pieces, manifold3d.OpType.Add), len(pieces)


def _nothing(count: int, reason: str) -> ExactVolume:
    return ExactVolume(np.full(count, np.nan), (reason,) * count)
