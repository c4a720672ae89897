"""The Parquet columns of grasps and objects (docs/data.md), and rows to records and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from handhold.datasets.record import MEASURES, GraspRecord
from handhold.errors import InputError

FORMAT = "handhold-data"
VERSION = "1"

_TEXTS = (
    "id", "object", "category", "hand", "affordance", "source_affordance", "part",
    "prior", "entry", "source", "licence",
)  # fmt: skip

RECORD_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in _TEXTS),
        pa.field("instructions", pa.list_(pa.string()), nullable=False),
        pa.field("translation", pa.list_(pa.float32(), 3), nullable=False),
        pa.field("quaternion", pa.list_(pa.float32(), 4), nullable=False),
        pa.field("joints", pa.list_(pa.float32()), nullable=False),
        pa.field("keypoints", pa.list_(pa.float32()), nullable=False),
        *(pa.field(name, pa.float32()) for name in MEASURES),
    ]
)
OBJECT_SCHEMA = pa.schema(
    [
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("object", "name", "category", "role", "source", "licence", "origin")
        ),
        pa.field("parts", pa.list_(pa.string()), nullable=False),
        pa.field("extents", pa.list_(pa.float32(), 3), nullable=False),
        pa.field("faces", pa.int32(), nullable=False),
        pa.field("articulation", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, kw_only=True)
class ObjectInfo:
    """A row of the table of objects.

    object: content hash, which names its file. parts: names. extents (3,): sides of the bounding
    box, metres, z up. role: "seen", "unseen" or "". origin: how to find or make it again.
    articulation: joints between parts, plain JSON values.
    """

    object: str
    name: str
    category: str
    parts: tuple[str, ...]
    extents: tuple[float, float, float]
    faces: int
    role: str = ""
    source: str = ""
    licence: str = ""
    origin: str = ""
    articulation: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """The values of OBJECT_SCHEMA."""
        return {
            **{name: getattr(self, name) for name in OBJECT_SCHEMA.names},
            "articulation": json.dumps(dict(self.articulation), sort_keys=True),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ObjectInfo:
        """The inverse of `row`."""
        x, y, z = row["extents"]
        values = {
            **row,
            "parts": tuple(row["parts"]),
            "extents": (float(x), float(y), float(z)),
            "articulation": json.loads(row["articulation"]),
        }
        return cls(**values)


def record_table(records: Sequence[GraspRecord]) -> pa.Table:
    """Records as a table of RECORD_SCHEMA."""
    columns: dict[str, Any] = {name: [getattr(r, name) for r in records] for name in _TEXTS}
    columns["instructions"] = [list(r.instructions) for r in records]
    for name in ("translation", "quaternion", "joints", "keypoints"):
        columns[name] = [
            np.asarray(getattr(r, name), dtype=np.float32).reshape(-1) for r in records
        ]
    for name in MEASURES:
        values = np.array([r.measure(name) for r in records], dtype=np.float32)
        columns[name] = pa.array(values, mask=np.isnan(values))
    return pa.table(columns, schema=RECORD_SCHEMA)


def table_records(table: pa.Table) -> list[GraspRecord]:
    """The rows of a table of RECORD_SCHEMA as records; InputError for what no grasp can be."""
    records = []
    for row in table.to_pylist():
        try:
            records.append(_record(row))
        except (InputError, TypeError, ValueError) as error:
            raise InputError(
                f"{row.get('id')}: {error}", "'handhold data check' lists all faults."
            ) from error
    return records


def _record(row: Mapping[str, Any]) -> GraspRecord:
    measures = {name: row[name] for name in MEASURES if row[name] is not None}
    return GraspRecord(
        **{name: row[name] for name in _TEXTS},
        instructions=tuple(row["instructions"]),
        translation=np.array(row["translation"]),
        quaternion=np.array(row["quaternion"]),
        joints=np.array(row["joints"]),
        keypoints=np.array(row["keypoints"]).reshape(-1, 3),
        measures=measures,
    )


def pose_columns(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """translation (N, 3) and quaternion (N, 4) wxyz of a table, without a loop over rows."""
    return tuple(  # type: ignore[return-value]
        np.asarray(table[name].combine_chunks().flatten(), dtype=np.float64).reshape(-1, width)
        for name, width in (("translation", 3), ("quaternion", 4))
    )


def joint_column(table: pa.Table) -> np.ndarray:
    """joints (N, D) of a table whose rows are all of one hand."""
    column = table["joints"].combine_chunks()
    if len(pc.unique(pc.list_value_length(column))) > 1:
        raise InputError("The grasps differ in their number of joints.", "Choose one hand's.")
    flat = np.asarray(column.flatten(), dtype=np.float64)
    return flat.reshape(len(table), -1) if len(table) else flat.reshape(0, 0)
