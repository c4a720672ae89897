"""All measurements of speed and memory in one run, as tables.

    python benchmarks/performance.py              # everything, some ten minutes on two cores
    python benchmarks/performance.py --quick      # meshes to 50,000 faces, few steps of the twin
    python benchmarks/performance.py --sections refinement,judge
    python benchmarks/performance.py --tables     # measures nothing: prints what --out holds
    python benchmarks/performance.py --write      # also puts the tables into docs/performance.md

Needs no network and no data but the demo's kettle. Every measurement is taken in processes of
its own, one after another: let nothing else run. Results are kept in --out, section by section.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performance_tables import SECTIONS, blocks, with_blocks
from speed import measure, run

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
INSTRUCTION = "Could you pour me some tea?"
ASKED = ["--part", "handle", "--seeds", "16"]
FAST = ["--schedule", "fast", "--no-report"]
PIPELINE_FACES = 50_000
STARTS = 5
"""New processes of which the fastest counts, for importing and for the help."""
LOAD = """
import sys, time
from handhold.objects import load_object
began = time.perf_counter()
load_object(sys.argv[1])
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Extent:
    """How much is measured: steps of the naive twin, grasps at once, faces, grasps judged and
    simulated."""

    naive_steps: int
    grasps: int
    faces: tuple[int, ...]
    judged: int
    simulated: int


FULL = Extent(100, 4096, (1_000, 10_000, 50_000, 200_000, 1_000_000), 64, 24)
QUICK = Extent(8, 256, (1_000, 10_000, 50_000), 32, 12)

Section = dict[str, Any]


class Workplace:
    """Meshes of the kettle, made when they are asked for first, and empty caches."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_warm = False

    def warm(self) -> None:
        """Have the refinement compiled and the files of the installation read."""
        if not self._is_warm:
            tell("warming up")
            measure(self.kettle(), INSTRUCTION, ["--seeds", "1", *FAST])
            self._is_warm = True

    def kettle(self) -> str:
        """The demo's."""
        return self._made("kettle.glb", [str(HERE.parent / "examples" / "kettle_mesh.py")])

    def kettle_of(self, faces: int) -> str:
        """With so many faces."""
        name = f"kettle_{faces}.glb"
        return self._made(name, [str(HERE / "kettle_sizes.py"), str(faces)])

    def new(self, name: str) -> str:
        """An empty folder."""
        return tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder)

    def _made(self, name: str, script: list[str]) -> str:
        path = self._folder / name
        if not path.is_file():
            tell(f"making {name}")
            run([sys.executable, *script, str(path)])
        return str(path)


def main() -> None:
    options = _options()
    extent = QUICK if options.quick else FULL
    found: dict[str, Any] = json.loads(options.out.read_text()) if options.out.is_file() else {}
    if not options.tables:
        with tempfile.TemporaryDirectory(prefix="handhold-performance-") as folder:
            place = Workplace(Path(folder))
            for name in options.sections:
                section = MEASURES[name](place, extent)
                found[name] = {"date": _today(), "quick": options.quick, **section}
                found["machine"] = machine()
                _keep(found, options.out)
    texts = blocks(found)
    print("\n\n".join(texts.values()))
    if options.write:
        PAGE.write_text(with_blocks(PAGE.read_text(), texts))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sections", type=_names, default=tuple(SECTIONS), help="comma separated")
    parser.add_argument("--tables", action="store_true", help="measure nothing")
    parser.add_argument("--write", action="store_true", help=f"the tables of docs/{PAGE.name}")
    parser.add_argument("--out", type=Path, default=Path("out/performance.json"))
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(SECTIONS):
        raise argparse.ArgumentTypeError(f"sections are {', '.join(SECTIONS)}")
    return names


def measure_refinement(place: Workplace, extent: Extent) -> Section:
    """Seconds per grasp by engine, batch and number; see benchmarks/refine_speed.py."""
    tell("refinement")
    script = [str(HERE / "refine_speed.py"), place.kettle()]
    limits = ["--naive-steps", str(extent.naive_steps), "--most", str(extent.grasps)]
    found: Section = json.loads(run([sys.executable, *script, *limits]).printed)
    return found


