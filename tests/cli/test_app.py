"""The command line as a whole: version, help, and the smaller commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

import handhold
from handhold.cli import invoke
from handhold.cli.out_folder import checked_folder
from handhold.errors import InputError


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--version"]) == 0
    assert capsys.readouterr().out == f"handhold {handhold.__version__}\n"


def test_help_lists_the_commands_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--help"]) == 0
    said = capsys.readouterr().out
    for word in (
        "grasp",
        "parts",
        "ground",
        "understand",
        "library",
        "train",
        "data",
        "cache",
        "130",
    ):
        assert word in said


@pytest.mark.parametrize(
    "command",
    [
        "grasp",
        "parts",
        "ground",
        "understand",
        "library build",
        "train cvae",
        "train instructions",
        "train segmenter",
        "data make synthetic",
        "data import",
        "data info",
        "data check",
        "data split",
        "data show",
        "data instructions",
        "data export",
        "cache",
        "cache clear",
    ],
)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([*command.split(), "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_an_unknown_command_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["fly"]) == 2
    assert "fly" in capsys.readouterr().err


def test_parts_prints_names_and_sizes_and_draws_a_picture(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["parts", "box.glb"]) == 0
    said = capsys.readouterr().out
    assert "handle" in said and "5.0 x 5.0 x 5.0" in said and "50%" in said
    with Image.open(workplace / "out" / "box" / "parts.png") as picture:
        assert picture.width > 100


def test_parts_as_json(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["parts", "box.glb", "--json", "--out", "p.png"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {part["name"] for part in document["parts"]} == {"body", "handle"}
    assert document["parts"][0]["box_lengths_m"] == pytest.approx([0.05] * 3, abs=1e-6)
    assert document["parts_provisional"] is False
    assert (document["unit"], document["up"], document["picture"]) == ("m", "y", "p.png")


def test_a_folder_is_probed_without_being_made(tmp_path: Path) -> None:
    assert checked_folder(tmp_path / "new" / "deep") == tmp_path / "new" / "deep"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(InputError, match="is a file"):
            checked_folder(folder)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system without writing")
def test_a_place_without_writing_is_an_error() -> None:
    with pytest.raises(InputError, match="cannot be written"):
        checked_folder(Path("/proc/self/handhold"))
