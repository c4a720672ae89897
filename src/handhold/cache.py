"""Results that are slow to compute, kept on disk under the hash of what they came from."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

_LOG = logging.getLogger(__name__)

ENVIRONMENT_VARIABLE = "HANDHOLD_CACHE"
DEFAULT_LIMIT_BYTES = 2 * 1024**3  # ours
_OFF = frozenset({"", "0", "off", "none"})


def content_hash(*items: object) -> str:
    """SHA-256 (hex) over arrays (values, shape and dtype), text, numbers and None, in order."""
    digest = hashlib.sha256()
    for item in items:
        if isinstance(item, np.ndarray):
            array = np.ascontiguousarray(item)
            digest.update(f"array {array.dtype.str} {array.shape};".encode())
            digest.update(array.tobytes())
        elif isinstance(item, bytes):
            digest.update(f"bytes {len(item)};".encode())
            digest.update(item)
        elif item is None or isinstance(item, (str, bool, int, float, np.integer, np.floating)):
            text = repr(item.item() if isinstance(item, np.generic) else item)
            digest.update(f"{type(item).__name__} {text};".encode())
        else:
            raise TypeError(f"content_hash takes arrays, text and numbers, got {type(item)}")
    return digest.hexdigest()


@dataclass(frozen=True)
class DiskCache:
    """Named arrays on disk, one `.npz` per key; `folder` None means that nothing is kept.

    A cache never fails: what cannot be read is a miss, what cannot be written is dropped.
    Writing is atomic (temporary name, then os.replace). When the folder grows beyond
    `limit_bytes`, the entries that were used longest ago are removed.
    """

    folder: Path | None
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    def load(self, kind: str, key: str) -> dict[str, np.ndarray] | None:
        """The arrays stored under (kind, key), or None."""
        path = self._path(kind, key)
        if path is None or not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            _LOG.warning("ignoring the damaged cache entry %s (%s)", path, error)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return arrays

    def store(self, kind: str, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep `arrays` under (kind, key); entries larger than the limit are not kept."""
        path = self._path(kind, key)
        if path is None or sum(array.nbytes for array in arrays.values()) > self.limit_bytes:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_atomically(path, arrays)
        except OSError as error:
            _LOG.info("the cache entry %s was not written (%s)", path, error)
            return
        self._shrink()

    def _path(self, kind: str, key: str) -> Path | None:
        return None if self.folder is None else self.folder / kind / f"{key}.npz"

    def _shrink(self) -> None:
        if self.folder is None:
            return
        entries = []
        for path in self.folder.glob("*/*.npz"):
            with contextlib.suppress(OSError):
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.limit_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size


def open_cache(limit_bytes: int = DEFAULT_LIMIT_BYTES) -> DiskCache:
    """The cache to use now.

    The folder is HANDHOLD_CACHE if that is set (`off` turns the cache off), else
    `$XDG_CACHE_HOME/handhold` or `~/.cache/handhold`; where that cannot be written, a folder
    of this user under the system's temporary folder; where that cannot be written either,
    nothing is kept.
    """
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    if chosen is not None and chosen.strip().lower() in _OFF:
        return DiskCache(None, limit_bytes)
    candidates = [Path(chosen)] if chosen else [_home_cache(), _temporary_cache()]
    for folder in candidates:
        if folder is not None and _is_writable(folder):
            return DiskCache(folder, limit_bytes)
    _LOG.info("no folder for the cache can be written; nothing is kept")
    return DiskCache(None, limit_bytes)


def _home_cache() -> Path | None:
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "handhold"
    try:
        return Path.home() / ".cache" / "handhold"
    except RuntimeError:
        return None


def _temporary_cache() -> Path | None:
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"handhold-cache-{user}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        foreign = hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()
    except OSError:
        return None
    # Anybody can make a folder of this name in a shared /tmp: do not read what they put there.
    return None if foreign or folder.is_symlink() else folder


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-"):
            return True
    except OSError:
        return False


def _write_atomically(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
