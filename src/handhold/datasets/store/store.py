"""A data set on disk, opened lazily: only the rows and columns that are asked for are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from handhold.cache import DiskCache
from handhold.datasets.record import GraspRecord
from handhold.datasets.store.assemble import OBJECT_TABLE
from handhold.datasets.store.manifest import Manifest, read_manifest
from handhold.datasets.store.objects import get_object
from handhold.datasets.store.schema import (
    OBJECT_SCHEMA,
    RECORD_SCHEMA,
    ObjectInfo,
    table_records,
)
from handhold.datasets.store.split import NAMES, UNSEEN, Split, read_split
from handhold.errors import InputError
from handhold.objects import ObjectAsset

CACHES = "caches"
CACHE_LIMIT = 8 * 1024**3


@dataclass(frozen=True, kw_only=True)
class Where:
    """Which grasps: every field that is not empty lists what is allowed.

    role: "seen" or "unseen" categories; split: pieces of `handhold data split`.
    """

    category: tuple[str, ...] = ()
    affordance: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    hand: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    split: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a text where a tuple of texts is meant, and pieces and roles that do not exist."""
        for item in fields(self):
            if isinstance(getattr(self, item.name), str):
                raise InputError(f"{item.name} is one text.", f"Give ({item.name},), a tuple.")
        for name, known in (("role", ("", "seen", "unseen")), ("split", (*NAMES, UNSEEN))):
            foreign = [value for value in getattr(self, name) if value not in known]
            if foreign:
                raise InputError(
                    f"There is no {name} '{foreign[0]}'.",
                    f"Known: {', '.join(filter(None, known))}.",
                )


class GraspStore:
    """A data set: grasps, objects, and what was worked out about them.

    Nothing but dataset.json is read when it is opened.
    """

    def __init__(self, folder: str | Path) -> None:
        """Open a data set. Raises InputError where there is none or it is of another version."""
        self.folder = Path(folder)
        self.manifest: Manifest = read_manifest(self.folder)

    def __len__(self) -> int:
        """Number of grasps."""
        return self.manifest.grasps

    @property
    def caches(self) -> DiskCache:
        """Grids, clouds and the like of the objects, by content hash, beside the data."""
        return DiskCache(self.folder / CACHES, CACHE_LIMIT)

    @cached_property
    def objects(self) -> Mapping[str, ObjectInfo]:
        """Content hash -> row, in the order in which the objects were made."""
        path = self.folder / OBJECT_TABLE
        try:
            table = pq.read_table(path, schema=OBJECT_SCHEMA)
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path, error) from error
        try:
            rows = [ObjectInfo.from_row(row) for row in table.to_pylist()]
        except (TypeError, ValueError) as error:
            raise _damaged(path, error) from error
        return {info.object: info for info in rows}

    @cached_property
    def split(self) -> Split | None:
        """Which objects are for training, or None."""
        return read_split(self.folder)

    def object(self, digest: str) -> ObjectAsset:
        """One object, checked against its hash."""
        return get_object(self.folder, digest)

    def table(
        self,
        columns: Sequence[str] | None = None,
        where: Where = Where(),  # noqa: B008
    ) -> pa.Table:
        """The chosen rows and columns (see RECORD_SCHEMA), in the order of the shards."""
        try:
            return self._dataset.to_table(
                columns=None if columns is None else list(columns), filter=self._filter(where)
            )
        except (OSError, pa.ArrowException) as error:
            raise _damaged(self.folder, error) from error

    def records(
        self,
        where: Where = Where(),
        rows_at_once: int = 1024,  # noqa: B008
    ) -> Iterator[GraspRecord]:
        """The chosen grasps one by one; memory does not grow with the set."""
        scanner = self._dataset.scanner(filter=self._filter(where), batch_size=rows_at_once)
        try:
            for batch in scanner.to_batches():
                yield from table_records(pa.Table.from_batches([batch]))
        except (OSError, pa.ArrowException) as error:
            raise _damaged(self.folder, error) from error

    @cached_property
    def _dataset(self) -> ds.Dataset:
        files = [self.folder / shard.file for shard in self.manifest.shards]
        missing = next((file for file in files if not file.is_file()), None)
        if missing is not None:
            raise InputError(f"'{missing}' is missing.", "Make or import the data set again.")
        return ds.dataset([str(file) for file in files], schema=RECORD_SCHEMA, format="parquet")

    def _filter(self, where: Where) -> pc.Expression | None:
        asked = {item.name: getattr(where, item.name) for item in fields(Where)}
        objects = self._objects_of(asked.pop("role"), asked.pop("split"))
        terms = [ds.field(name).isin(list(values)) for name, values in asked.items() if values]
        if objects is not None:
            terms.append(ds.field("object").isin(objects))
        result = None
        for term in terms:
            result = term if result is None else result & term
        return result

    def _objects_of(self, roles: Sequence[str], pieces: Sequence[str]) -> list[str] | None:
        if not roles and not pieces:
            return None
        if pieces and self.split is None:
            raise InputError(
                f"'{self.folder}' was not split.", f"Run 'handhold data split {self.folder}'."
            )
        piece = self.split.piece if self.split is not None else {}
        return [
            digest
            for digest, info in self.objects.items()
            if (not roles or info.role in roles) and (not pieces or piece.get(digest) in pieces)
        ]


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"'{path}' cannot be read ({str(error).splitlines()[0]}).",
        "It is damaged: 'handhold data check' says where; make or import it again.",
    )
