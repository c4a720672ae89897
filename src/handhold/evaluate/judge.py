"""All quick metrics of a batch of grasps in one pass over the exact surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.hands import PosedHands
from handhold.evaluate.parts import vote_on_part
from handhold.evaluate.penetration import SharedCells, penetration_depth_cm, shared_cells
from handhold.evaluate.profile import QuickProfile
from handhold.evaluate.skeleton import self_penetration_mm, skeleton_piercing_mm
from handhold.evaluate.surface import HandOnSurface, measure_hand
from handhold.geometry import TriMesh

NO_SOLID = "the object has no inside (point cloud or open surface)"
NO_TARGET = "no part was asked for"
NONE_AVOIDED = "no part is to be avoided"
AVOIDED = "contact_share_on_avoided"
"""The metric that only grasps have which are to keep off some parts."""
NO_CONTACT = "the hand does not touch the object"
NO_SKELETON = "the hand came without a skeleton"
NO_SPHERES = "the hand came without self-collision spheres"


@dataclass(frozen=True, eq=False)
class Judgement:
    """Quick metrics, one number per grasp (B,), units in the names; nan: see `reasons`.

    part_accuracy and contact_ratio are 0 or 1 per grasp (their means are the usual metrics);
    contact_share_on_part is nan for a grasp without contact, and both part metrics where no part
    was asked for. contact_share_on_avoided is None where no grasp is known to keep off any part.
    `profile` names the definitions.
    """

    penetration_depth_cm: NDArray[np.float64]
    intersection_volume_cm3: NDArray[np.float64]
    part_accuracy: NDArray[np.float64]
    contact_share_on_part: NDArray[np.float64]
    contact_ratio: NDArray[np.float64]
    skeleton_piercing_mm: NDArray[np.float64]
    self_penetration_mm: NDArray[np.float64]
    reasons: Mapping[str, str]
    profile: str
    contact_share_on_avoided: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.penetration_depth_cm)

    def as_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Metric name -> (B,), as a grasp file stores them."""
        values = {name: getattr(self, name) for name in METRIC_NAMES}
        if self.contact_share_on_avoided is not None:
            values[AVOIDED] = self.contact_share_on_avoided
        return values

    def row(self, index: int) -> dict[str, float]:
        """Metric name -> value of one grasp."""
        return {name: float(values[index]) for name, values in self.as_arrays().items()}


METRIC_NAMES: tuple[str, ...] = tuple(
    f.name for f in fields(Judgement) if f.name not in ("reasons", "profile", AVOIDED)
)
"""Those that every judgement has."""


def judge(
    mesh: TriMesh,
    face_parts: NDArray[np.int64],
    part: int | NDArray[np.int64],
    hands: PosedHands,
    *,
    has_solid: bool = True,
    profile: QuickProfile | None = None,
    on_surface: HandOnSurface | None = None,
    cells: SharedCells | None = None,
    avoid: NDArray[np.bool_] | None = None,
) -> Judgement:
    """Judge grasps of `part` on a mesh with parts face_parts (F,), all in one frame, metres.

    part: an index, or one per grasp (B,), -1 where none was asked for. on_surface: what
    `measure_hand` found for these hands, if it is known, with at least the contact distance;
    cells: likewise of `shared_cells`. avoid: which parts the hand is to keep off, (P,) or one row
    per grasp (B, P).

    has_solid False (a cloud, an open sheet): depth and volume are nan with the reason, and
    contact and piercing use the unsigned distance.
    """
    profile = profile or QuickProfile()
    if on_surface is None:
        on_surface = measure_hand(
            mesh, hands.vertices, reach=profile.contact_distance, has_solid=has_solid
        )
    target = np.broadcast_to(np.asarray(part, dtype=np.int64), len(hands))
    vote = vote_on_part(on_surface, face_parts, target, contact_distance=profile.contact_distance)
    depth = volume = own = piercing = np.full(len(hands), np.nan)
    reasons: dict[str, str] = {}
    if has_solid:
        depth = penetration_depth_cm(on_surface)
        if cells is None:
            size = profile.voxel_size
            cells = shared_cells(mesh, hands.vertices, hands.faces, voxel_size=size)
        volume = cells.volume_cm3
    else:
        reasons |= {"penetration_depth_cm": NO_SOLID, "intersection_volume_cm3": NO_SOLID}
    if hands.keypoints is None:
        reasons["skeleton_piercing_mm"] = NO_SKELETON
    else:
        piercing = skeleton_piercing_mm(
            mesh, hands.keypoints, bones=hands.bones, has_solid=has_solid, profile=profile
        )
    if hands.spheres is None:
        reasons["self_penetration_mm"] = NO_SPHERES
    else:
        own = self_penetration_mm(hands.spheres.centres, hands.spheres.radius, hands.spheres.pairs)
    if not vote.touches.all():
        reasons["contact_share_on_part"] = "nan where the hand does not touch the object"
    if (target < 0).any():
        reasons["part_accuracy"] = "nan where no part was asked for"
    touched = None if avoid is None else vote.share_on(avoid)
    if touched is not None and np.isnan(touched).any():
        reasons[AVOIDED] = "nan where the hand touches nothing or is to keep off nothing"
    return Judgement(
        penetration_depth_cm=depth,
        intersection_volume_cm3=volume,
        part_accuracy=np.where(target < 0, np.nan, vote.wins),
        contact_share_on_part=vote.share,
        contact_ratio=vote.touches.astype(np.float64),
        skeleton_piercing_mm=piercing,
        self_penetration_mm=own,
        reasons=reasons,
        profile=profile.name,
        contact_share_on_avoided=touched,
    )
