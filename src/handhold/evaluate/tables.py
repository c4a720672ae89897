"""Rows of results as Markdown, LaTeX, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

Row = Mapping[str, object]


def mean_row(rows: Sequence[Row], *, label: str, value: str = "mean") -> dict[str, object]:
    """The mean of every numeric column over the rows that have it; `label` names the row.

    nan and missing values are left out of the mean and counted: `n_missing` is added when
    there are any, so that a mean over fewer rows is seen.
    """
    result: dict[str, object] = {label: value}
    n_missing = 0
    for column in _columns(rows):
        numbers = [row.get(column) for row in rows]
        known = [float(x) for x in numbers if _is_number(x)]  # type: ignore[arg-type]
        if column == label or not known or any(isinstance(x, str) for x in numbers):
            continue
        result[column] = sum(known) / len(known)
        n_missing += len(numbers) - len(known)
    if n_missing:
        result["n_missing"] = n_missing
    return result


def to_markdown(rows: Sequence[Row], columns: Sequence[str] | None = None) -> str:
    """A Markdown table; numbers with three significant decimals, nan as `nan`."""
    columns = list(columns or _columns(rows))
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(row.get(c)) for c in columns) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def to_csv(rows: Sequence[Row], columns: Sequence[str] | None = None) -> str:
    """CSV with a header; missing values are empty, nan is `nan`."""
    stream = io.StringIO()
    writer = csv.DictWriter(
        stream, list(columns or _columns(rows)), extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def to_json(rows: Sequence[Row], columns: Sequence[str] | None = None) -> str:
    """A JSON list of objects; nan and infinities become null (JSON has neither)."""
    chosen = list(columns or _columns(rows))
    plain = [{c: _plain(row[c]) for c in chosen if c in row} for row in rows]
    return json.dumps(plain, indent=1, allow_nan=False) + "\n"


def to_latex(
    rows: Sequence[Row],
    columns: Sequence[str] | None = None,
    *,
    caption: str = "",
    booktabs: bool = True,
) -> str:
    """A LaTeX table of the same cells as `to_markdown`; special characters are escaped.

    The unit cm3 in a heading is set as cm$^3$.

    booktabs: with the rules of that package (``\\usepackage{booktabs}``), else with \\hline.
    """
    chosen = list(columns or _columns(rows))
    top, middle, bottom = (
        ("\\toprule", "\\midrule", "\\bottomrule") if booktabs else ("\\hline",) * 3
    )
    numeric = [all(_is_plain_number(row.get(column)) for row in rows) for column in chosen]
    layout = "".join("r" if right else "l" for right in numeric)
    lines = ["\\begin{table}", "\\centering"]
    lines += [f"\\caption{{{_escaped(caption)}}}"] if caption else []
    lines += [f"\\begin{{tabular}}{{{layout}}}", top, _latex_heading(chosen), middle]
    lines += [_latex_row([_cell(row.get(column)) for column in chosen]) for row in rows]
    lines += [bottom, "\\end{tabular}", "\\end{table}"]
    return "\n".join(lines) + "\n"


WRITERS = {".md": to_markdown, ".csv": to_csv, ".json": to_json, ".tex": to_latex}


def write_table(path: Path, rows: Sequence[Row], columns: Sequence[str] | None = None) -> None:
    """Write rows in the format of the suffix (.md, .csv, .json, .tex), whole or not at all."""
    writer = WRITERS.get(path.suffix)
    if writer is None:
        raise ValueError(f"no table format for '{path.name}': use {', '.join(WRITERS)}")
    write_text(path, writer(rows, columns))


def write_text(path: Path, text: str) -> None:
    """Write a text file through a temporary name, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(temporary, path)


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
        "<": r"$<$",
        ">": r"$>$",
        **{character: f"\\{character}" for character in "&%$#_{}"},
    }
)


def _escaped(text: str) -> str:
    return text.replace("\\|", "|").translate(_LATEX)


def _latex_heading(columns: Sequence[str]) -> str:
    return re.sub(r"\bcm3\b", "cm$^3$", _latex_row(columns))


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(_escaped(cell) for cell in cells) + r" \\"


def _is_plain_number(value: object) -> bool:
    return value is None or _is_number(value) or isinstance(value, float)


def _is_number(value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return True
    return isinstance(value, int | float | np.number) and math.isfinite(float(value))


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _cell(value: object) -> str:
    if value is None:
        return ""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if math.isfinite(value) else "nan"
    return str(value).replace("|", "\\|").replace("\n", " ")
