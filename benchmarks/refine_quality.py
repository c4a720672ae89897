"""The same coarse poses refined by handhold and by its naive twin, judged against each other.

    python benchmarks/refine_quality.py --method all
    python benchmarks/refine_quality.py --method naive     # the long part: resumes case by case
    python benchmarks/refine_quality.py --method ours --fresh
    python benchmarks/refine_quality.py --method judge

Four coarse poses on each of eight real objects, full schedule. The twin (benchmarks/naive_twin.py)
measures exact distances in float64 and finds every correspondence anew at every step. Prints the
means, the mean difference of pairs (ours - naive) with its 95 % bootstrap interval, and seconds.
Needs HANDHOLD_DEV_DATA; what is finished lies in --out and is reused (--fresh redoes it).
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from devdata import Case, data_root, load_case, read_cases
from naive_distance import ExactDistance, surfaces_of
from naive_twin import Task, naive_measure, naive_refine, task_of

from handhold.cache import content_hash
from handhold.contact import ObjectField, Prior, PriorBatch, build_field
from handhold.evaluate import (
    Comparison,
    Evaluation,
    MetricComparison,
    compare,
    evaluate_groups,
    load_evaluation,
    save_evaluation,
)
from handhold.generate import part_shape, propose, rule_candidates, sample_network
from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import load_hand
from handhold.objects import ObjectAsset
from handhold.pipeline import GraspSettings
from handhold.pipeline.run import SAMPLES_PER_CLUSTER
from handhold.pipeline.settings import SCHEDULES
from handhold.priors import load_library
from handhold.refine import Pose, RefineConfig, refine
from handhold.train import load_shipped_network

CASES = ("real02", "real04", "real06", "real08", "real11", "real14", "real15", "real16")
"""Bottle (wrap), mug (handle), mug (base), knife (handle), wine bottle (wrap), bulb (twist),
hammer (handle), tap (twist): meshes that are, or read as, closed solids."""
METHODS = ("naive", "ours")
PROFILE = "gdexgrasp"
METRICS = (
    "penetration_depth_cm",
    "intersection_volume_cm3",
    "part_accuracy",
    "displacement_mean_cm",
    "displacement_mean_cm_shrunk",
)
SAME = 0.05
"""Share of the naive mean within which two means count as alike (ours)."""
_POSE = ("translation", "rotation", "joints")
_PRIOR = ("joints", "contact_mean", "contact_std", "part_mean")


@dataclass(frozen=True, eq=False)
class Problem:
    """One case ready to be refined: B coarse poses with the prior of each."""

    case: Case
    asset: ObjectAsset
    field: ObjectField
    priors: PriorBatch
    start: Pose


def main(arguments: list[str] | None = None) -> int:
    """Refine what is asked for, then judge."""
    options = _options(arguments)
    torch.set_num_threads(1)
    config = SCHEDULES[options.schedule]
    root = data_root()
    known = {case.id: case for case in read_cases(root)}
    cases = [known[name] for name in options.cases]
    for method in METHODS if options.method == "all" else {options.method} & set(METHODS):
        for case in cases:
            path = options.out / options.schedule / method / f"{case.id}.npz"
            if options.fresh or not _is_finished(path, config, options.per_case):
                _refine(problem_of(root, case, options), method, config, path)
    if options.method in ("judge", "all"):
        _judge(root, cases, config, options)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = lambda text: tuple(name for name in text.split(",") if name)  # noqa: E731
    parser.add_argument("--method", choices=(*METHODS, "judge", "all"), default="all")
    parser.add_argument("--cases", type=names, default=CASES, help="ids, comma separated")
    parser.add_argument("--per-case", type=int, default=4, help="coarse poses per object (4)")
    parser.add_argument("--schedule", choices=tuple(SCHEDULES), default="full")
    parser.add_argument("--fresh", action="store_true", help="redo what is finished")
    parser.add_argument("--out", type=Path, default=Path("out/refine_quality"))
    return parser.parse_args(arguments)


def problem_of(root: Path, case: Case, options: argparse.Namespace) -> Problem:
    """The case with its best coarse poses; those are proposed once and kept in --out."""
    asset = load_case(root, case)
    field = build_field(asset, case.part)
    path = options.out / "starts" / f"{case.id}-{options.per_case}.npz"
    if not path.is_file():
        pose, priors = coarse_poses(asset, field, case.part, case.affordance, options.per_case)
        _save(path, {f"pose_{n}": getattr(pose, n) for n in _POSE}
              | {f"prior_{n}": getattr(priors, n) for n in _PRIOR})  # fmt: skip
    with np.load(path) as kept:
        pose = Pose(*(torch.from_numpy(kept[f"pose_{name}"]) for name in _POSE))
        priors = PriorBatch(*(torch.from_numpy(kept[f"prior_{name}"]) for name in _PRIOR))
    return Problem(case, asset, field, priors, pose)


def coarse_poses(
    asset: ObjectAsset, field: ObjectField, part: str, affordance: str, count: int
) -> tuple[Pose, PriorBatch]:
    """The best `count` proposals of the pipeline for a part and an affordance."""
    settings, hand = GraspSettings(device="cpu"), load_hand("human")
    library, shape = load_library(hand.name), part_shape(asset, part, field)
    priors = library.retrieve(affordance, shape.descriptor(affordance))
    network = load_shipped_network(hand.name, library)
    sources = [rule_candidates(asset, shape, priors)]
    if network is not None:
        learned: list[Prior | None] = [library.learned(prior) for prior in priors]
        asked = [None if prior is None else prior.cluster for prior in learned]
        sources.append(
            sample_network(network, asked, priors, shape, SAMPLES_PER_CLUSTER, settings.seed)
        )
    found = [source for source in sources if source is not None]
    chosen = propose(hand, field, shape, priors, found, settings.seeds).candidates
    best = chosen.select(torch.arange(min(count, len(chosen))))
    return best.pose, PriorBatch.stack([priors[int(i)] for i in best.prior])


def exact_task(problem: Problem, config: RefineConfig) -> tuple[Task, Pose]:
    """The case for the twin, in float64."""
    hand = load_hand("human").to(dtype=torch.float64)
    distance = ExactDistance(surfaces_of(problem.asset, problem.case.part))
    priors = problem.priors.to(torch.zeros(0, dtype=torch.float64))
    task = task_of(hand.spec, distance, problem.field, priors, config)
    return task, Pose(*(getattr(problem.start, name).double() for name in _POSE))


def _refine(problem: Problem, method: str, config: RefineConfig, path: Path) -> None:
    began = time.perf_counter()
    if method == "naive":
        task, start = exact_task(problem, config)
        final = naive_refine(task, start, config).final
    else:
        hand = load_hand("human")
        final = refine(hand, problem.field, problem.priors, problem.start, config).final
    seconds = time.perf_counter() - began
    arrays = {name: getattr(final, name).double() for name in _POSE}
    extra = {"seconds": np.array(seconds), "config": np.array(_mark(config))}
    _save(path, arrays | extra)
    _tell(f"{method} {problem.case.id}: {len(final)} grasps in {seconds:.1f} s")


def _judge(
    root: Path, cases: list[Case], config: RefineConfig, options: argparse.Namespace
) -> None:
    home = options.out / options.schedule
    problems = [problem_of(root, case, options) for case in cases]
    finals: dict[str, list[Pose]] = {}
    seconds: dict[str, float] = {}
    for method in METHODS:
        kept = [_load(home / method / f"{case.id}.npz") for case in cases]
        finals[method] = [Pose(*(torch.from_numpy(k[name]) for name in _POSE)) for k in kept]
        seconds[method] = float(sum(k["seconds"] for k in kept))
    poses = {"start": [problem.start for problem in problems], **finals}
    evaluations = {}
    for name, batches in poses.items():
        groups = [_group(p, pose) for p, pose in zip(problems, batches, strict=True)]
        evaluations[name] = _evaluated(groups, home / f"{name}.evaluation.json")
    comparison = compare(evaluations["naive"], evaluations["ours"])
    count = sum(len(pose) for pose in finals["naive"])
    _say(f"{count} grasps on {len(cases)} objects, schedule {options.schedule}.\n")
    _say(quality_table(evaluations["start"], comparison))
    exact = {name: _exact_total(problems, batches, config) for name, batches in poses.items()}
    _say("\nSum of all terms with exact distances: " + _listed(exact, ".3f"))
    _say(f"\nSeconds per grasp: {_listed({n: s / count for n, s in seconds.items()}, '.2f')}")


def quality_table(start: Evaluation, comparison: Comparison) -> str:
    """Markdown: metric by metric, the coarse poses, the twin, ours, and the verdict."""
    lines = [
        "| metric | start | naive | ours | ours - naive | 95 % interval | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in METRICS:
        m = comparison[name]
        before = np.nanmean([row.metrics[name] for row in start.rows])
        lines.append(
            f"| {name} | {before:.4f} | {m.mean_a:.4f} | {m.mean_b:.4f} | {m.difference:+.4f}"
            f" | {m.lower:+.4f} .. {m.upper:+.4f} | {verdict(m)} |"
        )
    return "\n".join(lines)


def verdict(metric: MetricComparison) -> str:
    """Whether two means may be called alike."""
    if metric.lower <= 0.0 <= metric.upper:
        return "alike: the interval contains 0"
    if math.isclose(metric.mean_a, metric.mean_b, rel_tol=0.0, abs_tol=SAME * abs(metric.mean_a)):
        return "alike: the means differ by less than 5 %"
    return "different"


def _exact_total(problems: list[Problem], poses: list[Pose], config: RefineConfig) -> float:
    """Mean weighted sum of the energies, by the twin."""
    totals = []
    for problem, pose in zip(problems, poses, strict=True):
        task, _ = exact_task(problem, config)
        double = Pose(*(getattr(pose, name).double() for name in _POSE))
        totals.append(naive_measure(task, double, config)["total"])
    return float(torch.cat(totals).mean())


def _group(problem: Problem, pose: Pose) -> GraspGroup:
    case, hand = problem.case, load_hand("human")
    count = len(pose)
    joints = hand.clamp(pose.joints.float())
    return GraspGroup(
        asset=problem.asset,
        hand=hand,
        poses=HandPoses(_numpy(pose.translation), _numpy(pose.rotation), _numpy(joints)),
        entry=tuple(f"{case.id}[{row}]" for row in range(count)),
        source=case.id,
        part=(case.part,) * count,
        affordance=(case.affordance,) * count,
    )


def _evaluated(groups: list[GraspGroup], path: Path) -> Evaluation:
    """Judged by physics and geometry; grasps that an earlier run judged are not judged again."""
    done = load_evaluation(path) if path.is_file() else None
    evaluation = evaluate_groups(
        groups, PROFILE, workers=1, done=done, on_partial=lambda part: save_evaluation(part, path)
    )
    save_evaluation(evaluation, path)
    return evaluation


def _is_finished(path: Path, config: RefineConfig, count: int) -> bool:
    if not path.is_file():
        return False
    kept = _load(path)
    return str(kept["config"]) == _mark(config) and len(kept["joints"]) == count


def _mark(config: RefineConfig) -> str:
    """What a kept result was made with; which engine of ours ran is not part of it (--fresh)."""
    settings = asdict(config)
    settings.pop("engine", None)
    return content_hash(repr(settings))


def _save(path: Path, arrays: dict[str, torch.Tensor | np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **{name: np.asarray(value) for name, value in arrays.items()})
    partial.replace(path)


def _load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as kept:
        return {name: kept[name] for name in kept.files}


def _numpy(values: torch.Tensor) -> np.ndarray:
    return np.asarray(values.detach().double().numpy())


def _listed(values: dict[str, float], form: str) -> str:
    return ", ".join(f"{name} {value:{form}}" for name, value in values.items())


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
