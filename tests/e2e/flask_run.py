"""The run that many tests look at: what was asked, and how it is asked in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from handhold.cache import ENVIRONMENT_VARIABLE
from handhold.pipeline import GraspSettings

INSTRUCTION = "hold the flask by its body"
SETTINGS = GraspSettings(n=2, seeds=4, seed=3, schedule="fast", device="cpu")
FLAGS = "-n 2 --seeds 4 --seed 3 --schedule fast --device cpu --json --quiet"

# Refuses every socket, also those of C extensions: an audit hook cannot be taken off again.
SEALED = """
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"a sealed run did this: {event}")

sys.addaudithook(refuse)
from handhold.cli import invoke
sys.exit(invoke(sys.argv[1:]))
"""


@dataclass(frozen=True)
class SealedRun:
    """A command that could open no socket, and whose home `home` nobody can write."""

    code: int
    out: str
    err: str
    folder: Path
    home: Path


def run_sealed(mesh: Path, place: Path) -> SealedRun:
    """Ask for grasps of `mesh` in a process of its own; the results go to `place`/out."""
    # A folder below a file: not even root can make it.
    (place / "file").write_text("")
    home, folder = place / "file" / "home", place / "out"
    kept = {name: value for name, value in os.environ.items() if name != ENVIRONMENT_VARIABLE}
    changed = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "OMP_NUM_THREADS": "1"}
    command = ["grasp", str(mesh), INSTRUCTION, *FLAGS.split(), "--out", str(folder)]
    done = subprocess.run(
        [sys.executable, "-c", SEALED, *command],
        capture_output=True,
        text=True,
        env=kept | changed | {"PYTHONHASHSEED": "7"},
        cwd=place,
        check=False,
        timeout=280,
    )
    return SealedRun(done.returncode, done.stdout, done.stderr, folder, home)
