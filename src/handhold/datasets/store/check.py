"""Is a data set whole, and can its grasps be what they say? Every fault with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from handhold.datasets.record import KEYPOINTS
from handhold.datasets.store.manifest import Manifest, Shard
from handhold.datasets.store.objects import get_object, object_path
from handhold.datasets.store.schema import RECORD_SCHEMA, ObjectInfo, pose_columns
from handhold.datasets.store.split import UNSEEN
from handhold.datasets.store.store import GraspStore
from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.hands import SHADOW, Hand, hand_names, load_hand

MAX_DISTANCE = 0.6
"""Metres from the palm to the object's box, ours: beyond that no hand of any kind holds it."""
JOINT_SLACK = 0.5
"""Radians, ours: published grasps leave their hand's limits by up to 0.45."""
_UNIT = 1e-3
_COPIES = 1e-6


@dataclass(frozen=True)
class Fault:
    """What is wrong where. kind: a word that groups faults of one sort."""

    kind: str
    place: str
    what: str


def check_store(
    store: GraspStore, on_progress: Callable[[str, float, str], None] | None = None
) -> list[Fault]:
    """Every fault of a data set; nothing is changed.

    Files that are missing, cut off or changed; counts that do not agree; poses that are none;
    wrong joints; grasps of no object, no part, no affordance; ids given twice, copies; hands far
    away; objects in two pieces of a split, unseen categories in training.
    """
    tell = on_progress or (lambda stage, share, detail: None)
    faults: list[Fault] = []
    objects = _objects(store, faults)
    steps = len(objects) + len(store.manifest.shards)
    for number, info in enumerate(objects.values()):
        faults.extend(_object_faults(store, info))
        tell("objects", (number + 1) / max(steps, 1), info.name)
    tables = []
    for number, shard in enumerate(store.manifest.shards):
        table = _shard(store.folder, shard, faults)
        if table is not None:
            faults.extend(_grasp_faults(store.manifest, objects, shard.file, table))
            tables.append(table.select(["id", "object", "translation", "quaternion", "joints"]))
        tell("grasps", (len(objects) + number + 1) / max(steps, 1), shard.file)
    if tables:
        faults.extend(_repeated(pa.concat_tables(tables)))
    faults.extend(_count_faults(store.manifest, objects, tables))
    faults.extend(_split_faults(store, objects))
    return faults


def _objects(store: GraspStore, faults: list[Fault]) -> Mapping[str, ObjectInfo]:
    try:
        return store.objects
    except InputError as error:
        faults.append(Fault("objects", "objects.parquet", str(error)))
        return {}


def _object_faults(store: GraspStore, info: ObjectInfo) -> Iterator[Fault]:
    place = f"objects/{info.object[:2]}/{info.object[:12]}"
    try:
        place = str(object_path(store.folder, info.object).relative_to(store.folder))
        asset = get_object(store.folder, info.object)
    except InputError as error:
        yield Fault("object file", place, str(error))
        return
    except ValueError as error:
        yield Fault("object file", place, f"it holds no object ({error})")
        return
    if asset.part_names != info.parts:
        yield Fault(
            "object file", place, f"its parts are {asset.part_names}, the table says {info.parts}"
        )
    used = set(np.unique(asset.face_parts).tolist())
    for index, name in enumerate(asset.part_names):
        if index not in used:
            yield Fault("object file", place, f"no face belongs to its part '{name}'")


def _shard(folder: Path, shard: Shard, faults: list[Fault]) -> pa.Table | None:
    try:
        table = pq.read_table(folder / shard.file)
    except (OSError, pa.ArrowException) as error:
        faults.append(Fault("shard", shard.file, f"cannot be read ({str(error).splitlines()[0]})"))
        return None
    if table.schema.remove_metadata() != RECORD_SCHEMA:
        wrong = sorted(set(RECORD_SCHEMA.names) ^ set(table.schema.names)) or ["types"]
        faults.append(Fault("shard", shard.file, f"its columns differ: {', '.join(wrong)}"))
        return None
    if len(table) != shard.grasps:
        what = f"it holds {len(table)} grasps, dataset.json says {shard.grasps}"
        faults.append(Fault("count", shard.file, what))
    return table


def _grasp_faults(
    manifest: Manifest, objects: Mapping[str, ObjectInfo], file: str, table: pa.Table
) -> Iterator[Fault]:
    ids = table["id"].to_pylist()
    translation, quaternion = pose_columns(table)
    lengths = np.linalg.norm(quaternion, axis=1)
    finite = np.isfinite(translation).all(axis=1) & np.isfinite(quaternion).all(axis=1)
    for row in np.flatnonzero(~finite).tolist():
        yield Fault("pose", f"{file} {ids[row]}", "field 'translation' or 'quaternion': not finite")
    for row in np.flatnonzero(finite & (np.abs(lengths - 1) > _UNIT)).tolist():
        what = f"field 'quaternion': its length is {lengths[row]:.4g}, a rotation has 1"
        yield Fault("pose", f"{file} {ids[row]}", what)
    hands = {name: _hand(name) for name in set(table["hand"].to_pylist())}
    columns = ("object", "part", "affordance", "category", "hand", "joints", "keypoints")
    for row, values in enumerate(table.select(columns).to_pylist()):
        place = f"{file} {ids[row]}"
        yield from _joint_faults(manifest, hands[values["hand"]], values, place)
        if len(values["keypoints"]) not in (0, 3 * KEYPOINTS):
            what = f"field 'keypoints': {len(values['keypoints'])} numbers, not {3 * KEYPOINTS}"
            yield Fault("keypoints", place, what)
        yield from _reference_faults(objects, values, place)
        info = objects.get(values["object"])
        if info is not None and finite[row]:
            away = np.maximum(np.abs(translation[row]) - np.array(info.extents) / 2, 0.0)
            if np.linalg.norm(away) > MAX_DISTANCE:
                far = float(np.linalg.norm(away))
                what = f"field 'translation': the hand is {far:.3g} m from the object's box"
                yield Fault("far away", place, what)


