"""Grasps of a data set as files that other programs read."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from handhold.datasets.record import MEASURES, GraspRecord
from handhold.datasets.store import GraspStore, Where
from handhold.errors import InputError
from handhold.grasps import GraspBatch, write_atomically
from handhold.objects import ObjectAsset, UserFrame, load_object
from handhold.spatial import quaternion_to_matrix

_TEXTS = (
    "id", "object", "category", "hand", "affordance", "source_affordance", "part", "prior",
    "entry", "source", "licence",
)  # fmt: skip


def export_jsonl(
    store: GraspStore, where: Where, folder: Path, limit: int | None
) -> tuple[int, int]:
    """grasps.jsonl, a JSON object per grasp, and meshes/NAME.obj; numbers of grasps and objects."""
    lines, names = [], _Meshes(store, folder)
    for record in _chosen(store, where, limit):
        values: dict[str, object] = {name: getattr(record, name) for name in _TEXTS}
        values["mesh"] = names.file(record.object)
        values["instructions"] = list(record.instructions)
        values["joint_names"] = list(store.manifest.hands[record.hand])
        for name in ("translation", "quaternion", "joints", "keypoints"):
            values[name] = _plain(np.round(getattr(record, name), 7).tolist())
        values["measures"] = {k: round(v, 6) for k, v in record.measures.items() if v == v}
        lines.append(json.dumps(values, ensure_ascii=False, allow_nan=False))
    write_atomically(folder / "grasps.jsonl", "".join(f"{line}\n" for line in lines).encode())
    return len(lines), len(names)


def export_csv(store: GraspStore, where: Where, folder: Path, limit: int | None) -> tuple[int, int]:
    """grasps.csv, a column per number (of one hand only), and meshes/NAME.obj."""
    stream, names = io.StringIO(), _Meshes(store, folder)
    writer = csv.writer(stream, lineterminator="\n")
    joints: tuple[str, ...] = ()
    count = 0
    for record in _chosen(store, where, limit):
        mine = store.manifest.hands[record.hand]
        if count and mine != joints:
            raise InputError(
                "These grasps are of several hands, a table has the joints of one.",
                "Choose with --category, or export to jsonl.",
            )
        if not count:
            joints = mine
            pose = ["x", "y", "z", "qw", "qx", "qy", "qz"]
            writer.writerow([*_TEXTS, "mesh", "instructions", *pose, *joints, *MEASURES])
        measures = [record.measure(name) for name in MEASURES]
        numbers = [*record.translation, *record.quaternion, *record.joints]
        writer.writerow(
            [
                *(getattr(record, name) for name in _TEXTS),
                names.file(record.object),
                " | ".join(record.instructions),
                *(f"{value:.7g}" for value in numbers),
                *("" if value != value else f"{value:.6g}" for value in measures),
            ]
        )
        count += 1
    write_atomically(folder / "grasps.csv", stream.getvalue().encode())
    return count, len(names)


def export_grasps(
    store: GraspStore, where: Where, folder: Path, limit: int | None
) -> tuple[int, int]:
    """NAME/object.obj and NAME/grasps.json per object, for `handhold evaluate`."""
    groups: dict[tuple[str, str], list[GraspRecord]] = {}
    for record in _chosen(store, where, limit):
        if not record.affordance:
            raise InputError(
                f"{record.id} ('{record.source_affordance}') has no affordance of ours, which "
                "grasps.json needs.",
                "Choose with --affordance, or export to jsonl.",
            )
        groups.setdefault((record.object, record.hand), []).append(record)
    for (digest, hand), records in groups.items():
        info = store.objects[digest]
        place = folder / f"{_safe(info.name)}-{digest[:8]}" / hand
        write_atomically(place / "object.obj", _obj(store.object(digest)).encode())
        _batch(store, records, load_object(place / "object.obj", unit="m", up="z")).save(
            place / "grasps.json"
        )
    return sum(map(len, groups.values())), len({digest for digest, _ in groups})


WRITERS: Mapping[str, Callable[[GraspStore, Where, Path, int | None], tuple[int, int]]] = (
    MappingProxyType({"grasps": export_grasps, "jsonl": export_jsonl, "csv": export_csv})
)


def _chosen(store: GraspStore, where: Where, limit: int | None) -> Iterator[GraspRecord]:
    found = False
    for record in islice(store.records(where), limit):
        found = True
        if record.object not in store.objects or record.hand not in store.manifest.hands:
            raise InputError(
                f"{record.id} is of an object or a hand that the data set does not have.",
                "'handhold data check' lists all faults.",
            )
        yield record
    if not found:
        raise InputError(f"No grasp of '{store.folder}' is like that.", "Ask for fewer things.")


class _Meshes:
    """Meshes that are written once each, named by object."""

    def __init__(self, store: GraspStore, folder: Path) -> None:
        self._store, self._folder = store, folder
        self._files: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._files)

    def file(self, digest: str) -> str:
        """The mesh's path relative to the folder."""
        if digest not in self._files:
            name = f"meshes/{_safe(self._store.objects[digest].name)}-{digest[:8]}.obj"
            write_atomically(self._folder / name, _obj(self._store.object(digest)).encode())
            self._files[digest] = name
        return self._files[digest]


def _plain(value: Any) -> Any:
    """Numbers that are not finite as null."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if math.isfinite(value) else None


def _group(part: str) -> str:
    """A part's name as an OBJ file can have it."""
    return "_".join(part.split()) or "part"


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip(".") or "object"


def _obj(asset: ObjectAsset) -> str:
    """OBJ with a group per part; metres, z up."""
    lines = [f"v {x:.7f} {y:.7f} {z:.7f}" for x, y, z in asset.mesh.vertices.tolist()]
    for index, name in enumerate(asset.part_names):
        lines.append(f"g {_group(name)}")
        faces = asset.mesh.faces[asset.face_parts == index] + 1
        lines.extend(f"f {a} {b} {c}" for a, b, c in faces.tolist())
    return "\n".join(lines) + "\n"


def _batch(store: GraspStore, records: list[GraspRecord], asset: ObjectAsset) -> GraspBatch:
    """Grasps of one object and hand as a batch; `asset` is that object read from its OBJ."""
    import torch

    first, n = records[0], len(records)
    sentences = {each for r in records for each in r.instructions[:1]}
    quaternion = torch.from_numpy(np.stack([r.quaternion for r in records]))
    frame = asset.frame
    return GraspBatch.from_object_frame(
        UserFrame(unit="m", up="z", rotation=frame.rotation, offset=np.zeros(3)),
        np.stack([r.translation for r in records]),
        quaternion_to_matrix(quaternion).numpy(),
        joints=np.stack([r.joints for r in records]),
        hand=first.hand,
        joint_names=store.manifest.hands[first.hand],
        object_file="object.obj",
        object_name=store.objects[first.object].name,
        object_hash=asset.content_hash,
        instruction=sentences.pop() if len(sentences) == 1 else "",
        affordance=tuple(r.affordance for r in records),
        part=tuple(_group(r.part) if r.part else "" for r in records),
        prior_cluster=tuple(r.prior for r in records),
        origin=("data",) * n,
        acceptable=np.ones(n, dtype=bool),
        reason=("",) * n,
        result_code=("recorded",) * n,
    )
