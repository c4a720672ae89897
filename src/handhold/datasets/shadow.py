"""The two numberings of the Shadow Hand's joints, and how one becomes the other.

Shadow's own models count a finger's joints from 4 (spread) to 1 (tip); the older model that
DexGraspNet and OpenAI Gym use counts from 3 to 0, and turns some axes the other way. Compared
joint by joint on both kinematic trees, axes agree up to the signs here, and at the same angles
every joint is in the same place to 0 mm (index, middle, ring), 0.4 mm (thumb) and 1.8 mm (little
finger).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.hands import Hand

FINGERS = {"FF": 4, "MF": 4, "RF": 4, "LF": 5, "TH": 5}
SHADOW_JOINTS: tuple[str, ...] = tuple(
    f"{finger}J{number}" for finger, count in FINGERS.items() for number in range(count, 0, -1)
)
_TURNED = frozenset({"FFJ4", "MFJ4", "THJ2", "THJ1"})  # about the opposite axis in the old model
PALM_IN_WRIST = np.array([0.0, 0.0, 0.034])  # metres, no rotation: the wrist's joint at zero


def require_right(hand: Hand, grasps: str) -> None:
    """InputError for a left hand: published grasps are of the right Shadow Hand."""
    if hand.spec.side == "left":
        raise InputError(
            f"'{hand.name}' is a left hand, the grasps of {grasps} are of a right one.",
            "Give the right Shadow Hand with --hand.",
        )


def shadow_columns(hand: Hand) -> tuple[list[int], NDArray[np.float64]]:
    """For each joint of `hand`: its column in SHADOW_JOINTS, and its sign.

    The hand's names end in either numbering (rh_FFJ4, robot0:FFJ3). Raises InputError otherwise.
    """
    own = [name[-4:] for name in hand.joint_names]
    from_zero = [f"{name[:3]}{int(name[3:]) - 1}" for name in SHADOW_JOINTS]
    for names, turned in ((SHADOW_JOINTS, frozenset()), (from_zero, _TURNED)):
        if sorted(own) == sorted(names):
            columns = [list(names).index(name) for name in own]
            signs = [-1.0 if SHADOW_JOINTS[column] in turned else 1.0 for column in columns]
            return columns, np.array(signs)
    raise InputError(
        f"The hand '{hand.name}' has the joints {', '.join(hand.joint_names)}.",
        f"Grasps of the Shadow Hand need {', '.join(SHADOW_JOINTS)}, or the same counted from 0.",
    )
