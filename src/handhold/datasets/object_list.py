"""Lists of objects as text: a name per line, and a category where the data set has none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handhold.errors import InputError
from handhold.grasps.json_reading import shown, shown_path

MAX_BYTES = 64 * 1024**2  # ours: Objaverse has 800,000 names, which take 26 MB
_ADVICE = "A line is a name, or a name, a tab and a category; what follows a '#' is a comment."


@dataclass(frozen=True)
class ListedObject:
    """name: of an object within its data set, parts of a path joined by '/'; category: "" unless
    the list says one; line: where it stands, from 1."""

    name: str
    category: str
    line: int


def read_object_list(path: Path) -> tuple[ListedObject, ...]:
    """The objects of a list, in its order.

    UTF-8; empty lines and what follows a '#' at the start of a line or after a space are skipped.
    Raises InputError naming the line: a name that leaves the data set, a name twice, more than
    one tab; and for a file that is missing, too large, no text or without a name.
    """
    listed: dict[str, ListedObject] = {}
    for number, line in enumerate(_lines(path), start=1):
        text = _without_comment(line)
        if not text.strip():
            continue
        entry = _entry(path, number, text)
        if entry.name in listed:
            raise InputError(
                f"{shown_path(path)}, line {number}: '{shown(entry.name)}' stands in line "
                f"{listed[entry.name].line} already.",
                "List every object once.",
            )
        listed[entry.name] = entry
    if not listed:
        raise InputError(f"{shown_path(path)} lists no object.", _ADVICE)
    return tuple(listed.values())


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"The object list {shown_path(path)} cannot be read ({reason}).", "Check the path."
        ) from error
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The object list {shown_path(path)} has over {MAX_BYTES / 1e6:.0f} MB.",
            "Give a text file with a name per line.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The object list {shown_path(path)} is not UTF-8 text (byte {error.start}).", _ADVICE
        ) from error
    return text.split("\n")


def _without_comment(line: str) -> str:
    """A '#' inside a name is part of it."""
    for at, letter in enumerate(line):
        if letter == "#" and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line


def _entry(path: Path, number: int, text: str) -> ListedObject:
    name, *rest = (column.strip() for column in text.strip().split("\t"))
    where = f"{shown_path(path)}, line {number}"
    if len(rest) > 1:
        raise InputError(f"{where}: {len(rest) + 1} columns.", _ADVICE)
    if not text.isprintable() and not text.replace("\t", "").strip("\r").isprintable():
        raise InputError(f"{where}: '{shown(name)}' holds letters that cannot be shown.", _ADVICE)
    steps = name.split("/")
    if "\\" in name or any(step in ("", ".", "..") for step in steps):
        raise InputError(
            f"{where}: '{shown(name)}' is no name of an object.",
            "Give its name, or its path below the data set's root with '/' between the steps.",
        )
    return ListedObject(name, rest[0] if rest else "", number)
