"""Results that are slow to compute, kept on disk under the hash of what they came from."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from handhold.errors import InputError

_LOG = logging.getLogger(__name__)

ENVIRONMENT_VARIABLE = "HANDHOLD_CACHE"
LIMIT_VARIABLE = "HANDHOLD_CACHE_LIMIT"
DEFAULT_LIMIT_BYTES = 2 * 1024**3  # ours
_OFF = frozenset({"", "0", "off", "none"})
_ENTRY = re.compile(r"[0-9a-f]{64}\.npz")
_KIND = re.compile(r"[a-z0-9-]+")
_UNFINISHED = re.compile(r"\.part-\w+\.tmp")
_ABANDONED_SECONDS = 3600.0  # ours: nobody writes one entry for an hour
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_UNITS = {
    "": 1, "b": 1,
    "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4,
    "kib": 1024, "mib": 1024**2, "gib": 1024**3, "tib": 1024**4,
}  # fmt: skip


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


def parse_size(text: str, what: str = "The size") -> int:
    """Bytes of "500MB", "2 GiB", "1.5GB" or "0"; InputError, about `what`, for anything else."""
    found = _SIZE.fullmatch(text.strip().lower())
    if found is None or found[2] not in _UNITS:
        raise InputError(
            f"{what} is '{text}', which is no size.",
            "Give a number and a unit, such as 500MB or 2GB (B, KB, MB, GB, TB, KiB, MiB, ...).",
        )
    return int(float(found[1]) * _UNITS[found[2]])


@dataclass(frozen=True)
class CacheEntry:
    """One entry: what kind of result, its file, size in bytes, last use (seconds since 1970)."""

    kind: str
    path: Path
    size: int
    used: float


@dataclass(frozen=True)
class Removed:
    """How many entries were removed, and their bytes."""

    count: int
    size: int


@dataclass(frozen=True)
class DiskCache:
    """Named arrays on disk, one `.npz` per key; `folder` None means that nothing is kept.

    A key is a `content_hash`. A cache never fails: what cannot be read is a miss, what cannot be
    written is dropped. Writing is atomic (temporary name, then os.replace). When the folder grows
    beyond `limit_bytes`, the entries that were used longest ago are removed. Only files named
    like entries (KIND/64 hexadecimal digits.npz) are ever removed.
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
        self.prune(self.limit_bytes)

    def entries(self) -> list[CacheEntry]:
        """All entries, those used longest ago first."""
        found = [
            CacheEntry(path.parent.name, path, status.st_size, status.st_mtime)
            for path, status in self._files(_ENTRY)
        ]
        return sorted(found, key=lambda entry: (entry.used, entry.path))

    def prune(self, limit_bytes: int) -> Removed:
        """Remove the entries used longest ago until the others take `limit_bytes` at most."""
        entries = self.entries()
        excess = sum(entry.size for entry in entries) - limit_bytes
        count = size = 0
        for entry in entries:
            if size >= excess:
                break
            if _unlinked(entry.path):
                count, size = count + 1, size + entry.size
        return Removed(count, size)

    def clear(self, kind: str | None = None) -> Removed:
        """Remove all entries, or those of one kind, and what broken-off runs left unfinished."""
        chosen = [entry for entry in self.entries() if kind in (None, entry.kind)]
        gone = [entry for entry in chosen if _unlinked(entry.path)]
        abandoned = time.time() - _ABANDONED_SECONDS
        for path, status in list(self._files(_UNFINISHED)):
            if kind in (None, path.parent.name) and status.st_mtime < abandoned:
                _unlinked(path)
        for folder in {entry.path.parent for entry in gone}:
            with contextlib.suppress(OSError):
                folder.rmdir()  # refuses a folder with anything in it
        return Removed(len(gone), sum(entry.size for entry in gone))

    def _path(self, kind: str, key: str) -> Path | None:
        return None if self.folder is None else self.folder / kind / f"{key}.npz"

    def _files(self, name: re.Pattern[str]) -> Iterator[tuple[Path, os.stat_result]]:
        """Plain files of folders called like kinds, whose own name matches."""
        if self.folder is None:
            return
        for path in self.folder.glob("*/*"):
            if not (name.fullmatch(path.name) and _KIND.fullmatch(path.parent.name)):
                continue
            with contextlib.suppress(OSError):
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    yield path, status


def open_cache(limit_bytes: int | None = None) -> DiskCache:
    """The cache to use now.

    limit_bytes: HANDHOLD_CACHE_LIMIT (such as "500MB") if that is set, else 2 GiB.

    The folder is HANDHOLD_CACHE if that is set (`off` turns the cache off), else
    `$XDG_CACHE_HOME/handhold` or `~/.cache/handhold`; where that cannot be written, a folder
    of this user under the system's temporary folder; where that cannot be written either,
    nothing is kept. InputError for a HANDHOLD_CACHE_LIMIT that is no size.
    """
    limit_bytes = _limit() if limit_bytes is None else limit_bytes
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    if chosen is not None and chosen.strip().lower() in _OFF:
        return DiskCache(None, limit_bytes)
    candidates = [Path(chosen)] if chosen else [_home_cache(), _temporary_cache()]
    for folder in candidates:
        if folder is not None and _is_writable(folder):
            return DiskCache(folder, limit_bytes)
    _LOG.info("no folder for the cache can be written; nothing is kept")
    return DiskCache(None, limit_bytes)


def _limit() -> int:
    stated = os.environ.get(LIMIT_VARIABLE, "").strip()
    return parse_size(stated, LIMIT_VARIABLE) if stated else DEFAULT_LIMIT_BYTES


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


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
