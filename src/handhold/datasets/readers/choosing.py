"""Which units of a data set are read: those of a list, and so many at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from handhold.datasets.object_list import ListedObject, read_object_list
from handhold.datasets.readers.reader import ReadOptions, Unit
from handhold.errors import InputError
from handhold.grasps.json_reading import shown, shown_path


def chosen_units(root: Path, units: Sequence[Unit], options: ReadOptions) -> list[Unit]:
    """Units sorted by key, as `options.object_list` and `options.limit` say.

    A list names a unit by its key or the last step of it; a category in the list becomes the
    unit's `detail` (so only for readers whose `detail` is the category). A listed name that is
    not there becomes a unit too, whose reading is a problem with a name, so that it is counted.
    Raises InputError where none of the listed names is there, and for a limit below 1.
    """
    if options.limit is not None and options.limit < 1:
        raise InputError(f"At most {options.limit} units?", "The limit is 1 or more.")
    found = list(units)
    if options.object_list is not None:
        found = _listed(root, found, options.object_list)
    found.sort(key=lambda unit: unit.key)
    return found[: options.limit]


def _listed(root: Path, units: Sequence[Unit], path: Path) -> list[Unit]:
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        for name in {unit.key, unit.key.rpartition("/")[2]}:
            by_name.setdefault(name, []).append(unit)
    wanted = read_object_list(path)
    kept: dict[str, Unit] = {}
    for entry in wanted:
        for unit in by_name.get(entry.name, []):
            kept[unit.key] = _with_category(unit, entry)
    if not kept:
        raise InputError(
            f"None of the {len(wanted)} names of {shown_path(path)} is in {shown_path(root)} "
            f"(the first: '{shown(wanted[0].name)}').",
            f"Names there look like '{shown(units[0].key)}'." if units else "",
        )
    for entry in wanted:
        if entry.name not in by_name:
            kept.setdefault(entry.name, Unit(entry.name, root / entry.name, entry.category))
    return list(kept.values())


def _with_category(unit: Unit, entry: ListedObject) -> Unit:
    return replace(unit, detail=entry.category) if entry.category else unit
