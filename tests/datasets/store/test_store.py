"""The data set on disk: round trips, lazy reading, filters, runs that were cut off."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from small_store import CATEGORIES, PER_OBJECT, box_object, grasp, make_store

from handhold.datasets.record import MEASURES, GraspRecord
from handhold.datasets.store import (
    RECORD_SCHEMA,
    GraspStore,
    Where,
    WorkFolder,
    joint_column,
    pose_columns,
    record_table,
    table_records,
)
from handhold.errors import InputError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraspStore:
    return make_store(tmp_path_factory.mktemp("data") / "set")


def _same(first: GraspRecord, second: GraspRecord, tolerance: float = 1e-6) -> None:
    for name in ("affordance", "part", "prior", "instructions", "hand"):
        assert getattr(first, name) == getattr(second, name)
    for name in ("translation", "quaternion", "joints", "keypoints"):
        assert np.allclose(getattr(first, name), getattr(second, name), atol=tolerance)
    for name in MEASURES:
        assert first.measure(name) == pytest.approx(second.measure(name), nan_ok=True)


def test_records_come_back_as_they_were() -> None:
    records = [replace(grasp(3, row), id=f"a#{row}", object="b") for row in range(4)]
    for before, after in zip(records, table_records(record_table(records)), strict=True):
        _same(before, after)
        assert (after.id, after.object) == (before.id, before.object)


def test_a_data_set_holds_all_objects_and_grasps(store: GraspStore) -> None:
    count = 3 * len(CATEGORIES)
    assert len(store) == count * PER_OBJECT == len(list(store.records()))
    assert len(store.objects) == store.manifest.objects == count
    assert store.manifest.seen == ("mug", "pot") and store.manifest.unseen == ("kettle",)
    ids = store.table(("id",))["id"].to_pylist()
    assert len(set(ids)) == len(ids)
    for record in store.records():
        info = store.objects[record.object]
        assert record.category == info.category and record.part in info.parts
        assert (record.source, record.licence) == ("boxes", "made for tests")
    _same(next(iter(store.records(Where(object=(next(iter(store.objects)),))))), grasp(0, 0))


def test_objects_come_back_with_their_parts(store: GraspStore) -> None:
    info = next(iter(store.objects.values()))
    asset, before = store.object(info.object), box_object(0, "mug", "seen").asset
    assert asset.part_names == before.part_names == info.parts
    assert np.array_equal(asset.face_parts, before.face_parts)
    assert np.allclose(asset.mesh.vertices, before.mesh.vertices, atol=1e-7)
    assert np.allclose(asset.frame.offset, before.frame.offset)
    assert asset.content_hash == info.object
    assert np.allclose(info.extents, before.mesh.extents, atol=1e-6)


def test_filters_agree_with_looking_at_every_record(store: GraspStore) -> None:
    everything = list(store.records())
    cases = [
        (Where(category=("mug",)), lambda r: r.category == "mug"),
        (Where(affordance=("handle-grip",)), lambda r: r.affordance == "handle-grip"),
        (
            Where(part=("body",), category=("pot",)),
            lambda r: r.part == "body" and r.category == "pot",
        ),
        (Where(role=("unseen",)), lambda r: r.category == "kettle"),
        (Where(category=("mug", "kettle")), lambda r: r.category in ("mug", "kettle")),
        (Where(category=("sieve",)), lambda r: False),
    ]  # fmt: skip
    for where, wanted in cases:
        found = [record.id for record in store.records(where)]
        assert found == [record.id for record in everything if wanted(record)]
        assert len(store.table(("id",), where)) == len(found)


def test_columns_are_arrays_without_a_loop(store: GraspStore) -> None:
    table = store.table()
    translation, quaternion = pose_columns(table)
    records = list(store.records())
    assert np.allclose(translation, [r.translation for r in records], atol=1e-6)
    assert np.allclose(quaternion, [r.quaternion for r in records], atol=1e-6)
    assert np.allclose(joint_column(table), [r.joints for r in records], atol=1e-6)


def test_opening_reads_nothing_but_the_manifest(
    store: GraspStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("something was read")

    monkeypatch.setattr(pq, "read_table", never)
    monkeypatch.setattr(ds, "dataset", never)
    assert len(GraspStore(store.folder)) == len(store)


def test_any_parquet_tool_finds_the_schema_and_the_joint_order(store: GraspStore) -> None:
    shard = store.folder / store.manifest.shards[0].file
    plain = pq.read_table(shard)
    assert plain.schema.remove_metadata() == RECORD_SCHEMA
    joints = plain.schema.metadata[b"hand:human"].decode().split(",")
    assert tuple(joints) == store.manifest.hands["human"]


def test_many_shards_are_one_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assembling = importlib.import_module("handhold.datasets.store.assemble")
    monkeypatch.setattr(assembling, "SHARD_GRASPS", 5)
    small = make_store(tmp_path / "set", per_category=1)
    assert [shard.grasps for shard in small.manifest.shards] == [5, 5, 2]
    assert len(list(small.records(rows_at_once=2))) == 12


def test_a_unit_written_twice_is_there_once(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path, "a")
    for _ in range(2):
        assert not work.is_done("other")
        count = work.put("one", [box_object(1)], source="s", licence="l", tally={"x": 1})
        assert count == PER_OBJECT and work.is_done("one")
    unit = work.get("one")
    assert len(unit.grasps) == PER_OBJECT and unit.tally == {"x": 1}
    assert [r.id for r in table_records(unit.grasps)] == [f"one#{n:04d}" for n in range(4)]
    assert len(list((tmp_path / "work").glob("*.parquet"))) == 1


def test_work_of_other_settings_is_refused(tmp_path: Path) -> None:
    WorkFolder(tmp_path, "a")
    with pytest.raises(InputError, match="other settings"):
        WorkFolder(tmp_path, "b")


def test_a_broken_off_set_is_no_data_set(tmp_path: Path) -> None:
    WorkFolder(tmp_path, "a").put("one", [box_object(1)], source="s", licence="l", tally={})
    with pytest.raises(InputError, match="not finished"):
        GraspStore(tmp_path)


def test_the_finished_set_does_not_keep_the_units(store: GraspStore) -> None:
    assert not (store.folder / "work").exists()


def test_a_folder_one_level_off_says_which(store: GraspStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one level down: give '.*set'"):
        GraspStore(store.folder.parent)
    with pytest.raises(InputError, match="inside one: give '.*set'"):
        GraspStore(store.folder / "records")
    with pytest.raises(InputError, match="data make synthetic"):
        GraspStore(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1|empty"),
        ("{", "line|JSON"),
        ("[]", "object"),
        ('{"format": "handhold-data", "version": "99"}', "handhold-data 99"),
        ('{"format": "else", "version": "1"}', "else 1"),
        ('{"format": "handhold-data", "version": "1"}', "name"),
    ],
)
def test_a_damaged_or_foreign_manifest_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(InputError, match=words):
        GraspStore(tmp_path)


def test_a_negative_count_is_refused(tmp_path: Path) -> None:
    made = make_store(tmp_path / "set", per_category=1)
    path = made.folder / "dataset.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "grasps": -1}))
    with pytest.raises(InputError, match="grasps"):
        GraspStore(made.folder)


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    made = make_store(tmp_path / "set", per_category=1)
    (made.folder / "objects.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="objects.parquet"):
        _ = made.objects
    shard = made.folder / made.manifest.shards[0].file
    shard.write_bytes(shard.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be read"):
        made.table()
    shard.unlink()
    with pytest.raises(InputError, match="missing"):
        GraspStore(made.folder).table()


def test_an_object_that_was_changed_is_refused(tmp_path: Path) -> None:
    made = make_store(tmp_path / "set", per_category=1)
    first, second, _ = made.objects
    files = {digest: next(made.folder.glob(f"objects/*/{digest}.npz")) for digest in made.objects}
    files[first].write_bytes(files[second].read_bytes())
    with pytest.raises(InputError, match="was changed"):
        made.object(first)
    files[second].write_bytes(b"no archive")
    with pytest.raises(InputError, match="NPZ"):
        made.object(second)
    files[first].unlink()
    with pytest.raises(InputError, match="missing"):
        made.object(first)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quaternion": np.zeros(4)}, "quaternion"),
        ({"quaternion": np.array([2.0, 0, 0, 0])}, "quaternion"),
        ({"translation": np.array([np.nan, 0, 0])}, "translation"),
        ({"translation": np.zeros(2)}, "translation"),
        ({"joints": np.array([np.inf])}, "joints"),
        ({"affordance": "juggle"}, "affordance"),
        ({"keypoints": np.zeros((5, 3))}, "keypoints"),
        ({"measures": {"beauty": 1.0}}, "beauty"),
    ],
)
def test_what_no_grasp_can_be_is_refused_by_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=field):
        grasp(1, 1, **changes)
