"""Evaluations for the terminal, or as a table for a paper."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handhold.cli import console
from handhold.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from handhold.evaluate import Evaluation, Profile

SHOWN_GRASPS, SHOWN_OBJECTS = 10, 3


@dataclass(frozen=True)
class Layout:
    """How evaluations are printed.

    table: "text" or a format of tables; rows: "file", "object" or "grasp"; columns: metrics, None
    for all.
    """

    table: str
    rows: str
    columns: tuple[str, ...] | None

    @classmethod
    def checked(
        cls, table: str, rows: str, columns: str | None, profile: Profile, inputs: int
    ) -> Layout:
        """From the options (columns comma separated); InputError for what cannot be printed."""
        wanted = tuple(name.strip() for name in (columns or "").split(",") if name.strip()) or None
        unknown = [name for name in wanted or () if name not in profile.columns]
        if unknown:
            raise InputError(
                f"{profile.name} has no column '{unknown[0]}'.",
                f"Its columns: {', '.join(profile.columns)}.",
            )
        if table == "text" and (rows != "file" or wanted):
            raise InputError(
                "--rows and --columns are for tables.", "Add --format md, csv, json or latex."
            )
        if rows != "file" and inputs > 1:
            raise InputError(
                f"--rows {rows} is for one file, got {inputs}.", "Use --rows file, or one file."
            )
        return cls(table, rows, wanted)


def print_evaluations(judged: Mapping[str, Evaluation], layout: Layout, *, quiet: bool) -> None:
    """Print on stdout what was judged; remarks on stderr."""
    if layout.table == "text":
        for label, evaluation in judged.items():
            _print_text(label, evaluation)
    else:
        sys.stdout.write(_table(judged, layout))
    if not quiet:
        for label, evaluation in judged.items():
            _print_remarks(label, evaluation)


def _table(judged: Mapping[str, Evaluation], layout: Layout) -> str:
    from handhold.evaluate import evaluation_table, grasp_table, object_table

    if layout.rows == "file":
        return evaluation_table(judged, layout.table, columns=layout.columns)
    make = object_table if layout.rows == "object" else grasp_table
    return make(next(iter(judged.values())), layout.table, columns=layout.columns)


def _print_text(label: str, evaluation: Evaluation) -> None:
    out = console.results()
    names = list(dict.fromkeys(record.name for record in evaluation.objects))
    objects = ", ".join(names) if len(names) <= SHOWN_OBJECTS else f"{len(names)} objects"
    count = len(evaluation)
    out.print(
        f"{label}: {count} grasp{'s' if count != 1 else ''} by {evaluation.hand} on {objects}; "
        f"{len(evaluation.failures)} failed or skipped; profile {evaluation.profile}",
        markup=False,
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
    said = dict.fromkeys(_overhangs(evaluation))
    for name, summary in evaluation.summary.items():
        for reason, count in summary.reasons.items():
            said[f"{name}: nan for {count} of {len(evaluation)}: {reason}"] = None
    for name, reason in evaluation.set_reasons.items():
        said[f"{name}: nan: {reason}"] = None
    for skipped in evaluation.skipped:
        said[f"skipped {skipped.entry}: {skipped.reason}"] = None
    times = dict(evaluation.seconds)
    pieces = times.pop("decomposition", 0.0)  # of the run that filled the cache
    seconds = ", ".join(f"{stage} {value:.1f} s" for stage, value in times.items())
    seconds += f"; decompositions, which are cached, {pieces:.1f} s" if pieces else ""
    for text in (*said, *evaluation.notes, seconds):
        if text:
            err.print(f"{label}: {text}", markup=False)


def _overhangs(evaluation: Evaluation) -> Iterator[str]:
    """How far the convex pieces of the hand, and of the objects, stand out at worst."""
    objects = len(evaluation.objects)
    worst = f"the worst of {objects} objects" if objects > 1 else "the object"
    for body, name in (("object", worst), ("hand", "the hand")):
        found = [each.overhang_mm[body] for each in evaluation.objects if body in each.overhang_mm]
        if found:
            largest, mean = max(found)
            yield (
                f"convex pieces of {name} stand out of the surface by {mean:.1f} mm on average, "
                f"{largest:.1f} mm at most"
            )


def _number(value: float) -> str:
    if math.isnan(value):
        return "nan"
    digits = next((n for n, below in ((3, 1), (2, 10), (1, 100)) if abs(value) < below), 0)
    return f"{value:.{digits}f}"
