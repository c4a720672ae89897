"""How a run ends that does not go as hoped: no good grasp (3), Ctrl-C (130)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from flask_run import INSTRUCTION
from PIL import Image

import handhold.pipeline
from handhold.cli import invoke
from handhold.grasps import load_grasps
from handhold.pipeline import GraspResult, seeds

FLAGS = ["--schedule", "fast", "--device", "cpu", "-n", "1"]


def _without_pictures(result: GraspResult, folder: Path, *, report: bool) -> dict[str, Path]:
    return {"grasps": result.batch.save(folder / "grasps.json")}


@pytest.fixture
def rod_in_a_tube(tmp_path: Path) -> Path:
    """A thin rod deep in a tube, z up: whoever grasps the rod holds the tube."""
    tube = trimesh.creation.annulus(r_min=0.018, r_max=0.022, height=0.16, sections=32)
    rod = trimesh.creation.cylinder(0.004, 0.04, sections=16)
    lines, first = [], 1
    for name, mesh in (("tube", tube), ("rod", rod)):
        lines += [f"g {name}", *(f"v {x} {y} {z}" for x, y, z in mesh.vertices)]
        lines += [f"f {a} {b} {c}" for a, b, c in mesh.faces + first]
        first += len(mesh.vertices)
    path = tmp_path / "tube.obj"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.usefixtures("few_steps")
def test_no_acceptable_grasp_is_exit_code_3_with_the_best_attempt_and_the_reason(
    rod_in_a_tube: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "grasp_07.glb").write_text("of an earlier run")
    arguments = ["grasp", str(rod_in_a_tube), "hold it", "--out", str(out), "--seeds", "2"]
    flags = ["--part", "rod", "--affordance", "wrap-around-grip", *FLAGS]
    assert invoke([*arguments, *flags]) == 3
    said = capsys.readouterr().out
    assert "None of 2 refined grasps is acceptable" in said
    batch = load_grasps(out / "grasps.json")
    assert len(batch) == 1
    assert not batch.acceptable[0]
    assert batch.reason[0] and batch.reason[0].split(" (")[0] in " ".join(said.split())
    with Image.open(out / "overview.png") as picture:
        assert np.asarray(picture.convert("L"), dtype=float).std() > 5
    assert batch.reason[0].split(" (")[0] in (out / "report.html").read_text()
    assert [path.name for path in out.glob("grasp_*.glb")] == ["grasp_01.glb"]


@pytest.mark.usefixtures("few_steps")
def test_ctrl_c_keeps_what_is_refined_and_exits_with_130(
    flask_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real, calls = seeds.refine, []

    def stopped(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:  # all seeds' first stage, then the second stage, two seeds at once
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(seeds, "refine", stopped)
    monkeypatch.setattr(seeds, "REFINED_AT_ONCE", 2)
    monkeypatch.setattr(handhold.pipeline, "write_outputs", _without_pictures)
    arguments = ["grasp", str(flask_file), INSTRUCTION, "--out", str(tmp_path), "--seeds", "4"]
    assert invoke([*arguments, *FLAGS, "--json", "--quiet"]) == 130
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 130
    assert len(calls) == 3
    assert len(load_grasps(tmp_path / "grasps.json")) == 1
