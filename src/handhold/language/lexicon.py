"""The lexicon: patterns of words per affordance, names of parts, and a little grammar.

The entries are data (lexicon.toml); this module reads them and finds them in a sentence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language.words import Word

FORMAT, VERSION = "handhold-lexicon", 1
STRENGTHS: Mapping[str, float] = {"strong": 3.0, "usual": 2.0, "weak": 1.0}  # ours
GAP = "*"
LONGEST_GAP = 3  # words, ours


@dataclass(frozen=True)
class Pattern:
    """Words to be found in this order. `lean` is how much they speak for the affordance."""

    affordance: str
    elements: tuple[str, ...]
    lean: float

    @property
    def is_single(self) -> bool:
        return len(self.elements) == 1


@dataclass(frozen=True)
class Match:
    """A pattern found at these positions of the sentence (its own words, not its gaps)."""

    pattern: Pattern
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Lexicon:
    """The entries of lexicon.toml by purpose; see the comments there."""

    classes: Mapping[str, tuple[tuple[str, ...], ...]]
    patterns: tuple[Pattern, ...]
    part_tiers: Mapping[str, tuple[tuple[str, ...], ...]]
    objects: Mapping[str, frozenset[str]]
    same_part: tuple[frozenset[str], ...]
    working: frozenset[str]
    whole: frozenset[str]
    grammar: Mapping[str, frozenset[str]]
    negation: Mapping[str, tuple[tuple[str, ...], ...]]
    irregular: Mapping[str, str]

    @cached_property
    def part_nouns(self) -> frozenset[str]:
        """Every noun that may name a part; phrases are joined by spaces."""
        tiers = (noun for tiers in self.part_tiers.values() for tier in tiers for noun in tier)
        return frozenset(tiers).union(self.working, *self.same_part)

    @cached_property
    def nouns(self) -> frozenset[str]:
        """Nouns of parts and of whole objects."""
        return self.part_nouns.union(self.whole, *self.objects.values())

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every single word of patterns and nouns."""
        patterns = (word for pattern in self.patterns for word in pattern.elements)
        nouns = (word for noun in self.nouns for word in noun.split())
        return frozenset(patterns).union(nouns) - {GAP}

    @cached_property
    def _by_first_word(self) -> Mapping[str, tuple[int, ...]]:
        """Which patterns may begin with a word."""
        numbers: dict[str, list[int]] = {}
        for number, pattern in enumerate(self.patterns):
            for phrase in self._alternatives(pattern.elements[0]):
                numbers.setdefault(phrase[0], []).append(number)
        return {word: tuple(listed) for word, listed in numbers.items()}

    def tier(self, affordance: str, noun: str) -> int | None:
        """How well a part called `noun` suits an affordance: 0 is best, None not at all."""
        tiers = self.part_tiers[affordance]
        return next((rank for rank, tier in enumerate(tiers) if noun in tier), None)

    def same(self, noun: str, other: str) -> bool:
        """Whether two nouns may name one part."""
        return noun == other or any(noun in group and other in group for group in self.same_part)

    def matches(self, words: Sequence[Word]) -> list[Match]:
        """Every pattern wherever it occurs, without those inside a longer one."""
        found = [
            Match(self.patterns[number], positions)
            for start, word in enumerate(words)
            for number in sorted({n for b in word.bases for n in self._by_first_word.get(b, ())})
            if (positions := self._match_at(self.patterns[number].elements, words, start))
        ]
        return [match for match in found if not any(_inside(match, other) for other in found)]

    def _match_at(
        self, elements: Sequence[str], words: Sequence[Word], start: int
    ) -> tuple[int, ...] | None:
        if not elements:
            return ()
        first, rest = elements[0], elements[1:]
        if first == GAP:
            furthest = min(start + LONGEST_GAP, len(words) - 1)
            tails = (self._match_at(rest, words, at) for at in range(start, furthest + 1))
            return next((tail for tail in tails if tail is not None), None)
        for phrase in self._alternatives(first):
            if not phrase_at(phrase, words, start):
                continue
            after = start + len(phrase)
            if rest and (after >= len(words) or not _one_sentence(words, start, after)):
                continue
            tail = self._match_at(rest, words, after)
            if tail is not None and (not tail or _one_sentence(words, start, tail[-1])):
                return (*range(start, after), *tail)
        return None

    def _alternatives(self, element: str) -> tuple[tuple[str, ...], ...]:
        if element.startswith("<"):
            return self.classes[element.strip("<>")]
        return ((element,),)


def phrase_at(phrase: Sequence[str], words: Sequence[Word], start: int) -> bool:
    """Whether the words from `start` on read as this phrase, in any inflection."""
    if start + len(phrase) > len(words):
        return False
    return all(part in words[start + k].bases for k, part in enumerate(phrase))


def _one_sentence(words: Sequence[Word], first: int, last: int) -> bool:
    return words[first].sentence == words[last].sentence


def _inside(match: Match, other: Match) -> bool:
    return set(match.positions) < set(other.positions)


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The lexicon that is shipped with the package."""
    return parse_lexicon(files("handhold.language").joinpath("lexicon.toml").read_text("utf-8"))


def parse_lexicon(text: str) -> Lexicon:
    """A lexicon from TOML. Raises InputError for another format or affordance."""
    data = tomllib.loads(text)
    if (data.get("format"), data.get("version")) != (FORMAT, VERSION):
        raise InputError(
            f"This is no {FORMAT} file of version {VERSION}, but {data.get('format')!r}"
            f" {data.get('version')!r}."
        )
    entries: dict[str, Any] = data["affordance"]
    if set(entries) != set(AFFORDANCES):
        raise InputError(f"The lexicon needs the affordances {', '.join(AFFORDANCES)}.")
    return Lexicon(
        classes={name: _phrases(items) for name, items in data["classes"].items()},
        patterns=tuple(_patterns(entries)),
        part_tiers={a: tuple(tuple(t) for t in entries[a]["parts"]) for a in AFFORDANCES},
        objects={a: frozenset(entries[a]["objects"]) for a in AFFORDANCES},
        same_part=tuple(frozenset(group) for group in data["same-part"]["groups"]),
        working=frozenset(data["same-part"]["working"]),
        whole=frozenset(data["same-part"]["whole"]),
        grammar={name: frozenset(items) for name, items in data["grammar"].items()},
        negation={name: _phrases(items) for name, items in data["negation"].items()},
        irregular=data["irregular"],
    )


def _patterns(entries: Mapping[str, Mapping[str, list[str]]]) -> Iterator[Pattern]:
    for affordance in AFFORDANCES:
        for strength, lean in STRENGTHS.items():
            for text in entries[affordance][strength]:
                yield Pattern(affordance, tuple(text.split()), lean)


def _phrases(items: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Phrases, the longest first, so that "light bulb" wins over "light"."""
    return tuple(sorted((tuple(item.split()) for item in items), key=len, reverse=True))