def _hand(name: str) -> Hand | None:
    """A hand of ours by name; never a file that a table names."""
    try:
        return load_hand(name) if name in (*hand_names(), SHADOW) else None
    except InputError:
        return None


def _joint_faults(
    manifest: Manifest, hand: Hand | None, values: Mapping[str, object], place: str
) -> Iterator[Fault]:
    joints = np.asarray(values["joints"], dtype=np.float64)
    names = manifest.hands.get(str(values["hand"]))
    if names is None:
        what = f"field 'hand': '{values['hand']}' is none of {', '.join(manifest.hands) or 'none'}"
        yield Fault("hand", place, what)
    elif len(joints) != len(names):
        what = f"field 'joints': {len(joints)} angles, the hand has {len(names)}"
        yield Fault("joints", place, what)
    elif not np.isfinite(joints).all():
        yield Fault("joints", place, "field 'joints': not finite")
    elif hand is not None and hand.joint_count == len(joints):
        lower, upper = hand.spec.joint_lower.numpy(), hand.spec.joint_upper.numpy()
        excess = np.maximum(lower - joints, joints - upper)
        worst = int(excess.argmax())
        if excess[worst] > JOINT_SLACK:
            what = f"field 'joints': {names[worst]} is {joints[worst]:.3g} rad, out of its range"
            yield Fault("joints", place, what)


def _reference_faults(
    objects: Mapping[str, ObjectInfo], values: Mapping[str, object], place: str
) -> Iterator[Fault]:
    info = objects.get(str(values["object"]))
    if info is None:
        what = f"field 'object': {str(values['object'])[:12]} is not in objects.parquet"
        yield Fault("object", place, what)
        return
    if values["part"] and values["part"] not in info.parts:
        what = f"field 'part': '{values['part']}' is none of {', '.join(info.parts)}"
        yield Fault("part", place, what)
    if values["affordance"] and values["affordance"] not in AFFORDANCES:
        yield Fault("affordance", place, f"field 'affordance': '{values['affordance']}'")
    if values["category"] != info.category:
        what = f"field 'category': '{values['category']}', its object is a '{info.category}'"
        yield Fault("category", place, what)


def _repeated(table: pa.Table) -> Iterator[Fault]:
    """Ids given twice, and grasps of one object that are the same to the micrometre."""
    ids = table["id"].to_pylist()
    for name, count in Counter(ids).items():
        if count > 1:
            yield Fault("id", name, f"field 'id': given {count} times")
    seen: dict[tuple[object, bytes], str] = {}
    translation, quaternion = pose_columns(table)
    poses: NDArray[np.int64] = np.round(np.hstack([translation, quaternion]) / _COPIES)
    poses = np.nan_to_num(poses).astype(np.int64)
    for row, (name, digest, joints) in enumerate(
        zip(ids, table["object"].to_pylist(), table["joints"].to_pylist(), strict=True)
    ):
        angles = np.round(np.nan_to_num(np.asarray(joints)) / _COPIES).astype(np.int64)
        key = (digest, poses[row].tobytes() + angles.tobytes())
        if key in seen and seen[key] != name:
            yield Fault("copy", name, f"it is the same grasp as {seen[key]}")
        seen.setdefault(key, name)


def _count_faults(
    manifest: Manifest, objects: Mapping[str, ObjectInfo], tables: Sequence[pa.Table]
) -> Iterator[Fault]:
    grasps = sum(len(table) for table in tables)
    if len(tables) == len(manifest.shards) and grasps != manifest.grasps:
        what = f"grasps: {manifest.grasps}, the shards hold {grasps}"
        yield Fault("count", "dataset.json", what)
    if objects and len(objects) != manifest.objects:
        what = f"objects: {manifest.objects}, objects.parquet has {len(objects)}"
        yield Fault("count", "dataset.json", what)
    for role in ("seen", "unseen"):
        own = {info.category for info in objects.values() if info.role == role}
        wrong = sorted(own ^ set(getattr(manifest, role)))
        if objects and wrong:
            what = f"{role}: '{wrong[0]}' disagrees with the roles of objects.parquet"
            yield Fault("category", "dataset.json", what)
    both = sorted(set(manifest.seen) & set(manifest.unseen))
    if both:
        yield Fault("category", "dataset.json", f"'{both[0]}' is both seen and unseen")


def _split_faults(store: GraspStore, objects: Mapping[str, ObjectInfo]) -> Iterator[Fault]:
    try:
        split = store.split
    except InputError as error:
        yield Fault("split", "split.json", str(error))
        return
    if split is None:
        return
    for digest, info in objects.items():
        piece = split.piece.get(digest)
        if piece is None:
            yield Fault("split", f"split.json {digest[:12]}", f"'{info.name}' is in no piece")
        elif info.role == "unseen" and piece != UNSEEN:
            what = f"'{info.name}' is of the unseen category '{info.category}', and in '{piece}'"
            yield Fault("split", f"split.json {digest[:12]}", what)
