"""The lexicon as data: it is read, it means what it says, and foreign files are refused."""

from __future__ import annotations

from importlib.resources import files

import pytest

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language import LexiconReader, load_lexicon, parse_lexicon
from handhold.language.lexicon import STRENGTHS, Pattern
from handhold.language.words import split_words

LEXICON = load_lexicon()
TEXT = files("handhold.language").joinpath("lexicon.toml").read_text("utf-8")


def sentence_of(pattern: Pattern) -> str:
    """A request with the pattern's own words, gaps and classes filled."""
    fill = {"*": "that"}
    words = [
        " ".join(LEXICON.classes[element.strip("<>")][-1])
        if element.startswith("<")
        else fill.get(element, element)
        for element in pattern.elements
    ]
    return "please " + " ".join(words)


@pytest.mark.parametrize("affordance", AFFORDANCES)
def test_every_strong_pattern_leads_to_its_affordance(affordance: str) -> None:
    reader = LexiconReader()
    strong = [p for p in LEXICON.patterns if p.lean == STRENGTHS["strong"]]
    for pattern in (p for p in strong if p.affordance == affordance):
        text = sentence_of(pattern)
        assert reader.read(text, ("part_1", "part_2")).affordance == affordance, text


def test_every_class_in_a_pattern_exists() -> None:
    named = {e.strip("<>") for p in LEXICON.patterns for e in p.elements if e.startswith("<")}
    assert named == set(LEXICON.classes)


@pytest.mark.parametrize("affordance", AFFORDANCES)
def test_no_pattern_is_listed_twice_for_an_affordance(affordance: str) -> None:
    listed = [p.elements for p in LEXICON.patterns if p.affordance == affordance]
    assert len(listed) == len(set(listed)), {e for e in listed if listed.count(e) > 1}


def test_no_part_noun_stands_in_two_tiers_of_an_affordance() -> None:
    for affordance, tiers in LEXICON.part_tiers.items():
        nouns = [noun for tier in tiers for noun in tier]
        assert len(nouns) == len(set(nouns)), affordance


def test_longer_patterns_win_over_the_words_in_them() -> None:
    reader = LexiconReader()
    assert reader.read("hold it up", ("tray",)).affordance == "base-support"
    assert reader.read("hold it", ("tray",)).affordance == "wrap-around-grip"


def test_a_pattern_does_not_reach_over_a_full_stop() -> None:
    def found(text: str) -> set[tuple[str, ...]]:
        words = split_words(text, LEXICON.irregular)
        return {match.pattern.elements for match in LEXICON.matches(words)}

    whole = ("open", "*", "<screwed>")
    assert whole in found("Open it, the jar is old")
    assert whole not in found("Open it. The jar is old")


@pytest.mark.parametrize(
    ("found", "put"), [("version = 1", "version = 2"), ('"handhold-lexicon"', '"other"')]
)
def test_other_formats_and_versions_are_refused(found: str, put: str) -> None:
    with pytest.raises(InputError, match="handhold-lexicon"):
        parse_lexicon(TEXT.replace(found, put, 1))


def test_an_affordance_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="needs the affordances"):
        parse_lexicon(TEXT.replace("[affordance.press]", "[affordance.kick]", 1))
