"""Seconds per stage and peak memory of one `handhold grasp`, as a user would run it.

    python benchmarks/speed.py out/kettle.glb "Could you pour me some tea?"

The run is a process of its own with an empty cache, so that importing, decomposing and building
distance grids are all counted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One run: what it printed, its seconds from start to end, and its peak memory in bytes."""

    document: dict[str, Any]
    seconds: float
    peak_bytes: int


def measure(mesh: str, instruction: str, flags: list[str]) -> Measured:
    """Run the command once."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "handhold", "grasp", mesh, instruction]
        command += ["--json", "--quiet", "--out", folder, *flags]
        began = time.perf_counter()
        answer = subprocess.run(
            command,
            env={**os.environ, "HANDHOLD_CACHE": "off"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
    if answer.returncode not in (0, 3):
        sys.exit(answer.returncode)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Measured(json.loads(answer.stdout), seconds, usage.ru_maxrss * 1024)


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
