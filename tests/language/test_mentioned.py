"""Nouns of parts in a sentence, and what an object is by its name."""

from __future__ import annotations

import pytest

from handhold.language.mentioned import named_parts, object_noun


@pytest.mark.parametrize(
    ("sentence", "nouns"),
    [
        ("pull it open by the handle and don't touch the lid", ("handle", "lid")),
        ("not the lid, the handle, the lid is hot", ("lid", "handle")),
        ("pour me some tea", ()),
        ("", ()),
    ],
)
def test_nouns_come_in_the_order_of_the_sentence_and_once(
    sentence: str, nouns: tuple[str, ...]
) -> None:
    assert named_parts(sentence) == nouns


def test_the_whole_object_is_no_part() -> None:
    assert named_parts("give me the whole object by its handle") == ("handle",)


def test_the_last_noun_of_a_name_counts_in_its_longest_form() -> None:
    assert object_noun("red_coffee_mug") == "mug"
    assert object_noun("WineGlass_07") == "wine glass"
    assert object_noun("xyzzy") == ""
