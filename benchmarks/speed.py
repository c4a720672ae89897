"""Seconds per stage and peak memory of one `handhold grasp`, as a user would run it.

    python benchmarks/speed.py out/kettle.glb "Could you pour me some tea?"

The run is a process of its own with an empty cache, so that importing, decomposing and building
distance grids are all counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

NO_GRASP = 3
"""Exit code of a run that found none."""


@dataclass(frozen=True)
class Ran:
    """One process: what it printed, its seconds from start to end, its peak memory in bytes.

    Linux counts what the caller held when it began the process as that process's own: call from
    one that has not imported much.
    """

    printed: str
    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Measured:
    """One `handhold grasp`: its document, its seconds from start to end, its peak memory."""

    document: dict[str, Any]
    seconds: float
    peak_bytes: int


def run(command: list[str], cache: str = "off", allowed: tuple[int, ...] = (0,)) -> Ran:
    """Run a command with that HANDHOLD_CACHE; SystemExit for an exit code that is not allowed."""
    with tempfile.TemporaryFile() as printed:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env={**os.environ, "HANDHOLD_CACHE": cache}, stdout=printed
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in allowed:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
        printed.seek(0)
        return Ran(printed.read().decode(), seconds, usage.ru_maxrss * 1024)


def measure(
    mesh: str, instruction: str, flags: list[str], cache: str = "off", out: str | None = None
) -> Measured:
    """Run `handhold grasp` once; what it writes goes to `out` or is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "handhold", "grasp", mesh, instruction]
        command += ["--json", "--quiet", "--out", out or folder, *flags]
        ran = run(command, cache, (0, NO_GRASP))
    return Measured(json.loads(ran.printed), ran.seconds, ran.peak_bytes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh")
    parser.add_argument("instruction")
    arguments, flags = parser.parse_known_args()
    measured = measure(arguments.mesh, arguments.instruction, flags)
    stages = measured.document["seconds"]
    for stage, seconds in stages.items():
        print(f"{stage:<24}{seconds:8.1f} s")
    rest = measured.seconds - sum(stages.values())
    print(f"{'start, load and write':<24}{rest:8.1f} s")
    print(f"{'all':<24}{measured.seconds:8.1f} s")
    print(f"{'peak memory':<24}{measured.peak_bytes / 1024**3:8.2f} GiB")
    print(f"{'grasps':<24}{len(measured.document['grasps']):8d}")


if __name__ == "__main__":
    main()
