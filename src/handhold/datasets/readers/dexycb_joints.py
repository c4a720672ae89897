"""The 21 joints of a hand that somebody captured: are they a hand, and does it hold?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry import closest_points
from handhold.objects import ObjectAsset

HAND_SPAN = (0.06, 0.3)  # metres, ours: from the wrist to the farthest joint
HELD_WITHIN = 0.02  # metres, ours: so close are thumb and a finger to what a hand holds
_THUMB = [3, 4]  # of the 21: last joint and tip
_FINGERS = [joint + last for joint in (5, 9, 13, 17) for last in (1, 2, 3)]


def require_hand(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Joints (21, 3) in metres, unchanged; InputError where they cannot be those of a hand."""
    if not np.isfinite(joints).all():
        raise InputError("its joints hold numbers that are not finite.")
    with np.errstate(over="ignore", invalid="ignore"):
        span = float(np.linalg.norm(joints - joints[0], axis=1).max())
    if not HAND_SPAN[0] <= span <= HAND_SPAN[1]:
        raise InputError(
            f"its hand is {span:.3g} m long.",
            f"Joints are in metres: {HAND_SPAN[0]:g} to {HAND_SPAN[1]:g} m from the wrist.",
        )
    return joints


def holds(joints: NDArray[np.float64], asset: ObjectAsset) -> bool:
    """Whether thumb and a finger are within HELD_WITHIN of the object (ours)."""
    distance = closest_points(asset.mesh, joints).distance
    return bool(max(distance[_THUMB].min(), distance[_FINGERS].min()) <= HELD_WITHIN)
