"""From key points of somebody else's human hand to records of the hand `human`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.datasets.readers.reader import Problems
from handhold.datasets.record import KEYPOINTS, GraspRecord
from handhold.datasets.rows import MAX_DISTANCE
from handhold.errors import InputError
from handhold.hands import load_hand
from handhold.retarget.fit import retarget
from handhold.retarget.keypoints import name_keypoints
from handhold.retarget.records import UNFINISHED, Retargeted
from handhold.spatial import matrix_to_quaternion

HAND = "human"
FEWEST = 6  # key points, ours: fewer do not fix a hand with sixteen angles even roughly


@dataclass(frozen=True, eq=False, kw_only=True)
class HumanGrasp:
    """A grasp as key points of its source's own hand, and what is known of it.

    keypoints (21, 3): metres in the object frame, in the order of the hand `human`, nan where the
    source has none. The others as in `GraspRecord`.
    """

    entry: str
    keypoints: NDArray[np.float64]
    affordance: str = ""
    source_affordance: str = ""
    part: str = ""


def human_records(
    grasps: Sequence[HumanGrasp], source: str, problems: Problems
) -> tuple[GraspRecord, ...]:
    """The grasps with the hand `human`, fitted to the key points of all at once (eq. 9 of MDG).

    How far the fitted key points are from the source's is in `measures` (`retarget_mm`,
    `retarget_worst_mm`, `retarget_fingertip_mm`). source: name of the data set. What no hand can
    be fitted to goes through `problems` under its entry.
    """
    good = []
    for grasp in grasps:
        with problems.entry(grasp.entry):
            _require_hand(grasp.keypoints)
            good.append(grasp)
    if not good:
        return ()
    points = np.stack([grasp.keypoints for grasp in good])
    fitted = retarget(load_hand(HAND), name_keypoints(torch.from_numpy(points), "handhold"))
    late = int((fitted.code == UNFINISHED).sum())
    if late:
        problems.note("some hands had not quite settled when their fit ended (see retarget_mm)")
    records = []
    for row, grasp in enumerate(good):
        with problems.entry(grasp.entry):
            records.append(_record(grasp, fitted, row, source))
    return tuple(records)


def _record(grasp: HumanGrasp, fitted: Retargeted, row: int, source: str) -> GraspRecord:
    rotation = fitted.rotation[row : row + 1].double()
    measures = {
        "retarget_mm": fitted.error_mm,
        "retarget_worst_mm": fitted.worst_mm,
        "retarget_fingertip_mm": fitted.fingertip_mm,
    }
    return GraspRecord(
        id=grasp.entry,
        object="",
        category="",
        hand=HAND,
        translation=fitted.translation[row].double().numpy(),
        quaternion=matrix_to_quaternion(rotation)[0].numpy(),
        joints=fitted.joints[row].double().numpy(),
        affordance=grasp.affordance,
        source_affordance=grasp.source_affordance,
        part=grasp.part,
        entry=grasp.entry,
        source=source,
        keypoints=grasp.keypoints,
        measures={name: float(values[row]) for name, values in measures.items()},
    )


def _require_hand(keypoints: NDArray[np.float64]) -> None:
    if keypoints.shape != (KEYPOINTS, 3):
        raise InputError(f"key points of shape {keypoints.shape}.", f"Expected ({KEYPOINTS}, 3).")
    known = keypoints[np.isfinite(keypoints).all(axis=1)]
    if len(known) < FEWEST:
        raise InputError(
            f"{len(known)} of its key points are known.", f"A fit needs {FEWEST} or more."
        )
    farthest = float(np.linalg.norm(known, axis=1).max())
    if farthest > MAX_DISTANCE:
        raise InputError(
            f"its hand is {farthest:.3g} m from the object.",
            f"At most {MAX_DISTANCE:g} m make a grasp.",
        )
