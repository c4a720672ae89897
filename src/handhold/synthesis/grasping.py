"""Grasps of one synthetic shape: templates placed, refined, filtered and pulled at (ours)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch

from handhold.contact import CONTACT_DISTANCE, ObjectField, Prior, PriorBatch, build_field
from handhold.datasets.record import GraspRecord, ObjectGrasps
from handhold.datasets.store import stored_form
from handhold.evaluate import judge, measure_hand, posed_hands
from handhold.generate import (
    Candidates,
    PartShape,
    choose_diverse,
    part_shape,
    propose,
    rule_candidates,
    unnaturalness,
)
from handhold.grasps import AFFORDANCES
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset, UserFrame
from handhold.priors import template_priors
from handhold.refine import FAST, Pose, RefineConfig, refine
from handhold.spatial import matrix_to_quaternion
from handhold.synthesis.filters import (
    NEAR_COPY,
    NOT_HELD,
    POINTING,
    SURPLUS,
    FilterLimits,
    Posed,
    rejections,
)
from handhold.synthesis.holding import held
from handhold.synthesis.shapes import ShapeSample, role

DISTINCT_METRES = 0.01
DISTINCT_RADIANS = 0.3
"""Two grasps are near copies if shift / the one + turn / the other is below 1 (as in `rank`)."""
MORE_SEEDS = (("trigger-squeeze", 3.0), ("twist", 1.5), ("handle-grip", 1.5))


@dataclass(frozen=True)
class GraspingConfig:
    """How hard one shape is tried (ours).

    Attributes:
        grasps: wanted per shape; shared by its pairs of part and affordance, with a reserve.
        reserve: kept per pair over its share, since other pairs give less.
        seeds_per_grasp, fewest_seeds, most_seeds: refined per pair; more_seeds: times this for
            affordances of which few pass.
        pulled_per_grasp: of the good ones, how many are tried in the simulator.
        sizes: template sizes tried per template, nearest first.
        spacing, points: of the distance grid and the samples, see `build_field`.
    """

    grasps: int = 20
    reserve: float = 1.3
    seeds_per_grasp: float = 2.6
    fewest_seeds: int = 16
    most_seeds: int = 48
    more_seeds: tuple[tuple[str, float], ...] = MORE_SEEDS
    pulled_per_grasp: float = 2.4
    sizes: int = 2
    spacing: float = 0.004
    points: int = 1024
    refinement: RefineConfig = FAST
    limits: FilterLimits = field(default_factory=FilterLimits)

    def quota(self, pairs: int) -> int:
        """Grasps kept per pair, at most."""
        return max(1, math.ceil(self.reserve * self.grasps / max(pairs, 1)))

    def seeds(self, quota: int, affordance: str) -> int:
        """Grasps refined per pair."""
        wanted = round(self.seeds_per_grasp * quota)
        usual = min(max(wanted, self.fewest_seeds), self.most_seeds)
        return round(usual * dict(self.more_seeds).get(affordance, 1.0))


@dataclass(frozen=True)
class PairTally:
    """What became of one pair's seeds. rejected: reason -> how many."""

    part: str
    affordance: str
    proposed: int
    kept: int
    rejected: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class _Tools:
    hand: Hand
    templates: tuple[Prior, ...]


@lru_cache(maxsize=1)
def _tools() -> _Tools:
    hand = load_hand("human")
    return _Tools(hand, tuple(template_priors(hand)))


def grasp_shape(
    sample: ShapeSample,
    config: GraspingConfig = GraspingConfig(),  # noqa: B008
) -> tuple[ObjectGrasps, tuple[PairTally, ...]]:
    """The grasps of a shape that pass, and a tally of the others. Same shape, same grasps."""
    asset = stored_form(sample.asset())
    pairs = _pairs(sample)
    records: list[GraspRecord] = []
    tallies: list[PairTally] = []
    for part in dict.fromkeys(part for part, _ in pairs):
        distances = build_field(asset, part, spacing=config.spacing, points=config.points)
        shape = part_shape(asset, part, distances)
        for affordance in (a for p, a in pairs if p == part):
            pulled = _part_alone(sample, part) if affordance == "twist" else asset
            made, tally = _grasp_pair(
                asset, pulled, part, affordance, distances, shape, config,
                config.quota(len(pairs)),
            )  # fmt: skip
            records.extend(made)
            tallies.append(tally)
    found = ObjectGrasps(
        asset=asset,
        category=sample.family,
        role=role(sample.family),
        origin=f"{sample.family} {sample.index} ({sample.style})",
        grasps=tuple(records),
    )
    return found, tuple(tallies)


def _part_alone(sample: ShapeSample, part: str) -> ObjectAsset:
    """One part as an object, where it is in the object frame of the whole."""
    mesh = sample.part(part).transformed(np.eye(3), -sample.mesh.centre)
    return ObjectAsset(
        name=f"{sample.name}/{part}",
        mesh=mesh,
        face_parts=np.zeros(len(mesh.faces), dtype=np.int64),
        part_names=(part,),
        parts_provisional=False,
        frame=UserFrame(offset=sample.mesh.centre),
    )


def _pairs(sample: ShapeSample) -> list[tuple[str, str]]:
    return [
        (part, affordance)
        for part, suited in sample.affordances.items()
        for affordance in AFFORDANCES
        if affordance in suited
    ]


