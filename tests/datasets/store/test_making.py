"""Making a data set: nothing of an earlier one is left, nothing of a stranger's is trusted."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_store import LICENCE, SOURCE, box_object, grasp, make_store

from handhold.datasets.store import (
    GraspStore,
    Where,
    WorkFolder,
    alone,
    check_store,
    finished,
    joint_column,
    record_table,
    split_objects,
)
from handhold.errors import InputError


def test_a_smaller_set_in_the_same_folder_leaves_nothing_of_the_larger(tmp_path: Path) -> None:
    larger = make_store(tmp_path)
    split_objects(list(larger.objects.values())).write(tmp_path)
    (tmp_path / "records" / "00007.parquet").write_bytes(b"old")
    smaller = make_store(tmp_path, [box_object(99)])
    assert check_store(smaller) == []
    assert [path.name for path in (tmp_path / "records").iterdir()] == ["00000.parquet"]
    assert len(list(tmp_path.glob("objects/*/*.npz"))) == 1
    assert smaller.split is None


def test_a_damaged_object_is_written_again(tmp_path: Path) -> None:
    (digest,) = make_store(tmp_path, [box_object(1)]).objects
    next(tmp_path.glob("objects/*/*.npz")).write_bytes(b"cut off")
    again = make_store(tmp_path, [box_object(1)])
    assert again.object(digest).content_hash == digest


def test_a_damaged_unit_is_made_again(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path, "a")
    work.put("one", [box_object(1)], source=SOURCE, licence=LICENCE, tally={})
    (unit,) = tmp_path.glob("work/*.parquet")
    for damage in (b"", b"PAR1", unit.read_bytes()[:-40]):
        unit.write_bytes(damage)
        assert not work.is_done("one") and not unit.exists()


def test_the_same_object_twice_is_kept_once_and_is_sound(tmp_path: Path) -> None:
    first, second = box_object(1, "mug", "seen"), box_object(1, "mug", "seen")
    other = replace(second, category="jug", role="unseen", grasps=(grasp(5, 0), grasp(5, 1)))
    store = make_store(tmp_path, [first, replace(other, asset=replace(other.asset, name="jug-1"))])
    assert check_store(store) == []
    (info,) = store.objects.values()
    assert info.role == "unseen"  # never learned from by mistake
    assert len(store) == 6 and "kept once" in store.manifest.notes[0]
    assert {record.category for record in store.records()} == {info.category}


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from handhold.datasets.store import alone\n"
        f"with alone(Path({str(tmp_path)!r})): pass"
    )
    command = [sys.executable, "-c", code]
    with alone(tmp_path):
        other = subprocess.run(command, capture_output=True, text=True, check=False)
        assert other.returncode and "Another run is at work" in other.stderr
    assert subprocess.run(command, check=False).returncode == 0


def test_a_finished_set_is_known_by_its_stamp(tmp_path: Path) -> None:
    assert finished(tmp_path, "x") is None
    make_store(tmp_path)
    with pytest.raises(InputError, match="finished data set, 'boxes'"):
        finished(tmp_path, "x")


@pytest.mark.parametrize(
    "file", ["../../x.parquet", "/tmp/x.parquet", "records/a.parquet", "records/../00000.parquet"]
)
def test_a_shard_lies_in_the_folder(tmp_path: Path, file: str) -> None:
    _rewrite(tmp_path, shards=[{"file": file, "grasps": 36}])
    with pytest.raises(InputError, match="records/NUMBER.parquet"):
        GraspStore(tmp_path)


def test_a_shard_is_listed_once(tmp_path: Path) -> None:
    _rewrite(tmp_path, shards=[{"file": "records/00000.parquet", "grasps": 18}] * 2)
    with pytest.raises(InputError, match="twice"):
        GraspStore(tmp_path)


def _rewrite(folder: Path, **changes: object) -> None:
    make_store(folder)
    path = folder / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("digest", ["../../etc/passwd", "/etc/passwd", "", "0" * 63, "X" * 64])
def test_an_object_is_named_by_a_hash(tmp_path: Path, digest: str) -> None:
    with pytest.raises(InputError, match="hash"):
        make_store(tmp_path, [box_object(1)]).object(digest)


def test_joints_of_two_hands_are_not_mixed() -> None:
    records = [grasp(1, 0), grasp(1, 1, joints=[0.1] * 15), grasp(1, 2, joints=[0.1] * 17)]
    with pytest.raises(InputError, match="number of joints"):
        joint_column(record_table(records))


def test_a_choice_is_a_tuple_of_what_there_is() -> None:
    with pytest.raises(InputError, match="tuple"):
        Where(category="mug")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="train, validation"):
        Where(split=("trian",))
    with pytest.raises(InputError, match="seen, unseen"):
        Where(role=("known",))


@pytest.mark.parametrize("ratio", [float("nan"), float("inf")])
def test_ratios_are_finite(tmp_path: Path, ratio: float) -> None:
    objects = list(make_store(tmp_path, [box_object(1)]).objects.values())
    with pytest.raises(InputError, match="8:1:1"):
        split_objects(objects, (ratio, 1, 1))


def test_a_row_that_is_no_grasp_is_named(tmp_path: Path) -> None:
    store = make_store(tmp_path, [box_object(1)])
    path = tmp_path / store.manifest.shards[0].file
    table = store.table()
    place = table.schema.get_field_index("keypoints")
    field = table.schema.field(place)
    values = pa.array([[0.0] * 62, *table["keypoints"].to_pylist()[1:]], field.type)
    pq.write_table(table.set_column(place, field, values), path)
    with pytest.raises(InputError, match="mug-1#0000"):
        list(GraspStore(tmp_path).records())
    assert "keypoints" in {fault.kind for fault in check_store(GraspStore(tmp_path))}
