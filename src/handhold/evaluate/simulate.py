"""The metrics of a profile that need physics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from handhold.errors import HandholdError
from handhold.evaluate.columns import Columns
from handhold.evaluate.metrics import METRICS, NOT_APPLICABLE, SHRUNK
from handhold.evaluate.profiles import Profile
from handhold.grasps import GraspGroup

if TYPE_CHECKING:
    from handhold.physics import HoldResults, TrialResults

Tell = Callable[[str, int, int], None]


@dataclass(eq=False)
class Simulated:
    """Physics columns of one group.

    overhang_mm: largest and mean, of "object" and "hand", before shrinking. seconds: of the
    trials by protocol; decomposition_seconds: of finding the convex pieces, when they were made.
    """

    columns: Columns
    notes: tuple[str, ...] = ()
    overhang_mm: dict[str, tuple[float, float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    decomposition_seconds: float = 0.0


def physics_columns(
    group: GraspGroup,
    profile: Profile,
    *,
    workers: int | None = None,
    tell: Tell | None = None,
) -> Simulated:
    """Those columns of the profile that are physics, as is and with the hand's hulls shrunk.

    The mean and the worst displacement are those over the directions that the protocol tests.
    A group that cannot be simulated gets nan with the reason.
    """
    result = Simulated(Columns(len(group)))
    for name in profile.physics:
        wanted = [
            column
            for column in profile.grasp_metrics
            if METRICS[column].protocol == name.split("/")[0]
        ]
        if group.hand is None and _needs_joints(name):
            for column in wanted:
                result.columns.put_nothing(column, f"{NOT_APPLICABLE}a rigid hand cannot squeeze")
            continue
        try:
            _run_protocol(group, profile, name, wanted, result, workers, tell)
        except HandholdError as error:
            for column in wanted:
                result.columns.put_nothing(column, f"{name}: {error}")
    return result


def _needs_joints(name: str) -> bool:
    """Whether a protocol moves the fingers."""
    from handhold import physics

    return physics.protocol(name).hand == "actuated"


def _run_protocol(
    group: GraspGroup,
    profile: Profile,
    name: str,
    wanted: list[str],
    result: Simulated,
    workers: int | None,
    tell: Tell | None,
) -> None:
    from handhold import physics  # MuJoCo is loaded by those who simulate only

    protocol = physics.protocol(name)
    for suffix, shrink in (("", 0.0), (SHRUNK, profile.shrink)):
        columns = [column for column in wanted if column.endswith(SHRUNK) == bool(suffix)]
        if not columns:
            continue
        stage = f"{name}, hulls shrunk" if suffix else name
        trials = physics.run_trials(
            group,
            protocol,
            shrink=shrink,
            workers=workers,
            on_progress=None if tell is None else lambda n, of, stage=stage: tell(stage, n, of),
            only_success=f"held_share{suffix}" not in columns,
        )
        for column in columns:
            values = _VALUES[column.removesuffix(SHRUNK)](trials)
            result.columns.put(column, values, trials.reasons)
        _take_note(result, trials, name)


def _take_note(result: Simulated, trials: TrialResults, name: str) -> None:
    result.seconds[name] = result.seconds.get(name, 0.0) + trials.seconds
    result.decomposition_seconds = max(result.decomposition_seconds, trials.decomposition_seconds)
    result.notes = tuple(dict.fromkeys((*result.notes, *trials.notes, *_made(trials))))
    result.overhang_mm["object"] = trials.object_overhang_mm
    known = trials.hand_overhang_mm[np.isfinite(trials.hand_overhang_mm).all(axis=1)]
    if len(known):
        result.overhang_mm["hand"] = (float(known[:, 0].max()), float(known[:, 1].mean()))


def _made(trials: TrialResults) -> tuple[str, ...]:
    """A note on poses that the protocol had to make."""
    made = {"pre-grasp": trials.made_pregrasp, "squeeze": trials.made_squeeze}
    return tuple(
        f"{name} poses were made by moving the flexion joints"
        for name, flags in made.items()
        if flags.any()
    )


def _held_share(trials: HoldResults) -> NDArray[np.float64]:
    """Share of the tested pulls that held; 0 where the object was ejected before."""
    held = (trials.tested & (trials.held == 1.0)).sum(axis=1)
    share = held / np.maximum(trials.tested.sum(axis=1), 1)
    return np.where(np.isnan(trials.success), np.nan, share)


_VALUES: dict[str, Callable[[Any], NDArray[np.float64]]] = {
    "displacement_mean_cm": lambda trials: trials.mean_cm,
    "displacement_worst_cm": lambda trials: trials.worst_cm,
    "success": lambda trials: trials.success,
    "held_share": _held_share,
}
