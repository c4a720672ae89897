"""NPY files that hold dictionaries, as many owners pickle them: plain values and arrays only."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.arrays import is_pickled
from handhold.errors import InputError
from handhold.grasps.json_reading import shown
from handhold.restricted_pickle import load_restricted_npy

MAX_BYTES = 256 * 1024**2  # ours: some 200 grasps of an object are 1 MB
MAX_DICTIONARIES = 200_000  # ours: grasps in one file
_LOOKED_AT = 64 * 1024  # bytes: the keys stand in the first dictionary
_KINDS = "fiub"


def has_keys(*words: str) -> Callable[[Path], bool]:
    """Whether a pickled NPY file mentions all these strings near its start; nothing is run."""
    wanted = [word.encode() for word in words]

    def recognise(path: Path) -> bool:
        if not is_pickled(path):
            return False
        with path.open("rb") as stream:
            start = stream.read(_LOOKED_AT)
        return all(word in start for word in wanted)

    return recognise


def read_dictionaries(path: Path) -> list[Mapping[str, Any]]:
    """The dictionaries of an NPY file: one, or an array or list of them.

    Raises InputError for a file that is missing, too large, damaged or holds anything else, and
    for a pickle with more in it than plain values and arrays.
    """
    found: object = load_restricted_npy(path, max_bytes=MAX_BYTES)
    if isinstance(found, np.ndarray):
        found = found.reshape(-1).tolist() if found.dtype == object else found
    each = [found] if isinstance(found, Mapping) else found
    if not isinstance(each, list) or not all(isinstance(one, Mapping) for one in each):
        raise InputError(
            f"'{path}' holds no dictionaries of grasps.", "Give a file of the data set's owners."
        )
    if len(each) > MAX_DICTIONARIES:
        raise InputError(
            f"'{path}' holds {len(each)} grasps.", f"At most {MAX_DICTIONARIES} are read: split it."
        )
    return each


def table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A dictionary inside a dictionary; InputError names the field."""
    found = _field(values, key)
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise InputError(f"field '{shown(key)}' is no dictionary of names.")
    return found


def number(values: Mapping[str, Any], key: str) -> float:
    """One number; InputError names the field."""
    found = _field(values, key)
    if isinstance(found, np.ndarray) and found.size == 1 and found.dtype.kind in _KINDS:
        found = found.item()
    if isinstance(found, np.generic):
        found = found.item()
    if isinstance(found, bool) or not isinstance(found, numbers.Real):
        raise InputError(f"field '{shown(key)}' is no number.")
    try:
        return float(found)
    except OverflowError:
        return math.inf


def vector(values: Mapping[str, Any], key: str, length: int) -> NDArray[np.float64]:
    """Numbers in a row, `length` of them; InputError names the field."""
    found = _field(values, key)
    array = found if isinstance(found, np.ndarray) else _array(found, key)
    if array.dtype.kind not in _KINDS:
        raise InputError(f"field '{shown(key)}' holds no numbers.")
    if array.shape != (length,):
        raise InputError(
            f"field '{shown(key)}' has shape {array.shape}.", f"Expected: ({length},)."
        )
    return array.astype(np.float64)


def text(values: Mapping[str, Any], key: str) -> str:
    """A string; InputError names the field."""
    found = _field(values, key)
    if isinstance(found, np.ndarray) and found.size == 1 and found.dtype.kind == "U":
        found = found.item()
    if not isinstance(found, str) or not found:
        raise InputError(f"field '{shown(key)}' is no text.")
    return str(found)


def _field(values: Mapping[str, Any], key: str) -> object:
    if key not in values:
        raise InputError(f"it has no field '{shown(key)}'.")
    found: object = values[key]
    return found


def _array(found: object, key: str) -> NDArray[Any]:
    try:
        return np.asarray(found, dtype=np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise InputError(f"field '{shown(key)}' holds no numbers.") from error
