"""The starter set: grasps of parametric shapes by template poses, refinement and a filter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from handhold.contact import ObjectField, Prior, PriorBatch, build_field, contact_map
from handhold.evaluate import judge, posed_hands
from handhold.generate import (
    Anchor,
    Candidates,
    PartShape,
    choose_diverse,
    find_anchors,
    part_shape,
    propose,
    rule_candidates,
    unnaturalness,
)
from handhold.grasps import AFFORDANCES
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset
from handhold.priors import GraspRecords, template_priors
from handhold.refine import FAST, Pose, RefineConfig, refine
from handhold.synthesis.filters import keep
from handhold.synthesis.shapes import FAMILIES, ShapeSample, make_shape
from handhold.synthesis.store import StarterPart, StarterSet, is_finished, write_shape

_log = logging.getLogger(__name__)


Job = tuple[str, int, int]
"""Family, number and seed of one shape."""


class OnProgress(Protocol):
    """How long-running work reports: stage, share of it that is done, a word about it."""

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None: ...


@dataclass(frozen=True)
class StarterConfig:
    """Size of the starter set (ours).

    Attributes:
        shapes: per family. seeds: refined per part and affordance. kept: of those, at most.
        sizes: template sizes tried per template, nearest first.
        workers: processes; the result does not depend on it.
        families: which of the parametric families.
    """

    shapes: int = 6
    seeds: int = 16
    kept: int = 6
    sizes: int = 2
    workers: int = 2
    families: tuple[str, ...] = FAMILIES
    refinement: RefineConfig = FAST


def make_starter_set(
    folder: Path,
    *,
    seed: int = 0,
    config: StarterConfig = StarterConfig(),  # noqa: B008
    on_progress: OnProgress | None = None,
) -> StarterSet:
    """Make the set in `folder`, a file per shape; finished shapes of an earlier run are kept.

    Each shape depends on `seed` and its own number only, so that an interrupted run ends with
    the same set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (family, number, seed)
        for number in range(config.shapes)
        for family in config.families
        if not is_finished(folder, family, number, seed)
    ]
    total = config.shapes * len(config.families)
    done = total - len(jobs)
    for name in _run(jobs, partial(_make_shape_file, folder, config), config.workers):
        done += 1
        if on_progress is not None:
            on_progress("starter set", done / total, name)
    return StarterSet.read(folder)


def _run(jobs: Sequence[Job], work: Callable[[Job], str], workers: int) -> Iterator[str]:
    if workers <= 1:
        yield from map(work, jobs)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        waiting = [pool.submit(work, job) for job in jobs]
        for finished in as_completed(waiting):
            yield finished.result()


def _one_thread() -> None:
    torch.set_num_threads(1)


def _make_shape_file(folder: Path, config: StarterConfig, job: Job) -> str:
    family, number, seed = job
    sample = make_shape(family, 1000 * seed + number)
    parts = list(_grasped_parts(sample, config))
    write_shape(folder, family, number, seed, parts)
    count = sum(len(part.records) for part in parts)
    _log.info("%s: %d grasps", sample.name, count)
    return f"{sample.name}, {count} grasps"


def _grasped_parts(sample: ShapeSample, config: StarterConfig) -> Iterator[StarterPart]:
    hand = load_hand("human")
    templates = template_priors(hand)
    asset = sample.asset()
    for part, affordances in sample.affordances.items():
        wanted = [a for a in AFFORDANCES if a in affordances]
        if not wanted:
            continue
        field = build_field(asset, part, spacing=0.004, points=1024)
        shape = part_shape(asset, part, field)
        found = [
            made
            for affordance in wanted
            if (made := _grasp(hand, asset, part, field, shape, affordance, templates, config))
        ]
        if found:
            yield StarterPart.of(asset.name, part, shape, found)


