"""The lexicon reader: what words decide, what overrides them, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language import LexiconReader, Understanding

READER = LexiconReader()
MUG = ("body", "handle")
BOTTLE = ("bottle", "cap")
CABINET = ("base", "top_drawer", "top_handle", "middle_drawer", "middle_handle")
UNNAMED = ("part_1", "part_2", "part_3")


def read(text: str, parts: tuple[str, ...] = MUG) -> Understanding:
    return READER.read(text, parts)


def chosen(text: str, parts: tuple[str, ...] = MUG) -> tuple[str, str | None]:
    reading = read(text, parts)
    return reading.affordance, reading.part_name


@pytest.mark.parametrize(
    ("text", "parts", "affordance", "part"),
    [
        ("Could you pour me some tea?", MUG, "handle-grip", "handle"),
        ("Cut the loaf in two", ("blade", "handle"), "handle-grip", "handle"),
        ("Drive that nail home with the hammer", ("handle", "head"), "handle-grip", "handle"),
        ("She was slicing onions", ("blade", "handle"), "handle-grip", "handle"),
        ("Unscrew the cap", BOTTLE, "twist", "cap"),
        ("open the jar for me", ("body", "lid"), "twist", "lid"),
        ("Could this be tightened?", ("socket", "bulb"), "twist", "bulb"),
        ("wrap your hand around it", MUG, "wrap-around-grip", "body"),
        ("Hold the glass", ("bowl", "base"), "wrap-around-grip", "bowl"),
        ("carry it on your palm", ("plate",), "base-support", "plate"),
        ("support the vase from below", ("neck", "body", "base"), "base-support", "base"),
        ("spray the ferns", ("bottle", "trigger", "nozzle"), "trigger-squeeze", "trigger"),
        ("drill into the plank", ("body", "handle", "bit"), "trigger-squeeze", "handle"),
        ("ring for the porter", ("base", "button"), "press", "button"),
        ("push the button", ("base", "button"), "press", "button"),
        ("point at the label", ("body", "label"), "point", "label"),
    ],
)
def test_actions_decide_affordance_and_part(
    text: str, parts: tuple[str, ...], affordance: str, part: str
) -> None:
    assert chosen(text, parts) == (affordance, part)


def test_the_words_that_decided_are_named_in_order() -> None:
    reading = read("Please pull the middle drawer open", CABINET)
    assert reading.words == ("pull", "middle", "drawer", "open")
    assert all(f'"{word}"' in reading.explanation for word in reading.words)


def test_a_part_that_is_named_beats_the_part_the_verb_suggests() -> None:
    assert chosen("Pour me some tea") == ("handle-grip", "handle")
    assert chosen("Pour the tea, holding it by the body") == ("wrap-around-grip", "body")


def test_a_working_part_that_is_only_spoken_of_is_not_grasped() -> None:
    parts = ("blade", "handle")
    assert chosen("Cut it with the sharp blade", parts) == ("handle-grip", "handle")
    assert chosen("Grab the blade", parts)[1] == "blade"


@pytest.mark.parametrize(
    "text",
    [
        "Don't use the handle, hold it by the body",
        "Hold the body instead of the handle",
        "please don’t hold the mug by its handle",
        "pick it up without touching the handle",
        "not the handle but the body",
        "avoid the handle",
    ],
)
def test_a_negated_part_is_avoided(text: str) -> None:
    assert chosen(text) == ("wrap-around-grip", "body")


def test_a_negated_action_speaks_against_its_affordance() -> None:
    parts = ("body", "knob", "button")
    assert chosen("Don't press it, twist it", parts) == ("twist", "knob")
    assert chosen("Don't twist it, press it", parts) == ("press", "button")


def test_do_not_forget_is_no_negation() -> None:
    assert chosen("Don't forget to press the button", ("base", "button")) == ("press", "button")


@pytest.mark.parametrize(
    "name", ["handle", "Handle", "HANDLES", "mug_handle", "handle.001", "Grip"]
)
def test_part_names_are_matched_however_they_are_spelled(name: str) -> None:
    assert chosen("take it by the handle", ("body", name)) == ("handle-grip", name)


def test_modifiers_tell_parts_of_one_kind_apart() -> None:
    parts = ("pot", "left_handle", "right_handle")
    assert chosen("lift the pot by its right handle", parts)[1] == "right_handle"
    assert chosen("lift the pot by its left handle", parts)[1] == "left_handle"
    assert chosen("open the top drawer", CABINET)[1] == "top_handle"


def test_the_same_word_is_read_as_verb_or_noun_by_its_place() -> None:
    assert chosen("handle it with care", ("body", "spout"))[1] == "body"
    assert chosen("take the handle")[1] == "handle"
    assert chosen("gently press it", ("base", "knob"))[0] == "press"
    assert chosen("hold the french press")[0] == "wrap-around-grip"


def test_drinking_takes_the_handle_if_there_is_one_and_the_body_if_not() -> None:
    assert chosen("I would like to drink from it", MUG) == ("handle-grip", "handle")
    assert chosen("I would like to drink from it", ("bowl", "stem")) == ("wrap-around-grip", "bowl")


def test_a_missing_part_is_explained_and_what_is_left_is_taken() -> None:
    reading = read("slice the bread", ("blade", "body"))
    assert (reading.affordance, reading.part_name) == ("handle-grip", "body")
    assert "handle" in reading.explanation


def test_names_that_mean_nothing_leave_the_part_to_the_shape() -> None:
    reading = read("pour me some tea", UNNAMED)
    assert (reading.affordance, reading.part_name) == ("handle-grip", None)
    assert "shape" in reading.explanation


def test_the_only_part_is_the_part() -> None:
    assert chosen("squeeze it", ("object",)) == ("wrap-around-grip", "object")


@pytest.mark.parametrize("text", ["Bonjour", "抓住手柄", "flurb the gizmo"])
def test_nothing_understood_is_said_and_has_no_margin(text: str) -> None:
    reading = read(text)
    assert (reading.affordance, reading.part_name) == ("handle-grip", "handle")
    assert (reading.confidence, reading.words) == (0.0, ())
    assert "guess" in reading.explanation
    assert chosen(text, UNNAMED) == ("wrap-around-grip", None)


def test_flags_override_the_sentence() -> None:
    reading = READER.read("drill a hole", MUG, affordance="Wrap_Around_Grip", part="HANDLE")
    assert (reading.affordance, reading.part_name) == ("wrap-around-grip", "handle")
    assert reading.confidence == 1.0
    assert READER.read("pour me tea", MUG, part="body").part_name == "body"
    assert READER.read("pour me tea", MUG, part="body").affordance == "wrap-around-grip"
    assert READER.read("hold it", MUG, affordance="handle-grip").part_name == "handle"


@pytest.mark.parametrize("text", ["", "   ", "\n", "?!", "12"])
def test_an_empty_instruction_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="instruction is empty"):
        read(text)


def test_unknown_affordance_and_part_are_refused_with_the_list() -> None:
    with pytest.raises(InputError, match="'hug' is no affordance.*handle-grip, twist"):
        READER.read("hold it", MUG, affordance="hug")
    with pytest.raises(InputError, match="no part 'spout'.*body, handle"):
        READER.read("hold it", MUG, part="spout")


def test_case_and_punctuation_do_not_matter() -> None:
    plain = read("unscrew the cap", BOTTLE)
    loud = read("  UNSCREW   the CAP!!!", BOTTLE)
    assert (plain.affordance, plain.part_name, plain.words, plain.confidence) == (
        (loud.affordance, loud.part_name, loud.words, loud.confidence)
    )


@pytest.mark.parametrize("text", ["pour some tea", "hold it by the body", "open it", "hello"])
def test_the_order_of_the_parts_does_not_matter(text: str) -> None:
    assert chosen(text, MUG) == chosen(text, MUG[::-1])


def test_clear_words_leave_a_larger_margin_than_vague_ones() -> None:
    assert read("pour me some tea").confidence > read("take it").confidence


NAMES = st.lists(st.text(max_size=12).filter(bool), min_size=1, max_size=5, unique=True)
WORDS = st.sampled_from(
    [
        "don't",
        "hold",
        "the",
        "handle",
        "of",
        "top",
        "cap",
        ",",
        ".",
        "press",
        "press",
        "and",
        "not",
        "by",
        "turn",
        "on",
        "lid",
        "left",
        "body",
        "up",
    ]
)


@settings(max_examples=60, deadline=None)
@given(text=st.one_of(st.text(max_size=60), st.lists(WORDS).map(" ".join)), names=NAMES)
def test_any_text_is_read_or_refused_and_always_alike(text: str, names: list[str]) -> None:
    try:
        first = READER.read(text, names)
    except InputError:
        assert not any(character.isalpha() for character in text)
        return
    assert first.affordance in AFFORDANCES
    assert first.part_name is None or first.part_name in names
    assert 0 <= first.confidence <= 1
    assert first == LexiconReader().read(text, names)
