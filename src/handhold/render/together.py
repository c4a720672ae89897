"""Pictures that do not need each other, drawn at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Drawn = TypeVar("_Drawn")
_MOST = 4  # ours: threads; each holds the arrays of a picture


def draw_together(tasks: Sequence[Callable[[], _Drawn]]) -> list[_Drawn]:
    """What each task returns, in order; on threads, since numpy and embree leave Python's lock."""
    with ThreadPoolExecutor(min(_MOST, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda task: task(), tasks))
