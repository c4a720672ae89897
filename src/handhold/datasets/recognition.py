"""Telling files apart by what they hold, and damaged files from those of other kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from handhold.datasets.arrays import array_names, is_pickled, refuse_pickled, require_archive
from handhold.errors import InputError
from handhold.grasps.json_file import MAX_FILE_BYTES
from handhold.grasps.json_reading import parse_json

SUFFIXES = (".json", ".npz", ".npy")
EVALUATION = "handhold-evaluation"  # what `handhold evaluate` writes


def has_arrays(names: Iterable[str]) -> Callable[[Path], bool]:
    """Whether an NPZ file holds arrays of all these names."""
    wanted = frozenset(names)
    return lambda path: path.suffix.lower() == ".npz" and wanted <= array_names(path)


def mentions(*words: str) -> Callable[[Path], bool]:
    """Whether a JSON file holds all these strings in its first MAX_FILE_BYTES."""
    wanted = [json.dumps(word).encode() for word in words]

    def recognise(path: Path) -> bool:
        data = _start(path, MAX_FILE_BYTES) if path.suffix.lower() == ".json" else b""
        return all(word in data for word in wanted)

    return recognise


def require_whole(path: Path, words: Iterable[str] | None = None) -> None:
    """InputError for a file that cannot be opened: pickled, damaged or cut off.

    words: where given, a damaged JSON file counts only if it is empty or holds one of them.
    """
    suffix = path.suffix.lower()
    if suffix == ".npz":
        require_archive(path)
    elif suffix == ".npy" and is_pickled(path):
        refuse_pickled(path)
    elif suffix == ".json" and (words is None or _could_be(path, words)):
        parse_json(path, MAX_FILE_BYTES)


def is_evaluation(path: Path) -> bool:
    """Whether a JSON file says that `handhold evaluate` wrote it."""
    return path.suffix.lower() == ".json" and _quoted(EVALUATION) in _start(path, MAX_FILE_BYTES)


def refuse_evaluation(path: Path) -> None:
    """InputError for the result of `handhold evaluate`."""
    if is_evaluation(path):
        raise InputError(
            f"'{path}' is an evaluation: its grasps are judged already.",
            "Set it against another one with `handhold compare`.",
        )


def _could_be(path: Path, words: Iterable[str]) -> bool:
    data = _start(path, MAX_FILE_BYTES)
    return not data.strip() or any(_quoted(word) in data for word in words)


def _quoted(word: str) -> bytes:
    return json.dumps(word).encode()


def _start(path: Path, length: int) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(length)
    except (OSError, ValueError):
        return b""
