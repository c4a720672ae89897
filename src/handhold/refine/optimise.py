"""Prior-guided refinement in two stages (GDG section 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch
from handhold.hands import Hand
from handhold.refine.autograd import all_terms, descend_by_autograd, look
from handhold.refine.config import RefineConfig, active
from handhold.refine.records import Descended, Engine, Pose, Refined, Stage, Task

Progress = Callable[[str, float], None]
STAGE_ONE = ("contact", "cmap", "finger", "close")
"""Terms of the first stage: prior guidance only (GDG); `finger` is ours."""
OPTIONAL = frozenset({"literal_pen", "avoid"})
"""Terms that are measured only where they count: slow, or zero in most runs."""


def refine(
    hand: Hand,
    field: ObjectField,
    priors: PriorBatch,
    start: Pose,
    config: RefineConfig,
    on_progress: Progress | None = None,
) -> Refined:
    """Fit hands to an object: first T and R, then everything.

    Each grasp is optimised on its own, whatever else is in the batch. Same input, same result.

    Args:
        hand, field: on one device.
        priors: a row per grasp.
        start: coarse poses in the object frame.
        on_progress: called with the stage's name and the share done.
    """
    return refine_many(hand, [Task(field, priors, start)], config, on_progress)[0]


def refine_many(
    hand: Hand, tasks: Sequence[Task], config: RefineConfig, on_progress: Progress | None = None
) -> list[Refined]:
    """`refine` for several objects in one batch; see there."""
    descend, tell = _engine(tasks, config), on_progress or _silent
    first, second = _stages(config)
    extrinsic = _run(descend, hand, tasks, first, lambda share: tell("extrinsic", share))
    between = [replace(task, start=done.pose) for task, done in zip(tasks, extrinsic, strict=True)]
    final = _run(descend, hand, between, second, lambda share: tell("all", share))
    return [
        _refined(hand, task, config, *stages)
        for task, *stages in zip(tasks, extrinsic, final, strict=True)
    ]


def _stages(config: RefineConfig) -> tuple[Stage, Stage]:
    weights = active(config.weights)
    guidance = {*STAGE_ONE, "avoid", *(["skeleton"] if config.separation else [])}
    first = {name: weight for name, weight in weights.items() if name in guidance}
    common = (config.refresh, config.pen_slack, config.object_points)
    return (
        Stage(first, config.steps_extrinsic, config.rate_extrinsic, *common, False),
        Stage(weights, config.steps_all, config.rate_all, *common, True),
    )


def _engine(tasks: Sequence[Task], config: RefineConfig) -> Engine:
    """The compiled descent on the CPU for the terms that it has, else the one in torch."""
    if config.engine == "autograd" or any(task.field.points.is_cuda for task in tasks):
        return descend_by_autograd
    from handhold.refine.compiled import TERMS, descend_compiled

    return descend_compiled if active(config.weights).keys() <= set(TERMS) else descend_by_autograd


def _run(
    descend: Engine,
    hand: Hand,
    tasks: Sequence[Task],
    stage: Stage,
    tell: Callable[[float], None],
) -> list[Descended]:
    if stage.steps == 0:
        return [Descended(task.start, ("converged",) * len(task.start)) for task in tasks]
    tell(0.0)
    return descend(hand, tasks, stage, tell)


def _refined(
    hand: Hand, task: Task, config: RefineConfig, extrinsic: Descended, final: Descended
) -> Refined:
    codes = tuple(
        before if before == "diverged" else after
        for before, after in zip(extrinsic.codes, final.codes, strict=True)
    )
    end = replace(final.pose, joints=hand.clamp(final.pose.joints))
    near = task.field.first(config.object_points)
    energies = measure(hand, near, task.priors, end, config)
    return Refined(task.start, extrinsic.pose, end, energies, codes)


def _silent(stage: str, share: float) -> None:
    del stage, share


@torch.no_grad()
def measure(
    hand: Hand, field: ObjectField, priors: PriorBatch, pose: Pose, config: RefineConfig
) -> dict[str, Tensor]:
    """Every term's unweighted value (B,), and the weighted "total" of those that count."""
    state = look(hand, field, priors, pose)
    weights = active(config.weights)
    skipped = OPTIONAL - weights.keys()
    terms = all_terms(config.pen_slack)
    values = {name: term(state) for name, term in terms.items() if name not in skipped}
    values["total"] = torch.stack([w * values[n] for n, w in weights.items()]).sum(0)
    return values
