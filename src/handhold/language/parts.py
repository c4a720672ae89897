"""The names of an object's own parts, read as nouns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handhold.language.lexicon import Lexicon
from handhold.language.words import Word, split_name


@dataclass(frozen=True)
class OwnPart:
    """A part of the object: its name, the noun in it, and the words that tell it from others.

    `middle_handles` has the noun "handle" and the modifiers {"middle"}; `part_3` has none.
    """

    name: str
    noun: str | None
    known: bool
    modifiers: frozenset[str]


def read_part(name: str, lexicon: Lexicon) -> OwnPart:
    """The noun of a part's name: the last word that the lexicon knows as a part, else the last."""
    words = [word for word in split_name(name, lexicon.irregular) if word.text.isalpha()]
    nouns = [_known_noun(word, lexicon) for word in words]
    at = max((k for k, noun in enumerate(nouns) if noun), default=len(words) - 1)
    if at < 0:
        return OwnPart(name, None, False, frozenset())
    others = frozenset(base for k, word in enumerate(words) if k != at for base in word.bases)
    noun = nouns[at] or _singular(words[at])
    return OwnPart(name, noun, nouns[at] is not None, others)


def read_parts(names: Sequence[str], lexicon: Lexicon) -> tuple[OwnPart, ...]:
    """All parts of an object, in order."""
    return tuple(read_part(name, lexicon) for name in names)


def _known_noun(word: Word, lexicon: Lexicon) -> str | None:
    known = word.bases & (lexicon.part_nouns | lexicon.whole)
    return min(known, key=lambda noun: (-len(noun), noun)) if known else None


def _singular(word: Word) -> str:
    """The shortest form that only drops a plural ending."""
    lower = word.lower
    plain = (lower, lower.removesuffix("s"))
    return min((form for form in plain if form in word.bases), key=len)
