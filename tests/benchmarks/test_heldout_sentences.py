"""The held-out sentences are well formed, and none of them is trained on."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import handhold.synthesis
from handhold.grasps import AFFORDANCES

HELDOUT = Path(__file__).parents[2] / "benchmarks" / "sentences" / "heldout.jsonl"
TRAINING = Path(handhold.synthesis.__file__).parent
KEYS = {"id", "category", "parts", "instruction", "affordance", "part", "avoid"}


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _plain(sentence: str) -> str:
    """The sentence without differences of case and space."""
    return " ".join(sentence.lower().split())


@pytest.fixture(scope="module")
def sentences() -> list[dict]:
    return _lines(HELDOUT)


def test_every_line_has_the_keys_and_an_id_of_its_own(sentences: list[dict]) -> None:
    assert len(sentences) >= 300
    assert all(set(line) == KEYS for line in sentences)
    assert len({line["id"] for line in sentences}) == len(sentences)


def test_labels_are_affordances_and_parts_of_the_object(sentences: list[dict]) -> None:
    for line in sentences:
        parts, avoid = line["parts"], line["avoid"]
        assert line["category"] and line["instruction"].strip(), line
        assert 2 <= len(parts) <= 7 and len(set(parts)) == len(parts), line
        assert line["affordance"] in AFFORDANCES, line
        assert line["part"] in parts and line["part"] not in avoid, line
        assert set(avoid) <= set(parts) and len(set(avoid)) == len(avoid), line


def test_every_affordance_is_measured(sentences: list[dict]) -> None:
    counts = Counter(line["affordance"] for line in sentences)
    assert all(counts[affordance] >= 25 for affordance in AFFORDANCES), counts


def test_no_sentence_stands_twice(sentences: list[dict]) -> None:
    counts = Counter(_plain(line["instruction"]) for line in sentences)
    assert not [sentence for sentence, count in counts.items() if count > 1]


def test_no_sentence_is_trained_on(sentences: list[dict]) -> None:
    trained = {
        _plain(value)
        for path in TRAINING.glob("handwritten*.jsonl")
        for line in _lines(path)
        for value in line.values()
        if isinstance(value, str)
    }
    assert not {_plain(line["instruction"]) for line in sentences} & trained
