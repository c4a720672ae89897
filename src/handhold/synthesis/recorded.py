"""The synthetic set as it ships: shapes by their parameters, grasps as numbers, one small file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from handhold.cache import content_hash
from handhold.datasets.record import ObjectGrasps
from handhold.datasets.store import (
    RECORD_SCHEMA,
    About,
    GraspStore,
    ObjectInfo,
    alone,
    finished,
    put_object,
    write_dataset,
)
from handhold.errors import InputError
from handhold.grasps import write_atomically
from handhold.processes import run_all
from handhold.synthesis.shapes import make_shape, role
from handhold.synthesis.synthetic import LICENCE, SOURCE

FORMAT = "handhold-recorded"
VERSION = "1"
MAX_BYTES = 64 * 1024**2
_KEPT = (
    "id", "affordance", "part", "prior", "translation", "quaternion", "joints",
    "penetration_depth_cm", "contact_share_on_part", "held_share", "instructions",
)  # fmt: skip
_SHAPE = ("name", "extents", "parts")
_FLOATS = ("translation", "quaternion", "joints")
_LIKENESS = 1e-4
"""Metres: sides of a shape made again may differ by this from those recorded, ours."""


@dataclass(frozen=True)
class Recorded:
    """What the file holds: grasps (columns of _KEPT), shapes, joint order and how it was made."""

    grasps: pa.Table
    shapes: tuple[Mapping[str, Any], ...]
    joints: tuple[str, ...]
    made: Mapping[str, Any]


def recorded_path() -> Path:
    """Where the set that comes with handhold lies."""
    return Path(str(resources.files("handhold.synthesis") / "recorded_data" / "synthetic.parquet"))


def write_recorded(store: GraspStore, path: Path) -> int:
    """Write a finished synthetic set as one file; returns its size in bytes."""
    shapes = [
        {"name": info.name, "extents": list(info.extents), "parts": list(info.parts)}
        for info in store.objects.values()
    ]
    about = {
        "format": FORMAT,
        "version": VERSION,
        "joints": list(store.manifest.hands["human"]),
        "shapes": shapes,
        "made": dict(store.manifest.made),
    }
    table = store.table(_KEPT).replace_schema_metadata({FORMAT: json.dumps(about)})
    sink = io.BytesIO()
    # Poses are noise to a dictionary; their bytes in planes pack better.
    texts = ["affordance", "part", "prior", "instructions.list.element"]
    pq.write_table(
        table, sink, compression="zstd", compression_level=19, use_dictionary=texts,
        use_byte_stream_split=[f"{name}.list.element" for name in _FLOATS],
    )  # fmt: skip
    write_atomically(path, sink.getvalue())
    return len(sink.getvalue())


def read_recorded(path: Path | None = None) -> Recorded:
    """Read the file that ships, or another; InputError where it is none of ours."""
    file = recorded_path() if path is None else path
    if not file.is_file() or file.stat().st_size > MAX_BYTES:
        raise InputError(f"There is no recorded set at '{file}'.", "Install handhold again.")
    try:
        table = pq.read_table(file)
        about = json.loads((table.schema.metadata or {})[FORMAT.encode()])
        found = about["format"], about["version"]
        recorded = Recorded(
            table.select(_KEPT).replace_schema_metadata(None),
            tuple({key: shape[key] for key in _SHAPE} for shape in about["shapes"]),
            tuple(str(name) for name in about["joints"]),
            about["made"],
        )
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        message = f"'{file}' is no recorded set ({error})."
        raise InputError(message, "Install handhold again.") from error
    if found != (FORMAT, VERSION):
        raise InputError(
            f"'{file}' is '{found[0]} {found[1]}', and this handhold reads '{FORMAT} {VERSION}'.",
            "Install the handhold that made it.",
        )
    return recorded


def rebuild(
    folder: Path,
    *,
    path: Path | None = None,
    workers: int | None = None,
    on_progress: Callable[[str, float, str], None] | None = None,
) -> GraspStore:
    """Make the data set in `folder` from the recorded one: meshes, parts, tables.

    Raises InputError where a shape comes out otherwise than it was recorded.
    """
    recorded = read_recorded(path)
    stamp = (
        f"recorded {content_hash((recorded_path() if path is None else path).read_bytes())[:16]}"
    )
    with alone(folder):
        store = finished(folder, stamp)
        return _rebuild(folder, recorded, stamp, workers, on_progress) if store is None else store


def _rebuild(
    folder: Path,
    recorded: Recorded,
    stamp: str,
    workers: int | None,
    on_progress: Callable[[str, float, str], None] | None,
) -> GraspStore:
    infos: list[ObjectInfo] = []
    make = partial(_rebuild_shape, folder)
    for info in run_all(make, recorded.shapes, workers, in_order=True):
        infos.append(info)
        if on_progress is not None:
            on_progress("shapes", len(infos) / len(recorded.shapes), info.name)
    about = About(
        name="synthetic",
        source=SOURCE,
        licence=LICENCE,
        hands={"human": recorded.joints},
        made={**recorded.made, "stamp": stamp},
    )
    write_dataset(folder, _completed(recorded.grasps, infos), infos, about)
    return GraspStore(folder)


def _rebuild_shape(folder: Path, shape: Mapping[str, Any]) -> ObjectInfo:
    family, number = str(shape["name"]).rsplit("-", 1)
    sample = make_shape(family, int(number))
    found = ObjectGrasps(
        asset=sample.asset(),
        category=family,
        role=role(family),
        origin=f"{family} {sample.index} ({sample.style})",
    )
    info = put_object(folder, found, SOURCE, LICENCE)
    apart = np.abs(np.array(info.extents) - np.array(shape["extents"])).max()
    if apart > _LIKENESS or list(info.parts) != list(shape["parts"]):
        raise InputError(
            f"'{info.name}' measures {info.extents} m, with parts {', '.join(info.parts)}; it "
            f"was recorded with {shape['extents']} and {', '.join(shape['parts'])}.",
            "The recorded set belongs to another version of handhold: install that one.",
        )
    return info


def _completed(grasps: pa.Table, infos: Sequence[ObjectInfo]) -> pa.Table:
    """The recorded columns with all others of RECORD_SCHEMA."""
    by_name = {info.name: info for info in infos}
    names = [name.rsplit("#", 1)[0] for name in grasps["id"].to_pylist()]
    foreign = next((name for name in names if name not in by_name), None)
    if foreign is not None:
        raise InputError(f"Grasps of '{foreign}' are recorded, but no shape.", "Install it again.")
    mine = [by_name[name] for name in names]
    count = len(grasps)
    columns: dict[str, Any] = {name: grasps[name] for name in _KEPT}
    columns |= {
        "object": [info.object for info in mine],
        "category": [info.category for info in mine],
        "hand": ["human"] * count,
        "source_affordance": [""] * count,
        "entry": [""] * count,
        "source": [SOURCE] * count,
        "licence": [LICENCE] * count,
        "keypoints": [[]] * count,
    }
    empty = pa.nulls(count, pa.float32())
    arrays = [
        pa.array(columns[field.name], field.type)
        if isinstance(columns.get(field.name), list)
        else columns.get(field.name, empty)
        for field in RECORD_SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=RECORD_SCHEMA)
