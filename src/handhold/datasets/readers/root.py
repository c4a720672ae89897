"""The folder of a data set: is it that, or one level too high or too low?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from handhold.errors import InputError
from handhold.grasps.json_reading import shown_path

_LEVELS = 2  # how many folders above a wrong one are tried, ours
_CHILDREN = 10_000  # folders below a wrong one that are tried, ours


def require_root(
    root: Path, title: str, expected: str, is_root: Callable[[Path], bool], *, where: str = ""
) -> None:
    """Raise InputError unless `root` is a data set's root; the message says what it is instead.

    title: of the data set; expected: what the root holds, as in "folders with a mobility.urdf";
    where: a sentence about how to get the data set, for a folder that is missing or empty.
    """
    get_it = f" {where}" if where else ""
    if not os.path.exists(root):
        raise InputError(
            f"There is no folder {shown_path(root)}.",
            f"Give the root of {title}: {expected}.{get_it}",
        )
    if not os.path.isdir(root):
        raise InputError(
            f"{shown_path(root)} is a file.", f"Give the root of {title}, a folder: {expected}."
        )
    if is_root(root):
        return
    if not any(True for _ in entries(root)):
        raise InputError(
            f"{shown_path(root)} is empty.", f"The root of {title} holds {expected}.{get_it}"
        )
    inside = next((folder for folder in folders(root)[:_CHILDREN] if is_root(folder)), None)
    if inside is not None:
        raise InputError(
            f"{shown_path(root)} is the parent of the root of {title}.",
            f"Give {shown_path(root / inside.name)}.",
        )
    above = next((folder for folder in _above(root) if is_root(folder)), None)
    if above is not None:
        raise InputError(
            f"{shown_path(root)} is inside the root of {title}.",
            f"Give its {'parent' if above == root.resolve().parent else 'root'} "
            f"{shown_path(above)}.",
        )
    raise InputError(
        f"{shown_path(root)} is not the root of {title}.", f"The root holds {expected}."
    )


def folders(folder: Path) -> list[Path]:
    """The folders in a folder, by name; none where it cannot be read."""
    return sorted(folder / each.name for each in entries(folder) if each.is_dir())


def files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files in a folder with one of these suffixes (small letters), by name."""
    return sorted(
        folder / each.name
        for each in entries(folder)
        if each.name.lower().endswith(suffixes) and each.is_file()
    )


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in a folder, hidden things left out; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            yield from (each for each in found if not each.name.startswith("."))
    except OSError:
        return


def _above(root: Path) -> list[Path]:
    """Not the root of the file system, nor what is right below it: looking there takes long."""
    return [each for each in list(root.resolve().parents)[:_LEVELS] if len(each.parts) > 2]
