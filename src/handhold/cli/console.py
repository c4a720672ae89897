"""What a command says: progress and notes on stderr, results on stdout."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from handhold.errors import HandholdError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

LOG_WIDTH = 116  # columns where there is no terminal to ask


class OnProgress(Protocol):
    """How long-running work reports: stage, share of it that is done, a word about it."""

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None: ...


def results() -> Console:
    """Where results are printed."""
    return _console(stderr=False)


def notes() -> Console:
    """Where progress and remarks are printed."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else LOG_WIDTH
    return Console(stderr=stderr, width=width, highlight=False)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout; numbers that are not finite become null."""
    sys.stdout.write(json.dumps(_plain(document), indent=2, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """Mappings, sequences and array scalars as JSON has them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)


class StoppedError(HandholdError):
    """Ctrl-C where there is no result to print."""

    exit_code = 130


@contextmanager
def stage_progress(
    *, quiet: bool, stopped: str = "Interrupted before anything was finished."
) -> Iterator[OnProgress]:
    """Progress on stderr: bars on a terminal, in a log a line per stage that is over.

    The function that it gives is handed to the work. Ctrl-C becomes a StoppedError that says
    `stopped`.
    """
    try:
        with _reporter(quiet) as on_progress:
            yield on_progress
    except KeyboardInterrupt as stop:
        raise StoppedError(stopped) from stop


@contextmanager
def _reporter(quiet: bool) -> Iterator[OnProgress]:
    console = notes()
    if quiet:
        yield _silent
    elif console.is_interactive:
        with _bars(console) as bars:
            yield bars
    else:
        lines = _Lines(console)
        yield lines
        lines.finish()


def _silent(stage: str, fraction: float, detail: str = "") -> None:
    return None


@contextmanager
def _bars(console: Console) -> Iterator[_Bars]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        bars = _Bars(progress)
        try:
            yield bars
        except BaseException:
            bars.remove()  # an error is one line
            raise
        bars.finish()


class _Bars:
    """One bar per stage, in the order in which the stages report."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        if stage not in self._tasks:
            self.finish()
            self._tasks[stage] = self._progress.add_task(stage, total=1.0, detail="")
        done = min(max(fraction, 0.0), 1.0)
        self._progress.update(self._tasks[stage], completed=done, detail=detail)

    def finish(self) -> None:
        """All stages so far are over."""
        for task in self._tasks.values():
            self._progress.update(task, completed=1.0)

    def remove(self) -> None:
        """Take the bars off the screen."""
        for task in self._tasks.values():
            self._progress.remove_task(task)


class _Lines:
    """One line per stage, printed when the next one begins."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = self._detail = ""
        self._began = time.monotonic()

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        if stage != self._stage:
            self.finish()
            self._stage, self._began = stage, time.monotonic()
        self._detail = detail

    def finish(self) -> None:
        """Print the stage that is over."""
        if self._stage:
            seconds = time.monotonic() - self._began
            self._console.print(f"{self._stage:<12} {seconds:6.1f} s  {self._detail}", markup=False)
