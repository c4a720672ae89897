"""How fast the refinement is: by batch, by number of grasps, and against the naive twin.

    python benchmarks/refine_speed.py out/kettle.glb --naive-steps 100

Handle-grip on the kettle's handle, float32, every core. Prints one JSON document, seconds per grasp
for both schedules. The compiled descent runs its whole schedule; `autograd` and the naive twin
(8,192 surface samples, brute force) run some steps of each stage, from which the schedule is
extrapolated. Compiling is measured in a process of its own, everything else after a first run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from naive_distance import SampleDistance
from naive_twin import Task, naive_refine, task_of
from refine_quality import coarse_poses

from handhold.contact import ObjectField, PriorBatch, build_field
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset, load_object
from handhold.pipeline.settings import SCHEDULES
from handhold.refine import Pose, RefineConfig, refine

PART, AFFORDANCE = "handle", "handle-grip"
BATCHES = (1, 8, 64)
CUDA_BATCHES = (64, 1024, 4096)
NAIVE_BATCH = 64
FULL_UP_TO = 256
"""Grasps; more are refined by the fast schedule only."""
AUTOGRAD_STEPS = 50
"""Of each stage; a multiple of the steps between new correspondences."""
COARSE = 32
"""Different coarse poses; a batch repeats them, moved by `JITTER`."""
JITTER = 0.002
"""Metres, standard deviation per axis (ours)."""
PATIENCE, MOST_RUNS = 2.0, 5
"""A measurement is repeated for so many seconds, or so often, and the median counts."""


@dataclass(frozen=True, eq=False)
class Bench:
    """An object and coarse poses on it, on one device."""

    asset: ObjectAsset
    hand: Hand
    field: ObjectField
    priors: PriorBatch
    start: Pose

    def batch(self, count: int) -> tuple[PriorBatch, Pose]:
        """`count` coarse poses, no two alike."""
        rows = (torch.arange(count) % len(self.start)).to(self.start.joints.device)
        generator = torch.Generator().manual_seed(0)
        shift = JITTER * torch.randn(count, 3, generator=generator).to(self.start.translation)
        pose = self.start.select(rows)
        return self.priors.select(rows), replace(pose, translation=pose.translation + shift)

    def on_cuda(self) -> Bench:
        """The same on the GPU."""
        start = Pose(
            *(getattr(self.start, n).to("cuda") for n in ("translation", "rotation", "joints"))
        )
        field = self.field.to("cuda")
        return Bench(
            self.asset, self.hand.to("cuda"), field, self.priors.to(field.points), start
        )  # fmt: skip


def bench_of(mesh: Path) -> Bench:
    """The kettle with the pipeline's coarse poses at its handle."""
    asset = load_object(mesh)
    field = build_field(asset, PART)
    start, priors = coarse_poses(asset, field, PART, AFFORDANCE, COARSE)
    return Bench(asset, load_hand("human"), field, priors, start)


def seconds_of(bench: Bench, count: int, config: RefineConfig) -> float:
    """Seconds to refine `count` grasps, the median of a few runs."""
    priors, start = bench.batch(count)
    return typical(lambda: refine(bench.hand, bench.field, priors, start, config))


