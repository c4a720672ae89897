"""Evaluations for the terminal, or as a table for a paper."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from handhold.cli import console
from handhold.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from handhold.evaluate import Evaluation

SHOWN_GRASPS = 10


def print_evaluations(
    judged: Mapping[str, Evaluation], table: str, rows: str, columns: str | None, *, quiet: bool
) -> None:
    """Print on stdout what was judged, in the chosen format; remarks on stderr.

    columns: names of metrics, comma separated, for tables of files and objects.
    """
    if table == "text":
        for label, evaluation in judged.items():
            _print_text(label, evaluation)
    else:
        chosen = columns.split(",") if columns else None
        sys.stdout.write(_table(judged, table, rows, chosen))
    if not quiet:
        for label, evaluation in judged.items():
            _print_remarks(label, evaluation)


def _table(
    judged: Mapping[str, Evaluation], table: str, rows: str, columns: list[str] | None
) -> str:
    from handhold.evaluate import evaluation_table, grasp_table, object_table

    if rows == "file":
        return evaluation_table(judged, table, columns=columns)
    if len(judged) > 1:
        raise InputError(
            f"--rows {rows} is for one file, got {len(judged)}.", "Use --rows file, or one file."
        )
    evaluation = next(iter(judged.values()))
    if rows == "object":
        return object_table(evaluation, table, columns=columns)
    return grasp_table(evaluation, table)


def _print_text(label: str, evaluation: Evaluation) -> None:
    out = console.results()
    objects = ", ".join(dict.fromkeys(record.name for record in evaluation.objects))
    out.print(
        f"[bold]{label}[/]: {len(evaluation)} grasps by {evaluation.hand} on {objects}; "
        f"profile {evaluation.profile}"
    )
    out.print(_metrics(evaluation))


def _metrics(evaluation: Evaluation) -> Table:
    """One row per metric: the first grasps where there are few, mean, spread, what is missing."""
    from rich import box
    from rich.table import Column, Table

    from handhold.evaluate import METRICS

    few = evaluation.rows if len(evaluation) <= SHOWN_GRASPS else ()
    numbers = [*(str(n + 1) for n in range(len(few))), "mean", "spread", "nan"]
    table = Table(
        Column("metric", no_wrap=True),
        *(Column(name, justify="right", no_wrap=True) for name in numbers),
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in evaluation.columns:
        metric = METRICS[name]
        if metric.of_set:
            value = evaluation.sets.get(name, math.nan)
            table.add_row(metric.heading, *[""] * len(few), _number(value), "", "")
            continue
        summary = evaluation.summary[name]
        each = [_number(row.metrics[name] * metric.factor) for row in few]
        table.add_row(
            metric.heading,
            *each,
            _number(summary.mean * metric.factor),
            _number(summary.std * metric.factor),
            str(summary.n_missing or ""),
        )
    return table


def _print_remarks(label: str, evaluation: Evaluation) -> None:
    """Overhangs, reasons of missing values, skipped entries and notes, on stderr."""
    err = console.notes()
    said: dict[str, None] = {}
    for record in evaluation.objects:
        for name, (largest, mean) in record.overhang_mm.items():
            body = record.name if name == "object" else "the hand"
            said[
                f"convex pieces of {body} stand out of its surface by {mean:.1f} mm on average, "
                f"{largest:.1f} mm at most"
            ] = None
    for name, summary in evaluation.summary.items():
        for reason, count in summary.reasons.items():
            said[f"{name}: nan for {count} of {len(evaluation)}: {reason}"] = None
    for name, reason in evaluation.set_reasons.items():
        said[f"{name}: nan: {reason}"] = None
    for skipped in evaluation.skipped:
        said[f"skipped {skipped.entry}: {skipped.reason}"] = None
    seconds = ", ".join(f"{stage} {value:.1f} s" for stage, value in evaluation.seconds.items())
    for text in (*said, *evaluation.notes, seconds):
        if text:
            err.print(f"{label}: {text}", markup=False)


def _number(value: float) -> str:
    if math.isnan(value):
        return "nan"
    digits = next((n for n, below in ((3, 1), (2, 10), (1, 100)) if abs(value) < below), 0)
    return f"{value:.{digits}f}"
