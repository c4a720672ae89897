"""How the functions of this package become machine code."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

from handhold.refine.compiled.records import Array

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be reordered, but numbers that are not finite must stay visible. Nothing is allocated
# (the workspace holds all that is written to), so arrays need not be counted either (_nrt).
_OPTIONS = {
    "nogil": True,
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",
    "_nrt": False,
}


def inner(function: Function) -> Function:
    """Compile a function that only compiled ones call: without the way in from Python, which
    takes longer to make than the function."""
    made: Function = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(
        function
    )
    return made


def entry(function: Function) -> Function:
    """Compile a function that Python calls; kept on disk, where there is a place for it."""
    made: Function
    try:
        made = numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        made = numba.njit(**_OPTIONS)(function)
    return made


def source_stamp() -> int:
    """A number that changes when any file does that code or constants come from.

    numba's cache looks at the file of the entry alone, and at what is in its closure.
    """
    room = Path(__file__).parents[1]
    files = [*room.rglob("*.py"), *(room.parent / "contact").glob("*.py")]
    stamp = 0
    for file in sorted(files):
        stamp = zlib.crc32(file.read_bytes(), stamp)
    return stamp


@inner
def cross(a: Array, b: Array) -> tuple[float, float, float]:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


@inner
def clear(values: Array) -> None:
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            values[i, j] = 0.0
