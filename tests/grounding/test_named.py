"""Names that people give to parts, and the names that the parts have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from handhold.grounding.named import AHEAD, MEANS_THE_SAME, match_name

MEANINGS = {"wheel": (1.0, 0.0), "tyre": (0.8, 0.6), "seat": (0.0, 1.0)}
MOST_WORDS = 60


class Meanings:
    """An encoder that knows three words, to which no other is alike; it remembers what it was
    asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.others: list[str] = []

    def __call__(self, texts: Sequence[str], /) -> NDArray[np.float64]:
        self.asked += texts
        words = [text.removeprefix("the ").removesuffix(" of an object") for text in texts]
        return np.array([self.vector(word) for word in words])

    def vector(self, word: str) -> NDArray[np.float64]:
        made = np.zeros(2 + MOST_WORDS)
        if word in MEANINGS:
            made[:2] = MEANINGS[word]
        else:
            self.others.append(word)
            made[2 + self.others.index(word)] = 1.0
        return made


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ("Handles", ("body", "handle"), ("handle",)),
        ("middle drawer", ("MiddleDrawer", "top_drawer"), ("MiddleDrawer",)),
        ("batteries", ("battery", "lid"), ("battery",)),
        ("handle", ("handle", "handle_2"), ("handle",)),
        ("handle", ("handle_1", "handle.002", "lid"), ("handle_1", "handle.002")),
        ("handle_01", ("handle.001", "handle.002"), ("handle.001",)),
        ("part_3", ("part_1", "part_3"), ("part_3",)),
    ],
)
def test_case_separators_and_plural_are_no_difference(
    wanted: str, names: tuple[str, ...], found: tuple[str, ...]
) -> None:
    match = match_name(wanted, names)
    assert (match.names, match.score, match.how) == (found, 1.0, "name")


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ("handle", ("top_handle", "bottom_handle", "case"), ("top_handle", "bottom_handle")),
        ("left top handle", ("top_handle", "bottom_handle"), ("top_handle",)),
        ("kettle lid", ("lid", "body"), ("lid",)),
    ],
)
def test_a_shared_noun_is_next(wanted: str, names: tuple[str, ...], found: tuple[str, ...]) -> None:
    match = match_name(wanted, names)
    assert (match.names, match.how) == (found, "noun")


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("grip", "handle"),
        ("cap", "lid"),
        ("stopper", "lid"),
        ("knob", "dial"),
        ("edge", "blade"),
        ("foot", "base"),
        ("bottom", "base"),
        ("spout", "nozzle"),
        ("pouring spout", "nozzle"),
        ("rod", "shaft"),
    ],
)
def test_synonyms_of_the_lexicon_need_no_encoder(wanted: str, name: str) -> None:
    match = match_name(wanted, ("thing", name, "strap"))
    assert (match.name, match.how) == (name, "synonym")
    assert name in match.reason
    assert match_name(name, ("thing", wanted.split()[-1], "strap")).how == "synonym"


@pytest.mark.parametrize("number", ["handle_7", "grip 7", "part_7"])
def test_a_number_that_no_part_has_names_none(number: str) -> None:
    assert match_name(number, ("handle_1", "handle_2", "part_1")).name is None


def test_the_meaning_decides_last() -> None:
    encode = Meanings()
    match = match_name("tyre", ("wheel_l", "wheel_r", "seat"), encode=encode)
    assert match.names == ("wheel_l", "wheel_r")
    assert (match.how, match.score) == ("meaning", pytest.approx(0.8))
    assert "0.80" in match.reason
    asked = len(encode.asked)
    match_name("wheel", ("wheel", "seat"), encode=encode)
    assert len(encode.asked) == asked


def test_what_means_nothing_alike_or_two_things_alike_is_not_taken() -> None:
    assert match_name("propeller", ("wheel", "seat"), encode=Meanings()).how == "none"

    def alike(texts: Sequence[str], /) -> NDArray[np.float64]:
        return np.ones((len(texts), 2))

    assert match_name("tyre", ("wheel", "seat"), encode=alike).name is None
    assert match_name("tyre", ("wheel",), encode=alike).name == "wheel"
    assert 0.0 < AHEAD < MEANS_THE_SAME < 1.0


@pytest.mark.parametrize("wanted", ["", "  ", "🙂", "zipper", "12", "x" * 20_000])
def test_where_nothing_fits_what_there_is_is_listed(wanted: str) -> None:
    match = match_name(wanted, ("lid", "body"))
    assert (match.name, match.names, match.score, match.how) == (None, (), 0.0, "none")
    assert "lid, body" in match.reason
    assert match_name(wanted, ()).reason.endswith("There are no parts.")
