"""A group of grasps through a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from handhold.grasps import GraspGroup
from handhold.physics.bodies import HandBody, ObjectBody, object_body
from handhold.physics.parallel import Progress, on_threads
from handhold.physics.placing import finite_rows
from handhold.physics.protocol import ObmanProtocol, Protocol, SixAxisProtocol
from handhold.physics.results import DisplacementResults, HoldResults, TrialResults
from handhold.physics.stages import SqueezeStage, squeeze_stages, static_stages, tested_directions
from handhold.physics.trials import Bench, SqueezeTrial, displacement_trial

RIGID_HAND = "a rigid hand mesh cannot squeeze"
NOT_FINITE = "the pose of the grasp has numbers that are not finite"


@overload
def run_trials(
    group: GraspGroup,
    protocol: ObmanProtocol,
    *,
    shrink: float = 0.0,
    workers: int | None = None,
    on_progress: Progress | None = None,
    only_success: bool = False,
) -> DisplacementResults: ...


@overload
def run_trials(
    group: GraspGroup,
    protocol: SixAxisProtocol,
    *,
    shrink: float = 0.0,
    workers: int | None = None,
    on_progress: Progress | None = None,
    only_success: bool = False,
) -> HoldResults: ...


def run_trials(
    group: GraspGroup,
    protocol: Protocol,
    *,
    shrink: float = 0.0,
    workers: int | None = None,
    on_progress: Progress | None = None,
    only_success: bool = False,
) -> TrialResults:
    """Try every grasp of a group.

    Everything happens in the hand's pose frame, so that a turned and moved scene gives the same
    numbers. shrink: metres that the hand's convex pieces are made thinner on all sides.
    workers: threads, all cores if None; the numbers do not depend on it. on_progress(done,
    total) counts grasps. only_success (`six-axis`): stop a grasp at its first failed pull.

    Grasps of affordance "base-support" are tried only in the direction that presses the object
    into the palm. Rigid hand meshes are tried along the axes of the object frame, in all
    directions (they have no palm), and cannot squeeze: nan with a reason in `six-axis`. To
    resume, run the rows that are left, `run_trials(group.select(rows), ...)`: the numbers of a
    grasp do not depend on the others of its group.
    """
    if isinstance(protocol, ObmanProtocol):
        return _displacements(group, protocol, shrink, workers, on_progress)
    return _holds(group, protocol, shrink, workers, on_progress, only_success)


def _displacements(
    group: GraspGroup,
    protocol: ObmanProtocol,
    shrink: float,
    workers: int | None,
    on_progress: Progress | None,
) -> DisplacementResults:
    obj = object_body(group.asset, protocol)
    rows, reasons = _usable(group)
    stages = static_stages(group.select(rows), obj, protocol, shrink) if rows else []
    tested = tested_directions(group, protocol)
    moved = np.full(tested.shape, np.nan)

    def try_grasp(index: int, bench: Bench) -> None:
        row, stage = rows[index], stages[index]
        for column in np.flatnonzero(tested[row]):
            direction = protocol.directions[column]
            motion = displacement_trial(
                bench, protocol, stage.links, stage.T_palm_object, direction
            )
            if not motion.reason:
                moved[row, column] = 100 * motion.moved
            elif not reasons[row]:
                reasons[row] = f"{direction}: {motion.reason}"

    seconds = on_threads([stage.scene for stage in stages], try_grasp, workers, on_progress)
    never = np.zeros(len(group), dtype=bool)
    return DisplacementResults(
        **_common(group, protocol, shrink, obj, rows, [stage.hand for stage in stages]),
        tested=tested,
        reasons=tuple(reasons),
        made_pregrasp=never,
        made_squeeze=never,
        seconds=seconds,
        displacement_cm=moved,
    )


def _holds(
    group: GraspGroup,
    protocol: SixAxisProtocol,
    shrink: float,
    workers: int | None,
    on_progress: Progress | None,
    only_success: bool,
) -> HoldResults:
    obj = object_body(group.asset, protocol)
    rows, reasons = _usable(group)
    if group.hand is None:
        rows, reasons = [], [RIGID_HAND] * len(group)
    tested = tested_directions(group, protocol)
    held, moved, turned = (np.full(tested.shape, np.nan) for _ in range(3))
    drift, drift_turn, success = (np.full(len(group), np.nan) for _ in range(3))
    ejected, made_pregrasp, made_squeeze = (np.zeros(len(group), dtype=bool) for _ in range(3))
    stages: list[SqueezeStage] = []
    if rows:
        stages, poses = squeeze_stages(group.select(rows), obj, protocol, shrink)
        made_pregrasp[rows], made_squeeze[rows] = poses.made_pregrasp, poses.made_squeeze

    def try_grasp(index: int, bench: Bench) -> None:
        row, stage = rows[index], stages[index]
        trial = SqueezeTrial(bench, protocol)
        motion = trial.squeeze(stage.base, stage.joints, stage.T_palm_object, stage.load)
        reasons[row] = f"squeeze: {motion.reason}" if motion.reason else ""
        if reasons[row]:
            return
        drift[row], drift_turn[row] = 100 * motion.moved, np.degrees(motion.turned)
        ejected[row] = not trial.holds(motion)
        success[row] = float(not ejected[row])
        for column in np.flatnonzero(tested[row] & ~ejected[row]):
            motion = trial.pull(protocol.directions[column])
            if motion.reason:
                reasons[row] = f"{protocol.directions[column]}: {motion.reason}"
                success[row] = np.nan
                return
            moved[row, column], turned[row, column] = 100 * motion.moved, np.degrees(motion.turned)
            held[row, column] = float(trial.holds(motion))
            success[row] = min(success[row], held[row, column])
            if only_success and not success[row]:
                return

    seconds = on_threads([stage.scene for stage in stages], try_grasp, workers, on_progress)
    return HoldResults(
        **_common(group, protocol, shrink, obj, rows, [stage.hand for stage in stages]),
        tested=tested,
        reasons=tuple(reasons),
        made_pregrasp=made_pregrasp,
        made_squeeze=made_squeeze,
        seconds=seconds,
        held=held,
        moved_cm=moved,
        turned_degrees=turned,
        drift_cm=drift,
        drift_degrees=drift_turn,
        ejected=ejected,
        success=success,
    )


def _usable(group: GraspGroup) -> tuple[list[int], list[str]]:
    """Rows that can be tried, and per grasp "" or why not."""
    finite = finite_rows(group)
    reasons = ["" if fine else NOT_FINITE for fine in finite]
    return [int(row) for row in np.flatnonzero(finite)], reasons


def _common(
    group: GraspGroup,
    protocol: Protocol,
    shrink: float,
    obj: ObjectBody,
    rows: list[int],
    hands: Sequence[HandBody],
) -> dict[str, Any]:
    overhang: NDArray[np.float64] = np.full((len(group), 2), np.nan)
    for row, hand in zip(rows, hands, strict=True):
        overhang[row] = hand.overhang.largest_mm, hand.overhang.mean_mm
    own = {id(hand): hand for hand in hands}.values()
    notes = [*obj.notes, *(note for hand in own for note in hand.notes)]
    return {
        "protocol": protocol.name,
        "shrink": shrink,
        "directions": protocol.directions,
        "object_overhang_mm": (obj.overhang.largest_mm, obj.overhang.mean_mm),
        "hand_overhang_mm": overhang,
        "decomposition_seconds": obj.seconds + sum(hand.seconds for hand in own),
        "notes": tuple(dict.fromkeys(notes)),
    }
