"""A little grammar: verb or noun, what is negated, which parts are named and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from handhold.language.lexicon import Lexicon, Match, phrase_at
from handhold.language.words import split_words


@dataclass(frozen=True)
class Mention:
    """A noun of a part, found in the sentence.

    governed: a hand is sent there ("by the handle", "grab the blade").
    negated: the sentence says not to ("don't touch the blade").
    """

    noun: str
    positions: tuple[int, ...]
    governed: bool
    negated: bool


class Sentence:
    """An instruction with the questions that the reader asks of it."""

    def __init__(self, text: str, lexicon: Lexicon, own_nouns: frozenset[str]) -> None:
        self.lexicon = lexicon
        self.words = split_words(text, lexicon.irregular)
        self._part_nouns = lexicon.part_nouns | own_nouns
        self._nouns = lexicon.nouns | own_nouns
        self._verbs = frozenset(p.elements[0] for p in lexicon.patterns)
        self._negated = self._negated_positions()

    def actions(self) -> list[Match]:
        """Patterns of the lexicon that stand in a verb's place."""
        return [match for match in self.lexicon.matches(self.words) if self._acts(match)]

    def mentions(self) -> list[Mention]:
        """Nouns that may name a part, heads only: of "bottle cap" the cap."""
        found = [
            self._mention(positions, noun)
            for positions, noun in self._noun_phrases(self._part_nouns)
            if not self._is_modifier(positions) and not self._is_on_top_of(positions[0])
        ]
        return found

    def objects(self, nouns: frozenset[str]) -> list[tuple[int, ...]]:
        """Where whole objects of this list are named."""
        return [positions for positions, _ in self._noun_phrases(nouns)]

    def is_negated(self, positions: Sequence[int]) -> bool:
        """Whether a negation reaches the last of these words."""
        return positions[-1] in self._negated

    def texts_of(self, groups: Iterable[Sequence[int]]) -> tuple[str, ...]:
        """The words at these positions, each once, in lower case, in the sentence's order."""
        positions = sorted({at for group in groups for at in group})
        return tuple(dict.fromkeys(self.words[at].lower for at in positions))

    # -- verbs and nouns ----------------------------------------------------------------------

    def _acts(self, match: Match) -> bool:
        if not match.pattern.is_single:
            return True
        at = match.positions[0]
        if match.pattern.elements[0] in self._nouns:
            return self._in_verb_place(at)
        return not self._follows(at, "determiners")

    def _in_verb_place(self, at: int) -> bool:
        """For words that are both ("press", "drill"): does this one stand where a verb does?"""
        if self._follows(at, "determiners"):
            return False
        word = self.words[at]
        if word.lower.endswith("ing") and word.lower not in self._nouns:
            return True
        before = at - 1
        while before >= 0 and self.words[before].lower.endswith("ly"):
            before -= 1
        if before < 0 or self.words[before].clause != word.clause:
            return True
        if self._is(before, "joiners"):
            return at + 1 < len(self.words) and self._is(at + 1, "skipped")
        return self._is(before, "verb_context")

    def _is(self, at: int, group: str) -> bool:
        return self.words[at].lower in self.lexicon.grammar[group]

    def _follows(self, at: int, group: str) -> bool:
        return at > 0 and self._same_clause(at - 1, at) and self._is(at - 1, group)

    def _same_clause(self, first: int, last: int) -> bool:
        return self.words[first].clause == self.words[last].clause

    def _noun_phrases(self, nouns: frozenset[str]) -> list[tuple[tuple[int, ...], str]]:
        """(positions, noun) for every noun of the list, the longest phrase at each place."""
        starts = _by_first_word(nouns)
        found: list[tuple[tuple[int, ...], str]] = []
        at = 0
        while at < len(self.words):
            likely = sorted({p for base in self.words[at].bases for p in starts.get(base, ())})
            fitting = [phrase for phrase in likely if self._noun_at(phrase, at)]
            phrase = max(fitting, key=len, default=None)
            if phrase is not None:
                found.append((tuple(range(at, at + len(phrase))), " ".join(phrase)))
            at += len(phrase) if phrase else 1
        return found

    def _noun_at(self, phrase: Sequence[str], at: int) -> bool:
        if not phrase_at(phrase, self.words, at):
            return False
        if len(phrase) > 1:
            return True
        if self._is(at, "verb_context"):  # "can" and "hand", mostly no nouns
            return self._follows(at, "determiners") or self._follows_noun(at)
        return not (phrase[0] in self._verbs and self._in_verb_place(at))

    def _follows_noun(self, at: int) -> bool:
        before = at - 1
        return (
            before >= 0
            and self._same_clause(before, at)
            and bool(self.words[before].bases & self._nouns)
        )

    def _is_modifier(self, positions: Sequence[int]) -> bool:
        """ "door" in "door handle": another noun follows at once."""
        after = positions[-1] + 1
        if after >= len(self.words) or not self._same_clause(positions[-1], after):
            return False
        return bool(self.words[after].bases & self._nouns) and not self._in_verb_place(after)

    def _is_on_top_of(self, at: int) -> bool:
        around = [self.words[k].lower for k in range(max(at - 1, 0), min(at + 2, len(self.words)))]
        return around == ["on", "top", "of"]

    def _mention(self, positions: tuple[int, ...], noun: str) -> Mention:
        unwanted = self.is_negated(positions) or self._is_spoiled(positions[-1])
        return Mention(noun, positions, self._governed(positions[0]), unwanted)

    def _is_spoiled(self, at: int) -> bool:
        """ "The handle is very hot": a copula, at most one adverb, and a reason to keep away."""
        if not self._phrase_at("copulas", at + 1):
            return False
        return any(self._phrase_at("spoiled", at + after) for after in (2, 3))

    def _governed(self, at: int) -> bool:
        """Whether a grasping verb or a preposition of place leads to the noun at this place."""
        before = at - 1
        while before >= 0 and self._same_clause(before, at):
            if self._is(before, "grasp_prepositions"):
                return True
            if self.words[before].bases & self.lexicon.grammar["grasp_verbs"]:
                return True
            if not self._passes(before):
                return False
            before -= 1
        return False

    def _passes(self, at: int) -> bool:
        """Articles, nouns and adjectives between a verb and the noun it governs."""
        return self._is(at, "skipped") or bool(self.words[at].bases & self._nouns)

    # -- negation -----------------------------------------------------------------------------

    def _negated_positions(self) -> frozenset[int]:
        harmless = self._covered("not_negating")
        reach: set[int] = set()
        for at in range(len(self.words)):
            cue = self._phrase_at("cues", at)
            if cue and at not in harmless:
                reach |= self._reach(at + cue)
        return frozenset(reach)

    def _covered(self, group: str) -> set[int]:
        starts = ((at, self._phrase_at(group, at)) for at in range(len(self.words)))
        return {at + k for at, length in starts for k in range(length)}

    def _phrase_at(self, group: str, at: int) -> int:
        """Length of the phrase of a negation group that starts here, else 0."""
        for phrase in self.lexicon.negation[group]:
            spelled = [word.lower for word in self.words[at : at + len(phrase)]]
            if spelled == list(phrase):
                return len(phrase)
        return 0

    def _reach(self, start: int) -> set[int]:
        """Positions a negation reaches: to the clause's end, or to a turn such as "but"."""
        reached: set[int] = set()
        for at in range(start, len(self.words)):
            turned = at > start + 1 and self._phrase_at("ends", at)
            if turned or not self._same_clause(start, at):
                break
            reached.add(at)
        return reached


@lru_cache(maxsize=64)
def _by_first_word(nouns: frozenset[str]) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for noun in sorted(nouns):
        words = tuple(noun.split())
        phrases.setdefault(words[0], []).append(words)
    return {word: tuple(listed) for word, listed in phrases.items()}
