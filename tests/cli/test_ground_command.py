"""`handhold ground` and `handhold parts --find`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from handhold.cli import invoke

LEXICON = ["--backend", "lexicon"]


def test_the_chain_is_told_and_drawn(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["ground", "box.glb", "lift it by the handle", *LEXICON]) == 0
    said = capsys.readouterr().out
    for words in ("handle-grip", "handle", "50% of the surface, by name", "lexicon"):
        assert words in said
    with Image.open(workplace / "out" / "box" / "ground.png") as picture:
        assert picture.width > 100


def test_all_of_it_as_json(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["ground", "box.glb", "lift it by the handle", *LEXICON, "--avoid", "body"]
    assert invoke([*command, "--json", "--out", "g.png"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["version"]) == ("handhold-grounding", 1)
    assert (document["affordance"], document["part"]) == ("handle-grip", "handle")
    assert document["avoid"] == ["body"]
    assert document["region"]["found_by"] == "name"
    assert document["region"]["area_share"] == pytest.approx(0.5)
    assert document["picture"] == "g.png"


def test_both_stated_nobody_is_asked(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--affordance", "press", "--part", "grip", "--json", *LEXICON]
    assert invoke(["ground", "box.glb", "whatever", *flags]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["part"], document["back_end"], document["confidence"]) == (
        ("handle", "user", 1.0)
    )


def test_an_ambiguous_sentence_is_an_error_where_that_is_asked_for(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vague = ["ground", "box.glb", "take it or press it", *LEXICON]
    assert invoke(vague) == 0
    assert "too" in capsys.readouterr().out
    assert invoke([*vague, "--strict"]) == 2
    assert "ambiguous" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--part", "--avoid"])
def test_a_part_that_is_not_there_is_a_mistake(
    flag: str, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["ground", "box.glb", "lift it", flag, "propeller", *LEXICON]) == 2
    assert "handle, body" in capsys.readouterr().err


def test_a_detector_that_is_not_there_is_a_mistake(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    assert invoke(["ground", "box.glb", "lift it", "--detector", "nowhere", *LEXICON]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_find_shows_one_part(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["parts", "box.glb", "--find", "grip"]) == 0
    assert "handle" in capsys.readouterr().out
    assert invoke(["parts", "box.glb", "--find", "handle", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["find"], document["area_share"]) == ("handle", pytest.approx(0.5))
    assert invoke(["parts", "box.glb", "--find", "propeller"]) == 2
    assert "handle, body" in capsys.readouterr().err
