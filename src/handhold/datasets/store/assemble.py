"""From finished units to a data set: shards of grasps, the table of objects, dataset.json."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from handhold.datasets.store.manifest import NAME, Manifest, Shard
from handhold.datasets.store.objects import OBJECTS
from handhold.datasets.store.schema import OBJECT_SCHEMA, RECORD_SCHEMA, ObjectInfo
from handhold.datasets.store.split import SPLIT
from handhold.datasets.store.work import WORK, FinishedUnit, WorkFolder
from handhold.errors import InputError
from handhold.grasps import write_atomically

RECORDS = "records"
OBJECT_TABLE = "objects.parquet"
SHARD_GRASPS = 4096
"""Grasps per file, ours: a megabyte or less, and small enough to read in one go."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What the manifest says besides counts: see `Manifest`."""

    name: str
    source: str
    licence: str
    hands: Mapping[str, tuple[str, ...]]
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    made: Mapping[str, object] = field(default_factory=dict)


def assemble(
    work: WorkFolder,
    keys: Sequence[str],
    about: About,
    choose: Callable[[pa.Table], pa.Table] | None = None,
) -> Manifest:
    """Put the units together in the order of `keys`, write dataset.json, remove the units.

    choose: keeps some of all the grasps. Raises InputError where there is nothing.
    """
    units = [work.get(key) for key in keys]
    grasps = _joined(units)
    if choose is not None:
        grasps = choose(grasps)
    objects, twice = _distinct(info for unit in units for info in unit.objects)
    if twice:
        note = f"{twice} objects have the very surface and parts of another one and are kept once"
        about = replace(about, notes=(*about.notes, note))
        grasps = _with_categories(grasps, objects)
    if not objects:
        _remove(work)
        raise InputError("Nothing was read, so there is no data set.", _most_frequent(about))
    return write_dataset(work.folder, grasps, objects, about, then=lambda: _remove(work))


def write_dataset(
    folder: Path,
    grasps: pa.Table,
    objects: Sequence[ObjectInfo],
    about: About,
    then: Callable[[], None] = lambda: None,
) -> Manifest:
    """Shards, table of objects and, last, dataset.json; the object files are there already.

    What an earlier data set left in the folder is removed, its dataset.json first.
    """
    _clear(folder)
    shards = []
    for number, start in enumerate(range(0, len(grasps), SHARD_GRASPS)):
        piece = grasps.slice(start, SHARD_GRASPS)
        name = f"{RECORDS}/{number:05d}.parquet"
        write_parquet(folder / name, piece, about.hands)
        shards.append(Shard(name, len(piece)))
    rows = [info.row() for info in objects]
    write_parquet(folder / OBJECT_TABLE, pa.Table.from_pylist(rows, OBJECT_SCHEMA), {})
    manifest = Manifest(
        name=about.name,
        source=about.source,
        licence=about.licence,
        hands=about.hands,
        shards=tuple(shards),
        grasps=len(grasps),
        objects=len(objects),
        seen=_categories(objects, "seen"),
        unseen=_categories(objects, "unseen"),
        skipped=about.skipped,
        notes=about.notes,
        made=about.made,
    )
    manifest.write(folder)
    _forget_other_objects(folder, {info.object for info in objects})
    then()
    return manifest


def write_parquet(path: Path, table: pa.Table, hands: Mapping[str, Sequence[str]]) -> None:
    """Write a table atomically; the joint order of each hand stands in the file."""
    metadata = {f"hand:{name}": ",".join(joints) for name, joints in hands.items()}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(metadata), sink, compression="zstd")
    write_atomically(path, sink.getvalue().to_pybytes())


def _clear(folder: Path) -> None:
    (folder / NAME).unlink(missing_ok=True)
    (folder / SPLIT).unlink(missing_ok=True)
    for old in (folder / RECORDS).glob("*.parquet"):
        old.unlink()


def _forget_other_objects(folder: Path, wanted: set[str]) -> None:
    for file in (folder / OBJECTS).glob("*/*.npz"):
        if file.stem not in wanted:
            file.unlink()


def _distinct(infos: Iterable[ObjectInfo]) -> tuple[list[ObjectInfo], int]:
    """The first row of every object, and how many others there were.

    An object that is anywhere of an unseen category is of one, lest it is learned from.
    """
    first: dict[str, ObjectInfo] = {}
    others = 0
    for info in infos:
        known = first.setdefault(info.object, info)
        others += known is not info
        if info.role == "unseen" and known.role != "unseen":
            first[info.object] = info
    return list(first.values()), others


def _with_categories(grasps: pa.Table, objects: Sequence[ObjectInfo]) -> pa.Table:
    """The same grasps, each with the category of its object."""
    category = {info.object: info.category for info in objects}
    place = grasps.schema.get_field_index("category")
    values = [category[digest] for digest in grasps["object"].to_pylist()]
    field = grasps.schema.field(place)
    return grasps.set_column(place, field, pa.array(values, field.type))


def _joined(units: Iterable[FinishedUnit]) -> pa.Table:
    tables = [unit.grasps.replace_schema_metadata(None) for unit in units]
    return pa.concat_tables(tables) if tables else RECORD_SCHEMA.empty_table()


def _categories(objects: Sequence[ObjectInfo], role: str) -> tuple[str, ...]:
    return tuple(sorted({info.category for info in objects if info.role == role}))


def _most_frequent(about: About) -> str:
    if not about.skipped:
        return "Is this the right folder?"
    why = max(about.skipped, key=lambda reason: about.skipped[reason])
    return f"The most frequent problem: {why}"


def _remove(work: WorkFolder) -> None:
    shutil.rmtree(work.folder / WORK, ignore_errors=True)
