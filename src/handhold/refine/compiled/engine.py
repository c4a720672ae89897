"""The compiled descent, a grasp at a time on each core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.hands import Hand
from handhold.refine.compiled.arrays import field_arrays, hand_arrays, prior_arrays, workspace
from handhold.refine.compiled.descent import descend
from handhold.refine.compiled.records import (
    TERMS,
    FieldArrays,
    HandArrays,
    PriorArrays,
    Schedule,
)
from handhold.refine.records import Descended, Pose, Stage, Task, code_of
from handhold.spatial import matrix_to_rotation_6d, rotation_6d_to_matrix


def descend_compiled(
    hand: Hand, tasks: Sequence[Task], stage: Stage, tell: Callable[[float], None]
) -> list[Descended]:
    """Run a stage on the CPU; the grasps of all tasks share torch's number of threads.

    Numbers are in the precision of the start poses. On Ctrl-C the grasps that are under way are
    finished (a fraction of a second) and the others are not begun.
    """
    plan = _schedule(stage)
    kind = np.dtype(np.float64 if tasks[0].start.translation.dtype == torch.float64 else np.float32)
    arrays = hand_arrays(hand, kind)
    runs = [_Run(arrays, task, stage, kind) for task in tasks]
    total = sum(len(run.values) for run in runs)
    pool = ThreadPoolExecutor(torch.get_num_threads())
    try:
        under_way = [
            pool.submit(run.one, plan, row) for run in runs for row in range(len(run.values))
        ]
        for finished, future in enumerate(as_completed(under_way), 1):
            future.result()
            tell(finished / total)
    finally:
        pool.shutdown(cancel_futures=True)
    return [run.outcome() for run in runs]


class _Run:
    """The grasps of one task as arrays, and what became of them."""

    def __init__(self, hand: HandArrays, task: Task, stage: Stage, kind: np.dtype[Any]) -> None:
        start = task.start
        code = matrix_to_rotation_6d(start.rotation)
        # The 6-D code turns a rotation that is not finite into one that is: look before.
        given = (start.translation, start.rotation.flatten(1), start.joints)
        self.sound = torch.cat(given, 1).isfinite().all(1).numpy().copy()
        self.values = _joined(start.translation, code, start.joints, kind)
        self.totals = np.zeros((len(self.values), stage.steps))
        self.start = start
        self._hand = hand
        self._field: FieldArrays = field_arrays(task.field, stage.object_points, kind)
        self._priors: list[PriorArrays] = prior_arrays(task.priors, kind)

    def one(self, plan: Schedule, row: int) -> None:
        """Refine one grasp in place."""
        if self.sound[row]:
            room = workspace(self._hand, len(self._field.points))
            self.sound[row] = descend(
                self._hand,
                self._field,
                self._priors[row],
                plan,
                room,
                self.values[row],
                self.totals[row],
            )

    def outcome(self) -> Descended:
        """The poses as tensors like those of the start."""
        values = torch.from_numpy(self.values).to(self.start.translation)
        pose = Pose(values[:, :3], rotation_6d_to_matrix(values[:, 3:9]), values[:, 9:])
        totals = torch.from_numpy(self.totals)
        codes = tuple(
            code_of(bool(ok), trace) for ok, trace in zip(self.sound, totals, strict=True)
        )
        return Descended(pose, codes)


def _schedule(stage: Stage) -> Schedule:
    weights = np.array([stage.weights.get(name, 0.0) for name in TERMS])
    return Schedule(weights, stage.steps, stage.rate, stage.refresh, stage.slack, stage.everything)


def _joined(translation: Tensor, code: Tensor, joints: Tensor, kind: np.dtype[Any]) -> NDArray[Any]:
    rows = torch.cat([translation, code, joints], 1).detach().numpy()
    return np.array(rows, dtype=kind)
