"""Which rows of a table of grasps can be used, and what is wrong with the others."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.reading import Gathering
from handhold.hands import Hand

JOINT_SLACK = 0.5  # radians, ours: published grasps leave their hand's limits by up to 0.45
QUATERNION_TOLERANCE = 1e-3  # ours: some files are written with few digits
MAX_DISTANCE = 100.0  # metres from hand to object, ours: no grasp is that far from what it holds
ADVICE = "Correct it, or use --keep-going to judge the others."
_NOTED_EXCESS = 0.01  # radians, ours


def good_rows(
    gathering: Gathering, entries: Sequence[str], *problems: Sequence[str]
) -> NDArray[np.int64]:
    """The rows without a problem; the first problem of each other row is refused or listed.

    problems: per check one text for each row, "" where nothing is wrong.
    """
    kept = []
    for row, entry in enumerate(entries):
        found = next((column[row] for column in problems if column[row]), "")
        if found:
            gathering.refuse(entry, found, "" if gathering.keep_going else ADVICE)
        else:
            kept.append(row)
    return np.array(kept, dtype=np.int64)


def not_finite(values: NDArray[np.float64]) -> list[str]:
    """Rows (B, ...) that hold nan or infinity."""
    return [
        "" if np.isfinite(row).all() else "it holds numbers that are not finite" for row in values
    ]


def not_positive(scale: NDArray[np.float64]) -> list[str]:
    """Scales (B,) that no object can have."""
    return ["" if value > 0 else f"its scale is {value:.4g}" for value in scale.tolist()]


def too_far(translation: NDArray[np.float64]) -> list[str]:
    """Hands at (B, 3), metres from the object's frame, that are over MAX_DISTANCE away."""
    return [
        f"its hand is {distance:.3g} m from the object, more than {MAX_DISTANCE:g} m"
        if distance > MAX_DISTANCE
        else ""
        for distance in (math.hypot(*row) for row in translation.tolist())
    ]


def not_unit(quaternion: NDArray[np.float64]) -> list[str]:
    """Quaternions (B, 4) that are no rotation."""
    return [
        f"a quaternion of it has length {length:.4g}, a rotation has 1"
        if abs(length - 1) > QUATERNION_TOLERANCE
        else ""
        for length in (math.hypot(*row) for row in quaternion.tolist())
    ]


def beyond_limits(hand: Hand, joints: NDArray[np.float64], slack: float) -> list[str]:
    """Rows of joints (B, D) more than `slack` radians outside the hand's limits."""
    lower, upper = _limits(hand)
    excess = np.maximum(lower - joints, joints - upper)
    problems = [""] * len(joints)
    for row in np.flatnonzero((excess > slack).any(axis=1)).tolist():
        joint = int(excess[row].argmax())
        problems[row] = (
            f"joint '{hand.joint_names[joint]}' is {joints[row, joint]:.3g} rad, "
            f"its limits are {lower[joint]:.3g} to {upper[joint]:.3g}"
        )
    return problems


def limits_note(hand: Hand, joints: NDArray[np.float64]) -> list[str]:
    """A sentence on how many grasps leave the joint limits, if any do (by over 0.01 rad)."""
    lower, upper = _limits(hand)
    excess = np.maximum(lower - joints, joints - upper).max(axis=1, initial=0.0)
    outside = int((excess > _NOTED_EXCESS).sum())
    if not outside:
        return []
    return [
        f"{outside} of the {len(joints)} grasps of the file leave the joint limits of "
        f"'{hand.name}', "
        f"by up to {excess.max():.2g} rad (kept as they are)"
    ]


def _limits(hand: Hand) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    spec = hand.spec
    return spec.joint_lower.double().cpu().numpy(), spec.joint_upper.double().cpu().numpy()
