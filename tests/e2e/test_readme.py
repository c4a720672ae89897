"""The README's Python runs as it is printed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lumpy_flask import write_glb

import handhold
from handhold.pipeline import GraspSettings, run, settings
from handhold.refine import FAST

README = Path(__file__).resolve().parents[2] / "README.md"


def _snippet() -> str:
    (found,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    return str(found)


def test_it_is_about_ten_lines() -> None:
    assert len([line for line in _snippet().splitlines() if line]) <= 13


def test_its_names_exist() -> None:
    for name in set(re.findall(r"handhold\.(\w+)", _snippet())):
        assert hasattr(handhold, name)


def test_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A flask takes the kettle's place, and the refinement is cut short.
    monkeypatch.chdir(tmp_path)
    write_glb(tmp_path / "kettle.glb")
    hasty = replace(FAST, steps_extrinsic=3, steps_all=4)
    monkeypatch.setitem(settings.SCHEDULES, "full", hasty)
    monkeypatch.setattr(run, "GraspSettings", lambda: GraspSettings(n=1, seeds=2, device="cpu"))
    names: dict[str, object] = {}
    exec(compile(_snippet(), str(README), "exec"), names)
    result, batch = names["result"], names["batch"]
    assert isinstance(batch, handhold.GraspBatch)
    assert isinstance(result, handhold.GraspResult)
    assert batch.equals(result.batch)
    assert isinstance(names["meshes"], list) and len(names["meshes"]) == len(batch)
    said = capsys.readouterr().out
    assert "pour" in said and "lid" in said
    assert (tmp_path / "out" / "kettle" / "report.html").is_file()
