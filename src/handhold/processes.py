"""Independent pieces of work on several processes, with the same results as on one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from handhold.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """Cores of this machine."""
    return os.cpu_count() or 1


def run_all(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int | None = None,
    *,
    in_order: bool = False,
) -> Iterator[Result]:
    """Results of `work` for all items, as they come or `in_order`.

    workers: processes, all cores if None; with one, or one item, everything happens here. Every
    item sees one torch thread either way, so that its numbers do not depend on it. Ctrl-C and
    errors drop what has not begun. InputError where a process was killed.
    """
    count = min(cores() if workers is None else workers, len(items))
    if count <= 1:
        yield from _here(work, items)
        return
    pool = ProcessPoolExecutor(count, get_context("spawn"), _one_thread)
    try:
        waiting = [pool.submit(work, item) for item in items]
        for finished in waiting if in_order else as_completed(waiting):
            yield finished.result()
    except BrokenProcessPool as error:
        raise InputError(
            "A process that was at work was ended from outside, perhaps for want of memory.",
            "Run it again with --workers 1; it goes on where it stopped.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _here(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    import torch

    before = torch.get_num_threads()
    for item in items:
        torch.set_num_threads(1)
        try:
            result = work(item)
        finally:
            torch.set_num_threads(before)
        yield result


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
