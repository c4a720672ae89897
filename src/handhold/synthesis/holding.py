"""Does a synthetic grasp hold? A brief form of the six-axis protocol, for many grasps (ours)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import Hand
from handhold.objects import ObjectAsset
from handhold.physics import Pieces, SixAxisProtocol, run_trials
from handhold.refine import Pose

HOLD = SixAxisProtocol(
    name="synthetic-hold/1",
    pull_seconds=0.5,
    distance=0.025,
    pieces=Pieces(threshold=0.05, max_pieces=32),
)
"""A quarter of the time of six-axis/1, half of its distance, its angle, and coarser pieces. An
object that nothing holds goes 2.5 cm in 0.07 s."""


def held(hand: Hand, asset: ObjectAsset, pose: Pose, affordance: str) -> NDArray[np.bool_]:
    """(B,) which grasps keep the object in every direction of their affordance.

    All six directions, for base-support the one into the palm. A trial that is no measurement
    (an object that was thrown) is not held.

    asset: what is pulled at. For "twist" that is the part alone, a lid or a knob, since whatever it
    sits on is held by something else; otherwise the whole object.
    """
    poses = HandPoses(*(t.double().numpy() for t in (pose.translation, pose.rotation, pose.joints)))
    group = GraspGroup(
        asset=asset,
        hand=hand,
        poses=poses,
        entry=tuple(str(row) for row in range(len(poses))),
        source="synthetic",
        affordance=(affordance,) * len(poses),
    )
    results = run_trials(group, HOLD, workers=1, only_success=True)
    return np.asarray(results.success == 1.0)