def _grasp(
    hand: Hand,
    asset: ObjectAsset,
    part: str,
    field: ObjectField,
    shape: PartShape,
    affordance: str,
    templates: Sequence[Prior],
    config: StarterConfig,
) -> tuple[Pose, GraspRecords] | None:
    """Poses that pass the filter, with what the library needs of them; None where none do."""
    priors = nearest_templates(templates, affordance, shape, config.sizes)
    rules = rule_candidates(asset, shape, priors)
    if rules is None:
        return None
    proposals = propose(hand, field, shape, priors, [rules], config.seeds)
    candidates = proposals.candidates
    table = PriorBatch.stack([priors[int(i)] for i in candidates.prior])
    refined = refine(hand, field, table, candidates.pose, config.refinement)
    final = Candidates(refined.final, candidates.prior, candidates.network)
    hands = posed_hands(hand, *(t.double().numpy() for t in _tensors(refined.final)))
    judgement = judge(asset.mesh, asset.face_parts, asset.part_index(part), hands)
    posed = hand.pose(*_tensors(refined.final))
    passed = torch.as_tensor(keep(hand, field, posed, judgement, affordance))
    cost = refined.energies["total"] + unnaturalness(priors, shape, final)
    cost = torch.where(passed, cost, torch.inf)
    rows = choose_diverse(final, cost, config.kept, metres=0.01, radians=0.3, floor=0.9)
    if not len(rows):
        return None
    chosen = final.select(rows)
    return chosen.pose, _records(hand, asset, field, shape, priors, chosen, affordance)


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


def _tensors(pose: Pose) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return pose.translation, pose.rotation, pose.joints


def _records(
    hand: Hand,
    asset: ObjectAsset,
    field: ObjectField,
    shape: PartShape,
    priors: Sequence[Prior],
    chosen: Candidates,
    affordance: str,
) -> GraspRecords:
    posed = hand.pose(*_tensors(chosen.pose))
    count = len(chosen)
    anchors = {
        kind: find_anchors(asset, shape, kind) for kind in {p.primitive.kind for p in priors}
    }
    held = [
        _held(priors[int(chosen.prior[row])], chosen.pose.select(slice(row, row + 1)), anchors)
        for row in range(count)
    ]
    return GraspRecords(
        affordance=np.array([affordance] * count),
        part_size=np.tile(shape.size, (count, 1)),
        section_radius=np.full(count, shape.descriptor(affordance).section_radius),
        joints=chosen.pose.joints.double().numpy(),
        contact=contact_map(field.signed(posed.vertices)).double().numpy(),
        part_contact=contact_map(field.to_part(posed.vertices)).double().numpy(),
        kind=np.array([anchor.kind for anchor in held]),
        axis=np.array([anchor.axis for anchor in held]),
        centre=np.array([anchor.centre for anchor in held]),
        radius=np.array([anchor.radius for anchor in held]),
    )


def _held(prior: Prior, pose: Pose, anchors: dict[str, list[Anchor]]) -> Anchor:
    """The anchor that the refined hand ended up on, in its palm frame."""
    rotation = pose.rotation[0].double().numpy()
    translation = pose.translation[0].double().numpy()
    primitive = prior.primitive
    axis = rotation @ primitive.axis.double().numpy()
    centre = rotation @ primitive.centre.double().numpy() + translation

    def mismatch(anchor: Anchor) -> float:
        turned = abs(axis @ anchor.axis) if anchor.kind == "cylinder" else axis @ anchor.axis
        return float(np.linalg.norm(anchor.centre - centre) + 0.03 * (1.0 - turned))

    best = min(anchors[primitive.kind], key=mismatch)
    sign = -1.0 if best.kind == "cylinder" and axis @ best.axis < 0 else 1.0
    along = best.axis * ((centre - best.centre) @ best.axis) if best.kind == "cylinder" else 0.0
    return Anchor(
        best.kind,
        rotation.T @ (sign * best.axis),
        rotation.T @ (best.centre + along - translation),
        best.radius,
    )
