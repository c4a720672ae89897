"""How much data the papers used: what an import is counted against."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any

from handhold.errors import InputError

FORMAT, VERSION = "handhold-paper-sets", 1


@dataclass(frozen=True, kw_only=True)
class PaperSet:
    """A set of grasps or objects of a paper; counts are None where the paper prints none.

    name: ours; reader: which reader reads it, "" for a union; parts: names of the sets that it
    joins; categories: of objects; examples: categories that the paper names, in our spelling.
    paper, place: where the numbers stand; checked: they were read there, and not handed down.
    """

    name: str
    title: str
    paper: str
    place: str
    checked: bool
    reader: str = ""
    parts: tuple[str, ...] = ()
    grasps: int | None = None
    objects: int | None = None
    tasks: int | None = None
    texts: int | None = None
    categories: int | None = None
    examples: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def paper_sets() -> tuple[PaperSet, ...]:
    """The sets of both papers, in the order of the shipped file."""
    return parse_paper_sets(files("handhold.datasets.data").joinpath("paper_sets.toml").read_text())


def parse_paper_sets(text: str) -> tuple[PaperSet, ...]:
    """Sets from TOML; InputError for another format, an unknown key or a name twice."""
    data = tomllib.loads(text)
    if (data.get("format"), data.get("version")) != (FORMAT, VERSION):
        raise InputError(f"This is no {FORMAT} file of version {VERSION}.")
    found = tuple(_parse(entry) for entry in data["set"])
    names = [each.name for each in found]
    if len(set(names)) != len(names):
        raise InputError("A set of a paper is listed twice.")
    missing = sorted({part for each in found for part in each.parts} - set(names))
    if missing:
        raise InputError(f"There is no set '{missing[0]}' to join.")
    return found


def _parse(entry: dict[str, Any]) -> PaperSet:
    unknown = sorted(set(entry) - {field.name for field in fields(PaperSet)})
    if unknown:
        raise InputError(f"A set of a paper has the unknown key '{unknown[0]}'.")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return PaperSet(**values)
