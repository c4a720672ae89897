"""Before a data set is made: is it there already, and is nobody else making it?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handhold.datasets.store.manifest import NAME, read_manifest
from handhold.datasets.store.store import GraspStore
from handhold.errors import InputError

LOCK = ".lock"


def finished(folder: Path, stamp: str) -> GraspStore | None:
    """The data set in a folder if it is whole and was made with this stamp; None where none is.

    Raises InputError for a finished data set of another stamp: it is not overwritten.
    """
    if not (folder / NAME).is_file():
        return None
    manifest = read_manifest(folder)
    if manifest.made.get("stamp") == stamp:
        return GraspStore(folder)
    raise InputError(
        f"'{folder}' holds a finished data set, '{manifest.name}', made with other settings.",
        "Choose another --out, or remove that folder.",
    )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Inside, this is the only run that writes into the folder. InputError where it is not.

    The lock is the system's and goes with the process, in whatever way it ends. Where a system
    has no such locks, nothing is locked.
    """
    try:
        import fcntl
    except ImportError:  # no POSIX
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"Another run is at work in '{folder}'.", "Wait for it, or choose another --out."
            ) from error
        yield