def measure_faces(place: Workplace, extent: Extent) -> Section:
    """One run by number of faces, each with an empty cache and again with what that one kept."""
    place.warm()
    rows = []
    for faces in extent.faces:
        mesh, loads, grasps = place.kettle_of(faces), place.new("load"), place.new("grasp")
        for cache in ("empty", "filled"):
            tell(f"{faces} faces, cache {cache}")
            loaded = run([sys.executable, "-c", LOAD, mesh], loads)
            row = grasp_row(mesh, [*ASKED, *FAST], grasps)
            row |= {"load": float(loaded.printed), "load_peak_bytes": loaded.peak_bytes}
            rows.append({"faces": faces, "cache": cache, **row})
    return {"rows": rows}


def measure_pipeline(place: Workplace, extent: Extent) -> Section:
    """The demo, a fast run, a full run with its report, and a judgement by physics."""
    place.warm()
    tell("the demo")
    demo = grasp_row(place.kettle(), [], "off")
    rows = [{"command": "grasp, the demo's kettle, full, 32 seeds", "cache": "off", **demo}]
    mesh, results = place.kettle_of(PIPELINE_FACES), place.new("results")
    for name, flags in (
        ("grasp, fast, no report", [*ASKED, *FAST]),
        ("grasp, full, with report", ASKED),
    ):
        kept = place.new("cache")
        for cache in ("empty", "filled"):
            tell(f"{name}, cache {cache}")
            rows.append({"command": name, "cache": cache, **grasp_row(mesh, flags, kept, results)})
    kept = place.new("cache")
    for cache in ("empty", "filled"):
        tell(f"evaluate, cache {cache}")
        row = evaluate_row(f"{results}/grasps.json", kept, place.new("judged"))
        if cache == "filled":
            row["stages"].pop("decomposition", None)  # of the run that filled it
        rows.append({"command": "evaluate, obman", "cache": cache, **row})
    return {"faces": PIPELINE_FACES, "rows": rows, "starts": measure_starts()}


def grasp_row(mesh: str, flags: list[str], cache: str, out: str | None = None) -> Section:
    """Seconds by stage, of the whole command, and peak memory."""
    measured = measure(mesh, INSTRUCTION, flags, cache, out)
    return {
        "stages": measured.document["seconds"],
        "seconds": measured.seconds,
        "peak_bytes": measured.peak_bytes,
        "grasps": len(measured.document["grasps"]),
    }


def evaluate_row(grasps: str, cache: str, out: str) -> Section:
    """The same for `handhold evaluate`."""
    command = [sys.executable, "-m", "handhold", "evaluate", grasps, "--profile", "obman"]
    ran = run([*command, "--quiet", "--out", out], cache)
    evaluation = json.loads(next(Path(out).glob("*.evaluation.json")).read_text())
    return {
        "stages": evaluation["seconds"],
        "seconds": ran.seconds,
        "peak_bytes": ran.peak_bytes,
        "grasps": len(evaluation["rows"]),
    }


def measure_starts() -> dict[str, float]:
    """Fewest seconds of new processes."""
    commands = {
        "python -c 'import handhold'": ["-c", "import handhold"],
        "handhold --help": ["-m", "handhold", "--help"],
    }
    return {
        name: min(run([sys.executable, *words]).seconds for _ in range(STARTS))
        for name, words in commands.items()
    }


def measure_judge(place: Workplace, extent: Extent) -> Section:
    """What benchmarks/judge_speed.py prints."""
    del place
    tell("judge")
    counts = ["--grasps", str(extent.judged), "--trials", str(extent.simulated)]
    ran = run([sys.executable, str(HERE / "judge_speed.py"), *counts])
    return {"text": ran.printed, "grasps": extent.judged, "trials": extent.simulated}


MEASURES: dict[str, Callable[[Workplace, Extent], Section]] = {
    "refinement": measure_refinement,
    "faces": measure_faces,
    "pipeline": measure_pipeline,
    "judge": measure_judge,
}


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "ram_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("torch", "numba", "numpy")},
    }


def _cpu_model() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _today() -> str:
    return datetime.date.today().isoformat()


def _keep(found: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps(found, indent=2))
    partial.replace(path)


def tell(text: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(f"performance: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
