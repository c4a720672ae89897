"""Judges the grasps that benchmarks/real.py left, with physics, and the same grasps spoiled.

    python benchmarks/judge_real.py out/real/full/given
    python benchmarks/judge_real.py out/real/full/given --spoil --cases real02,real08

Needs HANDHOLD_DEV_DATA. A finished evaluation in --out is reused (--fresh redoes it). With
--spoil: the grasps that hold all six pulls, then opened by 10 degrees, moved 2 cm into the
object, and moved 2 cm away, each against the first, pair by pair.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from devdata import data_root, load_case, read_cases
from spoil import spoiled_sets

from handhold.evaluate import (
    Evaluation,
    compare,
    comparison_table,
    evaluate_groups,
    evaluation_table,
    load_evaluation,
    save_evaluation,
    write_text,
)
from handhold.grasps import GraspGroup, HandPoses, load_grasps
from handhold.hands import load_hand

# What a page has room for; the files in --out hold every metric.
COLUMNS = (
    "penetration_depth_cm",
    "intersection_volume_cm3",
    "q1",
    "displacement_mean_cm",
    "displacement_worst_cm",
    "displacement_mean_cm_shrunk",
    "success",
    "success_shrunk",
)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a table of benchmarks/real.py")
    parser.add_argument("--profile", default="handhold")
    parser.add_argument("--cases", default="", help="ids, comma separated (all)")
    parser.add_argument("--spoil", action="store_true", help="spoil the grasps that hold")
    parser.add_argument("--fresh", action="store_true", help="judge again what was judged")
    parser.add_argument("--out", type=Path, default=Path("out/judged"))
    options = parser.parse_args(arguments)
    wanted = tuple(name for name in options.cases.split(",") if name)
    groups = benchmark_groups(options.folder, wanted)
    if options.spoil:
        _spoil(groups, options.profile)
        return 0
    evaluations = {group.source: _judged(group, options) for group in groups}
    write_text(options.out / "table.csv", evaluation_table(evaluations, "csv"))
    everything = pooled(list(evaluations.values()))
    first = [row for row in everything.rows if row.entry.endswith("[0]")]
    evaluations |= {
        "all grasps": everything,
        "first of each": replace(everything, rows=tuple(first)),
    }
    columns = [name for name in COLUMNS if name in everything.columns]
    _say(evaluation_table(evaluations, "md", columns=columns))
    by_affordance = {
        name: replace(everything, rows=tuple(r for r in everything.rows if r.affordance == name))
        for name in dict.fromkeys(row.affordance for row in everything.rows)
    }
    _say(evaluation_table(by_affordance, "md", columns=columns))
    return 0


def benchmark_groups(folder: Path, wanted: tuple[str, ...]) -> list[GraspGroup]:
    """The grasps of the cut cases that `folder` has results of, on their own objects."""
    root = data_root()
    groups = []
    for case in read_cases(root):
        file = folder / case.id / "grasps.json"
        if not file.is_file() or (wanted and case.id not in wanted):
            continue
        batch = load_grasps(file)
        translation, rotation = batch.to_object_frame()
        groups.append(
            GraspGroup(
                asset=load_case(root, case),
                hand=load_hand(batch.hand),
                poses=HandPoses(translation, rotation, np.asarray(batch.joints)),
                entry=tuple(f"{case.id}[{row}]" for row in range(len(batch))),
                source=case.id,
                part=batch.part,
                affordance=batch.affordance,
            )
        )
    return groups


def pooled(evaluations: list[Evaluation]) -> Evaluation:
    """The rows of all; metrics of the set are left to the single ones."""
    rows = tuple(row for evaluation in evaluations for row in evaluation.rows)
    skipped = tuple(item for evaluation in evaluations for item in evaluation.skipped)
    return replace(evaluations[0], rows=rows, skipped=skipped, sets={})


def _judged(group: GraspGroup, options: argparse.Namespace) -> Evaluation:
    path = options.out / f"{group.source}.evaluation.json"
    if path.is_file() and not options.fresh:
        return load_evaluation(path)
    evaluation = evaluate_groups([group], options.profile)
    save_evaluation(evaluation, path)
    sys.stderr.write(f"{group.source}: {len(group)} grasps\n")
    return evaluation


def _spoil(groups: list[GraspGroup], name: str) -> None:
    held = {
        row.entry for row in evaluate_groups(groups, "six-axis").rows if row.metrics["success"] == 1
    }
    by_kind: dict[str, list[GraspGroup]] = {}
    for group in groups:
        stable = group.select([row for row, entry in enumerate(group.entry) if entry in held])
        if len(stable):
            for kind, spoiled in spoiled_sets(stable).items():
                by_kind.setdefault(kind, []).append(spoiled)
    evaluations = {kind: evaluate_groups(sets, name) for kind, sets in by_kind.items()}
    columns = ["skeleton_piercing_mm", "contact_ratio", "part_accuracy", *COLUMNS]
    _say(evaluation_table(evaluations, "md", columns=columns))
    reference = evaluations.pop("stable")
    for kind, evaluation in evaluations.items():
        _say(f"### {kind} (b) against stable (a)\n")
        _say(comparison_table(compare(reference, evaluation), "md"))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
