"""A data set in the making: finished units on disk, so that a broken-off run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from handhold.cache import content_hash
from handhold.datasets.record import ObjectGrasps
from handhold.datasets.store.objects import put_object
from handhold.datasets.store.schema import ObjectInfo, record_table
from handhold.errors import InputError
from handhold.grasps import write_atomically

WORK = "work"
_METADATA = b"handhold-unit"


@dataclass(frozen=True)
class FinishedUnit:
    """What one unit gave: rows of objects, grasps as a table, and a tally (plain JSON values)."""

    key: str
    objects: tuple[ObjectInfo, ...]
    grasps: pa.Table
    tally: Mapping[str, Any] = field(default_factory=dict)


class WorkFolder:
    """Units below `folder`/work: a file each, whole or not there.

    stamp: of everything that the units depend on (seed, options, version). Units of another
    stamp are not this run's: InputError.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self.folder = folder
        self.stamp = stamp
        mark = folder / WORK / "stamp.txt"
        if not mark.is_file():
            write_atomically(mark, stamp.encode())
        elif mark.read_text() != stamp:
            raise InputError(
                f"'{folder}' holds the beginning of a data set with other settings.",
                "Give the same settings to go on, another --out, or remove that folder.",
            )

    def is_done(self, key: str) -> bool:
        """Whether a unit is finished; a file that a crash left damaged is removed."""
        path = self._path(key)
        if not path.is_file():
            return False
        try:
            whole = _METADATA in (pq.read_metadata(path).metadata or {})
        except (OSError, pa.ArrowException):
            whole = False
        if not whole:
            path.unlink(missing_ok=True)
        return whole

    def put(
        self,
        key: str,
        found: Sequence[ObjectGrasps],
        *,
        source: str,
        licence: str,
        tally: Mapping[str, Any],
    ) -> int:
        """Write a finished unit; returns its number of grasps. Written twice it is the same."""
        infos = [put_object(self.folder, each, source, licence) for each in found]
        records = [
            replace(
                record,
                id=f"{key}#{number:04d}" if len(found) == 1 else f"{key}#{place}.{number:04d}",
                object=info.object,
                category=each.category,
                source=source,
                licence=licence,
            )
            for place, (each, info) in enumerate(zip(found, infos, strict=True))
            for number, record in enumerate(each.grasps)
        ]
        about = {"key": key, "objects": [info.row() for info in infos], "tally": dict(tally)}
        table = record_table(records).replace_schema_metadata(
            {_METADATA: json.dumps(about, sort_keys=True).encode()}
        )
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        write_atomically(self._path(key), sink.getvalue().to_pybytes())
        return len(records)

    def get(self, key: str) -> FinishedUnit:
        """Read a finished unit."""
        table = pq.read_table(self._path(key))
        about = json.loads(table.schema.metadata[_METADATA])
        objects = tuple(ObjectInfo.from_row(row) for row in about["objects"])
        return FinishedUnit(about["key"], objects, table, about["tally"])

    def _path(self, key: str) -> Path:
        return self.folder / WORK / f"{content_hash(self.stamp, key)[:32]}.parquet"
