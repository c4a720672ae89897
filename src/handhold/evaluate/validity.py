"""What must be true of a grasp before it is judged."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.evaluate.profiles import Profile
from handhold.evaluate.wording import counted
from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import Hand
from handhold.objects import ObjectAsset

_KEEP = "or use --keep-going to judge the others"
_NO_ROTATION = 1e-3  # ours: how far R^T R may be from the identity
_FARTHEST = 100.0  # metres from the object, ours: no grasp, but a wrong unit


def faults(group: GraspGroup, profile: Profile) -> dict[int, InputError]:
    """Row -> why that grasp cannot be judged; the message names the entry.

    NaN or infinite poses, a rotation that is none, a pose more than 100 m from the object (ours),
    joints further outside their limits than the profile's tolerance and than the group's source
    is known to go, an unknown part, a rigid hand mesh without faces. The limits hold for the
    grasp itself: pre-grasp and squeeze are commands and may reach beyond them.
    """
    found: dict[int, InputError] = {}
    for row in range(len(group)):
        error = _fault(group, row, profile)
        if error is not None:
            found[row] = error
    return found


def require_some(group: GraspGroup) -> None:
    """Raises InputError for a set without grasps, or with entries of the same name."""
    if not len(group):
        raise InputError(
            f"{group.source or 'This set'} holds no grasps.", "Give a file with at least one."
        )
    name, count = Counter(group.entry).most_common(1)[0]
    if count > 1:
        raise InputError(
            f"{group.source}: {count} grasps are called '{name}'.", "Give each its own name."
        )


def _fault(group: GraspGroup, row: int, profile: Profile) -> InputError | None:
    entry = group.entry[row]
    name = group.part[row]
    if name is not None:
        try:
            group.asset.part_index(name)
        except InputError as error:
            return InputError(f"{entry}: {error.message}", error.advice)
    if group.hand is None:
        skin = group.skins[row]
        if not len(skin.faces) or not np.isfinite(skin.vertices).all():
            return InputError(
                f"{entry}: the hand's mesh has no faces, or vertices that are no numbers.",
                f"Give another mesh, {_KEEP}.",
            )
        if _is_far(group.asset, skin.vertices):
            return _too_far(entry, "mesh")
        return None
    sets = {"pose": group.poses, "pre-grasp": group.pregrasp, "squeeze": group.squeeze}
    for what, poses in sets.items():
        if poses is not None and (fault := _bad_pose(poses, row)):
            return InputError(f"{entry}: its {what} {fault}.", f"Correct it, {_KEEP}.")
        if poses is not None and _is_far(group.asset, poses.translation[row]):
            return _too_far(entry, what)
    assert group.poses is not None
    tolerance = max(profile.joint_tolerance, group.joint_slack)
    return _beyond_limits(entry, group.hand, group.poses, row, tolerance)


def _bad_pose(poses: HandPoses, row: int) -> str:
    for values in (poses.translation[row], poses.rotation[row], poses.joints[row]):
        if not np.isfinite(values).all():
            return "holds values that are no numbers (nan or infinite)"
    rotation = poses.rotation[row]
    if np.abs(rotation).max() > 2.0 or not _is_rotation(rotation):  # large ones would overflow
        return "has a rotation matrix that is none"
    return ""


def _is_rotation(matrix: NDArray[np.float64]) -> bool:
    gap = np.abs(matrix.T @ matrix - np.eye(3)).max()
    return bool(gap <= _NO_ROTATION and np.linalg.det(matrix) > 0)


def _is_far(asset: ObjectAsset, points: NDArray[np.float64]) -> bool:
    """Whether any of points (..., 3) is too far from the object's box along an axis."""
    lower, upper = asset.mesh.bounds
    return bool((np.maximum(lower - points, points - upper) > _FARTHEST).any())


def _too_far(entry: str, what: str) -> InputError:
    return InputError(
        f"{entry}: its {what} is more than {_FARTHEST:g} m from the object.",
        f"Check the unit, {_KEEP}.",
    )


def _beyond_limits(
    entry: str, hand: Hand, poses: HandPoses, row: int, tolerance: float
) -> InputError | None:
    joints = poses.joints[row]
    if len(joints) != hand.joint_count:
        return InputError(
            f"{entry}: {counted(len(joints), 'joint angle')} for the"
            f" {counted(hand.joint_count, 'joint')} of the hand '{hand.name}'.",
            f"Expected, in order: {', '.join(hand.joint_names)}.",
        )
    lower = hand.spec.joint_lower.double().cpu().numpy()
    upper = hand.spec.joint_upper.double().cpu().numpy()
    beyond = np.maximum(lower - joints, joints - upper)
    worst = int(beyond.argmax())
    if not beyond[worst] > tolerance:
        return None
    return InputError(
        f"{entry}: joint {hand.joint_names[worst]} is {joints[worst]:.3f} rad, outside its"
        f" limits {lower[worst]:.3f} to {upper[worst]:.3f}.",
        f"Check the order and unit of the joints, {_KEEP}.",
    )
