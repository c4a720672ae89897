"""`handhold evaluate` and `handhold compare`: files in, tables, files and films out."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
import trimesh
from grasped_rod import moved_up, write_grasps, write_rod
from PIL import Image

from handhold.cli import invoke
from handhold.evaluate import load_evaluation


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with rod.obj, held.json (3 grasps) and away.json (they miss)."""
    monkeypatch.chdir(tmp_path)
    mesh = write_rod(Path("rod.obj"))
    write_grasps(Path("away.json"), mesh, change=moved_up)
    return write_grasps(Path("held.json"), mesh)


def _csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_held_rod_holds_and_a_missed_one_falls(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["evaluate", "held.json", "away.json", "--format", "csv", "-q"]) == 0
    good, bad = _csv(capsys.readouterr().out)
    assert (good["file"], bad["file"], good["profile"]) == ("held", "away", "handhold/1")
    assert float(good["success"]) == 1.0 and float(bad["success"]) == 0.0
    assert float(good["displacement_worst_cm"]) < 0.5
    assert float(bad["displacement_worst_cm"]) == pytest.approx(10.72, abs=0.01)
    assert float(bad["disjointness_cm"]) > 10 and float(bad["contact_ratio"]) == 0.0
    assert float(good["q1"]) > 0.01 and float(bad["q1"]) == 0.0
    assert (good["n"], good["failures"]) == ("3", "0")


def test_the_terminal_sees_each_grasp_and_the_mean(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["evaluate", "held.json", "--profile", "geometry"]) == 0
    said = capsys.readouterr()
    assert "3 grasps by human on rod; 0 failed or skipped; profile geometry/1" in said.out
    assert "Penetration depth (cm)" in said.out and "spread" in said.out
    assert "geometry" in said.err


def test_the_saved_evaluation_is_resumed_and_not_judged_again(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "held.json", "--profile", "geometry", "--out", "judged", "-q"]
    assert invoke(command) == 0
    path = Path("judged/held.evaluation.json")
    document = json.loads(path.read_text())
    document["rows"][0]["metrics"]["q1"] = 0.5  # a mark that a new run would not leave
    path.write_text(json.dumps(document))
    assert invoke([*command, "--resume"]) == 0
    assert load_evaluation(path).rows[0].metrics["q1"] == 0.5
    assert invoke(command) == 0
    assert load_evaluation(path).rows[0].metrics["q1"] != 0.5


def test_no_evaluation_is_written_over_that_of_another_input(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "grasps.json").write_text(held.read_text())
    judged = ["--profile", "geometry", "--out", "judged", "-q", "--mesh", "rod.obj"]
    assert invoke(["evaluate", "a/grasps.json", *judged]) == 0
    assert invoke(["evaluate", "a/grasps.json", "b/grasps.json", *judged, "--resume"]) == 0
    names = sorted(path.name for path in Path("judged").iterdir())
    assert names == ["a-grasps.evaluation.json", "b-grasps.evaluation.json"]
    Path("other").mkdir()
    Path("other/held.json").write_text(held.read_text())
    assert invoke(["evaluate", "held.json", *judged]) == 0
    assert invoke(["evaluate", "other/held.json", *judged]) == 2
    assert "holds the evaluation of 'held.json'" in capsys.readouterr().err


def test_resuming_fewer_grasps_loses_none(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "held.json", "--profile", "geometry", "--out", "judged", "-q"]
    assert invoke(command) == 0
    assert invoke([*command, "--resume", "--limit", "1"]) == 2
    assert "holds 3 grasps" in capsys.readouterr().err
    assert len(load_evaluation("judged/held.evaluation.json")) == 3


