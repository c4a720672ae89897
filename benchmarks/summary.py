"""Tables of benchmark results: one row per case, and means over all returned grasps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from results import CaseResult

# column of the table, metric of the grasps, factor
COLUMNS = (
    ("depth cm", "penetration_depth_cm", 1.0),
    ("volume cm3", "intersection_volume_cm3", 1.0),
    ("part %", "part_accuracy", 100.0),
    ("bones > 3 mm %", "bones_pierced", 100.0),
    ("on part %", "contact_share_on_part", 100.0),
    ("contact %", "contact_ratio", 100.0),
    ("self mm", "self_penetration_mm", 1.0),
    ("acceptable %", "acceptable", 100.0),
    ("network %", "from_network", 100.0),
)
# The bar for the cut cases with affordance and part given: column, limit, whether to stay below.
BARS = (
    ("depth cm", 0.20, True),
    ("volume cm3", 1.0, True),
    ("part %", 88.0, False),
    ("bones > 3 mm %", 5.0, True),
)


def case_row(result: CaseResult) -> dict[str, object]:
    """One row of the table: means over the grasps of one case."""
    row: dict[str, object] = {
        "case": result.case,
        "object": result.source.split("/")[-1][:24],
        "affordance": result.affordance,
        "part": result.part,
        "n": result.n,
    }
    if result.mode == "sentence":
        affordance, part = result.understood
        right = (affordance == result.affordance, part == result.part)
        row["understood"] = f"{affordance or '-'} / {part or '-'}"
        row["right"] = " / ".join("yes" if flag else "no" for flag in right)
    row |= _means([result])
    row["seconds"] = result.seconds
    row["note"] = result.note
    return row


def mean_rows(results: Sequence[CaseResult]) -> list[dict[str, object]]:
    """Mean over all returned grasps, and mean of the cases' means; empty without results."""
    if not results:
        return []
    with_grasps = [result for result in results if result.n]
    shared: dict[str, object] = {
        "seconds": float(np.mean([result.seconds for result in results])),
        "note": f"{len(results) - len(with_grasps)} of {len(results)} cases without a grasp",
    }
    if results[0].mode == "sentence":
        right = [result.understood == (result.affordance, result.part) for result in results]
        shared["right"] = f"{sum(right)} of {len(right)}"
    pooled: dict[str, object] = {"case": "all grasps", "n": sum(r.n for r in results)}
    each: dict[str, object] = {"case": "mean of cases", "n": len(with_grasps)}
    per_case = [_means([result]) for result in with_grasps]
    for name, _, _ in COLUMNS:
        each[name] = _nanmean([row[name] for row in per_case])
    return [pooled | _means(results) | shared, each | shared]


def verdict(means: dict[str, object]) -> str:
    """One line per bar: the number, the limit, and whether it is met."""
    lines = []
    for name, limit, below in BARS:
        value = float(str(means[name]))
        met = value < limit if below else value > limit
        sign = "<" if below else ">"
        lines.append(f"{'met ' if met else 'MISS'} {name}: {value:.3f} (bar {sign} {limit:g})")
    return "\n".join(lines)


def ablation_rows(by_name: dict[str, list[CaseResult]]) -> list[dict[str, object]]:
    """One row per ablation over the cases that all of them have."""
    if not by_name:
        return []
    common = set.intersection(*({r.case for r in results} for results in by_name.values()))
    rows = []
    for name, results in by_name.items():
        chosen = [result for result in results if result.case in common]
        if chosen:
            row = {"ablation": name, "cases": len(chosen)} | mean_rows(chosen)[0]
            row.pop("case")
            rows.append(row)
    return rows


def _means(results: Sequence[CaseResult]) -> dict[str, float]:
    means = {}
    for name, metric, factor in COLUMNS:
        values = [x for result in results for x in result.grasps.get(metric, ())]
        means[name] = factor * _nanmean(values)
    return means


def _nanmean(values: Sequence[float]) -> float:
    known = np.array([x for x in values if np.isfinite(x)])
    return float(known.mean()) if len(known) else float("nan")
