"""`handhold data` as a user types it, on a small data set."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.append(str(Path(__file__).resolve().parents[1] / "datasets" / "store"))

from small_store import PER_OBJECT, box_object, grasp, make_store

from handhold.cli.app import invoke
from handhold.datasets.grasps_file import read_grasps_file
from handhold.datasets.store import GraspStore


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("data") / "set").folder


def test_info_counts(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["data", "info", str(data)]) == 0
    said = capsys.readouterr().out
    assert "36 grasps of 9 objects in 3 categories" in said
    for word in ("handle-grip", "kettle", "made for tests", "16 joints"):
        assert word in said
    assert invoke(["data", "info", str(data), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["grasps"] == 36 and document["by_category"]["mug"] == 3 * PER_OBJECT


def test_check_says_so_if_there_is_no_fault_and_shows_the_papers_counts(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["data", "check", str(data)]) == 0
    said = capsys.readouterr().out
    assert "No faults in 36 grasps" in said
    assert "26,709" in said and "yours" in said


def test_check_names_a_fault_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_store(tmp_path / "set", per_category=1).folder
    next(folder.glob("objects/*/*.npz")).write_bytes(b"")
    assert invoke(["data", "check", str(folder)]) == 2
    both = capsys.readouterr()
    assert "object file: objects/" in both.out and "1 faults" in both.err
    assert invoke(["data", "check", str(folder), "--json"]) == 2
    assert len(json.loads(capsys.readouterr().out)["faults"]) == 1


def test_split_then_choose_a_piece(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_store(tmp_path / "set").folder
    assert invoke(["data", "split", str(folder), "--ratios", "1:1:1"]) == 0
    assert "unseen: 3 objects, 12 grasps" in capsys.readouterr().out
    out = tmp_path / "out"
    command = ["data", "export", str(folder), "--to", "jsonl", "--split", "train"]
    assert invoke([*command, "--out", str(out)]) == 0
    assert len((out / "grasps.jsonl").read_text().splitlines()) == 2 * PER_OBJECT
    assert invoke(["data", "split", str(folder), "--ratios", "8-1-1"]) == 2
    assert "8:1:1" in capsys.readouterr().err


def test_show_draws_a_page(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "sheet.png"
    command = ["data", "show", str(data), "--grid", "2", "--category", "mug"]
    assert invoke([*command, "--out", str(picture)]) == 0
    assert "2 of 12 grasps" in capsys.readouterr().out
    drawn = np.asarray(Image.open(picture).convert("RGB"))
    assert drawn.shape[1] > 500 and drawn.std() > 10
    assert invoke(["data", "show", str(data), "--category", "sieve"]) == 2
    assert "No grasp" in capsys.readouterr().err


def test_instructions_are_listed_and_written_by_the_grammar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDHOLD_LLM_URL", raising=False)
    folder = make_store(tmp_path / "set", per_category=1).folder
    assert invoke(["data", "instructions", str(folder), "--category", "mug"]) == 0
    said = capsys.readouterr().out
    assert "mug, handle-grip, handle: 3" in said and "Row 0, please." in said
    assert invoke(["data", "instructions", str(folder), "--write", "--json"]) == 0
    uses = json.loads(capsys.readouterr().out)["uses"]
    texts = {use["category"]: use["instructions"] for use in uses if use["part"] == "handle"}
    assert any("mug" in text for text in texts["mug"])
    assert "Row 0, please." not in texts["mug"]
    assert len(GraspStore(folder)) == 12


def test_export_as_a_table(data: Path, tmp_path: Path) -> None:
    command = ["data", "export", str(data), "--to", "csv", "--limit", "5", "--out", str(tmp_path)]
    assert invoke(command) == 0
    rows = list(csv.DictReader((tmp_path / "grasps.csv").open()))
    first = next(iter(GraspStore(data).records()))
    assert len(rows) == 5 and rows[0]["id"] == first.id
    assert float(rows[0]["thumb_distal"]) == pytest.approx(first.joints[15], abs=1e-5)
    assert (tmp_path / rows[0]["mesh"]).is_file()


def test_exported_grasps_are_read_by_the_judge(data: Path, tmp_path: Path) -> None:
    command = ["data", "export", str(data), "--out", str(tmp_path), "--category", "pot"]
    assert invoke(command) == 0
    store = GraspStore(data)
    wanted = {r.id: r for r in store.records() if r.category == "pot"}
    files = sorted(tmp_path.glob("*/human/grasps.json"))
    assert len(files) == 3
    found = [group for file in files for group in read_grasps_file(file).groups]
    places = np.concatenate([group.poses.translation for group in found])  # type: ignore[union-attr]
    assert np.allclose(
        sorted(map(tuple, np.round(places, 5))),
        sorted(tuple(np.round(r.translation, 5)) for r in wanted.values()),
        atol=2e-5,
    )


def test_grasps_of_two_hands_are_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    joints = ("a", "b")
    claw = replace(box_object(1), grasps=(grasp(1, 0), grasp(1, 1, hand="claw", joints=[0.1, 0.2])))
    folder = make_store(tmp_path / "set", [claw], hands={"claw": joints}).folder
    command = ["data", "export", str(folder), "--out", str(tmp_path / "out"), "--to"]
    assert invoke([*command, "csv"]) == 2
    assert "several hands" in capsys.readouterr().err
    assert invoke([*command, "jsonl"]) == 0
    lines = (tmp_path / "out" / "grasps.jsonl").read_text().splitlines()
    assert [json.loads(line)["joint_names"] for line in lines][1] == list(joints)


def test_what_no_category_and_no_piece_is_called_is_a_mistake(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["data", "show", str(data), "--split", "trian"]) == 2
    assert "train, validation, test, unseen" in capsys.readouterr().err
    out = ["--out", str(tmp_path / "made")]
    assert invoke(["data", "make", "synthetic", "--category", "sieve", *out]) == 2
    assert "kettle" in capsys.readouterr().err
    assert invoke(["data", "make", "synthetic", "--recorded", "--objects", "3", *out]) == 2
    assert "--recorded" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("command", ["info", "check", "split", "show", "instructions", "export"])
def test_a_folder_without_a_data_set_is_a_mistake(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["data", command, str(tmp_path)]) == 2
    assert "no data set" in capsys.readouterr().err


def test_importing_something_unknown_or_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "out")]
    assert invoke(["data", "import", "graspnet", str(tmp_path), *out]) == 2
    assert "affordpose" in capsys.readouterr().err
    assert invoke(["data", "import", "affordpose", str(tmp_path / "no"), *out]) == 2
    assert "no folder" in capsys.readouterr().err
    assert invoke(["data", "import", "oakink", str(tmp_path), "--mano", "no.pkl", *out]) == 2
    assert "--mano" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