def typical(
    work: Callable[[], object],
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Median seconds of some runs: one that outlasts the patience, or several."""
    taken: list[float] = []
    while len(taken) < MOST_RUNS and sum(taken) < patience:
        began = clock()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken.append(clock() - began)
    return statistics.median(taken)


def whole(config: RefineConfig, extrinsic: float, everything: float) -> float:
    """Seconds of a whole schedule, from those of one step of each stage."""
    return config.steps_extrinsic * extrinsic + config.steps_all * everything


def by_schedule(extrinsic: float, everything: float, count: int) -> dict[str, float]:
    """Seconds per grasp of each schedule, from those of one step of a batch."""
    return {
        name: whole(config, extrinsic, everything) / count for name, config in SCHEDULES.items()
    }


def compiled(bench: Bench, count: int) -> dict[str, float]:
    """Seconds per grasp of each schedule, run to its end."""
    return {name: seconds_of(bench, count, config) / count for name, config in SCHEDULES.items()}


def autograd(bench: Bench, count: int) -> dict[str, float]:
    """Seconds per grasp of each schedule by the torch twin, extrapolated."""
    base = replace(SCHEDULES["full"], engine="autograd")
    first = replace(base, steps_extrinsic=AUTOGRAD_STEPS, steps_all=0)
    second = replace(base, steps_extrinsic=0, steps_all=AUTOGRAD_STEPS)
    steps = (seconds_of(bench, count, config) / AUTOGRAD_STEPS for config in (first, second))
    return by_schedule(*steps, count)


def naive(bench: Bench, count: int, steps: int) -> dict[str, float]:
    """Seconds per grasp of each schedule by the naive twin, from `steps` steps in all."""
    priors, start = bench.batch(count)
    distance = SampleDistance.of(bench.asset, PART)
    task: Task = task_of(bench.hand.spec, distance, bench.field, priors, SCHEDULES["full"])
    ends: dict[str, list[float]] = {"extrinsic": [], "all": []}
    naive_refine(
        task, start, SCHEDULES["full"], limit=1 + steps // 2,
        on_step=lambda stage, _: ends[stage].append(time.perf_counter()),
    )  # fmt: skip
    return by_schedule(step_seconds(ends["extrinsic"]), step_seconds(ends["all"]), count)


def step_seconds(ends: list[float]) -> float:
    """Mean seconds per step, from when each ended; the first only warms up."""
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def measure_batches(bench: Bench, naive_steps: int) -> dict[str, object]:
    """Seconds per grasp by engine, batch and schedule."""
    found: dict[str, object] = {
        "compiled": {str(count): compiled(bench, count) for count in BATCHES},
        "autograd": {str(count): autograd(bench, count) for count in BATCHES},
        "autograd_steps": AUTOGRAD_STEPS,
        "naive_batch": NAIVE_BATCH,
        "naive_steps": naive_steps,
    }
    if naive_steps:
        _tell(f"naive twin, {naive_steps} steps of {NAIVE_BATCH} grasps")
        found["naive"] = naive(bench, NAIVE_BATCH, naive_steps)
    return found


def measure_seeds(bench: Bench, most: int) -> list[dict[str, object]]:
    """Seconds of ever more grasps, by schedule."""
    rows: list[dict[str, object]] = []
    count = 1
    while count <= most:
        _tell(f"{count} grasps")
        names = [name for name in SCHEDULES if name == "fast" or count <= FULL_UP_TO]
        seconds = {name: seconds_of(bench, count, SCHEDULES[name]) for name in names}
        rows.append({"grasps": count, "seconds": seconds})
        count *= 4
    return rows


def measure_cuda(bench: Bench) -> dict[str, object] | None:
    """Seconds per grasp on the GPU, extrapolated, while its memory lasts; None without one."""
    if not torch.cuda.is_available():
        return None
    there = bench.on_cuda()
    autograd(there, 1)  # kernels are loaded
    rows = {}
    for count in CUDA_BATCHES:
        torch.cuda.reset_peak_memory_stats()
        try:
            rows[str(count)] = autograd(there, count)
        except torch.cuda.OutOfMemoryError:
            break
        rows[str(count)]["peak_bytes"] = torch.cuda.max_memory_allocated()
    return {"name": torch.cuda.get_device_name(), "autograd": rows, "steps": AUTOGRAD_STEPS}


def compile_seconds(mesh: Path) -> float:
    """Seconds until the descent is machine code, in a new process and an empty cache."""
    with tempfile.TemporaryDirectory() as empty:
        answer = subprocess.run(
            [sys.executable, __file__, str(mesh), "--compile-only"],
            env={**os.environ, "NUMBA_CACHE_DIR": empty},
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    return float(answer.stdout)


def first_run_seconds(bench: Bench) -> float:
    """How much longer the first run of this process takes than the second."""
    import handhold.refine.compiled  # noqa: F401

    short = RefineConfig(steps_extrinsic=1, steps_all=1)
    priors, start = bench.batch(1)
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        refine(bench.hand, bench.field, priors, start, short)
        taken.append(time.perf_counter() - began)
    return taken[0] - taken[1]


def _tell(text: str) -> None:
    sys.stderr.write(f"refine_speed: {text}\n")
    sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mesh", type=Path)
    parser.add_argument(
        "--naive-steps", type=int, default=100, help="both stages together; 0: none"
    )
    parser.add_argument("--most", type=int, default=4096, help="grasps at once")
    parser.add_argument("--compile-only", action="store_true", help="print the seconds of that")
    options = parser.parse_args()
    bench = bench_of(options.mesh)
    if options.compile_only:
        print(first_run_seconds(bench))
        return
    _tell("compiling from nothing")
    found: dict[str, object] = {"compile_seconds": compile_seconds(options.mesh)}
    _tell("warming up")
    first_run_seconds(bench)
    autograd(bench, 1)
    _tell(f"batches of {', '.join(map(str, BATCHES))}")
    found |= {
        "threads": torch.get_num_threads(),
        "batches": measure_batches(bench, options.naive_steps),
    }
    found["seeds"] = measure_seeds(bench, options.most)
    found["cuda"] = measure_cuda(bench)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
