"""grasps.json: identical when read back, described by its schema, and strict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from grasp_batches import JOINTS, make_batch
from hypothesis import given, settings
from hypothesis import strategies as st

from handhold.errors import InputError
from handhold.grasps import GraspBatch, grasps_schema, json_file, load_grasps
from handhold.hands import load_hand

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64)


def test_a_saved_batch_reads_back_identical(batch: GraspBatch, tmp_path: Path) -> None:
    path = batch.save(tmp_path / "new folder" / "grasps.json")
    assert load_grasps(path).equals(batch)
    assert [entry.name for entry in path.parent.iterdir()] == ["grasps.json"]


@settings(max_examples=30, deadline=None)
@given(st.lists(FINITE, min_size=16, max_size=16))
def test_every_float_survives(tmp_path_factory: pytest.TempPathFactory, values: list) -> None:
    batch = make_batch(1, joints=[values], energies={"e": values[:1]})
    path = tmp_path_factory.mktemp("floats") / "grasps.json"
    batch.save(path)
    assert load_grasps(path).joints.tobytes() == batch.joints.tobytes()


def test_an_empty_batch_reads_back(tmp_path: Path) -> None:
    batch = make_batch(0, energies={}, metrics={})
    assert load_grasps(batch.save(tmp_path / "grasps.json")).equals(batch)


def test_not_measured_is_null_in_the_file(batch: GraspBatch, tmp_path: Path) -> None:
    document = json.loads(batch.save(tmp_path / "g.json").read_text("utf-8"))
    assert document["grasps"][0]["metrics"]["penetration_depth_cm"] is None


@pytest.mark.parametrize("n", [0, 1, 5])
def test_files_follow_the_published_schema(n: int, tmp_path: Path) -> None:
    schema = grasps_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(make_batch(n).save(tmp_path / "g.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert schema["properties"]["version"]["const"] == json_file.VERSION  # type: ignore[index]


def test_joints_of_one_of_our_hands_are_checked(tmp_path: Path) -> None:
    names = tuple(load_hand("human").joint_names)
    right = make_batch(hand="human", joint_names=names).save(tmp_path / "right.json")
    assert load_grasps(right).joint_names == names
    swapped = (names[1], names[0], *names[2:])
    wrong = make_batch(hand="human", joint_names=swapped).save(tmp_path / "wrong.json")
    with pytest.raises(InputError, match="not those of the hand 'human'.*Expected"):
        load_grasps(wrong)


def test_joints_other_than_the_expected_are_refused(batch: GraspBatch, tmp_path: Path) -> None:
    path = batch.save(tmp_path / "g.json")
    assert load_grasps(path, joint_names=JOINTS).equals(batch)
    with pytest.raises(InputError, match="not those of the hand"):
        load_grasps(path, joint_names=JOINTS[::-1])


def _delete(document: dict, key: str) -> None:
    del document[key]


MISTAKES = {
    "another format": (lambda d: d.update(format="meshes"), "its format is 'meshes'"),
    "newer": (lambda d: d.update(version=2), "version 2.*newer handhold"),
    "older": (lambda d: d.update(version=0), "no version 0"),
    "version as text": (lambda d: d.update(version="1"), "version: expected a whole number"),
    "missing": (lambda d: _delete(d, "frame"), "'frame' is missing"),
    "unknown key": (lambda d: d.update(colour="red"), "unknown key 'colour'"),
    "grasps no list": (lambda d: d.update(grasps={}), "grasps: expected a list, got dict"),
    "few joints": (
        lambda d: d["grasps"][2]["joints"].pop(),
        r"grasps\[2\]\.joints: expected 16 items, got 15",
    ),
    "joint null": (
        lambda d: d["grasps"][1].update(joints=[None] * 16),
        r"grasps\[1\]\.joints\[0\]: expected a number, got null",
    ),
    "affordance": (
        lambda d: d["grasps"][0].update(affordance="hug"),
        r"grasps\[0\]\.affordance: got 'hug'.*Allowed: handle-grip",
    ),
    "no rotation": (
        lambda d: d["grasps"][0].update(quaternion_wxyz=[1, 1, 0, 0]),
        "a rotation has length 1",
    ),
    "uneven metrics": (
        lambda d: d["grasps"][3].update(metrics={}),
        r"grasps\[3\]\.metrics: every grasp has the same metrics",
    ),
    "scale": (lambda d: d["frame"].update(scale_to_metres=0), "larger than 0"),
    "mirror": (
        lambda d: d["frame"].update(rotation_to_object=[[1, 0, 0], [0, 1, 0], [0, 0, -1]]),
        "not a rotation matrix",
    ),
    "no matrix": (
        lambda d: d["frame"].update(rotation_to_object=[[1e300] * 3] * 3),
        "not a rotation matrix",
    ),
    "huge": (lambda d: d["frame"].update(scale_to_metres=10**400), "too large"),
    "bool": (lambda d: d["grasps"][0].update(translation=[True, 0, 0]), "expected a number"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistake: str, batch: GraspBatch, tmp_path: Path) -> None:
    change, message = MISTAKES[mistake]
    path = batch.save(tmp_path / "g.json")
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=message) as caught:
        load_grasps(path)
    assert "\n" not in str(caught.value)


TABLE_MISTAKES = {
    "text": (lambda g: g["energies"].update(contact="x"), r"energies\.contact: expected a number"),
    "more": (lambda g: g["energies"].update(zz=1.0), "every grasp has the same energies"),
    "none": (lambda g: _delete(g, "metrics"), "'metrics' is missing"),
}


@pytest.mark.parametrize("row", [0, 2])
@pytest.mark.parametrize(("change", "said"), TABLE_MISTAKES.values(), ids=TABLE_MISTAKES)
def test_a_bad_table_leaves_out_its_grasp_only(
    change: Any, said: str, row: int, batch: GraspBatch, tmp_path: Path
) -> None:
    path = batch.save(tmp_path / "g.json")
    document = json.loads(path.read_text("utf-8"))
    change(document["grasps"][row])
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=rf"grasps\[{row}\].*{said}"):
        load_grasps(path)
    bad: dict[int, str] = {}
    others = [index for index in range(len(batch)) if index != row]
    assert load_grasps(path, bad=bad).equals(batch.select(others))
    assert list(bad) == [row]


def test_foreign_text_is_shortened_in_messages(batch: GraspBatch, tmp_path: Path) -> None:
    path = batch.save(tmp_path / "g.json")
    document = json.loads(path.read_text("utf-8"))
    document["grasps"][0]["affordance"] = "\x1b[2J" * 1000
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match="Allowed") as error:
        load_grasps(path)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe garbage",
        b"[" * 100_000,
        b'{"format": "handhold-grasps", "version": 1',
        b'{"format": NaN}',
        b"null",
        b"[]",
        b'"text"',
    ],
)
def test_garbage_is_a_clear_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"g\.json"):
        load_grasps(path)


def test_a_missing_file_and_one_that_is_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: GraspBatch
) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_grasps(tmp_path / "none.json")
    with pytest.raises(InputError, match=r"n\?ne\.json' cannot be read"):
        load_grasps(tmp_path / "n\0ne.json")
    path = batch.save(tmp_path / "g.json")
    monkeypatch.setattr(json_file, "MAX_FILE_BYTES", 100)
    with pytest.raises(InputError, match="larger than"):
        load_grasps(path)


def test_nothing_is_left_where_writing_fails(batch: GraspBatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        batch.save(tmp_path / "file" / "grasps.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        batch.save(tmp_path / "taken")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "taken"]


def test_numbers_have_the_precision_of_the_batch(batch: GraspBatch, tmp_path: Path) -> None:
    document = json.loads(batch.save(tmp_path / "g.json").read_text("utf-8"))
    written = np.array([grasp["translation"] for grasp in document["grasps"]])
    assert np.array_equal(written, batch.translation)
