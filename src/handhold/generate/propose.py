"""From a part and its priors to the coarse poses worth refining."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.contact import ObjectField, Prior
from handhold.generate.anchors import PartShape, find_anchors
from handhold.generate.rules import Candidates, open_and_close, place
from handhold.generate.score import choose_diverse, score
from handhold.hands import Hand
from handhold.objects import ObjectAsset

CLOSED_VARIANTS = 128
"""How many of the best coarse poses are also tried opened and closed on the surface (ours)."""
CROWDING = 0.15
"""What each further pose from the same prior costs, so that the priors share the seeds (ours)."""
POINTING = ("press", "point")


@dataclass(frozen=True, eq=False)
class Proposals:
    """Chosen coarse poses, best first, and how many were looked at.

    candidates: the chosen; scores: (B,) lower is better; considered: how many there were.
    """

    candidates: Candidates
    scores: Tensor
    considered: int


def rule_candidates(
    asset: ObjectAsset, shape: PartShape, priors: Sequence[Prior]
) -> Candidates | None:
    """Every prior's primitive on every anchor of the part; None where no anchor fits."""
    kinds = {prior.primitive.kind for prior in priors}
    return place(priors, {kind: find_anchors(asset, shape, kind) for kind in kinds})


def propose(
    hand: Hand,
    field: ObjectField,
    shape: PartShape,
    priors: Sequence[Prior],
    sources: Sequence[Candidates],
    count: int,
) -> Proposals:
    """Score candidates of all sources in one pass and choose up to `count` diverse ones.

    The best are also tried opened to 35 % and closed on the surface, which wins often on loops.

    Args:
        sources: rule-placed poses and samples of the network; at least one, not all empty.
    """
    pool = Candidates.concatenate(sources)
    considered = len(pool)
    scores = score(hand, field, priors, pool, shape)
    if priors[0].affordance not in POINTING:
        best = _best_of_each(pool, scores)
        closed = open_and_close(hand, field, pool.select(best))
        pool = Candidates.concatenate([pool.select(best), closed])
        scores = torch.cat([scores[best], score(hand, field, priors, closed, shape)])
    chosen = choose_diverse(pool, scores, count, crowding=CROWDING)
    return Proposals(pool.select(chosen), scores[chosen], considered)


def _best_of_each(pool: Candidates, scores: Tensor) -> Tensor:
    """The best of each prior, of rules and network alike: none hides the others."""
    order = scores.argsort(stable=True)
    group = 2 * pool.prior[order] + pool.network[order]
    groups = group.unique()
    share = max(8, CLOSED_VARIANTS // len(groups))
    return torch.cat([order[group == one][:share] for one in groups])
