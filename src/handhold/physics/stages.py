"""What one trial needs: a scene, and where hand and object stand in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.grasps import GraspGroup
from handhold.hands import Hand
from handhold.physics.bodies import HandBody, ObjectBody, hand_body, rigid_hand_body
from handhold.physics.placing import (
    SUPPORT,
    HandSequence,
    base_transforms,
    hand_sequence,
    inverse,
    link_transforms,
)
from handhold.physics.protocol import ObmanProtocol, Protocol, SixAxisProtocol, towards_palm
from handhold.physics.scene import Scene, actuated_scene, static_scene


@dataclass(frozen=True, eq=False)
class StaticStage:
    """A grasp of a hand that stands still: links (L, 3, 4) and T_palm_object (3, 4)."""

    scene: Scene
    hand: HandBody
    links: NDArray[np.float64]
    T_palm_object: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SqueezeStage:
    """A grasp of a hand that moves: base (3, 3, 4), joints (3, D), T_palm_object (3, 4).

    load: the direction of a force on the object while the hand closes, or "" for none.
    """

    scene: Scene
    hand: HandBody
    base: NDArray[np.float64]
    joints: NDArray[np.float64]
    T_palm_object: NDArray[np.float64]
    load: str = ""


def static_stages(
    group: GraspGroup, obj: ObjectBody, protocol: ObmanProtocol, shrink: float
) -> list[StaticStage]:
    """One per grasp. Grasps of one hand share the scene; every rigid mesh has its own."""
    if group.hand is None or group.poses is None:
        here = np.eye(3, 4)
        bodies = [rigid_hand_body(skin, protocol).shrunk(shrink) for skin in group.skins]
        return [
            StaticStage(static_scene(obj, body, protocol), body, here[None], here)
            for body in bodies
        ]
    body = hand_body(group.hand, protocol).shrunk(shrink)
    scene = static_scene(obj, body, protocol)
    links = link_transforms(group.hand, group.poses.joints)
    T_palm_object = inverse(base_transforms(group.poses))
    return [StaticStage(scene, body, links[row], T_palm_object[row]) for row in range(len(group))]


def squeeze_stages(
    group: GraspGroup, obj: ObjectBody, protocol: SixAxisProtocol, shrink: float
) -> tuple[list[SqueezeStage], HandSequence]:
    """One per grasp, all with the same scene, and the three poses with what was made up."""
    if group.hand is None or group.poses is None:
        raise InputError(
            "A rigid hand mesh has no joints to close.", "Use a protocol with a static hand."
        )
    body = hand_body(group.hand, protocol).shrunk(shrink)
    scene = actuated_scene(obj, body, group.hand, protocol)
    T_palm_object = inverse(base_transforms(group.poses))
    poses = hand_sequence(group, protocol.opening)
    into_palm = protocol.directions[_into_palm(group.hand, protocol)]
    stages = [
        SqueezeStage(
            scene,
            body,
            poses.base[:, row],
            poses.joints[:, row],
            T_palm_object[row],
            into_palm if group.affordance[row] == SUPPORT else "",
        )
        for row in range(len(group))
    ]
    return stages, poses


def tested_directions(group: GraspGroup, protocol: Protocol) -> NDArray[np.bool_]:
    """Which directions (B, N) each grasp is tried in.

    All; for "base-support" only the one that presses the object into the palm. Rigid hand
    meshes have no palm, so all.
    """
    tested = np.ones((len(group), len(protocol.directions)), dtype=bool)
    if group.hand is None:
        return tested
    into_palm = _into_palm(group.hand, protocol)
    for row, affordance in enumerate(group.affordance):
        if affordance == SUPPORT:
            tested[row] = np.arange(tested.shape[1]) == into_palm
    return tested


def _into_palm(hand: Hand, protocol: Protocol) -> int:
    normal = hand.palm_normal.double().cpu().numpy()
    return towards_palm(normal, protocol.directions)
