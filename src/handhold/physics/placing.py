"""Where hand and object stand in the hand's pose frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import Hand

# A rigid transform is (3, 4): rotation beside translation.


def inverse(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of transforms (..., 3, 4)."""
    turned = np.swapaxes(transform[..., :3], -1, -2)
    return np.concatenate([turned, -(turned @ transform[..., 3:])], axis=-1)


def compose(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """`first` after `second`, both (..., 3, 4)."""
    shift = first[..., :3] @ second[..., 3:] + first[..., 3:]
    return np.concatenate([first[..., :3] @ second[..., :3], shift], axis=-1)


def quaternion(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """wxyz (..., 4) of rotations (..., 3, 3)."""
    flat = Rotation.from_matrix(rotation.reshape(-1, 3, 3)).as_quat(scalar_first=True)
    return flat.reshape(*rotation.shape[:-2], 4)


def base_transforms(poses: HandPoses) -> NDArray[np.float64]:
    """T_object_palm (B, 3, 4)."""
    return np.concatenate([poses.rotation, poses.translation[..., None]], axis=-1)


def link_transforms(hand: Hand, joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B, L, 3, 4) where each link goes from its zero pose, in the pose frame, float64."""
    exact = hand.to("cpu", torch.float64)
    return exact.local(torch.from_numpy(np.ascontiguousarray(joints))).links.numpy()


@dataclass(frozen=True, eq=False)
class HandSequence:
    """Three poses of the hand per grasp, in the pose frame that the hand has in the grasp.

    base (3, B, 3, 4) and joints (3, B, D), for pre-grasp, grasp and squeeze; made_pregrasp and
    made_squeeze (B,): the pose was missing and made from the grasp.
    """

    base: NDArray[np.float64]
    joints: NDArray[np.float64]
    made_pregrasp: NDArray[np.bool_]
    made_squeeze: NDArray[np.bool_]


SUPPORT = "base-support"


def hand_sequence(group: GraspGroup, opening: float) -> HandSequence:
    """Pre-grasp, grasp and squeeze of a group with a hand.

    A pre-grasp or squeeze that is missing, or not finite, is made by opening or closing the
    flexion joints by `opening` radians, within the limits (or where the grasp itself is outside).
    An open hand that supports does not squeeze: for "base-support" the grasp stands in for both.
    """
    assert group.hand is not None and group.poses is not None
    T_palm_object = inverse(base_transforms(group.poses))
    grasp = group.poses.joints
    supports = np.array([affordance == SUPPORT for affordance in group.affordance], dtype=bool)
    step = opening * group.hand.flexion.double().cpu().numpy() * ~supports[:, None]
    lower = np.minimum(group.hand.spec.joint_lower.double().cpu().numpy(), grasp)
    upper = np.maximum(group.hand.spec.joint_upper.double().cpu().numpy(), grasp)
    identity = compose(T_palm_object, base_transforms(group.poses))
    bases, joints, made = [], [], []
    for given, sign in ((group.pregrasp, -1.0), (group.squeeze, 1.0)):
        there = np.zeros(len(group), dtype=bool) if given is None else _finite(given)
        place, angles = identity.copy(), np.clip(grasp + sign * step, lower, upper)
        if given is not None:
            place[there] = compose(T_palm_object, base_transforms(given))[there]
            angles[there] = given.joints[there]
        bases.append(place)
        joints.append(angles)
        made.append(~there & ~supports)
    return HandSequence(
        np.stack([bases[0], identity, bases[1]]),
        np.stack([joints[0], grasp, joints[1]]),
        made[0],
        made[1],
    )


def between(
    start: NDArray[np.float64], end: NDArray[np.float64], steps: int
) -> NDArray[np.float64]:
    """(steps, 3, 4): evenly on the way from one transform (3, 4) to another, which comes last."""
    share = np.arange(1, steps + 1) / steps
    turns = Slerp([0, 1], Rotation.from_matrix(np.stack([start[:, :3], end[:, :3]])))(share)
    shift = start[:, 3] + share[:, None] * (end[:, 3] - start[:, 3])
    return np.concatenate([turns.as_matrix(), shift[..., None]], axis=-1)


def finite_rows(group: GraspGroup) -> NDArray[np.bool_]:
    """Which grasps (B,) have no nan in their pose."""
    if group.poses is None:
        return np.array([bool(np.isfinite(skin.vertices).all()) for skin in group.skins])
    return _finite(group.poses)


def _finite(poses: HandPoses) -> NDArray[np.bool_]:
    flat = [poses.translation, poses.rotation.reshape(len(poses), 9), poses.joints]
    return np.asarray(np.isfinite(np.concatenate(flat, axis=1)).all(axis=1))
