"""All quick metrics of a batch of grasps in one pass over the exact surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.hands import PosedHands
from handhold.evaluate.parts import vote_on_part
from handhold.evaluate.penetration import intersection_volume_cm3, penetration_depth_cm
from handhold.evaluate.profile import QuickProfile
from handhold.evaluate.skeleton import self_penetration_mm, skeleton_piercing_mm
from handhold.evaluate.surface import measure_hand
from handhold.geometry import TriMesh

NO_SOLID = "the object has no inside (point cloud or open surface)"


@dataclass(frozen=True, eq=False)
class Judgement:
    """Quick metrics, one number per grasp (B,), units in the names; nan: see `reasons`.

    part_accuracy and contact_ratio are 0 or 1 per grasp (their means are the usual metrics);
    contact_share_on_part is nan for a grasp without contact. `profile` names the definitions.
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

    def __len__(self) -> int:
        return len(self.penetration_depth_cm)

    def as_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Metric name -> (B,), as a grasp file stores them."""
        return {name: getattr(self, name) for name in METRIC_NAMES}

    def row(self, index: int) -> dict[str, float]:
        """Metric name -> value of one grasp."""
        return {name: float(values[index]) for name, values in self.as_arrays().items()}


METRIC_NAMES: tuple[str, ...] = tuple(
    f.name for f in fields(Judgement) if f.name not in ("reasons", "profile")
)


def judge(
    mesh: TriMesh,
    face_parts: NDArray[np.int64],
    part: int,
    hands: PosedHands,
    *,
    has_solid: bool = True,
    profile: QuickProfile | None = None,
) -> Judgement:
    """Judge grasps of `part` (index) on a mesh with parts face_parts (F,), all in one frame.

    has_solid False (a cloud, an open sheet): depth and volume are nan with the reason, and
    contact and piercing use the unsigned distance.
    """
    profile = profile or QuickProfile()
    on_surface = measure_hand(
        mesh, hands.vertices, reach=profile.contact_distance, has_solid=has_solid
    )
    vote = vote_on_part(on_surface, face_parts, part, contact_distance=profile.contact_distance)
    count = len(hands.vertices)
    depth = volume = own = np.full(count, np.nan)
    reasons: dict[str, str] = {}
    if has_solid:
        depth = penetration_depth_cm(on_surface)
        volume = intersection_volume_cm3(
            mesh, hands.vertices, hands.faces, voxel_size=profile.voxel_size
        )
    else:
        reasons |= {"penetration_depth_cm": NO_SOLID, "intersection_volume_cm3": NO_SOLID}
    if hands.spheres is None:
        reasons["self_penetration_mm"] = "the hand came without self-collision spheres"
    else:
        own = self_penetration_mm(hands.spheres.centres, hands.spheres.radius, hands.spheres.pairs)
    if not vote.touches.all():
        reasons["contact_share_on_part"] = "nan where the hand does not touch the object"
    return Judgement(
        penetration_depth_cm=depth,
        intersection_volume_cm3=volume,
        part_accuracy=vote.wins.astype(np.float64),
        contact_share_on_part=vote.share,
        contact_ratio=vote.touches.astype(np.float64),
        skeleton_piercing_mm=skeleton_piercing_mm(
            mesh, hands.keypoints, has_solid=has_solid, profile=profile
        ),
        self_penetration_mm=own,
        reasons=reasons,
        profile=profile.name,
    )
