"""A sentence as words: spelling, base forms, sentence and clause borders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*(?:-[^\W\d_]+)*|[.!?;:,]|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_VOWELS = "aeiou"


@dataclass(frozen=True)
class Word:
    """One word: as written, its possible base forms, and which sentence and clause holds it."""

    text: str
    bases: frozenset[str]
    sentence: int
    clause: int

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")


def split_words(text: str, irregular: Mapping[str, str]) -> tuple[Word, ...]:
    """Words of a text in order. Full stops and their like end a sentence, commas a clause."""
    words: list[Word] = []
    sentence = clause = 0
    for token in _TOKEN.findall(text):
        if token in ".!?;:":
            sentence += 1
            clause += 1
        elif token == ",":
            clause += 1
        else:
            words.append(Word(token, base_forms(token, irregular), sentence, clause))
    return tuple(words)


def split_name(name: str, irregular: Mapping[str, str]) -> tuple[Word, ...]:
    """Words of a part's name: `middle_handle`, `MiddleHandle` and `Middle handles` alike."""
    spaced = _CAMEL.sub(" ", name)
    return split_words(re.sub(r"[\W_]+|(?<=\D)(?=\d)", " ", spaced), irregular)


def base_forms(word: str, irregular: Mapping[str, str]) -> frozenset[str]:
    """The word and every base form English spelling allows for it.

    Generous on purpose: a form that is no word matches nothing in the lexicon.
    """
    lower = word.lower().replace("’", "'")
    lower = lower.removesuffix("'s")
    if lower in irregular:
        return frozenset({irregular[lower], lower})
    return frozenset({lower, *_plural(lower), *_past(lower), *_progressive(lower)})


def _plural(word: str) -> list[str]:
    if len(word) < 3 or not word.endswith("s") or word.endswith("ss"):
        return []
    forms = [word[:-1]]
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    return forms


def _past(word: str) -> list[str]:
    if len(word) < 4 or not word.endswith("ed"):
        return []
    forms = [word[:-2], word[:-1], *_undoubled(word[:-2])]
    if word.endswith("ied"):
        forms.append(word[:-3] + "y")
    return forms


def _progressive(word: str) -> list[str]:
    if len(word) < 5 or not word.endswith("ing"):
        return []
    stem = word[:-3]
    return [stem, stem + "e", *_undoubled(stem)]


def _undoubled(stem: str) -> list[str]:
    doubled = len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS
    return [stem[:-1]] if doubled else []
