"""Splitting by object, and finding every planted fault."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_store import make_store

from handhold.datasets.store import GraspStore, Where, check_store, read_split, split_objects
from handhold.errors import InputError


def test_no_object_is_in_two_pieces_and_unseen_ones_are_in_none(tmp_path: Path) -> None:
    store = make_store(tmp_path / "set", per_category=10)
    split = split_objects(list(store.objects.values()), (8, 1, 1), seed=3)
    split.write(store.folder)
    store = GraspStore(store.folder)
    assert store.split == split
    pieces = Counter((store.objects[d].category, piece) for d, piece in split.piece.items())
    for category in ("mug", "pot"):
        assert [pieces[category, p] for p in ("train", "validation", "test")] == [8, 1, 1]
    assert pieces["kettle", "unseen"] == 10
    found = {
        piece: {r.object for r in store.records(Where(split=(piece,)))}
        for piece in ("train", "validation", "test", "unseen")
    }
    assert sum(map(len, found.values())) == len(set().union(*found.values())) == 30


def test_a_split_does_not_depend_on_the_order(tmp_path: Path) -> None:
    objects = list(make_store(tmp_path / "set").objects.values())
    assert split_objects(objects).piece == split_objects(objects[::-1]).piece
    assert split_objects(objects, seed=1).piece != split_objects(objects, seed=2).piece


def test_other_ratios_and_nonsense(tmp_path: Path) -> None:
    objects = list(make_store(tmp_path / "set").objects.values())
    assert set(split_objects(objects, (1, 0, 0)).piece.values()) == {"train", "unseen"}
    for ratios in ((0, 0, 0), (1, -1, 1)):
        with pytest.raises(InputError, match="8:1:1"):
            split_objects(objects, ratios)


def test_pieces_of_a_set_that_was_not_split_or_badly(tmp_path: Path) -> None:
    store = make_store(tmp_path / "set", per_category=1)
    with pytest.raises(InputError, match="data split"):
        store.table(where=Where(split=("train",)))
    path = store.folder / "split.json"
    for text in ("{", '{"format": "handhold-split", "version": "7"}'):
        path.write_text(text)
        with pytest.raises(InputError):
            read_split(store.folder)


Change = Callable[[GraspStore], None]


def _edit(column: str, row: int, value: object) -> Change:
    def change(store: GraspStore) -> None:
        path = store.folder / store.manifest.shards[0].file
        table = pq.read_table(path)
        values = table[column].to_pylist()
        values[row] = value
        field = table.schema.field(column)
        place = table.schema.get_field_index(column)
        pq.write_table(table.set_column(place, field, pa.array(values, field.type)), path)

    return change


def _copy_row(store: GraspStore) -> None:
    path = store.folder / store.manifest.shards[0].file
    table = pq.read_table(path)
    rows = table.take([0] + list(range(1, len(table) - 1)) + [0])
    ids = [*table["id"].to_pylist()]
    pq.write_table(rows.set_column(0, table.schema.field("id"), pa.array(ids)), path)


def _cut_shard(store: GraspStore) -> None:
    path = store.folder / store.manifest.shards[0].file
    path.write_bytes(path.read_bytes()[:-300])


def _drop_rows(store: GraspStore) -> None:
    path = store.folder / store.manifest.shards[0].file
    pq.write_table(pq.read_table(path).slice(0, 5), path)


def _drop_column(store: GraspStore) -> None:
    path = store.folder / store.manifest.shards[0].file
    pq.write_table(pq.read_table(path).drop(["part"]), path)


def _drop_object(store: GraspStore) -> None:
    next(store.folder.glob("objects/*/*.npz")).unlink()


def _swap_objects(store: GraspStore) -> None:
    first, second, *_ = store.folder.glob("objects/*/*.npz")
    first.write_bytes(second.read_bytes())


def _unseen_in_training(store: GraspStore) -> None:
    split_objects(list(store.objects.values())).write(store.folder)
    path = store.folder / "split.json"
    path.write_text(path.read_text().replace('"unseen"', '"train"'))


def _wrong_count(store: GraspStore) -> None:
    path = store.folder / "dataset.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "objects": document["objects"] + 1}))


FAULTS: dict[str, tuple[Change, str]] = {
    "quaternion of zero length": (_edit("quaternion", 3, [0.0] * 4), "pose"),
    "pose that is not finite": (_edit("translation", 2, [np.nan, 0.0, 0.0]), "pose"),
    "hand far away": (_edit("translation", 1, [9.0, 0.0, 0.0]), "far away"),
    "wrong joint count": (_edit("joints", 4, [0.1] * 15), "joints"),
    "joint out of range": (_edit("joints", 4, [5.0] * 16), "joints"),
    "unknown hand": (_edit("hand", 0, "claw"), "hand"),
    "unknown part": (_edit("part", 0, "wing"), "part"),
    "unknown affordance": (_edit("affordance", 0, "juggle"), "affordance"),
    "unknown object": (_edit("object", 0, "0" * 64), "object"),
    "wrong category": (_edit("category", 0, "pot"), "category"),
    "id given twice": (_edit("id", 1, "mug-0#0000"), "id"),
    "near copy": (_copy_row, "copy"),
    "shard cut off": (_cut_shard, "shard"),
    "column missing": (_drop_column, "shard"),
    "grasps missing": (_drop_rows, "count"),
    "object file missing": (_drop_object, "object file"),
    "object file changed": (_swap_objects, "object file"),
    "wrong number of objects": (_wrong_count, "count"),
    "unseen category in training": (_unseen_in_training, "split"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_check_finds_a_planted_fault_and_says_where(name: str, tmp_path: Path) -> None:
    store = make_store(tmp_path / "set", per_category=1)
    change, kind = FAULTS[name]
    change(store)
    faults = check_store(GraspStore(store.folder))
    assert kind in {fault.kind for fault in faults}, faults
    for fault in faults:
        assert fault.place and fault.what


def test_a_sound_set_has_no_faults(tmp_path: Path) -> None:
    store = make_store(tmp_path / "set")
    split_objects(list(store.objects.values())).write(store.folder)
    assert check_store(GraspStore(store.folder)) == []
