"""Reading NPZ files that somebody else wrote: plain numbers and names only, within limits."""

from __future__ import annotations

import lzma
import math
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError

MAX_UNPACKED_BYTES = 512 * 1024**2  # ours: about half a million grasps
_KINDS = {"numbers": "fiu", "names": "U"}
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_BROKEN = (
    OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error,
    OverflowError, SyntaxError, TypeError, tokenize.TokenError, lzma.LZMAError,
)  # fmt: skip


def array_names(path: Path) -> frozenset[str]:
    """Names of the arrays of an NPZ file; empty where it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(name.removesuffix(".npy") for name in archive.namelist())
    except _BROKEN:
        return frozenset()


def require_archive(path: Path) -> None:
    """InputError for a file that is no NPZ at all, as when it was cut off."""
    try:
        with zipfile.ZipFile(path):
            pass
    except _BROKEN as error:
        raise _damaged(path, error) from error


def read_arrays(path: Path, kinds: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """The named arrays of an NPZ file, each of its kind: "numbers" or "names".

    Nothing is ever unpickled, and sizes are checked before anything is unpacked. Raises
    InputError for a file that is missing, damaged or too large and for other arrays.
    """
    if not path.is_file():
        raise InputError(f"There is no file '{path}'.", "Check the path.")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
            _require_names(path, kinds, entries)
            _require_size(path, sum(entries[name].file_size for name in kinds))
            return {name: _read(path, archive, entries[name], kind) for name, kind in kinds.items()}
    except _BROKEN as error:
        raise _damaged(path, error) from error


def read_npy(path: Path, max_bytes: int = MAX_UNPACKED_BYTES) -> NDArray[Any]:
    """The numbers of an NPY file, in its own shape and type.

    Nothing is ever unpickled, and what the header promises is checked before it is read. Raises
    InputError for a file that is missing, too large, cut off, or holds anything but numbers.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(
                f"'{path}' has {size / 1e6:.0f} MB.",
                f"At most {max_bytes / 1e6:.0f} MB are read: write fewer numbers.",
            )
        with path.open("rb") as stream:
            shape, dtype = _header(stream)
            left = size - stream.tell()
        if dtype.kind not in _KINDS["numbers"]:
            pickled = "pickled objects, which handhold never opens" if dtype.hasobject else dtype
            raise InputError(f"'{path}' holds {pickled}.", "Expected: numbers.")
        if math.prod(shape) * dtype.itemsize > left:
            raise ValueError("it is cut off")
        return np.asarray(np.load(path, allow_pickle=False))
    except _BROKEN as error:
        raise InputError(
            f"'{path}' cannot be read as NPY ({error}).",
            "It may be damaged or cut off: make it again with numpy.save.",
        ) from error


def require_shape(
    path: Path, name: str, array: NDArray[Any], shape: Sequence[int]
) -> NDArray[np.float64]:
    """Numbers as float64; InputError unless the shape agrees (-1 allows any length)."""
    fits = array.ndim == len(shape) and all(
        wanted in (-1, got) for got, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("n" if length < 0 else str(length) for length in shape)
        raise InputError(
            f"'{name}' of '{path}' has shape {array.shape}.", f"Expected: ({wanted}), row by row."
        )
    return array.astype(np.float64)


def is_pickled(path: Path) -> bool:
    """Whether a file is an NPY of Python objects; only its header is looked at."""
    if path.suffix.lower() != ".npy":
        return False
    try:
        with path.open("rb") as stream:
            return bool(_header(stream)[1].hasobject)
    except _BROKEN:
        return False


def refuse_pickled(path: Path) -> NoReturn:
    """InputError for an NPY file of Python objects that are no grasps of a kind we know."""
    raise InputError(
        f"'{path}' is a pickled NPY file of no kind that handhold knows, which it never opens: "
        "it can run code.",
        "Give the owners' files of DexGraspNet or DexGraspBench, or an NPZ: joint_names (28), "
        "qpos (n, 28), scale (n,).",
    )


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"'{path}' cannot be read as NPZ ({error}).",
        "It may be damaged or cut off: make it again with numpy.savez.",
    )


def _require_names(path: Path, wanted: Mapping[str, str], present: Mapping[str, object]) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise InputError(
            f"'{path}' has no array '{missing[0]}' (it holds {', '.join(sorted(present))}).",
            f"It needs {', '.join(wanted)}.",
        )


def _require_size(path: Path, unpacked: int) -> None:
    if unpacked > MAX_UNPACKED_BYTES:
        raise InputError(
            f"'{path}' unpacks to {unpacked / 1e6:.0f} MB.",
            f"At most {MAX_UNPACKED_BYTES / 1e6:.0f} MB are read: split it.",
        )


def _read(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, kind: str) -> NDArray[Any]:
    name = entry.filename.removesuffix(".npy")
    with archive.open(entry) as stream:
        shape, dtype = _header(stream)
    if dtype.kind not in _KINDS[kind]:
        pickled = "pickled objects, which handhold never opens" if dtype.hasobject else f"{dtype}"
        raise InputError(f"'{name}' of '{path}' holds {pickled}.", f"Expected: {kind}.")
    if math.prod(shape) * dtype.itemsize > entry.file_size:
        raise ValueError(f"'{name}' is cut off")
    with archive.open(entry) as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type that an NPY file declares."""
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"NPY version {version[0]}.{version[1]}")
    shape, _, dtype = _HEADERS[version](stream)
    return shape, dtype
