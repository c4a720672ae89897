"""One grasp of a data set, whoever made it: the Omega of G-DexGrasp (section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.objects import ObjectAsset

KEYPOINTS = 21
MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "penetration_depth_cm": "deepest hand vertex inside the object",
        "contact_share_on_part": "share of the touching hand vertices that are on the part",
        "held_share": "share of the pulls tried that held",
        "retarget_mm": "mean distance of key points from those of the source's hand",
        "retarget_worst_mm": "the largest of these distances",
        "retarget_fingertip_mm": "mean distance of the fingertips",
    }
)
"""Numbers that a record may carry, all optional; nan where nobody measured."""
_UNIT_TOLERANCE = 1e-3  # ours: some sets are written with few digits


@dataclass(frozen=True, eq=False, kw_only=True)
class GraspRecord:
    """Instruction L, object O, grasp G, affordance A, contact part P; M is the object's.

    Everything is in the object frame (docs/conventions.md): metres, z up, the centre of the
    object's bounding box at the origin.

    id: unique within a data set. object: content hash of the object in the store. category:
    "mug". hand: its name; translation (3,), quaternion (4,) wxyz: T_object_palm; joints (D,)
    radians in the hand's order. affordance: one of AFFORDANCES, or "" where none of ours fits;
    source_affordance: the source's own word. part: name of the contact part, "" unknown.
    instructions: sentences that ask for this grasp. prior: template or cluster that it was made
    from, "" for others'. entry: where it stands in its source (file and row). source, licence:
    name of the data set, and its terms in a few words. keypoints (21, 3): joint positions of the
    source's own hand, in the order of the hand `human`, nan where it has none; (0, 3) unknown.
    measures: names of MEASURES -> value.
    """

    id: str
    object: str
    category: str
    hand: str
    translation: NDArray[np.float64]
    quaternion: NDArray[np.float64]
    joints: NDArray[np.float64]
    affordance: str = ""
    source_affordance: str = ""
    part: str = ""
    instructions: tuple[str, ...] = ()
    prior: str = ""
    entry: str = ""
    source: str = ""
    licence: str = ""
    keypoints: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    measures: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no grasp can be; InputError names the field."""
        put = object.__setattr__
        put(self, "translation", _numbers("translation", self.translation, (3,)))
        put(self, "quaternion", _rotation(self.quaternion))
        put(self, "joints", _numbers("joints", self.joints, (np.size(self.joints),)))
        put(self, "keypoints", np.asarray(self.keypoints, dtype=np.float64).reshape(-1, 3))
        put(self, "instructions", tuple(str(text) for text in self.instructions))
        put(self, "measures", MappingProxyType(dict(self.measures)))
        if len(self.keypoints) not in (0, KEYPOINTS):
            raise InputError(
                f"field 'keypoints': {len(self.keypoints)} points.", f"Give {KEYPOINTS} or none."
            )
        if self.affordance and self.affordance not in AFFORDANCES:
            raise InputError(
                f"field 'affordance': '{self.affordance}' is none of ours.",
                f"Allowed: {', '.join(AFFORDANCES)}, or nothing.",
            )
        unknown = sorted(set(self.measures) - set(MEASURES))
        if unknown:
            raise InputError(
                f"field 'measures': '{unknown[0]}' is not known.", f"Known: {', '.join(MEASURES)}."
            )

    def measure(self, name: str) -> float:
        """One of MEASURES, nan where nobody measured it."""
        return float(self.measures.get(name, np.nan))


@dataclass(frozen=True, eq=False, kw_only=True)
class ObjectGrasps:
    """One object and its grasps, as a reader hands them over.

    category: "mug"; role: "seen", "unseen" (categories nothing that ships may learn from), or "".
    grasps: their `object`, `id`, `source`, `licence` and `category` are filled in by the store.
    articulation: joints between parts as plain JSON values, {} where the object is rigid.
    origin: how to find or make the object again.
    """

    asset: ObjectAsset
    category: str
    grasps: tuple[GraspRecord, ...] = ()
    role: str = ""
    origin: str = ""
    articulation: Mapping[str, object] = field(default_factory=dict)


def _numbers(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    if array.shape != shape:
        raise InputError(f"field '{name}': shape {array.shape}.", f"Expected {shape}.")
    if not np.isfinite(array).all():
        raise InputError(f"field '{name}': numbers that are not finite.", "Leave the grasp out.")
    array.flags.writeable = False
    return array


def _rotation(values: ArrayLike) -> NDArray[np.float64]:
    quaternion = _numbers("quaternion", values, (4,))
    length = float(np.linalg.norm(quaternion))
    if abs(length - 1) > _UNIT_TOLERANCE:
        raise InputError(
            f"field 'quaternion': its length is {length:.4g}.",
            "A rotation is wxyz with length 1.",
        )
    unit: NDArray[np.float64] = quaternion / length
    unit.flags.writeable = False
    return unit
