"""Grasps made worse on purpose, so that a judge can show that it sees it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate import posed_hands
from handhold.geometry import signed_distance
from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import Hand

OPENED_DEGREES = 10.0
MOVED_METRES = 0.02

# The 26 directions to the faces, edges and corners of a cube.
DIRECTIONS = np.array([d for d in product((-1, 0, 1), repeat=3) if any(d)], dtype=np.float64)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)


def spoiled_sets(group: GraspGroup) -> dict[str, GraspGroup]:
    """The grasps as they are, and three times worse, under the names of the table's rows."""
    return {
        "stable": group,
        f"opened {OPENED_DEGREES:g} degrees": opened(group),
        f"moved {100 * MOVED_METRES:g} cm in": moved_in(group),
        f"moved {100 * MOVED_METRES:g} cm away": moved_away(group),
    }


def opened(group: GraspGroup, degrees: float = OPENED_DEGREES) -> GraspGroup:
    """Every flexion joint opened by `degrees`, within its limits."""
    hand, poses = _posed(group)
    limits = [limit.cpu().numpy() for limit in (hand.spec.joint_lower, hand.spec.joint_upper)]
    flexion = np.asarray(hand.flexion.cpu().numpy(), dtype=np.float64)
    joints = np.clip(poses.joints - np.radians(degrees) * flexion, *limits)
    return _with(group, replace(poses, joints=joints))


def moved_in(group: GraspGroup, metres: float = MOVED_METRES) -> GraspGroup:
    """Each hand moved by `metres`, of 26 directions in the one that gets it deepest in."""
    hand, poses = _posed(group)
    steps = []
    for skin in _skins(hand, poses):
        candidates = (skin[None] + metres * DIRECTIONS[:, None]).reshape(-1, 3)
        distance = signed_distance(group.asset.mesh, candidates).reshape(len(DIRECTIONS), -1)
        steps.append(metres * DIRECTIONS[distance.min(axis=1).argmin()])
    return _with(group, replace(poses, translation=poses.translation + np.array(steps)))


def moved_away(group: GraspGroup, metres: float = MOVED_METRES) -> GraspGroup:
    """Each hand moved back, away from its palm, until `metres` of air are between."""
    hand, poses = _posed(group)
    normal = hand.palm_normal.cpu().numpy().astype(np.float64)
    steps = []
    for skin, rotation in zip(_skins(hand, poses), poses.rotation, strict=True):
        back = -(rotation @ normal)
        step = metres
        while (gap := signed_distance(group.asset.mesh, skin + step * back).min()) < metres:
            step += max(metres - gap, 0.001)
        steps.append(step * back)
    return _with(group, replace(poses, translation=poses.translation + np.array(steps)))


def _skins(hand: Hand, poses: HandPoses) -> list[NDArray[np.float64]]:
    """Some 300 vertices of each hand."""
    vertices = posed_hands(hand, poses.translation, poses.rotation, poses.joints).vertices
    return [skin[:: max(1, len(skin) // 300)] for skin in vertices]


def _posed(group: GraspGroup) -> tuple[Hand, HandPoses]:
    if group.hand is None or group.poses is None:
        raise ValueError("a rigid hand mesh has no joints to open")
    return group.hand, group.poses


def _with(group: GraspGroup, poses: HandPoses) -> GraspGroup:
    return replace(group, poses=poses, pregrasp=None, squeeze=None)
