"""One batched score for coarse poses, whoever made them, and a diverse choice (ours)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.contact import (
    CONTACT_DISTANCE,
    ObjectField,
    Prior,
    PriorBatch,
    contact_map,
    sphere_depth,
)
from handhold.generate.anchors import PartShape
from handhold.generate.preference import unnaturalness
from handhold.generate.rules import Candidates
from handhold.hands import Hand


@dataclass(frozen=True)
class ScoreWeights:
    """Weights of the coarse score (ours); each quantity is about 1 when it is bad."""

    part_distance: float = 1.0
    contact_map: float = 1.5
    depth: float = 1.0
    skeleton: float = 2.0
    elsewhere: float = 0.7
    avoided: float = 1.5
    awkward: float = 1.0


def weights_for(affordance: str) -> ScoreWeights:
    """Ours. A hand that reaches a trigger starts inside what carries it, and is pushed out by the
    refinement; a pose that is clear from the start is in front of it."""
    if affordance == "trigger-squeeze":
        return ScoreWeights(depth=0.3, skeleton=0.4, contact_map=1.0, awkward=2.0)
    return ScoreWeights()


@torch.no_grad()
def score(
    hand: Hand,
    field: ObjectField,
    priors: Sequence[Prior],
    candidates: Candidates,
    shape: PartShape,
    weights: ScoreWeights | None = None,
    chunk: int = 512,
) -> Tensor:
    """(B,) lower is better.

    Sums the prior-weighted distance to the part (cm), the difference of contact maps, the
    deepest skin vertex (cm), the overlap of bone spheres (cm), the share of contacts that are
    not on the part, that of contacts on parts to be avoided, and the orientation's awkwardness.
    """
    table = PriorBatch.stack(priors).to(field.points)
    affordance = priors[0].affordance
    weights = weights or weights_for(affordance)
    values = [
        _score_chunk(hand, field, table, candidates.select(rows), weights, affordance)
        for rows in torch.arange(len(candidates), device=field.points.device).split(chunk)
    ]
    awkward = unnaturalness(priors, shape, candidates)
    return torch.cat(values) + weights.awkward * awkward


def _score_chunk(
    hand: Hand,
    field: ObjectField,
    table: PriorBatch,
    candidates: Candidates,
    weights: ScoreWeights,
    affordance: str,
) -> Tensor:
    pose = candidates.pose
    posed = hand.pose(pose.translation, pose.rotation, pose.joints)
    signed, to_part = field.distances(posed.vertices)
    on_part = table.part_mean[candidates.prior]
    wanted = (on_part * to_part).sum(-1) / on_part.sum(-1).clamp(min=1e-6)
    difference = (contact_map(signed) - table.contact_mean[candidates.prior]).abs()
    share = difference.sum(-1) / table.contact_mean[candidates.prior].sum(-1).clamp(min=1.0)
    depth = torch.relu(-signed).amax(-1)
    bones = sphere_depth(field.signed(posed.spheres), hand.sphere_radius).sum(-1)
    touching = signed < CONTACT_DISTANCE
    # On the part, or nearer to the part than to the rest.
    away = touching & (to_part > signed.abs() + 0.002) & (to_part > CONTACT_DISTANCE)
    elsewhere = away.sum(-1) / touching.sum(-1).clamp(min=1)
    total = (
        weights.part_distance * (100 * wanted).clamp(max=4.0)
        + weights.contact_map * share.clamp(max=2.0)
        + weights.depth * (100 * depth).clamp(max=3.0)
        + weights.skeleton * (100 * bones).clamp(max=5.0)
    )
    if affordance != "trigger-squeeze":
        total = total + weights.elsewhere * elsewhere
    if field.avoided is not None:
        to_avoided = field.to_avoided(posed.vertices)
        forbidden = touching & (to_avoided < CONTACT_DISTANCE) & (to_avoided < to_part)
        share = forbidden.sum(-1) / touching.sum(-1).clamp(min=1)
        total = total + weights.avoided * share
    return total


def choose_diverse(
    candidates: Candidates,
    scores: Tensor,
    count: int,
    *,
    metres: float = 0.015,
    radians: float = 0.5,
    crowding: float = 0.0,
    floor: float = 0.05,
) -> Tensor:
    """Indices of up to `count` candidates, best first, no two alike.

    Two are alike when translation and rotation, each over its scale, add up to less than one.
    If too few are distinct, the scales are halved, down to `floor`.

    Args:
        crowding: added to a score for each one chosen before with the same prior, so that the
            priors share the places.
    """
    usable = torch.nonzero(scores.isfinite())[:, 0]
    chosen: list[int] = []
    scale = 1.0
    cost = torch.full_like(scores, torch.inf)
    cost[usable] = scores[usable]
    while len(chosen) < min(count, len(usable)) and scale > floor:
        alike = torch.zeros_like(cost, dtype=torch.bool)
        for index in chosen:
            alike |= _gap(candidates, index, metres, radians) < scale
            alike[index] = True
        while len(chosen) < count:
            open_cost = torch.where(alike, torch.inf, cost)
            best = int(open_cost.argmin())
            if not bool(open_cost[best].isfinite()):
                break
            chosen.append(best)
            alike |= _gap(candidates, best, metres, radians) < scale
            alike[best] = True
            cost = cost + crowding * (candidates.prior == candidates.prior[best])
        scale *= 0.5
    return torch.tensor(chosen, dtype=torch.long, device=scores.device)


def _gap(candidates: Candidates, index: int, metres: float, radians: float) -> Tensor:
    """(B,) how far every candidate is from one of them, in units of the scales."""
    pose = candidates.pose
    shift = (pose.translation - pose.translation[index]).norm(dim=-1)
    cosine = ((pose.rotation * pose.rotation[index]).sum((-1, -2)) - 1) / 2
    return shift / metres + cosine.clamp(-1, 1).acos() / radians