def _grasp_pair(
    asset: ObjectAsset,
    pulled: ObjectAsset,
    part: str,
    affordance: str,
    distances: ObjectField,
    shape: PartShape,
    config: GraspingConfig,
    quota: int,
) -> tuple[list[GraspRecord], PairTally]:
    tools = _tools()
    priors = nearest_templates(tools.templates, affordance, shape, config.sizes)
    rules = rule_candidates(asset, shape, priors)
    if rules is None:
        return [], PairTally(part, affordance, 0, 0, {})
    proposals = propose(
        tools.hand, distances, shape, priors, [rules], config.seeds(quota, affordance)
    )
    candidates = proposals.candidates
    table = PriorBatch.stack([priors[int(i)] for i in candidates.prior])
    refined = refine(tools.hand, distances, table, candidates.pose, config.refinement)
    final = refined.final
    pose = Pose(final.translation, final.rotation, tools.hand.clamp(final.joints))
    hands = _posed(tools.hand, asset, part, pose, priors, candidates.prior)
    reasons = rejections(tools.hand, distances, hands, affordance, config.limits)
    cost = refined.energies["total"] + unnaturalness(
        priors, shape, Candidates(pose, candidates.prior, candidates.network)
    )
    rows = _choose(
        tools.hand, pulled, affordance, Candidates(pose, candidates.prior, candidates.network),
        cost, reasons, quota, math.ceil(config.pulled_per_grasp * quota),
    )  # fmt: skip
    made = list(_records(pose, rows, hands, part, affordance, priors, candidates.prior))
    rejected = Counter(reason for reason in reasons if reason)
    return made, PairTally(part, affordance, len(reasons), len(rows), dict(rejected))


def _choose(
    hand: Hand,
    pulled: ObjectAsset,
    affordance: str,
    final: Candidates,
    cost: torch.Tensor,
    reasons: list[str],
    quota: int,
    most_pulled: int,
) -> list[int]:
    """Rows to keep, best first; writes into `reasons` why the other good ones are not kept."""
    good = torch.tensor([not reason for reason in reasons])
    distinct = choose_diverse(
        final,
        torch.where(good, cost, torch.inf),
        int(good.sum()),
        metres=DISTINCT_METRES,
        radians=DISTINCT_RADIANS,
        floor=0.9,
    ).tolist()
    for row in torch.nonzero(good)[:, 0].tolist():
        if row not in distinct:
            reasons[row] = NEAR_COPY
    tried = distinct if affordance in POINTING else distinct[:most_pulled]
    kept = tried
    if affordance not in POINTING and tried:
        holds = held(hand, pulled, final.pose.select(torch.tensor(tried)), affordance)
        kept = [row for row, fine in zip(tried, holds.tolist(), strict=True) if fine]
        for row in set(tried) - set(kept):
            reasons[row] = NOT_HELD
    chosen = kept[:quota]
    for row in set(distinct) - set(chosen):
        reasons[row] = reasons[row] or SURPLUS
    return chosen


def _posed(
    hand: Hand,
    asset: ObjectAsset,
    part: str,
    pose: Pose,
    priors: Sequence[Prior],
    prior: torch.Tensor,
) -> Posed:
    tensors = (pose.translation, pose.rotation, pose.joints)
    hands = posed_hands(hand, *(t.double().numpy() for t in tensors))
    surface = measure_hand(asset.mesh, hands.vertices, reach=CONTACT_DISTANCE)
    index = asset.part_index(part)
    judgement = judge(asset.mesh, asset.face_parts, index, hands, on_surface=surface)
    axes = torch.stack([priors[int(i)].primitive.axis for i in prior])
    push = -(pose.rotation * axes[:, None, :]).sum(-1)
    return Posed(hand.pose(*tensors), surface, judgement, push, index, asset.face_parts)


def nearest_templates(
    templates: Sequence[Prior], affordance: str, shape: PartShape, sizes: int
) -> list[Prior]:
    """Of each template of the affordance, the `sizes` nearest to the part's section radius."""
    radius = shape.descriptor(affordance).section_radius
    names: dict[str, list[Prior]] = {}
    for prior in templates:
        if prior.affordance == affordance:
            names.setdefault(prior.cluster.rsplit("-", 1)[0], []).append(prior)
    return [
        prior
        for group in names.values()
        for prior in sorted(group, key=lambda p: abs(p.section_radius - radius))[:sizes]
    ]


def _records(
    pose: Pose,
    rows: Sequence[int],
    hands: Posed,
    part: str,
    affordance: str,
    priors: Sequence[Prior],
    prior: torch.Tensor,
) -> Iterator[GraspRecord]:
    quaternion = matrix_to_quaternion(pose.rotation.double()).numpy()
    metrics = hands.judgement.as_arrays()
    plain = GraspRecord(
        id="", object="", category="", hand="human", part=part, affordance=affordance,
        translation=np.zeros(3), quaternion=np.array([1.0, 0, 0, 0]), joints=np.zeros(0),
    )  # fmt: skip
    pulled = {} if affordance in POINTING else {"held_share": 1.0}
    for row in rows:
        yield replace(
            plain,
            translation=pose.translation[row].double().numpy(),
            quaternion=quaternion[row],
            joints=pose.joints[row].double().numpy(),
            prior=priors[int(prior[row])].cluster,
            measures={
                "penetration_depth_cm": float(metrics["penetration_depth_cm"][row]),
                "contact_share_on_part": float(metrics["contact_share_on_part"][row]),
                **pulled,
            },
        )
