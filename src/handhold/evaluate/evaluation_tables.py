"""Evaluations and comparisons as tables. Each names its profile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from handhold.errors import InputError
from handhold.evaluate.compare import Comparison
from handhold.evaluate.evaluation import Evaluation, GraspRow, summarise
from handhold.evaluate.metrics import METRICS, with_depth
from handhold.evaluate.tables import to_csv, to_json, to_latex, to_markdown
from handhold.evaluate.wording import counted

TABLE_FORMATS = ("md", "csv", "json", "latex")
_TO_READ = ("md", "latex")
_SPREAD = " ± "


def evaluation_table(
    evaluations: Mapping[str, Evaluation],
    fmt: str = "md",
    *,
    columns: Sequence[str] | None = None,
    booktabs: bool = True,
) -> str:
    """One row per evaluation (label -> evaluation): the columns of their profile, n, failures.

    To be read ("md", "latex"): mean ± spread (sample standard deviation), shares in per cent,
    the number of grasps without the metric in brackets. For programs ("csv", "json"): `<metric>`
    is the mean, `<metric>_std` and `<metric>_missing` stand beside it, shares go from 0 to 1.
    columns: some of the profile's, in another order; a displacement brings its depth along.
    Raises InputError where the evaluations have different profiles.
    """
    profile, chosen = _profile_of(list(evaluations.values()), columns)
    pretty = _is_pretty(fmt)
    rows = []
    for label, evaluation in evaluations.items():
        row: dict[str, object] = {"file": label}
        row |= {} if pretty else {"profile": profile}  # to be read, it is the title
        row |= _cells(evaluation.rows, evaluation.sets, chosen, pretty)
        row |= {"n": len(evaluation), "failures": len(evaluation.failures)}
        rows.append(row)
    return _render(rows, fmt, f"Profile {profile}", booktabs)


def object_table(
    evaluation: Evaluation,
    fmt: str = "md",
    *,
    columns: Sequence[str] | None = None,
    booktabs: bool = True,
) -> str:
    """One row per object of an evaluation; like `evaluation_table`."""
    profile, chosen = _profile_of([evaluation], columns)
    pretty = _is_pretty(fmt)
    rows = []
    for record in evaluation.objects:
        own = evaluation.of_object(record.name)
        row: dict[str, object] = {"object": record.name}
        row |= {} if pretty else {"profile": profile}
        row |= _cells(own, record.sets, chosen, pretty)
        failed = sum(item.object == record.name for item in evaluation.failures)
        rows.append(row | {"n": len(own), "failures": failed})
    return _render(rows, fmt, f"Profile {profile}", booktabs)


def grasp_table(
    evaluation: Evaluation,
    fmt: str = "md",
    *,
    columns: Sequence[str] | None = None,
    booktabs: bool = True,
) -> str:
    """One row per grasp of an evaluation, with the reasons of missing values.

    columns as in `evaluation_table`; metrics of the set, which no grasp has, are left out.
    """
    profile, chosen = _profile_of([evaluation], columns)
    own = [METRICS[name] for name in chosen if not METRICS[name].of_set]
    pretty = _is_pretty(fmt)
    rows = []
    for grasp in evaluation.rows:
        row: dict[str, object] = {"entry": grasp.entry, "object": grasp.object}
        if not pretty:
            row |= {"profile": profile, "part": grasp.part, "affordance": grasp.affordance}
        for metric in own:
            value = grasp.metrics.get(metric.name, math.nan)
            row |= {metric.heading: value * metric.factor} if pretty else {metric.name: value}
        why = {metric.name: grasp.reasons.get(metric.name) for metric in own}
        row["missing"] = "; ".join(f"{name}: {text}" for name, text in why.items() if text)
        rows.append(row)
    return _render(rows, fmt, f"Profile {profile}", booktabs)


def comparison_table(comparison: Comparison, fmt: str = "md", *, booktabs: bool = True) -> str:
    """One row per metric: means, mean difference b - a with its 95 % interval, win rate of b.

    Set metrics follow, without pairs.
    """
    pretty = _is_pretty(fmt)
    rows: list[dict[str, object]] = []
    for item in comparison.metrics:
        metric = METRICS[item.name]
        factor = metric.factor if pretty else 1.0
        rows.append(
            {
                "metric": metric.heading if pretty else item.name,
                "better": metric.better,
                "n": item.n,
                "left out": item.n_missing,
                "a": item.mean_a * factor,
                "b": item.mean_b * factor,
                "b - a": item.difference * factor,
                "lower 95 %": item.lower * factor,
                "upper 95 %": item.upper * factor,
                "b wins": item.win_rate,
            }
        )
    for pair in comparison.sets:
        metric = METRICS[pair.name]
        row: dict[str, object] = {"metric": metric.heading if pretty else pair.name}
        row |= {"better": metric.better, "a": pair.a, "b": pair.b, "b - a": pair.difference}
        rows.append(row)
    if not pretty:
        rows = [{"profile": comparison.profile, **row} for row in rows]
    pairs = f"{counted(comparison.n_pairs, 'pair')} by {comparison.paired_by}"
    title = f"Profile {comparison.profile}, {pairs}"
    return _render(rows, fmt, title, booktabs)


def _profile_of(
    evaluations: Sequence[Evaluation], columns: Sequence[str] | None
) -> tuple[str, tuple[str, ...]]:
    names = list(dict.fromkeys(evaluation.profile for evaluation in evaluations))
    if len(names) != 1:
        raise InputError(
            f"A table has one profile, got {', '.join(names) or 'no evaluation'}.",
            "Evaluate all files with the same --profile.",
        )
    allowed = evaluations[0].columns
    chosen = with_depth(tuple(allowed if columns is None else columns))
    unknown = [name for name in chosen if name not in allowed]
    if unknown:
        raise InputError(
            f"{names[0]} has no column '{unknown[0]}'.", f"Its columns: {', '.join(allowed)}."
        )
    return names[0], chosen


def _cells(
    rows: Sequence[GraspRow], sets: Mapping[str, float], columns: Sequence[str], pretty: bool
) -> dict[str, object]:
    summary = summarise(rows, columns)
    cells: dict[str, object] = {}
    for name in columns:
        metric = METRICS[name]
        if metric.of_set:
            cells[metric.heading if pretty else name] = sets.get(name, math.nan)
        elif pretty:
            own = summary[name]
            text = f"{own.mean * metric.factor:.3g}"
            if math.isfinite(own.std):
                text += f"{_SPREAD}{own.std * metric.factor:.2g}"
            cells[metric.heading] = text + (f" [{own.n_missing}]" if own.n_missing else "")
        else:
            own = summary[name]
            cells |= {name: own.mean, f"{name}_std": own.std, f"{name}_missing": own.n_missing}
    return cells


def _is_pretty(fmt: str) -> bool:
    if fmt not in TABLE_FORMATS:
        raise InputError(f"There is no table format '{fmt}'.", f"Use {', '.join(TABLE_FORMATS)}.")
    return fmt in _TO_READ


def _render(rows: Sequence[Mapping[str, object]], fmt: str, title: str, booktabs: bool) -> str:
    if fmt == "md":
        return f"{title}\n\n{to_markdown(rows)}"
    if fmt == "latex":
        return to_latex(rows, caption=title, booktabs=booktabs)
    return to_csv(rows) if fmt == "csv" else to_json(rows)
