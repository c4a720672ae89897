"""Which of several parts of one name: by the words in their names, else by where they are (ours).

Left, right, front and back are those of a person who looks at the object from its front. The
front is -y of the object frame (+z of a GLB file), unless all the parts in question lie on one
other side, like the handles of drawers: then that side is the front. So left is -x, as a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.grounding.descriptors import PartDescriptors
from handhold.grounding.place_words import (
    PlaceWord,
    kind_of,
    opened_nouns,
    place_words,
    read_sentence,
)
from handhold.language import Lexicon, load_lexicon
from handhold.language.parts import OwnPart, read_parts
from handhold.language.sentence import Sentence
from handhold.language.words import split_name

DecidedBy = Literal["name", "geometry", "only", "ambiguous"]
LEVEL_GAP = 0.15
"""Two parts are at one height where they differ by less than this share of the spread (ours)."""
LEAST_GAP = 0.005  # metres, ours
ONE_SIDE = 0.5
"""Parts lie on one side of the object beyond this share of its half size (ours)."""


@dataclass(frozen=True)
class InstanceChoice:
    """One of several like parts.

    name: the part; where nothing decides, the one that was asked about, else the first of those
    left. candidates: the parts that it may be, all of its noun. decided_by: "name" (words in the
    parts' names), "geometry" (their places), "only" (there is one), "ambiguous". explanation: a
    sentence or two for a person, which list what is left where it is ambiguous.
    """

    name: str
    candidates: tuple[str, ...]
    decided_by: DecidedBy
    explanation: str

    @property
    def is_ambiguous(self) -> bool:
        return self.decided_by == "ambiguous"


def choose_instance(
    part: str,
    instruction: str,
    part_names: Sequence[str],
    descriptors: PartDescriptors,
    *,
    lexicon: Lexicon | None = None,
) -> InstanceChoice:
    """The one of several like parts that the instruction means.

    Args:
        part: the name of a part of the object, or a noun ("handle") that some of its names have.
        descriptors: of the same parts, object frame.

    Words of place that stand by the noun count ("the top handle"), and those by another noun of
    the object ("the middle drawer": the handle in whose name "middle" is, else the one nearest to
    that drawer). Words in names win over places. Raises InputError for a part that is not there.
    """
    return _Choice(part, instruction, part_names, descriptors, lexicon or load_lexicon()).made()


class _Choice:
    """One question about one object. Parts are numbers, in the object's order."""

    def __init__(
        self,
        part: str,
        instruction: str,
        names: Sequence[str],
        descriptors: PartDescriptors,
        lexicon: Lexicon,
        sentence: Sentence | None = None,
    ) -> None:
        self.names, self.lexicon, self.text = tuple(names), lexicon, instruction
        self.parts = _read(names, lexicon)
        self.words_of = [_words_of_name(p, lexicon) for p in self.parts]
        self.nouns = frozenset(p.noun for p in self.parts if p.noun)
        self.asked = part
        self.noun = self._noun_of(part)
        self.candidates = self._instances(self.noun)
        self.places = descriptors
        self.sentence = sentence or read_sentence(instruction, lexicon, self.nouns)
        self.said = place_words(self.sentence, lexicon, self.nouns)

    def made(self) -> InstanceChoice:
        if len(self.candidates) == 1:
            name = self.names[self.candidates[0]]
            return InstanceChoice(name, (name,), "only", f"{name} is the only {self.noun}.")
        left, by, why = self.candidates, "ambiguous", []
        for step in (self._by_number, self._by_name, self._by_related, self._by_place):
            found, reason = step(left)
            if found and len(found) < len(left):
                left = found
                by = "name" if step in (self._by_number, self._by_name) else "geometry"
                why.append(reason)
            if len(left) == 1:
                name = self.names[left[0]]
                text = f"{name} is meant: {'; '.join(why)}."
                return InstanceChoice(name, self._named(self.candidates), _decided(by), text)
        return self._open(left, why)

    def _open(self, left: list[int], why: list[str]) -> InstanceChoice:
        """Several are left."""
        listed = self._named(left)
        name = self.asked if self.asked in listed else listed[0]
        so_far = f"After {'; '.join(why)}, " if why else ""
        number = f"{so_far}{len(listed)} parts may be meant: {', '.join(listed)}."
        advice = 'Say which, as in "the top one", or name the part.'
        return InstanceChoice(name, listed, "ambiguous", f"{number} {advice}")

    # -- what there is ------------------------------------------------------------------------

    def _noun_of(self, part: str) -> str:
        for name, own in zip(self.names, self.parts, strict=True):
            if name.lower() == part.strip().lower() and own.noun:
                self.asked = name
                return own.noun
        (asked,) = read_parts([part], self.lexicon)
        if asked.noun in self.nouns:
            return str(asked.noun)
        raise InputError(
            f"The object has no part '{part}'.", f"Its parts are: {', '.join(self.names)}."
        )

    def _instances(self, noun: str) -> list[int]:
        """Parts of this noun; of a synonym, where none has the very noun."""
        same = [i for i, p in enumerate(self.parts) if p.noun == noun]
        if same:
            return same
        return [i for i, p in enumerate(self.parts) if p.noun and self.lexicon.same(p.noun, noun)]

    def _named(self, rows: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.names[row] for row in rows)

    def _is_mine(self, noun: str) -> bool:
        """Whether a noun of the sentence names the parts in question; "" is "the left one"."""
        return not noun or noun == self.noun or (
            noun not in self.nouns and self.lexicon.same(noun, self.noun)
        )  # fmt: skip

    # -- by name ------------------------------------------------------------------------------

    def _by_number(self, rows: list[int]) -> tuple[list[int], str]:
        """ "handle number 2", and "drawer 2" where the drawers themselves are no parts."""
        for noun, number in self._numbered():
            if self._is_mine(noun) or noun not in self.nouns:
                named = [row for row in rows if number in _numbers(self.names[row])]
                return named, f'"{number}" is in its name'
        return [], ""

    def _numbered(self) -> list[tuple[str, int]]:
        """Nouns with a number behind them."""
        words = [word.strip(".,;:!?'\"()").lower() for word in self.text.replace("#", " ").split()]
        known = self.nouns | opened_nouns(self.lexicon)
        found = []
        for at, word in enumerate(words):
            before = [w for w in words[max(at - 2, 0) : at] if w not in ("number", "no", "nr", "")]
            if word.isdecimal() and before and before[-1] in known:
                found.append((before[-1], int(word)))
        return found

    def _by_name(self, rows: list[int]) -> tuple[list[int], str]:
        """Words of place, and other nouns and adjectives, that stand in some of the names."""
        left, heard = rows, []
        for place in self.said:
            having = [row for row in left if place.kind in _kinds(self.words_of, row, rows)]
            found = [row for row in left if row not in having] if place.negated else having
            if having and found and (self._is_mine(place.noun) or not place.negated):
                left = found
                heard.append(place.word)
        for word in self._plain_words():
            having = [row for row in left if word in self.words_of[row]]
            if having and len(having) < len(left):
                left, heard = having, [*heard, word]
        return (left, f"{_quoted(heard)} {'is' if len(heard) == 1 else 'are'} in its name") if (
            heard
        ) else ([], "")  # fmt: skip

    def _plain_words(self) -> list[str]:
        """Words before the noun, or behind "of the", that tell no place: "the lid handle"."""
        sentence = self.sentence
        telling = {
            word
            for row in self.candidates
            for word in self.words_of[row]
            if kind_of(word) is None and word.isalpha() and len(word) > 1
        }
        found = []
        for at, word in enumerate(sentence.words):
            if sentence.is_negated((at,)):
                continue
            found += sorted(word.bases & telling - {self.noun})
        return found

    # -- by place -----------------------------------------------------------------------------

    def _by_related(self, rows: list[int]) -> tuple[list[int], str]:
        """The instance nearest to another part that the sentence tells: "the middle drawer"."""
        for noun in self._related_nouns():
            try:
                related = _Choice(
                    noun, self.text, self.names, self.places, self.lexicon, self.sentence
                )
            except InputError:
                continue
            picked = related._alone_decided()
            if picked is None:
                continue
            apart = self._apart(rows, picked)
            return _nearest(rows, apart, self._scale), f"it is nearest to {self.names[picked]}"
        return [], ""

    def _related_nouns(self) -> list[str]:
        """Nouns of other parts by which the sentence points at one of these."""
        told = [n for n, _ in self._numbered() if n in self.nouns and not self._is_mine(n)]
        told += [p.noun for p in self.said if p.noun in self.nouns and not self._is_mine(p.noun)]
        told += [p.to for p in self.said if p.kind == "near" and p.to and not self._is_mine(p.to)]
        return list(dict.fromkeys([*told, *self._owners()]))

    def _owners(self) -> list[str]:
        """Other parts in "the lid handle", "the handle of the lid", "the handle on the lid"."""
        sentence = self.sentence
        words = sentence.words
        found = []
        for at, word in enumerate(words):
            if self.noun not in word.bases or sentence.is_negated((at,)):
                continue
            before = words[at - 1].bases & self.nouns if at else frozenset()
            found += sorted(before - {self.noun})
            after = [w.lower for w in words[at + 1 : at + 3]]
            if (
                len(after) == 2
                and after[0] in ("of", "on", "at", "by", "near")
                and at + 3 < len(words)
            ):
                found += sorted(words[at + 3].bases & self.nouns - {self.noun})
        return found

    def _alone_decided(self) -> int | None:
        """The one instance that this noun means, without looking for related parts."""
        left = self.candidates
        for step in (self._by_number, self._by_name, self._by_place):
            found, _ = step(left)
            left = found or left
        return left[0] if len(left) == 1 else None

    def _by_place(self, rows: list[int]) -> tuple[list[int], str]:
        """Words of place read on the parts' centres, one after another."""
        left, heard = rows, []
        for place in sorted(self._placing(), key=_counts):
            found = self._placed(place, left)
            if place.negated:
                found = [row for row in left if row not in found]
            if found and len(found) < len(left):
                left = found
                heard.append(place.word + (f" from the {place.start}" if place.start else ""))
        return (left, f"{_quoted(heard)} by its place") if heard else ([], "")

    def _placing(self) -> list[PlaceWord]:
        """Words about these parts, or about what is opened by them and is no part itself."""
        return [p for p in self.said if self._is_mine(p.noun) or p.noun not in self.nouns]

    def _placed(self, place: PlaceWord, rows: list[int]) -> list[int]:
        """Those of the rows that are where a word says; all where their places do not differ."""
        if place.is_ordinal:
            order = self._levels(self._along(place.start or self._natural_end(rows), rows), rows)
            number = int(place.kind)
            at = number - 1 if number > 0 else number
            return order[at] if -len(order) <= at < len(order) and len(order) > 1 else rows
        if place.kind == "middle":
            order = self._levels(self._along(self._natural_end(rows), rows), rows)
            half = len(order) // 2
            return order[half] if len(order) % 2 else order[half - 1] + order[half]
        values = self._towards(place, rows)
        return self._levels(values, rows)[0]

    def _towards(self, place: PlaceWord, rows: list[int]) -> NDArray[np.float64]:
        """A number per row, smallest where the word says most."""
        if place.kind in ("outer", "inner"):
            off = np.linalg.norm(self.places.centres[rows][:, :2], axis=1)
            return np.asarray(-off if place.kind == "outer" else off)
        if place.kind in ("near", "far"):
            sign = 1.0 if place.kind == "near" else -1.0
            others = self._instances(place.to) if place.to in self.nouns else []
            if len(others) == 1:
                return sign * self._apart(rows, others[0])
            return sign * self._along("front", rows)
        return self._along(place.kind, rows)

    def _along(self, end: str, rows: list[int]) -> NDArray[np.float64]:
        """(R,) way from one end of the object, metres up to a constant."""
        centres = self.places.centres[rows]
        if end in ("top", "bottom"):
            return np.asarray(-centres[:, 2] if end == "top" else centres[:, 2])
        front = self._front()
        right = np.array([-front[1], front[0], 0.0])  # of who looks against `front`, z up
        along = {"front": -front, "back": front, "left": right, "right": -right}[end]
        return np.asarray(centres @ along)

    def _front(self) -> NDArray[np.float64]:
        """(3,) towards who looks: -y, or the side on which all candidates lie."""
        usual = np.array([0.0, -1.0, 0.0])
        half = np.maximum(self.places.extents[:2] / 2, 1e-9)
        offset = self.places.centres[self.candidates][:, :2] / half
        sides = [(axis, sign) for axis in (0, 1) for sign in (-1.0, 1.0)
                 if (sign * offset[:, axis] > ONE_SIDE).all()]  # fmt: skip
        if len(sides) != 1:
            return usual
        front = np.zeros(3)
        front[sides[0][0]] = sides[0][1]
        return front

    def _natural_end(self, rows: list[int]) -> str:
        """Where one counts from: the top of a stack, the left of a row, else the front."""
        spread = {end: np.ptp(self._along(end, rows)) for end in ("top", "left", "front")}
        return max(spread, key=lambda end: float(spread[end]))

    def _levels(self, values: NDArray[np.float64], rows: list[int]) -> list[list[int]]:
        """Rows that have about the same value together, smallest first."""
        gap = max(LEAST_GAP, LEVEL_GAP * float(np.ptp(values)))
        order = np.argsort(values, kind="stable")
        levels = [[rows[int(order[0])]]]
        for before, now in zip(order[:-1], order[1:], strict=True):
            if values[now] - values[before] > gap:
                levels.append([])
            levels[-1].append(rows[int(now)])
        return [sorted(level) for level in levels]

    def _apart(self, rows: list[int], other: int) -> NDArray[np.float64]:
        """(R,) distances of the rows' centres from that of another part, metres."""
        centres = self.places.centres
        return np.asarray(np.linalg.norm(centres[rows] - centres[other], axis=1))

    @property
    def _scale(self) -> float:
        return float(np.max(self.places.extents))


def _read(names: Sequence[str], lexicon: Lexicon) -> list[OwnPart]:
    """The parts with their nouns; of `handle_top`, beside `handle_bottom`, that is "handle"."""
    parts = read_parts(names, lexicon)
    nouns = lexicon.part_nouns | lexicon.whole
    kinds = [[m for m in sorted(p.modifiers & nouns) if kind_of(m) is None] for p in parts]
    count = Counter(noun for listed in kinds for noun in listed)
    return [
        replace(part, noun=listed[0], modifiers=part.modifiers - {listed[0]} | {part.noun})
        if part.noun and kind_of(part.noun) is not None and listed and count[listed[0]] > 1
        else part
        for part, listed in zip(parts, kinds, strict=True)
    ]


def _counts(place: PlaceWord) -> bool:
    """Whether a word counts within what the others leave: "the middle one on the left"."""
    return place.is_ordinal or place.kind == "middle"


def _nearest(rows: list[int], apart: NDArray[np.float64], scale: float) -> list[int]:
    """The nearest row, with those that are as near."""
    limit = float(apart.min()) + max(LEAST_GAP, 0.02 * scale)
    return [row for row, distance in zip(rows, apart, strict=True) if distance <= limit]


def _words_of_name(part: OwnPart, lexicon: Lexicon) -> frozenset[str]:
    """The words of a part's name but its noun: "top", or "l" of `handle_l`."""
    words = split_name(part.name, lexicon.irregular)
    return part.modifiers | {word.lower for word in words if word.lower != part.noun}


def _kinds(words_of: Sequence[frozenset[str]], row: int, rows: Sequence[int]) -> set[str]:
    """Kinds of place in a name; `l` and `r` where names have both."""
    kinds = {kind for word in words_of[row] if (kind := kind_of(word)) is not None}
    for short, kind in (("l", "left"), ("r", "right")):
        both = all(any(letter in words_of[other] for other in rows) for letter in "lr")
        if both and short in words_of[row]:
            kinds.add(kind)
    return kinds


def _numbers(name: str) -> set[int]:
    """Whole numbers in a name: 1 of `handle.001`."""
    digits: Callable[[str], str] = lambda c: c if c.isdigit() else " "  # noqa: E731
    return {int(number) for number in "".join(map(digits, name)).split()}


def _decided(by: str) -> DecidedBy:
    return "name" if by == "name" else "geometry"


def _quoted(words: Sequence[str]) -> str:
    return " and ".join(f'"{word}"' for word in words)
