"""The metrics of a profile that need no physics, for posed hands on one object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.columns import Columns
from handhold.evaluate.disjointness import disjointness_cm
from handhold.evaluate.exact_volume import exact_intersection_volume_cm3
from handhold.evaluate.hands import PosedHands
from handhold.evaluate.judge import (
    AVOIDED,
    METRIC_NAMES,
    NO_CONTACT,
    NO_TARGET,
    NONE_AVOIDED,
    judge,
)
from handhold.evaluate.object_depth import object_in_hand_depth_cm
from handhold.evaluate.penetration import SharedCells, shared_cells
from handhold.evaluate.profiles import Profile
from handhold.evaluate.q1 import NO_LINKS, link_contacts, q1
from handhold.evaluate.surface import HandOnSurface, measure_hand
from handhold.geometry import TriMesh, sample_surface
from handhold.objects import ObjectAsset

_VOLUME = "intersection_volume_cm3"
_EXACT = "exact_intersection_volume_cm3"
_FROM_BOTH_SIDES = ("object_in_hand_depth_cm", "disjointness_cm")


def geometry_columns(
    asset: ObjectAsset,
    hands: PosedHands,
    target: NDArray[np.int64],
    profile: Profile,
    *,
    avoid: NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> Columns:
    """Those columns of the profile that are geometry.

    hands: B hands in the asset's frame, metres. target (B,): the part asked for, -1 where none was.
    avoid (B, P): which parts each is to keep off, None where none are known. seed: of the points
    on the object.
    """
    if avoid is None:
        avoid = np.zeros((len(hands), len(asset.part_names)), dtype=bool)
    wanted = set(profile.grasp_metrics)
    columns = Columns(len(hands))
    on_surface = measure_hand(
        asset.mesh,
        hands.vertices,
        reach=max(profile.quick.contact_distance, profile.contacts.reach),
        has_solid=asset.has_solid,
    )
    points = _points_of(asset.surface, profile.object_samples, seed)
    cells = None
    if asset.has_solid and wanted & {_VOLUME, _EXACT}:
        cells = shared_cells(
            asset.mesh,
            hands.vertices,
            hands.faces,
            voxel_size=profile.quick.voxel_size,
            points=points,
        )
    if wanted & {*METRIC_NAMES, AVOIDED}:
        _put_quick(columns, asset, hands, target, avoid, profile, on_surface, cells)
    if wanted & set(_FROM_BOTH_SIDES):
        known = None if cells is None else cells.points_inside
        depth = object_in_hand_depth_cm(points, hands, known)
        columns.put("object_in_hand_depth_cm", depth)
        gap = disjointness_cm(asset.mesh, hands.vertices, on_surface, depth)
        columns.put("disjointness_cm", gap)
    if _EXACT in wanted:
        exact = exact_intersection_volume_cm3(
            asset.mesh, hands, has_solid=asset.has_solid, cells=cells
        )
        columns.put(_EXACT, exact.volume_cm3, exact.reasons)
    if "q1" in wanted:
        _put_q1(columns, asset, hands, profile, on_surface)
    for name in set(columns.values) - wanted:
        del columns.values[name], columns.reasons[name]
    return columns


def _points_of(surface: TriMesh, count: int, seed: int) -> NDArray[np.float64]:
    """Points (count, 3) on the surface, the same whichever way its faces are wound."""
    unwound = TriMesh(surface.vertices, np.sort(surface.faces, axis=1))
    return sample_surface(unwound, count, seed).points


def _put_quick(
    columns: Columns,
    asset: ObjectAsset,
    hands: PosedHands,
    target: NDArray[np.int64],
    avoid: NDArray[np.bool_],
    profile: Profile,
    on_surface: HandOnSurface,
    cells: SharedCells | None,
) -> None:
    judgement = judge(
        asset.mesh,
        asset.face_parts,
        target,
        hands,
        has_solid=asset.has_solid,
        profile=profile.quick,
        on_surface=on_surface,
        cells=cells,
        avoid=avoid,
    )
    share = [NO_TARGET if part < 0 else NO_CONTACT for part in target]
    for name, values in judgement.as_arrays().items():
        reason: str | list[str] = judgement.reasons.get(name, "")
        if name in ("part_accuracy", "contact_share_on_part"):
            reason = share
        if name == AVOIDED:
            reason = [NO_CONTACT if any(row) else NONE_AVOIDED for row in avoid.tolist()]
        columns.put(name, values, reason)


def _put_q1(
    columns: Columns,
    asset: ObjectAsset,
    hands: PosedHands,
    profile: Profile,
    on_surface: HandOnSurface,
) -> None:
    if hands.vertex_link is None:
        columns.put_nothing("q1", NO_LINKS)
        return
    found = link_contacts(asset.mesh, hands, on_surface, profile.contacts)
    values = [q1(contacts, asset.surface, profile.contacts) for contacts in found]
    columns.put("q1", np.array(values))
