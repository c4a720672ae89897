"""`handhold grasp`: what it hands on, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_stub import StubPipeline

from handhold.cli import invoke
from handhold.errors import InputError
from handhold.grasps import load_grasps

COMMAND = ["grasp", "box.glb", "pour me some tea"]


def test_a_run_writes_to_out_under_the_name_of_the_mesh(
    pipeline: StubPipeline, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(COMMAND) == 0
    assert len(load_grasps(workplace / "out" / "box" / "grasps.json")) == 8
    said = capsys.readouterr()
    assert "handle-grip at handle" in said.out
    assert "0.12" in said.out  # depth, cm
    assert "1 of 8 began as samples of the network" in said.out
    assert "out/box: grasps.json" in said.out
    assert "refine" in said.err and "half way" in said.err


def test_every_flag_reaches_the_pipeline(pipeline: StubPipeline, workplace: Path) -> None:
    flags = "-n 3 --part body --affordance twist --unit in --up x --seed 7 --seeds 5 --device cpu"
    flags += " --avoid lid --avoid spout"
    assert invoke([*COMMAND, *flags.split(), "--schedule", "fast", "--out", "there"]) == 0
    (call,) = pipeline.calls
    assert (call["part"], call["affordance"]) == ("body", "twist")
    assert call["avoid"] == ["lid", "spout"]
    assert call["settings"] == StubPipeline.GraspSettings(3, 5, 7, "cpu", "fast")
    assert (call["asset"].frame.unit, call["asset"].frame.up) == ("in", "x")
    assert (workplace / "there" / "grasps.json").is_file()


def test_pictures_and_report_can_be_left_out(pipeline: StubPipeline, workplace: Path) -> None:
    assert invoke(COMMAND) == invoke([*COMMAND, "--no-report"]) == 0
    assert pipeline.reports == [True, False]


def test_json_is_one_document_and_nothing_else(
    pipeline: StubPipeline, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke([*COMMAND, "--json", "--quiet", "-n", "2"]) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert said.err == ""
    assert (document["format"], document["version"], document["exit_code"]) == (
        ("handhold-run", 1, 0)
    )
    assert document["understanding"]["words"] == ["pour"]
    first, _ = document["grasps"]
    assert first["quaternion_wxyz"] == [1, 0, 0, 0]
    assert first["metrics"] == {"penetration_depth_cm": 0.125, "part_accuracy": None}
    assert document["files"] == {"grasps": str(Path("out/box/grasps.json"))}


def test_quiet_says_nothing(
    pipeline: StubPipeline, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke([*COMMAND, "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.out == said.err == ""


def test_no_acceptable_grasp_is_exit_code_3_with_the_reason(
    pipeline: StubPipeline, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.acceptable = False
    assert invoke(COMMAND) == 3
    assert "No grasp was good enough" in capsys.readouterr().out
    assert (workplace / "out" / "box" / "grasps.json").is_file()


def test_ctrl_c_keeps_what_is_finished_and_exits_with_130(
    pipeline: StubPipeline, workplace: Path
) -> None:
    pipeline.interrupt = True
    assert invoke(COMMAND) == 130
    assert (workplace / "out" / "box" / "grasps.json").is_file()


def test_ctrl_c_before_anything_is_finished_writes_nothing(
    pipeline: StubPipeline, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.error = KeyboardInterrupt()
    assert invoke(COMMAND) == 130
    assert capsys.readouterr().err.splitlines()[-1].endswith("before anything was finished.")
    assert not (workplace / "out").exists()


def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(
    pipeline: StubPipeline, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.error = InputError("The object has\nno part 'x'.", "Its parts are: a.")
    assert invoke([*COMMAND, "--quiet"]) == 2
    said = capsys.readouterr()
    assert said.err == "handhold: The object has no part 'x'. Its parts are: a.\n"
    assert said.out == ""
    assert not (workplace / "out").exists()


def test_a_bug_is_one_line_and_exit_code_1(
    pipeline: StubPipeline,
    workplace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipeline.error = ZeroDivisionError("by zero")
    assert invoke([*COMMAND, "--quiet"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "bug of handhold (ZeroDivisionError: by zero)" in line
    monkeypatch.setenv("HANDHOLD_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        invoke(COMMAND)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grasp", "box.glb", "  "], "instruction is empty"),
        (["grasp", "box.glb"], "Missing argument 'INSTRUCTION'"),
        ([*COMMAND, "--affordance", "hug"], "'hug' is no affordance. Choose one of: handle-grip"),
        ([*COMMAND, "--unit", "ft"], "'ft' is not one of"),
        ([*COMMAND, "-n", "0"], "--number"),
        ([*COMMAND, "--part", "lid"], "no part 'lid'. Its parts are: "),
        (["grasp", "none.obj", "lift it"], "none.obj"),
        ([*COMMAND, "--out", "box.glb/there"], "is a file, not a folder"),
        ([*COMMAND, "--wings"], "--wings"),
    ],
)
def test_bad_input_is_refused_in_one_line_and_writes_nothing(
    pipeline: StubPipeline,
    workplace: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    assert invoke([*arguments, "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert sorted(path.name for path in workplace.iterdir()) == ["box.glb"]


def test_what_can_be_refused_at_once_does_not_wait_for_the_mesh(
    pipeline: StubPipeline, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["grasp", "none.obj", "lift it", "--out", "box.glb"]) == 2
    assert "not a folder" in capsys.readouterr().err
