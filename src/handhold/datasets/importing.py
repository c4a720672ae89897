"""A data set of others, as its owners distribute it, turned into ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from handhold import __version__
from handhold.cache import content_hash
from handhold.datasets.readers import READERS, reader_named
from handhold.datasets.readers.reader import Problems, Reader, ReadOptions, Unit
from handhold.datasets.store import About, GraspStore, WorkFolder, alone, assemble, finished
from handhold.hands import load_hand
from handhold.processes import run_all

METHOD = "1"
"""Changes when the same files would give other records."""
EXAMPLES = 20
Tell = Callable[[str, float, str], None]
_QUOTED_PATH = re.compile(r"'[^']*/[^']*'")
_NUMBER = re.compile(r"\d[\w.+-]*")
_FILES = re.compile(r"the file(?:, the file)+")


@dataclass(frozen=True)
class ImportReport:
    """What was read and what was left out.

    read: entries taken. skipped: reason -> how many entries. examples: some of the entries, each
    with its reason. notes: what was assumed.
    """

    store: GraspStore
    read: int
    skipped: Mapping[str, int]
    examples: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def import_dataset(
    name: str,
    root: Path,
    out: Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008
    *,
    strict: bool = False,
    workers: int | None = None,
    on_progress: Tell | None = None,
) -> ImportReport:
    """Read the data set `name` (a key of READERS) below `root` into `out`.

    Each unit (an object with its grasps) is kept when it is done, so that a run that was broken
    off goes on. strict: the first entry that deviates from the format is an error; otherwise it
    is skipped and counted. workers: processes, all cores if None; the result does not depend on
    it. Raises InputError for a wrong root and where nothing at all can be read.
    """
    reader = reader_named(name)
    stamp = _stamp(name, root, options, strict)
    units = list(reader.units(root, options))
    with alone(out):
        store = finished(out, stamp)
        if store is not None:
            return _report(store, [])
        return _import(reader, units, out, options, strict, stamp, workers, on_progress)


def _import(
    reader: Reader,
    units: Sequence[Unit],
    out: Path,
    options: ReadOptions,
    strict: bool,
    stamp: str,
    workers: int | None,
    on_progress: Tell | None,
) -> ImportReport:
    work = WorkFolder(out, stamp)
    left = [unit for unit in units if not work.is_done(unit.key)]
    done = len(units) - len(left)
    read = partial(_read_unit, reader.name, options, strict, out, stamp)
    for detail in run_all(read, left, workers):
        done += 1
        if on_progress is not None:
            on_progress("read", done / len(units), detail)
    return _finish(reader.name, work, units)


def _stamp(name: str, root: Path, options: ReadOptions, strict: bool) -> str:
    """Of everything that the records depend on; files that options name by size and time."""
    files = [value for value in vars(options).values() if isinstance(value, Path)]
    looks = [
        f"{file} {status.st_size} {status.st_mtime_ns}"
        for file in files
        if file.exists() and (status := file.stat())
    ]
    return content_hash(name, METHOD, repr(options), str(root.resolve()), strict, *looks)[:16]


def _finish(name: str, work: WorkFolder, units: Sequence[Unit]) -> ImportReport:
    tallies = [work.get(unit.key).tally for unit in units]
    skipped: Counter[str] = Counter()
    for tally in tallies:
        skipped.update(general(why) for _, why in tally["skipped"])
    notes = tuple(dict.fromkeys(note for tally in tallies for note in tally["notes"]))
    hands = {hand for unit in units for hand in _hands(work, unit)}
    reader = READERS[name]
    about = About(
        name=reader.name,
        source=reader.title,
        licence=reader.licence,
        hands={hand: load_hand(hand).joint_names for hand in sorted(hands)},
        skipped=dict(skipped.most_common()),
        notes=notes,
        made={
            "reader": reader.name,
            "method": METHOD,
            "handhold": __version__,
            "stamp": work.stamp,
            "read": sum(int(tally["read"]) for tally in tallies),
        },
    )
    assemble(work, [unit.key for unit in units], about)
    return _report(GraspStore(work.folder), tallies)


def _report(store: GraspStore, tallies: Sequence[Mapping[str, Any]]) -> ImportReport:
    manifest = store.manifest
    examples = [(str(entry), str(why)) for tally in tallies for entry, why in tally["skipped"]]
    read = manifest.made.get("read", 0)
    return ImportReport(
        store,
        read if isinstance(read, int) else 0,
        manifest.skipped,
        tuple(examples[:EXAMPLES]),
        manifest.notes,
    )


def general(why: str) -> str:
    """A reason without the file and the numbers of one entry, so that like ones count together."""
    return _NUMBER.sub("#", _FILES.sub("files", _QUOTED_PATH.sub("the file", why)))


def _hands(work: WorkFolder, unit: Unit) -> set[str]:
    return set(work.get(unit.key).grasps["hand"].to_pylist())


def _read_unit(
    name: str, options: ReadOptions, strict: bool, out: Path, stamp: str, unit: Unit
) -> str:
    reader = READERS[name]
    problems = Problems(strict)
    found = []
    with problems.entry(unit.key):
        found = list(reader.read(unit, options, problems))
    grasps = sum(len(each.grasps) for each in found)
    tally: dict[str, Any] = {
        "read": problems.read,
        "skipped": [[skip.entry, skip.why] for skip in problems.skipped],
        "notes": problems.notes,
    }
    WorkFolder(out, stamp).put(
        unit.key, found, source=reader.title, licence=reader.licence, tally=tally
    )
    return f"{unit.key}, {grasps} grasps"
