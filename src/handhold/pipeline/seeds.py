"""Coarse poses refined: the first stage on all seeds, the second on the better ones."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from handhold.contact import ObjectField, Prior, PriorBatch
from handhold.generate import Candidates
from handhold.hands import Hand
from handhold.refine import Pose, RefineConfig, Refined, keeping_off, measure, refine

_log = logging.getLogger(__name__)
REFINED_AT_ONCE = 12
"""Seeds in one run of the second stage: small enough that Ctrl-C keeps some (ours)."""
RETAINED = 0.75
"""Share of the seeds that go on to the second stage, by energy after the first (ours)."""


@dataclass(frozen=True, eq=False)
class RefinedSeeds:
    """Seeds that went all the way, of `expected`; candidates and poses in the same order."""

    candidates: Candidates
    expected: int
    refined: Refined

    def __len__(self) -> int:
        return len(self.candidates)


def refine_seeds(
    hand: Hand,
    field: ObjectField,
    priors: tuple[Prior, ...],
    candidates: Candidates,
    config: RefineConfig | None,
    tell: Callable[[float, str], None],
) -> RefinedSeeds:
    """First stage on all seeds, second on the better ones, some at a time.

    Without a `config` the coarse poses are only measured. Hands keep off the parts that the
    field says are to be avoided.

    Ctrl-C keeps the chunks that are finished, if there are any.
    """
    table = PriorBatch.stack([priors[int(i)] for i in candidates.prior]).to(field.points)
    if config is None:
        energies = measure(hand, field, table, candidates.pose, RefineConfig())
        codes = ("unrefined",) * len(candidates)
        pose = candidates.pose
        return RefinedSeeds(candidates, len(candidates), Refined(pose, pose, pose, energies, codes))
    if field.avoided is not None:
        config = keeping_off(config)
    first = refine(
        hand, field, table, candidates.pose, replace(config, steps_all=0),
        lambda _, share: tell(0.4 * share, f"translation and rotation of {len(candidates)} seeds"),
    )  # fmt: skip
    wanted = first.energies["total"].nan_to_num(torch.inf).argsort(stable=True)
    kept = wanted[: math.ceil(RETAINED * len(candidates))]
    second = replace(config, steps_extrinsic=0)
    chunks: list[Refined] = []
    try:
        for rows in kept.split(REFINED_AT_ONCE):
            begun = REFINED_AT_ONCE * len(chunks)

            def report(_: str, share: float, begun: int = begun, size: int = len(rows)) -> None:
                tell(0.4 + 0.6 * (begun + share * size) / len(kept), f"all of {len(kept)} seeds")

            chunks.append(
                refine(hand, field, table.select(rows), first.final.select(rows), second, report)
            )
    except KeyboardInterrupt:
        if not chunks:
            raise
        _log.warning("interrupted: keeping the first %d seeds", REFINED_AT_ONCE * len(chunks))
    done = kept[: sum(len(chunk.final) for chunk in chunks)]
    return RefinedSeeds(
        candidates.select(done),
        len(kept),
        Refined(
            candidates.pose.select(done),
            first.final.select(done),
            Pose.concatenate([chunk.final for chunk in chunks]),
            {n: torch.cat([chunk.energies[n] for chunk in chunks]) for n in chunks[0].energies},
            tuple(code for chunk in chunks for code in chunk.codes),
        ),
    )
