"""Many coarse poses tried for a few steps, so that the promising ones are refined (ours)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from handhold.contact import ObjectField, Prior, PriorBatch
from handhold.generate import Candidates, PartShape, Proposals, choose_diverse, score
from handhold.generate.propose import CROWDING
from handhold.hands import Hand
from handhold.refine import RefineConfig, keeping_off, refine

PROBED = 4
"""Coarse poses that are tried for each that is refined (ours)."""
PROBE = RefineConfig(steps_extrinsic=40, steps_all=0)
"""The few steps: of the first stage, on translation and rotation alone (ours)."""


def probe(
    hand: Hand,
    field: ObjectField,
    shape: PartShape,
    priors: Sequence[Prior],
    proposals: Proposals,
    count: int,
) -> Proposals:
    """The `count` coarse poses that look best, and diverse, after a few steps.

    What comes back are the coarse poses themselves, best first, with the scores they reached.
    """
    coarse = proposals.candidates
    table = PriorBatch.stack([priors[int(i)] for i in coarse.prior]).to(field.points)
    config = PROBE if field.avoided is None else keeping_off(PROBE)
    moved = refine(hand, field, table, coarse.pose, config).final
    reached = Candidates(moved, coarse.prior, coarse.network)
    scores = score(hand, field, priors, reached, shape)
    scores = torch.where(scores.isfinite(), scores, torch.inf)
    chosen = choose_diverse(reached, scores, count, crowding=CROWDING)
    return Proposals(coarse.select(chosen), scores[chosen], proposals.considered)
