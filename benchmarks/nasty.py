"""Grasps every file under objects/nasty: each must end in a grasp or in a clear error.

    python benchmarks/nasty.py --out out/nasty

A file is tried as it is; where its size is refused for want of a unit, the units are tried in
turn. Prints one row per file; exit code 1 if anything crashed. Needs HANDHOLD_DEV_DATA.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from devdata import data_root

from handhold.errors import HandholdError, InputError
from handhold.evaluate import to_markdown, write_table, write_text
from handhold.objects import ObjectAsset, load_object
from handhold.pipeline import GraspSettings, grasp_object

UNITS = (None, "cm", "in", "mm", "m")
COMPANIONS = (".mtl", ".png", ".jpg", ".jpeg", ".bin", ".zip", ".md", ".txt")
INSTRUCTION = "Pick it up."


@dataclass(frozen=True)
class Outcome:
    """How one file ended: "grasp", the name of an error, or "CRASH"."""

    file: str
    ended: str
    unit: str = ""
    faces: int = 0
    largest_side_m: float = float("nan")
    solid: bool = False
    seconds: float = float("nan")
    says: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Try all files; 1 if one crashed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("out/nasty"))
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--load-only", action="store_true", help="load and repair, no grasps")
    options = parser.parse_args(arguments)
    settings = GraspSettings(n=1, seeds=options.seeds, seed=0, schedule="fast")
    base = data_root() / "objects" / "nasty"
    outcomes = []
    for path in nasty_files(base):
        outcome = try_file(path, base, None if options.load_only else settings)
        outcomes.append(outcome)
        _say(f"{outcome.file}: {outcome.ended} ({outcome.seconds:.1f} s) {outcome.says}")
    rows = [vars(outcome) for outcome in outcomes]
    _say("\n" + to_markdown(rows))
    write_text(options.out / "nasty.md", to_markdown(rows))
    write_table(options.out / "nasty.json", rows)
    counts = {name: sum(o.ended == name for o in outcomes) for name in {o.ended for o in outcomes}}
    _say(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    return int(any(outcome.ended == "CRASH" for outcome in outcomes))


def nasty_files(base: Path) -> list[Path]:
    """Every geometry file below `base` (textures and material files are no geometry)."""
    files = (path for path in base.rglob("*") if path.is_file())
    return sorted(path for path in files if path.suffix.lower() not in COMPANIONS)


def try_file(path: Path, base: Path, settings: GraspSettings | None) -> Outcome:
    """Load and, with settings, grasp one file; never raises."""
    start = time.perf_counter()
    name = str(path.relative_to(base))
    unit, asset = "", None
    try:
        asset, unit = _load(path)
        if settings is not None:
            grasp_object(asset, INSTRUCTION, settings=settings)
        ended, says = ("grasp" if settings is not None else "loaded"), "; ".join(asset.notes)
    except HandholdError as error:
        ended, says = type(error).__name__, str(error)
    except Exception as error:  # a crash is what this benchmark looks for
        ended = "CRASH"
        says = f"{type(error).__name__}: {error} | {traceback.format_exc().splitlines()[-3]}"
    return Outcome(
        file=name,
        ended=ended,
        unit=unit,
        faces=len(asset.mesh.faces) if asset else 0,
        largest_side_m=float(asset.mesh.extents.max()) if asset else float("nan"),
        solid=bool(asset and asset.has_solid),
        seconds=time.perf_counter() - start,
        says=" ".join(says.split()),
    )


def _load(path: Path) -> tuple[ObjectAsset, str]:
    """The object and the unit that worked; the first refusal where none does."""
    refusal: InputError | None = None
    for unit in UNITS:
        try:
            return load_object(path, unit=unit), unit or "assumed"
        except InputError as error:
            refusal = refusal or error
            if "--unit" not in str(error):
                break
    assert refusal is not None
    raise refusal


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
