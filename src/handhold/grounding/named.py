"""A part that somebody names, among the names that an object has: by spelling, else by meaning.

All of it is ours. The encoder's threshold was set on two lists that we wrote, of words that the
lexicon does not know as synonyms: 67 pairs of one meaning (tyre and wheel, monitor and screen), and
28 words of which the object has nothing (zipper, propeller), each against four names of parts.
With the all-MiniLM-L6-v2 encoder 69 % of the pairs are found, 3 % go to a wrong part, and 5 % of
the words without a counterpart are taken for something that is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from handhold.language import Lexicon, load_lexicon
from handhold.language.parts import OwnPart, read_part, read_parts
from handhold.language.words import Word, split_name

How = Literal["name", "noun", "synonym", "meaning", "none"]
SAME_NOUN, SYNONYM = 0.9, 0.8
"""Scores of a name with the wanted noun in it, and of a synonym of the lexicon."""
MEANS_THE_SAME = 0.55
"""Cosine of two names, in the sentence below, from which on they may be one thing."""
AHEAD = 0.05
"""By how much its cosine must be ahead of that of the next part."""
_LESS_FOR_SYNONYMS = 0.05
_DIGITS = re.compile(r"[0-9]{1,9}")
_SENTENCE = "the {} of an object"


class Encode(Protocol):
    """Texts to vectors: N texts to (N, D), of any length that is not 0."""

    def __call__(self, texts: Sequence[str], /) -> NDArray[np.float64]: ...


@dataclass(frozen=True)
class NameMatch:
    """What a name was found to mean on an object.

    wanted: as it was given. names: the object's names that fit equally well, in its order; () where
    none does. score: 1 for the very name, down to the cosine of the meanings; 0 without a match.
    how: "name" (but for case, separators and plural), "noun" ("handle" of `top_handle`),
    "synonym" (of the lexicon), "meaning" (of the encoder), "none". reason: a sentence for a
    person, that lists what there is where nothing fits.
    """

    wanted: str
    names: tuple[str, ...]
    score: float
    how: How
    reason: str

    @property
    def name(self) -> str | None:
        """The first of the names, or None."""
        return self.names[0] if self.names else None


def match_name(
    wanted: str,
    part_names: Sequence[str],
    *,
    encode: Encode | None = None,
    lexicon: Lexicon | None = None,
) -> NameMatch:
    """The parts of an object that `wanted` names: `grip` finds `handle`.

    Spelling comes first, then a shared noun, then the lexicon's synonyms, and only where all these
    are silent the encoder, if there is one. Several parts of one noun come back together
    (`handhold.grounding.instances` chooses).
    """
    known = lexicon or load_lexicon()
    asked = read_part(wanted, known)
    parts = read_parts(part_names, known)
    found = (
        _by_spelling(wanted, part_names, known)
        or _by_noun(asked, parts)
        or _by_synonym(asked, parts, known)
    )
    if found is None and encode is not None and asked.noun:
        found = _by_meaning(asked, parts, known, encode)
    return found or _nothing(wanted, part_names)


def _by_spelling(wanted: str, names: Sequence[str], lexicon: Lexicon) -> NameMatch | None:
    """The very name; `handle` also names `handle_1` and `handle_2`, where no other is so called."""
    asked = split_name(wanted, lexicon.irregular)
    spelled = [split_name(name, lexicon.irregular) for name in names]
    unnumbered = [[word for word in words if not word.text.isdecimal()] for words in spelled]
    for candidates in (spelled, unnumbered):
        pairs = zip(names, candidates, strict=True)
        same = tuple(name for name, words in pairs if _alike(asked, words))
        if same:
            return NameMatch(wanted, same, 1.0, "name", f"{_listed(same)} has this name.")
    return None


def _alike(first: Sequence[Word], second: Sequence[Word]) -> bool:
    """The same words, numbers as they are, whatever their case and their plurals."""
    if not first or len(first) != len(second):
        return False
    return all(
        int(one.text) == int(other.text)
        if one.text.isdecimal() and other.text.isdecimal()
        else bool(one.bases & other.bases)
        for one, other in zip(first, second, strict=True)
    )


def _by_noun(asked: OwnPart, parts: Sequence[OwnPart]) -> NameMatch | None:
    """Names with the wanted noun; those with the most of the wanted other words."""
    same = [p for p in parts if asked.noun and p.noun == asked.noun and _has_numbers(p, asked)]
    if not same:
        return None
    shared = [len(part.modifiers & asked.modifiers) for part in same]
    best = tuple(p.name for p, n in zip(same, shared, strict=True) if n == max(shared))
    reason = f'{_listed(best)} has the noun "{asked.noun}" in its name.'
    return NameMatch(asked.name, best, SAME_NOUN, "noun", reason)


def _by_synonym(asked: OwnPart, parts: Sequence[OwnPart], lexicon: Lexicon) -> NameMatch | None:
    if not asked.noun:
        return None
    alike = [p for p in parts if p.noun and lexicon.same(p.noun, asked.noun)]
    same = tuple(p.name for p in alike if _has_numbers(p, asked))
    if not same:
        return None
    reason = f'"{asked.noun}" may be said of {_listed(same)}.'
    return NameMatch(asked.name, same, SYNONYM, "synonym", reason)


def _by_meaning(
    asked: OwnPart,
    parts: Sequence[OwnPart],
    lexicon: Lexicon,
    encode: Encode,
) -> NameMatch | None:
    """The part whose name, or a synonym of it, means the most alike, if it stands out."""
    nouns = list(dict.fromkeys(part.noun for part in parts if part.noun))
    if not nouns:
        return None
    alike = [_similarity(asked, noun, lexicon, encode) for noun in nouns]
    order = np.argsort(-np.array(alike), kind="stable")
    first = int(order[0])
    second = alike[int(order[1])] if len(order) > 1 else -1.0
    if alike[first] < MEANS_THE_SAME or alike[first] - second < AHEAD:
        return None
    same = tuple(part.name for part in parts if part.noun == nouns[first])
    reason = (
        f'"{asked.name}" means something like {_listed(same)}'
        f" (cosine {alike[first]:.2f}, the next part {max(second, 0.0):.2f})."
    )
    return NameMatch(asked.name, same, round(alike[first], 4), "meaning", reason)


def _similarity(asked: OwnPart, noun: str, lexicon: Lexicon, encode: Encode) -> float:
    """Cosine of the meanings, or that with a synonym of the noun, less a little."""
    group = {other for group in lexicon.same_part if noun in group for other in group}
    texts = [_plain(asked.name), noun, *sorted(group - {noun})]
    vectors = np.asarray(encode([_SENTENCE.format(text) for text in texts]), dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors[1:] @ vectors[0] / np.maximum(lengths[1:] * lengths[0], 1e-12)
    return float(max(cosines[0], cosines.max() - _LESS_FOR_SYNONYMS))


def _has_numbers(part: OwnPart, asked: OwnPart) -> bool:
    """Whether the numbers asked for, if any, stand in a part's name: 2 in `handle.002`."""
    wanted, found = (
        {int(digits) for digits in _DIGITS.findall(name)} for name in (asked.name, part.name)
    )
    return wanted <= found


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").lower().split())


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"each of {', '.join(names)}"


def _nothing(wanted: str, names: Sequence[str]) -> NameMatch:
    there = f"The parts are: {', '.join(names)}." if names else "There are no parts."
    return NameMatch(wanted, (), 0.0, "none", f'No part fits "{wanted}". {there}')
