"""The sentences written for the trained head: well formed, about nothing kept out, varied."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from handhold.grasps import AFFORDANCES
from handhold.synthesis import SEEN, UNSEEN
from handhold.train.instruction_examples import (
    handwritten_examples,
    handwritten_paths,
    to_be_learned,
)
from handhold.train.kept_out import is_kept_out

KEYS = {"category", "parts", "instruction", "affordance", "part", "avoid"}
FEWEST = 15_000
FEWEST_PER_AFFORDANCE = 1200
FEWEST_AVOIDING = 3000
FEWEST_PER_CATEGORY = 80
FEWEST_OBJECTS = 500


@cache
def sentences() -> tuple[dict[str, Any], ...]:
    texts = [path.read_text(encoding="utf-8") for path in handwritten_paths()]
    return tuple(json.loads(line) for text in texts for line in text.splitlines())


def _words(sentence: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+", sentence.lower()))


def test_every_line_has_the_keys_and_types() -> None:
    for line in sentences():
        assert set(line) == KEYS, line
        assert all(isinstance(line[key], str) for key in KEYS - {"parts", "avoid"})
        assert all(line[key] for key in KEYS - {"avoid", "category"})
        assert line["instruction"] == line["instruction"].strip()
        assert all(isinstance(name, str) and name for name in (*line["parts"], *line["avoid"]))


def test_labels_are_affordances_and_parts_of_the_object() -> None:
    for line in sentences():
        assert line["affordance"] in AFFORDANCES, line
        assert len(set(line["parts"])) == len(line["parts"]), line
        assert line["part"] in line["parts"], line
        assert set(line["avoid"]) <= set(line["parts"]) - {line["part"]}, line
        assert len(set(line["avoid"])) == len(line["avoid"]), line


def test_sentences_by_file_are_about_seen_categories_or_everyday_things() -> None:
    for path in handwritten_paths():
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        categories = {line["category"] for line in lines}
        assert (categories <= set(SEEN)) == path.name.startswith("handwritten")


def test_nothing_that_is_measured_is_learned_from() -> None:
    learned = {example.category for example in to_be_learned(handwritten_examples())}
    assert not {category for category in learned if is_kept_out(category)}
    assert not learned & set(UNSEEN)
    assert set(SEEN) <= learned
    assert len(learned) > FEWEST_OBJECTS


def test_all_that_readers_are_measured_on_is_kept_out() -> None:
    held_out = Path(__file__).parents[2] / "benchmarks" / "sentences" / "heldout.jsonl"
    measured = {example.category for example in handwritten_examples(held_out)}
    assert {category for category in measured if not is_kept_out(category)} <= set(SEEN)
    assert all(is_kept_out(category) for category in UNSEEN)
    assert is_kept_out("Hair_Dryer") and is_kept_out("wine glass")
    assert not is_kept_out("mug") and not is_kept_out("")


@pytest.mark.parametrize("category", UNSEEN)
def test_no_sentence_that_is_learned_speaks_of_an_unseen_category(category: str) -> None:
    name = re.compile(rf"\b{category.replace('-', '[ -]?')}s?\b", re.IGNORECASE)
    kept = to_be_learned(handwritten_examples())
    assert [example.text for example in kept if name.search(example.text)] == []
    assert len(kept) > 0.97 * len(sentences())


def test_there_are_enough_of_every_kind() -> None:
    lines = sentences()
    affordances = Counter(line["affordance"] for line in lines)
    categories = Counter(line["category"] for line in lines if line["category"] in SEEN)
    assert len(lines) >= FEWEST
    assert min(affordances[name] for name in AFFORDANCES) >= FEWEST_PER_AFFORDANCE, affordances
    assert min(categories.values()) >= FEWEST_PER_CATEGORY, categories
    assert sum(bool(line["avoid"]) for line in lines) >= FEWEST_AVOIDING


def test_no_sentence_is_there_twice() -> None:
    counts = Counter(_words(line["instruction"]) for line in sentences())
    assert [words for words, count in counts.items() if count > 1] == []


def test_the_place_in_the_list_does_not_give_the_part_away() -> None:
    lines = [line for line in sentences() if len(line["parts"]) > 1]
    first = sum(line["parts"][0] == line["part"] for line in lines) / len(lines)
    chance = sum(1 / len(line["parts"]) for line in lines) / len(lines)
    assert abs(first - chance) < 0.1
