"""Grasps made worse on purpose, so that a judge can show that it sees it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate import posed_hands
from handhold.geometry import signed_distance
from handhold.grasps import GraspGroup, HandPoses

OPENED_DEGREES = 10.0
MOVED_METRES = 0.02
TOUCH = 0.005

# The 26 directions to the faces, edges and corners of a cube.
DIRECTIONS = np.array([d for d in product((-1, 0, 1), repeat=3) if any(d)], dtype=np.float64)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)


def spoiled_sets(group: GraspGroup) -> dict[str, GraspGroup]:
    """The grasps as they are, and three times worse, under the names of the table's rows."""
    return {
        "stable": group,
        f"opened {OPENED_DEGREES:g} degrees": opened(group),
        f"moved {100 * MOVED_METRES:g} cm in": moved(group, inward=True),
        f"moved {100 * MOVED_METRES:g} cm away": moved(group, inward=False),
    }


def opened(group: GraspGroup, degrees: float = OPENED_DEGREES) -> GraspGroup:
    """Every flexion joint opened by `degrees`, within its limits."""
    hand, poses = _posed(group)
    limits = [limit.cpu().numpy() for limit in (hand.spec.joint_lower, hand.spec.joint_upper)]
    flexion = np.asarray(hand.flexion.cpu().numpy(), dtype=np.float64)
    joints = np.clip(poses.joints - np.radians(degrees) * flexion, *limits)
    return _with(group, replace(poses, joints=joints))


def moved(group: GraspGroup, *, inward: bool, metres: float = MOVED_METRES) -> GraspGroup:
    """Each hand moved, of 26 directions, where it gets deepest in, or where it touches least."""
    hand, poses = _posed(group)
    skins = posed_hands(hand, poses.translation, poses.rotation, poses.joints).vertices
    steps = np.array([_best_step(group, skin, inward, metres) for skin in skins])
    return _with(group, replace(poses, translation=poses.translation + steps))


def _best_step(
    group: GraspGroup, skin: NDArray[np.float64], inward: bool, metres: float
) -> NDArray[np.float64]:
    few = skin[:: max(1, len(skin) // 300)]
    candidates = few[None] + metres * DIRECTIONS[:, None]
    distance = signed_distance(group.asset.mesh, candidates.reshape(-1, 3))
    distance = distance.reshape(len(DIRECTIONS), -1)
    best = distance.min(axis=1).argmin() if inward else (distance < TOUCH).sum(axis=1).argmin()
    return np.asarray(metres * DIRECTIONS[best])


def _posed(group: GraspGroup):  # type: ignore[no-untyped-def]
    if group.hand is None or group.poses is None:
        raise ValueError("a rigid hand mesh has no joints to open")
    return group.hand, group.poses


def _with(group: GraspGroup, poses: HandPoses) -> GraspGroup:
    return replace(group, poses=poses, pregrasp=None, squeeze=None)
