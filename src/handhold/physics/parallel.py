"""Trials on all cores: MuJoCo steps without Python's lock, so threads will do."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from handhold.hands import quiet_mujoco
from handhold.physics.scene import Scene
from handhold.physics.trials import Bench

Progress = Callable[[int, int], None]


def on_threads(
    scenes: Sequence[Scene],
    task: Callable[[int, Bench], None],
    workers: int | None,
    on_progress: Progress | None,
) -> float:
    """Run `task(i, a bench of scenes[i])` for every i; the seconds it took.

    Every thread has its own copy of the model. on_progress(done, total) is called from this
    thread. An exception of a task is raised here.
    """
    start, own = time.perf_counter(), threading.local()

    def run(index: int) -> None:
        bench = getattr(own, "bench", None)
        if bench is None or bench.scene is not scenes[index]:
            bench = own.bench = Bench(scenes[index])
        task(index, bench)

    count = workers or os.cpu_count() or 1
    with quiet_mujoco(), ThreadPoolExecutor(count) as pool:
        waiting = [pool.submit(run, index) for index in range(len(scenes))]
        for done, future in enumerate(as_completed(waiting), start=1):
            future.result()
            if on_progress is not None:
                on_progress(done, len(scenes))
    return time.perf_counter() - start
