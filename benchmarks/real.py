"""Grasps real objects with true part cuts, and whole ones, and prints what came out.

    python benchmarks/real.py --out out/real
    python benchmarks/real.py --cases real01,real04 --ablation no-refinement

Three tables: the cut cases with the file's affordance and part given; the same with the
sentence alone (no bar); the whole objects. Finished cases in --out are reused (--fresh redoes
them, after a change of code). Needs
HANDHOLD_DEV_DATA. Every number is measured anew from the returned poses.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

from cases import BEST, MODES, run_or_reuse
from devdata import Case, data_root, read_cases
from pictures import contact_sheet
from results import RESULT, CaseResult, read_result
from summary import ablation_rows, case_row, mean_rows, verdict

from handhold.evaluate import QuickProfile, to_markdown, write_table, write_text
from handhold.pipeline import GraspSettings

ABLATIONS = ("full", "no-refinement", "no-prior-terms", "one-stage", "network-only", "rules-only")
TITLES = {
    "given": "Cut cases, affordance and part given",
    "sentence": "Cut cases, the sentence alone",
    "whole": "Whole objects, affordance given",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen tables; 1 if a case crashed."""
    options = _options(arguments)
    root = data_root()
    settings = GraspSettings(
        n=options.n,
        seeds=options.seeds,
        seed=options.seed,
        schedule=options.schedule,
        ablation=options.ablation,
    )
    home = options.out / options.ablation
    if options.fresh:
        _forget(root, options.tables, options.cases, home)
    results = {
        mode: _run_table(root, mode, options.cases, settings, home) for mode in options.tables
    }
    _compare_ablations(options.out, settings, root, options.cases)
    return int(any(r.crashed for table in results.values() for r in table))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=_names, default=(), help="ids, comma separated (all)")
    parser.add_argument("--tables", type=_names, default=MODES, help=f"of {', '.join(MODES)}")
    parser.add_argument("--n", type=int, default=8, help="grasps per case (8)")
    parser.add_argument("--seeds", type=int, default=32, help="seeds per case (32)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (0)")
    parser.add_argument("--schedule", choices=("full", "fast"), default="full")
    parser.add_argument("--ablation", choices=ABLATIONS, default="full")
    parser.add_argument("--fresh", action="store_true", help="redo finished cases too")
    parser.add_argument("--out", type=Path, default=Path("out/real"), help="results (out/real)")
    options = parser.parse_args(arguments)
    unknown = set(options.tables) - set(MODES)
    if unknown:
        parser.error(f"--tables: no {', '.join(sorted(unknown))}; choose of {', '.join(MODES)}")
    return options


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _cases_of(root: Path, mode: str, wanted: tuple[str, ...]) -> list[Case]:
    cases = [case for case in read_cases(root) if case.is_cut == (mode != "whole")]
    return [case for case in cases if not wanted or case.id in wanted]


def _forget(root: Path, tables: tuple[str, ...], wanted: tuple[str, ...], home: Path) -> None:
    for mode in tables:
        for case in _cases_of(root, mode, wanted):
            (home / mode / case.id / RESULT).unlink(missing_ok=True)


def _run_table(
    root: Path, mode: str, wanted: tuple[str, ...], settings: GraspSettings, home: Path
) -> list[CaseResult]:
    cases = _cases_of(root, mode, wanted)
    results = []
    for case in cases:
        result, reused = run_or_reuse(root, case, mode, settings, home / mode / case.id)
        results.append(result)
        _say(f"{mode} {case.id}: {_one_line(result)}{' (reused)' if reused else ''}")
    if results:
        _write_table(mode, results, home)
        _write_sheet(mode, results, home)
    return results


def _write_table(mode: str, results: list[CaseResult], home: Path) -> None:
    means = mean_rows(results)
    rows = [case_row(result) for result in results] + means
    text = f"## {TITLES[mode]}\n\nProfile {QuickProfile().name}.\n\n{to_markdown(rows)}\n"
    if mode == "given":
        text += f"\n```\n{verdict(means[0])}\n```\n"
    _say("\n" + text)
    write_text(home / f"{mode}.md", text)
    write_table(home / f"{mode}.json", rows)
    write_table(home / f"{mode}.csv", rows)


def _write_sheet(mode: str, results: list[CaseResult], home: Path) -> None:
    pictures = []
    for result in results:
        file = home / mode / result.case / BEST
        if file.is_file():
            pictures.append((f"{result.case}  {result.affordance}  {result.part}", file))
    contact_sheet(pictures, home / f"{mode}.png")


def _compare_ablations(
    out: Path, settings: GraspSettings, root: Path, wanted: tuple[str, ...]
) -> None:
    """Write ablations.md over the finished "given" cases that all finished ablations share."""
    by_name = {}
    for name in ABLATIONS:
        stored = [
            read_result(out / name / "given" / case.id, asdict(replace(settings, ablation=name)))
            for case in _cases_of(root, "given", wanted)
        ]
        finished = [result for result in stored if result is not None]
        if finished:
            by_name[name] = finished
    if len(by_name) > 1:
        text = f"## Ablation\n\n{to_markdown(ablation_rows(by_name))}\n"
        _say("\n" + text)
        write_text(out / "ablations.md", text)


def _one_line(result: CaseResult) -> str:
    if not result.n:
        return result.note or "no grasps"
    row = case_row(result)
    return (
        f"{result.n} grasps, depth {row['depth cm']:.2f} cm, volume {row['volume cm3']:.2f} cm3, "
        f"part {row['part %']:.0f} %, bones {row['bones > 3 mm %']:.0f} %, {result.seconds:.0f} s"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
