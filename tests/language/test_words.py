"""Spelling: base forms, names of parts, sentence and clause borders."""

from __future__ import annotations

import pytest

from handhold.language.words import base_forms, split_name, split_words


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("pours", "pour"),
        ("poured", "pour"),
        ("pouring", "pour"),
        ("drilling", "drill"),
        ("gripped", "grip"),
        ("squeezing", "squeeze"),
        ("squeezed", "squeeze"),
        ("carries", "carry"),
        ("carried", "carry"),
        ("twists", "twist"),
        ("boxes", "box"),
        ("mug's", "mug"),
        ("Kettle’s", "kettle"),
        ("glass", "glass"),
    ],
)
def test_inflected_words_have_their_base_form(written: str, base: str) -> None:
    assert base in base_forms(written, {})


def test_irregular_forms_come_from_the_table() -> None:
    assert base_forms("Held", {"held": "hold"}) == {"hold", "held"}


@pytest.mark.parametrize(
    "name", ["middle_handle", "MiddleHandle", "middle-handle.002", "Middle handles"]
)
def test_names_of_parts_are_split_into_words(name: str) -> None:
    words = [word for word in split_name(name, {}) if word.text.isalpha()]
    assert [bool(word.bases & {"middle", "handle"}) for word in words] == [True, True]


def test_full_stops_end_sentences_and_commas_clauses() -> None:
    words = split_words("Take it, now. Then stop", {})
    assert [word.sentence for word in words] == [0, 0, 0, 1, 1]
    assert [word.clause for word in words] == [0, 0, 1, 2, 2]