def test_ctrl_c_says_what_is_kept(
    held: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("handhold.evaluate.evaluate_groups", stopped)
    assert invoke(["evaluate", "held.json", "--out", "judged", "-q"]) == 130
    assert "go on with --resume" in capsys.readouterr().err
    assert invoke(["evaluate", "held.json", "-q"]) == 130
    assert "Nothing was kept" in capsys.readouterr().err


def test_bad_entries_are_named_or_listed(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(held.read_text())
    document["grasps"][1]["joints"][1] = 3.0
    held.write_text(json.dumps(document))
    command = ["evaluate", "held.json", "--profile", "geometry"]
    assert invoke(command) == 2
    assert "held[1]" in capsys.readouterr().err
    assert invoke([*command, "--keep-going"]) == 0
    said = capsys.readouterr()
    assert "2 grasps by human" in said.out and "skipped" in said.err and "held[1]" in said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate"], "nothing to judge"),
        (["evaluate", "none.json"], "none.json"),
        (["evaluate", "held.json", "--profile", "nonsense"], "handhold/1"),
        (["evaluate", "held.json", "--resume"], "--out"),
        (["evaluate", "held.json", "--mesh", "gone.obj"], "gone.obj"),
        (["evaluate", "held.json", "held.json"], "given twice"),
        (["evaluate", "held.json", "--unit", "mm"], "--hand-mesh"),
        (["evaluate", "held.json", "--mesh-root", "nowhere"], "no folder 'nowhere'"),
        (["evaluate", "held.json", "--columns", "depth", "--format", "md"], "its columns"),
        (["evaluate", "held.json", "--columns", "q1"], "--format"),
        (["evaluate", "held.json", "away.json", "--rows", "grasp", "--format", "md"], "one file"),
        (["evaluate", "held.json", "--film", "a.png", "--film-direction", "up"], "+x, -x"),
        (["evaluate", "--hand-mesh", "rod.obj"], "--mesh"),
        (["evaluate", "held.json", "--profile", "geometry", "--film", "a.png"], "no physics"),
        (["evaluate", "held.json", "--film", "a.mp4"], ".gif"),
        (["evaluate", "held.json", "--profile", "obman", "--film", "a.png", "--film-grasp", "9"],
         "There are 3"),
        (["evaluate", "rod.obj"], "grasps.json of handhold"),
        (["compare", "held.json", "none.json", "--profile", "geometry"], "none.json"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(
    held: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert invoke(arguments) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("handhold:")]
    assert len(lines) == 1 and message.lower() in lines[0].lower()


def test_a_film_is_a_strip_or_moves(held: Path) -> None:
    command = ["evaluate", "held.json", "--profile", "obman", "-q", "--film"]
    assert invoke([*command, "strip.png"]) == 0
    with Image.open("strip.png") as strip:
        assert strip.width > 4 * strip.height
    assert invoke([*command, "trial.gif", "--film-grasp", "2", "--film-direction", "+z"]) == 0
    with Image.open("trial.gif") as film:
        assert film.n_frames > 10


def test_any_two_meshes_in_one_frame(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand = trimesh.creation.box((0.1, 0.08, 0.02))
    hand.apply_translation((0, 0, 0.018 + 0.01 - 0.002))  # 2 mm in
    hand.export("hand.obj")
    command = ["evaluate", "--hand-mesh", "hand.obj", "--mesh", "rod.obj", "--unit", "m"]
    assert invoke([*command, "--profile", "obman", "--format", "json", "-q"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["penetration_depth_cm"] == 0.0  # no corner of the box is inside
    assert row["displacement_worst_cm"] > 0.0
    film = ["--film", "rigid.png"]  # of obman, though six-axis is the last of the profile
    assert invoke(["evaluate", "--hand-mesh", "hand.obj", "--mesh", "rod.obj", *film]) == 0
    assert Path("rigid.png").is_file()


def test_the_meshes_may_lie_in_the_folder_of_the_grasps(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("set/meshes").mkdir(parents=True)
    held.rename("set/held.json")
    Path("rod.obj").rename("set/meshes/rod.obj")
    command = ["evaluate", "set/held.json", "--profile", "geometry", "-q"]
    assert invoke(command) == 2
    assert invoke([*command, "--mesh-root", "meshes"]) == 0


def test_grasps_are_judged_like_the_evaluation_they_are_compared_with(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["evaluate", "held.json", "--profile", "geometry", "--out", "judged", "-q"]) == 0
    assert invoke(["compare", "judged/held.evaluation.json", "held.json"]) == 0
    said = capsys.readouterr()
    assert "profile geometry/1" in said.err


def test_the_python_of_the_metrics_page_runs(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
    (snippet,) = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    held.rename("grasps.json")
    exec(compile(snippet, str(page), "exec"), {})
    said = capsys.readouterr().out
    assert "| mine |" in said and said.rstrip().endswith("0.5")


def test_comparing_finds_what_was_made_worse(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged = ["--profile", "geometry", "--out", "judged", "-q"]
    assert invoke(["evaluate", "held.json", "away.json", *judged]) == 0
    files = [f"judged/{name}.evaluation.json" for name in ("held", "away")]
    capsys.readouterr()
    for first, second in (files, ["held.json", "away.json"]):
        command = ["compare", first, second, "--profile", "geometry", "--format", "csv"]
        assert invoke(command) == 0
        said = capsys.readouterr()
        rows = {row["metric"]: row for row in _csv(said.out)}
        assert float(rows["contact_ratio"]["b - a"]) == -1.0
        assert float(rows["contact_ratio"]["b wins"]) == 0.0
        assert "3 pairs by" in said.err
