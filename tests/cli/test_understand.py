"""`handhold understand`: lines in, lines out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from chat_stub import Reply, said, served

from handhold.cli import invoke
from handhold.cli import understand as command
from handhold.language import LexiconReader, OtherReading, PartsView, Understanding, chat

GOOD = {"id": "a", "category": "kettle", "parts": ["body", "handle", "lid"]}
KEY = "sk-never-to-be-seen-0123456789"
ANSWER = {
    "affordance": "wrap-around-grip",
    "part": "body",
    "avoid": ["lid"],
    "confidence": 0.7,
    "runner_up": [],
    "words": [],
    "reason": "So said the model.",
}


class Offline:
    """The lexicon under another name, that remembers the categories it is told."""

    def __init__(self) -> None:
        self.categories: list[str] = []
        self.stop_at = 0

    def read(
        self,
        instruction: str,
        part_names: Sequence[str],
        *,
        affordance: str | None = None,
        part: str | None = None,
        category: str = "",
        view: Callable[[], PartsView] | None = None,
    ) -> Understanding:
        self.categories.append(category)
        if len(self.categories) == self.stop_at:
            raise KeyboardInterrupt
        found = LexiconReader().read(instruction, part_names, affordance=affordance, part=part)
        other = OtherReading("twist", None, 0.25)
        return replace(found, back_end="offline", runner_up=other, avoid=("lid",))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Offline:
    """An offline reader of ours, no endpoint, a cache and a working folder of its own."""
    reader = Offline()
    stub = ModuleType("handhold.language.offline")
    monkeypatch.setattr(stub, "default_reader", lambda: reader, raising=False)
    monkeypatch.setitem(sys.modules, "handhold.language.offline", stub)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in (chat.URL_VARIABLE, chat.MODEL_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HANDHOLD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(chat, "_FIRST_PAUSE", 0.01)
    monkeypatch.chdir(tmp_path)
    return reader


def line(number: int, instruction: str = "pour me some tea", **changed: object) -> str:
    return json.dumps(GOOD | {"id": number, "instruction": instruction} | changed)


def written(*lines: str) -> str:
    Path("in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "in.jsonl"


def answers(text: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in text.splitlines()]


def test_a_line_for_every_line_in_the_same_order(
    offline: Offline, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(line(7), "", line(3, "open the lid", category=None), line(5, parts=[]))
    assert invoke(["understand", file]) == 0
    shown = capsys.readouterr()
    first, second, third = answers(shown.out)
    assert first == {
        "id": 7,
        "affordance": "handle-grip",
        "part": "handle",
        "avoid": ["lid"],
        "confidence": first["confidence"],
        "reason": first["reason"],
        "runner_up": {"affordance": "twist", "part": None, "confidence": 0.25},
        "back_end": "offline",
        "notes": [],
    }
    assert second["id"] == 3 and second["part"] == "lid"
    assert third["id"] == 5 and third["part"] is None
    assert offline.categories == ["kettle", "", "kettle"]
    assert "3 read (3 by offline), 0 skipped" in shown.err


def test_standard_input_and_a_file_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = io.TextIOWrapper(
        io.BytesIO(("\ufeff" + line(1, "ouvre-la, s'il te pla\u00eet")).encode())
    )
    monkeypatch.setattr(sys, "stdin", text)
    assert invoke(["understand", "-", "--out", "new/out.jsonl", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")
    (answer,) = answers(Path("new/out.jsonl").read_text("utf-8"))
    assert answer["id"] == 1


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        ('{"id": "b"', "line 2: It is no JSON"),
        ("[1]", "line 2: It is no JSON object"),
        ("[" * 100_000, "line 2: It is no JSON object"),
        (line(2).replace('"id": 2, ', ""), "line 2, id: The id is missing"),
        (line(2, id=True), "line 2, id:"),
        (line(2, id=1.5), "line 2, id:"),
        (line(2, id="x" * 201), "line 2, id: The id is longer"),
        (line(1), "line 2, id: 1 is on line 1, too"),
        (line(2, category=3), "line 2, category:"),
        (line(2, parts="lid"), "line 2, parts:"),
        (line(2, parts=None), "line 2, parts:"),
        (line(2, parts=["lid", 3]), "line 2, parts[1]:"),
        (line(2, parts=["x" * 201]), "line 2, parts[0]: The name is longer"),
        (line(2, parts=["a"] * 201), "line 2, parts: There are 201 names"),
        (line(2, instruction=None), "line 2, instruction: It is missing"),
        (line(2, instruction=""), "line 2, instruction: The instruction is empty"),
        (line(2, instruction="\U0001f643"), "line 2, instruction: The instruction is empty"),
        (line(2, instruction="word " * 10_000), "line 2, instruction: It has 10000 words"),
        (line(2, instruction="x" * 300_000), "line 2: It is longer than 256 KiB"),
    ],
    ids=range(19),
)
def test_a_bad_line_is_told_with_its_field_and_skipped_or_fatal(
    bad: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(line(1), bad, line(9))
    assert invoke(["understand", file]) == 0
    shown = capsys.readouterr()
    assert [answer["id"] for answer in answers(shown.out)] == [1, 9]
    assert f"handhold: {place}" in shown.err and "2 read" in shown.err and "1 skipped" in shown.err
    assert invoke(["understand", file, "--strict", "--out", "out.jsonl"]) == 2
    assert place in capsys.readouterr().err and not Path("out.jsonl").exists()


def test_what_is_no_utf8_is_a_bad_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("in.jsonl").write_bytes(b"\xff\xfe\x00\n" + line(1).encode())
    assert invoke(["understand", "in.jsonl"]) == 0
    shown = capsys.readouterr()
    assert len(answers(shown.out)) == 1 and "line 1: It is no JSON object in UTF-8" in shown.err


def test_nothing_but_bad_lines_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["understand", written("pour me some tea"), "--out", "out.jsonl"]) == 2
    assert '"instruction"' in capsys.readouterr().err and not Path("out.jsonl").exists()


def test_an_empty_file_has_no_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["understand", written(), "--out", "out.jsonl"]) == 0
    assert Path("out.jsonl").read_text() == "" and "0 read, 0 skipped" in capsys.readouterr().err


def test_too_many_lines_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "MOST_LINES", 2)
    assert invoke(["understand", written(line(1), line(2), line(3))]) == 2
    assert "more than 2 lines" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["none.jsonl"], ["."], ["in.jsonl", "--out", "."]])
def test_files_that_cannot_be(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    written(line(1))
    assert invoke(["understand", *arguments]) == 2
    assert arguments[-1] in capsys.readouterr().err


def test_after_ctrl_c_what_is_known_is_written(
    offline: Offline, capsys: pytest.CaptureFixture[str]
) -> None:
    offline.stop_at = 3
    file = written(*(line(number) for number in range(5)))
    assert invoke(["understand", file, "--out", "out.jsonl"]) == 130
    assert len(answers(Path("out.jsonl").read_text())) == 2
    assert "out.jsonl is not complete" in capsys.readouterr().err


def test_the_lexicon_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["understand", written(line(1)), "--backend", "lexicon"]) == 0
    (answer,) = answers(capsys.readouterr().out)
    assert answer["back_end"] == "lexicon"


def test_a_model_must_be_configured_to_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["understand", written(line(1)), "--backend", "llm"]) == 2
    assert "HANDHOLD_LLM_URL" in capsys.readouterr().err


def test_a_configured_model_answers_and_its_failures_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(line(1), line(2, "unscrew the lid"))
    with served(said(ANSWER), Reply(f"bad key {KEY}", status=401)) as stub:
        monkeypatch.setenv(chat.URL_VARIABLE, stub.url)
        monkeypatch.setenv(chat.MODEL_VARIABLE, "tiny")
        monkeypatch.setenv(chat.KEY_VARIABLE, KEY)
        assert invoke(["understand", file]) == 0
    shown = capsys.readouterr()
    first, second = answers(shown.out)
    assert (first["back_end"], first["part"], first["avoid"]) == ("llm", "body", ["lid"])
    assert first["reason"] == "So said the model." and first["runner_up"] is None
    assert second["back_end"] == "offline" and "HTTP 401" in second["notes"][0]
    assert "2 read (1 by llm, 1 by offline), 0 skipped" in shown.err
    assert KEY not in shown.out + shown.err


def test_every_answer_is_printed_as_soon_as_it_is_known(
    offline: Offline, capsys: pytest.CaptureFixture[str]
) -> None:
    offline.stop_at = 2
    assert invoke(["understand", written(line(1), line(2))]) == 130
    assert len(answers(capsys.readouterr().out)) == 1
