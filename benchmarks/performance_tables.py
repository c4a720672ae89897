"""The results of benchmarks/performance.py as Markdown, and their places in a page.

A block of a page stands between ``<!-- measured: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SECTIONS = ("refinement", "faces", "pipeline", "judge")
_BLOCK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_GIB = 1024**3
_GRASP_STAGES = ("distance", "propose", "refine", "judge")

Found = Mapping[str, Any]


def blocks(found: Found) -> dict[str, str]:
    """Name -> text of every block whose section was measured."""
    made: dict[str, str] = {}
    if "machine" in found:
        made["machine"] = machine_line(found)
    if "refinement" in found:
        made["refinement"] = refinement_table(found["refinement"])
        made["seeds"] = seeds_table(found["refinement"])
    if "faces" in found:
        made["faces"] = faces_table(found["faces"]["rows"])
    if "pipeline" in found:
        made["pipeline"] = pipeline_table(found["pipeline"]["rows"])
        made["starts"] = starts_line(found["pipeline"]["starts"])
    if "judge" in found:
        made["judge"] = judge_text(found["judge"])
    return made


def with_blocks(page: str, texts: Mapping[str, str]) -> str:
    """The page with those blocks; others stay. KeyError names a text that has no place."""
    places = {match[2] for match in _BLOCK.finditer(page)}
    if homeless := texts.keys() - places:
        raise KeyError(f"the page has no place for {', '.join(sorted(homeless))}")

    def fill(match: re.Match[str]) -> str:
        text = texts.get(match[2])
        return match[0] if text is None else f"{match[1]}{text}\n{match[3]}"

    return _BLOCK.sub(fill, page)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the first column to the left, the others to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def number(value: float | None) -> str:
    """Three significant digits, no exponent; "-" for none."""
    if value is None:
        return "-"
    if value < 0.0005:
        return "0.000"
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:,.{digits}f}"


def gib(size: float) -> str:
    return f"{size / _GIB:.2f}"


def machine_line(found: Found) -> str:
    """Hardware, versions and dates in a sentence each."""
    about = found["machine"]
    refinement = found.get("refinement", {})
    gpu = (refinement.get("cuda") or {}).get("name")
    dates = sorted({found[name]["date"] for name in SECTIONS if name in found})
    quick = [name for name in SECTIONS if found.get(name, {}).get("quick")]
    lines = [
        f"{about['cpu']}, cores used: {about['cores']}, {about['ram_bytes'] / _GIB:.0f} GiB of"
        f" memory, {gpu or 'no GPU'}; Python {about['python']}, torch {about['torch']},"
        f" numba {about['numba']}, numpy {about['numpy']}. Measured {' and '.join(dates)}."
    ]
    if quick:
        lines.append(f"By a quick run: {', '.join(quick)}.")
    return "\n".join(lines)


def refinement_table(found: Found) -> str:
    """Seconds per grasp and speed against the naive twin."""
    batches = found["batches"]
    naive = batches.get("naive")
    rows = [_speed_row(*row, naive) for row in _engines(found)]
    head = [
        "engine", "batch", "steps timed",
        "full: s per grasp", "grasps/s", "x naive",
        "fast: s per grasp", "grasps/s", "x naive",
    ]  # fmt: skip
    cuda = found.get("cuda")
    lines = [
        table(head, rows),
        "",
        f"Compiling, once per installation and before these numbers: {found['compile_seconds']:.1f}"
        f" s. CPU threads: {found['threads']}.",
        _gpu_memory(cuda) if cuda else "No GPU was available.",
    ]
    return "\n".join(lines)


def _engines(found: Found) -> Iterator[tuple[str, str, str, Found]]:
    """Engine, batch, steps that were timed, seconds per grasp by schedule."""
    batches, cuda = found["batches"], found.get("cuda")
    some = _steps_of_each(batches["autograd_steps"])
    for batch, seconds in batches["compiled"].items():
        yield "compiled", batch, "all", seconds
    for batch, seconds in batches["autograd"].items():
        yield "autograd", batch, some, seconds
    if cuda:
        for batch, seconds in cuda["autograd"].items():
            yield "autograd, GPU", batch, _steps_of_each(cuda["steps"]), seconds
    if batches.get("naive"):
        each = _steps_of_each(batches["naive_steps"] // 2)
        yield "naive twin", str(batches["naive_batch"]), each, batches["naive"]


def _steps_of_each(steps: int) -> str:
    return f"{steps} + {steps}, extrapolated"


def _speed_row(
    engine: str, batch: str, steps: str, seconds: Found, naive: Found | None
) -> list[str]:
    cells = [engine, batch, steps]
    for schedule in ("full", "fast"):
        per_grasp = seconds[schedule]
        cells += [number(per_grasp), number(1 / per_grasp), _times(naive, schedule, per_grasp)]
    return cells


def _times(naive: Found | None, schedule: str, per_grasp: float) -> str:
    """How many times as fast as the naive twin."""
    return number(naive[schedule] / per_grasp) if naive else "-"


def _gpu_memory(cuda: Found) -> str:
    peaks = (f"{batch}: {gib(row['peak_bytes'])}" for batch, row in cuda["autograd"].items())
    return f"GPU: {cuda['name']}; peak GiB by batch: {', '.join(peaks)}."


def seeds_table(found: Found) -> str:
    """Seconds by number of grasps, and how they grow."""
    naive, rows = found["batches"].get("naive"), []
    for before, row in zip([None, *found["seeds"]], found["seeds"], strict=False):
        cells = [str(row["grasps"])]
        for schedule in ("fast", "full"):
            cells += _seed_cells(row, before, schedule, naive)
        rows.append(cells)
    columns = ["s per grasp", "growth", "x naive"]
    head = ["grasps", "fast: s", *columns, "full: s", *columns]
    return f"{table(head, rows)}\n\nGrowth: against the row above; 4.00 is linear."


def _seed_cells(row: Found, before: Found | None, schedule: str, naive: Found | None) -> list[str]:
    seconds = row["seconds"].get(schedule)
    if seconds is None:
        return ["-"] * 4
    per_grasp = seconds / row["grasps"]
    grown = number(seconds / before["seconds"][schedule]) if before else "-"
    return [number(seconds), number(per_grasp), grown, _times(naive, schedule, per_grasp)]


def faces_table(rows: Sequence[Found]) -> str:
    """Stages of one run by number of faces."""
    head = [
        "faces", "cache", "load", *_GRASP_STAGES, "stages after loading", "start, write", "all",
        "peak GiB", "load alone, peak GiB",
    ]  # fmt: skip
    lines = []
    for row in rows:
        stages = row["stages"]
        rest = row["seconds"] - row["load"] - sum(stages.values())
        lines.append(
            [f"{row['faces']:,}", row["cache"], number(row["load"])]
            + [number(stages.get(name)) for name in _GRASP_STAGES]
            + [number(sum(stages.values())), number(max(0.0, rest)), number(row["seconds"])]
            + [gib(row["peak_bytes"]), gib(row["load_peak_bytes"])]
        )
    return table(head, lines)


def pipeline_table(rows: Sequence[Found]) -> str:
    """Whole commands, their stages in words."""
    head = ["command", "cache", "all, s", "peak GiB", "grasps", "stages, s"]
    lines = [
        [row["command"], row["cache"], number(row["seconds"]), gib(row["peak_bytes"])]
        + [str(row["grasps"]), _stages_in_words(row)]
        for row in rows
    ]
    return table(head, lines)


def _stages_in_words(row: Found) -> str:
    stages = {name: value for name, value in row["stages"].items() if value >= 0.005}
    rest = max(0.0, row["seconds"] - sum(stages.values()))
    words = [f"{name} {value:.2f}" for name, value in stages.items()]
    return ", ".join([*words, f"the rest {rest:.2f}"])


def starts_line(starts: Mapping[str, float]) -> str:
    """New processes, the fastest of a few."""
    return table(
        ["new process", "fastest, s"], [[f"`{name}`", f"{s:.2f}"] for name, s in starts.items()]
    )


def judge_text(found: Found) -> str:
    return f"```\n{found['text'].rstrip()}\n```"
