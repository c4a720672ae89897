"""Write the code's numbers into the tables of the pages that have some.

    python tools/docs_numbers.py

A table that follows ``<!-- numbers: package.module.Record -->`` has a row per field of that
frozen dataclass: | `field` | default | text |; ``Record.field`` is a record inside one. After
``<!-- numbers: constants -->`` the names are module constants, without the leading ``handhold.``.
Only the second column is rewritten.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = (DOCS / "pipeline.md", DOCS / "metrics.md", DOCS / "data.md")
_MARK = re.compile(r"<!-- numbers: ([\w.]+) -->")
_ROW = re.compile(r"\| `([\w.]+)` \| [^|]* \|")


def rewritten(page: str) -> str:
    """The page with the numbers of the code. KeyError names a row that the code does not have."""
    lines, source = [], ""
    for line in page.splitlines():
        mark = _MARK.fullmatch(line)
        if mark:
            source = mark[1]
        elif not line.startswith("|"):
            source = ""
        row = _ROW.match(line)
        if source and row:
            number = _text(_value(source, row[1]))
            line = f"| `{row[1]}` | {number} |{line[row.end() :]}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def rows(page: str, source: str) -> set[str]:
    """Names in the table of one source."""
    after = page.split(f"<!-- numbers: {source} -->\n", 1)[1]
    table = after.split("\n\n", 1)[0]
    return {row[1] for row in map(_ROW.match, table.splitlines()) if row}


def record(source: str) -> Any:
    """The dataclass of a marker, with its defaults."""
    path, _, name = source.rpartition(".")
    if path.rpartition(".")[2][0].isupper():
        return getattr(record(path), name)
    return _resolve(source)()


def _value(source: str, name: str) -> Any:
    if source == "constants":
        return _resolve(f"handhold.{name}")
    made = record(source)
    if not hasattr(made, name):
        raise KeyError(f"{source} has no '{name}'")
    return getattr(made, name)


def _resolve(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(_text(item) for item in value)
    return value if isinstance(value, str) else f"{value:.6g}"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(rewritten(page.read_text()))
