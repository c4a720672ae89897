"""A mistake in what was given: exit code 2, one line that says what to do, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lumpy_flask import write_glb

from handhold.cli import invoke
from handhold.grasps import AFFORDANCES

Write = Callable[[Path], Path]


def _obj(corners: np.ndarray) -> Write:
    """A tetrahedron with these corners (4, 3), as OBJ."""

    def write(folder: Path) -> Path:
        lines = [f"v {x} {y} {z}" for x, y, z in corners]
        lines += ["f 1 3 2", "f 1 2 4", "f 2 3 4", "f 1 4 3"]
        return _text(folder / "given.obj", "\n".join(lines))

    return write


def _text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _bytes(name: str, data: bytes) -> Write:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


def _truncated(folder: Path) -> Path:
    path = write_glb(folder / "given.glb")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _folder(folder: Path) -> Path:
    (folder / "given.obj").mkdir()
    return folder / "given.obj"


def _flask(folder: Path) -> Path:
    return write_glb(folder / "flask.glb")


CORNERS = np.array([[0.0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]])
KILOMETRES = 3000 * CORNERS / 0.1
NOT_A_NUMBER = np.where(CORNERS[1, 0] == CORNERS, np.nan, CORNERS)
INFINITE = np.where(CORNERS[1, 0] == CORNERS, np.inf, CORNERS)
NOISE = bytes(range(256)) * 8

MISTAKES: dict[str, tuple[Write, list[str], str]] = {
    "missing file": (lambda folder: folder / "none.obj", [], "none.obj"),
    "a folder": (_folder, [], "given.obj"),
    "unknown format": (_bytes("given.docx", NOISE), [], "GLB"),
    "noise as OBJ": (_bytes("given.obj", NOISE), [], "given.obj"),
    "noise as PLY": (_bytes("given.ply", NOISE), [], "given.ply"),
    "noise as STL": (_bytes("given.stl", NOISE), [], "given.stl"),
    "noise as GLB": (_bytes("given.glb", NOISE), [], "GLB"),
    "empty file": (_bytes("given.obj", b""), [], "given.obj"),
    "no faces": (_bytes("given.off", b"OFF\n0 0 0\n"), [], "given.off"),
    "truncated GLB": (_truncated, [], "truncated"),
    "NaN vertices": (_obj(NOT_A_NUMBER), [], "finite"),
    "infinite vertices": (_obj(INFINITE), [], "finite"),
    "zero size": (_obj(0 * CORNERS), [], "zero size"),
    "3 km, unit unstated": (_obj(KILOMETRES), [], "--unit"),
    "3 km, in metres": (_obj(KILOMETRES), ["--unit", "m"], "3000 m"),
    "unknown part": (_flask, ["--part", "spout"], "body, lid"),
    "unknown affordance": (_flask, ["--affordance", "hug"], ", ".join(AFFORDANCES)),
    "unknown unit": (_flask, ["--unit", "furlong"], "mm"),
    "unknown device": (_flask, ["--device", "abacus"], "cpu"),
    "no grasps wanted": (_flask, ["-n", "0"], "1"),
    "missing file of parts": (_flask, ["--parts", "none.json"], "none.json"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_in_one_line_and_nothing_is_written(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write, flags, expected = MISTAKES[name]
    monkeypatch.chdir(tmp_path)
    given = write(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert invoke(["grasp", str(given), "pick it up", "--quiet", *flags]) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("handhold: ")
    assert said.out == ""
    assert sorted(tmp_path.rglob("*")) == before
    # Parts may come in any order.
    for word in expected.split(", "):
        assert word.lower() in line.lower()


@pytest.mark.parametrize("instruction", ["", "   ", "\n\t"])
def test_an_empty_instruction_is_refused(
    instruction: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh = write_glb(tmp_path / "flask.glb")
    out = tmp_path / "out"
    assert invoke(["grasp", str(mesh), instruction, "--out", str(out)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "instruction" in line
    assert not out.exists()


def test_a_place_that_cannot_be_a_folder_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh = write_glb(tmp_path / "flask.glb")
    blocker = _text(tmp_path / "file", "")
    assert invoke(["grasp", str(mesh), "pick it up", "--out", str(blocker / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--out" in line
    assert blocker.read_text() == ""
