"""Evaluation files: round trips, the schema, and files of others."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from evaluation_scenes import group_of, made_up

from handhold.errors import InputError
from handhold.evaluate import (
    Evaluation,
    evaluate_groups,
    evaluation_schema,
    load_evaluation,
    save_evaluation,
)


def plain(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [dataclasses.asdict(row) for row in evaluation.rows]


@pytest.fixture(scope="module")
def measured() -> Evaluation:
    return evaluate_groups([group_of(3, part=None)], "geometry")


def test_a_round_trip_keeps_everything_to_the_bit(measured: Evaluation, tmp_path: Path) -> None:
    read = load_evaluation(save_evaluation(measured, tmp_path / "e.json"))
    np.testing.assert_equal(plain(read), plain(measured))
    for name in ("profile", "settings", "seed", "hand", "source", "objects", "sets", "notes"):
        np.testing.assert_equal(getattr(read, name), getattr(measured, name), err_msg=name)
    np.testing.assert_equal(read.summary, measured.summary)
    assert read.seconds == measured.seconds and read.set_reasons == measured.set_reasons


def test_a_read_evaluation_can_be_resumed(measured: Evaluation, tmp_path: Path) -> None:
    read = load_evaluation(save_evaluation(measured, tmp_path / "e.json"))
    again = evaluate_groups([group_of(3, part=None)], "geometry", done=read)
    np.testing.assert_equal(plain(again), plain(measured))
    assert again.seconds == {"decomposition": 0}


def test_the_file_is_as_the_schema_says(measured: Evaluation, tmp_path: Path) -> None:
    schema = evaluation_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    document = json.loads(save_evaluation(measured, tmp_path / "e.json").read_text())
    validator.validate(document)
    assert document["rows"][0]["metrics"]["part_accuracy"] is None
    assert document["rows"][0]["reasons"]["part_accuracy"] == "no part was asked for"
    document["rows"][0]["metrics"]["q1"] = "large"
    assert list(validator.iter_errors(document))


def test_what_failed_is_counted_in_the_file(tmp_path: Path) -> None:
    evaluation = made_up({"success": np.array([1.0, np.nan, 0.0])})
    path = save_evaluation(evaluation, tmp_path / "e.json")
    summary = json.loads(path.read_text())["summary"]["success"]
    assert summary["n"] == 2 and summary["n_missing"] == 1 and summary["mean"] == 0.5
    assert summary["reasons"] == {"it flew away": 1}
    assert [item.entry for item in load_evaluation(path).failures] == ["grasp 1"]


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change, word",
    [
        (lambda d: d.update(format="handhold-grasps"), "handhold-grasps"),
        (lambda d: d.update(version=0), "version 0.*Evaluate the grasps again"),
        (lambda d: d.update(version=9), "version 9.*newer handhold"),
        (lambda d: d.pop("rows"), "'rows' is missing"),
        (lambda d: d.update(extra=1), "unknown key 'extra'"),
        (lambda d: d["rows"][0]["metrics"].pop("q1"), r"rows\[0\].metrics"),
        (lambda d: d["rows"][0]["metrics"].update(q1="x"), r"rows\[0\].metrics.q1: expected a num"),
        (lambda d: d["rows"][0]["metrics"].update(q1=None), "a reason stands for null only"),
        (lambda d: d["rows"][0].update(entry=3), r"rows\[0\].entry: expected a string"),
        (lambda d: d["objects"][0].update(overhang_mm={"hand": [1]}), "expected 2 items"),
        (lambda d: d["objects"][0].update(overhang_mm={"hand": [1e13, 1]}), "beyond 1e.12"),
        (lambda d: d["objects"][0]["sets"].pop("t_std_cm"), r"objects\[0\].sets: these are not"),
        (lambda d: d["settings"]["columns"].append("beauty"), "got 'beauty'"),
        (lambda d: d["settings"]["columns"].append("q1"), "'q1' is there twice"),
        (lambda d: d["sets"].pop("t_std_cm"), "sets: these are not the metrics"),
        (lambda d: d["sets"].update(q1=1.0), "sets: these are not the metrics"),
        (lambda d: d["sets"].update(t_std_cm=None), "a reason stands for null only"),
        (lambda d: d["set_reasons"].update(q1="why"), "set_reasons: unknown key 'q1'"),
        (lambda d: d["rows"][0]["reasons"].update(beauty="why"), "unknown key 'beauty'"),
        (lambda d: d["rows"][0]["metrics"].update(q1=1e308), "metrics.q1: got 1e.308, beyond"),
        (lambda d: d["rows"][0]["metrics"].update(q1=-1e13), "beyond 1e.12"),
        (lambda d: d["sets"].update(t_std_cm=1e13), "sets.t_std_cm: got 1e.13"),
        (lambda d: d["seconds"].update(geometry=1e300), "seconds.geometry: got"),
    ],
)
def test_other_files_are_refused_with_their_place(
    measured: Evaluation, tmp_path: Path, change: Change, word: str
) -> None:
    path = save_evaluation(measured, tmp_path / "e.json")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=word):
        load_evaluation(path)


def backwards(value: Any) -> Any:
    """The same JSON with the keys of its objects in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(item) for key, item in reversed(value.items())}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def test_the_order_of_keys_means_nothing(measured: Evaluation, tmp_path: Path) -> None:
    path = save_evaluation(measured, tmp_path / "e.json")
    path.write_text(json.dumps(backwards(json.loads(path.read_text()))))
    read = load_evaluation(path)
    np.testing.assert_equal(plain(read), plain(measured))
    assert [list(row.metrics) for row in read.rows] == [list(row.metrics) for row in measured.rows]
    assert list(read.sets) == list(measured.sets)


def test_a_mean_that_is_infinite_is_saved_as_null(tmp_path: Path) -> None:
    evaluation = made_up({"success": np.array([1.0, 0.0])})
    evaluation.summary["success"] = dataclasses.replace(
        evaluation.summary["success"], mean=np.inf, std=-np.inf
    )
    path = save_evaluation(evaluation, tmp_path / "e.json")
    summary = json.loads(path.read_text())["summary"]["success"]
    assert summary["mean"] is None and summary["std"] is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "handhold-evaluation"}', "NaN"])
def test_garbage_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "e.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"e\.json"):
        load_evaluation(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_evaluation(tmp_path / "none.json")
