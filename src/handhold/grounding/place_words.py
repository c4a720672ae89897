"""Words that tell one of several like parts from the others, and which noun each belongs to.

Conventions (ours), in the object frame: top is +z; seen from its front an object's right is on the
right of who looks at it. Which side the front is: `handhold.grounding.instances`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handhold.language import Lexicon
from handhold.language.sentence import Sentence
from handhold.language.words import Word

PLACES: Mapping[str, tuple[str, ...]] = {
    "top": ("top", "upper", "topmost", "uppermost", "highest", "upmost"),
    "bottom": ("bottom", "lower", "bottommost", "lowermost", "lowest"),
    "middle": ("middle", "mid", "center", "centre", "central", "midmost", "middlemost"),
    "left": ("left", "leftmost", "lefthand"),
    "right": ("right", "rightmost", "righthand"),
    "front": ("front", "frontmost", "foremost"),
    "back": ("back", "rear", "rearmost", "hind", "backmost", "hindmost"),
    "near": ("nearest", "closest", "nearer", "closer", "near"),
    "far": ("farthest", "furthest", "far", "farther", "further"),
    "outer": ("outer", "outermost", "outside"),
    "inner": ("inner", "innermost", "inside"),
    "1": ("first", "1st"),
    "2": ("second", "2nd"),
    "3": ("third", "3rd"),
    "4": ("fourth", "4th"),
    "5": ("fifth", "5th"),
    "6": ("sixth", "6th"),
    "-1": ("last",),
}
"""Kind of place -> the words for it. Whole numbers count from one end, -1 from the other."""
_KIND = {word: kind for kind, words in PLACES.items() for word in words}
_ENDS = ("top", "bottom", "left", "right", "front", "back")
_NUMBERS = ("two", "three", "four", "five", "six", "both", "2", "3", "4", "5", "6")
_ONE = ("one", "ones")
_PREPOSITIONS = frozenset({"on", "at", "in", "to", "towards", "toward", "from", "by", "near"})
_STOPS = _PREPOSITIONS | {
    *("and", "or", "of", "with", "for", "so", "then", "it", "is", "are", "be", "into", "onto"),
    *("the", "a", "an", "this", "that", "my", "your", "its", "but", "not", "because", "please"),
}
_SIDES = ("side", "end", "edge", "corner", "row", "column", "half")
_BETWEEN = 2  # unknown words between "top" and its noun: "top wooden drawer", ours
_BACKWARDS = 7  # words between "handle" and "on the left", ours
_PHRASE = 8  # words of "the second small wooden drawer" at most, ours
_OPENED = ("swung", "turned", "pushed", "machine")  # what is opened or worked by a part of its own


@dataclass(frozen=True)
class PlaceWord:
    """A word of place in an instruction.

    kind: of PLACES. word: as it was said. start: for ordinals, the end that they count from (a kind
    of place), or "". noun: what it says the place of, "" where it stands alone ("the left one").
    to: for "near" and "far", the part from which, or "". negated: "not the left one".
    """

    kind: str
    word: str
    noun: str
    start: str = ""
    to: str = ""
    negated: bool = False

    @property
    def is_ordinal(self) -> bool:
        return self.kind.lstrip("-").isdigit()


def kind_of(word: str) -> str | None:
    """The kind of place that a word of a sentence or of a name stands for."""
    return _KIND.get(word.lower())


def opened_nouns(lexicon: Lexicon) -> frozenset[str]:
    """What is opened or worked by a part of its own: a drawer by its handle, a burner by its
    knob."""
    return frozenset(" ".join(phrase) for name in _OPENED for phrase in lexicon.classes[name])


def read_sentence(text: str, lexicon: Lexicon, own_nouns: frozenset[str]) -> Sentence:
    """An instruction for `place_words`: "top-left" as two words."""
    return Sentence(text.replace("-", " "), lexicon, own_nouns)


def place_words(
    sentence: Sentence, lexicon: Lexicon, own_nouns: frozenset[str]
) -> tuple[PlaceWord, ...]:
    """The words of place of an instruction that belong to a noun, in the sentence's order.

    sentence: of `read_sentence`. own_nouns: of the object's parts. A word counts where it stands
    before a noun that may be a part or is opened by one ("the middle drawer", "second drawer from
    the top", "the left one"), or behind it ("the handle on the left"); "turn it left" and "put it
    back" say no place.
    """
    return _Reader(sentence, lexicon, own_nouns).found()


class _Reader:
    """One instruction; positions are those of its words."""

    def __init__(self, sentence: Sentence, lexicon: Lexicon, own_nouns: frozenset[str]) -> None:
        alike = (
            noun for noun in lexicon.part_nouns for own in own_nouns if lexicon.same(noun, own)
        )
        self.nouns = own_nouns.union(opened_nouns(lexicon), alike)
        self.own = own_nouns
        self.lexicon = lexicon
        self.sentence = sentence
        self.words: Sequence[Word] = sentence.words
        self.used: set[int] = set()

    def found(self) -> tuple[PlaceWord, ...]:
        return tuple(
            place for at in range(len(self.words)) if (place := self._place(at)) is not None
        )

    def _place(self, at: int) -> PlaceWord | None:
        kind = kind_of(self.words[at].lower)
        if kind is None or at in self.used or self._is_another_noun(at):
            return None
        ordinal = kind.isdigit() or kind == "-1"
        last = self._to_last(at) if ordinal else at
        if last > at:
            kind = f"-{kind}"
            self.used.add(last)
        noun = self._noun_after(last)
        if noun is None and self._ends_phrase(last):
            noun = self._noun_before(at)
        if noun is None:
            return None
        return PlaceWord(
            kind=kind,
            word=self.words[at].lower,
            noun=noun,
            start=self._end_counted_from(at) if ordinal else "",
            to=self._reference(at) if kind in ("near", "far") else "",
            negated=self.sentence.is_negated((at,)),
        )

    def _to_last(self, at: int) -> int:
        """Where "second to last", "second from last" and "second last" end; else `at`."""
        after = at + 2 if self._says(at + 1, ("to", "from")) else at + 1
        return after if self._says(after, ("last",)) else at

    def _is_another_noun(self, at: int) -> bool:
        """ "the top of the bottle": a place on a part, which tells no part from another."""
        if not self._says(at + 1, ("of",)):
            return False
        after = self._skip(at + 2, ("the", "these", "those", "your", "my", "its"))
        many = self._says(after, _NUMBERS)
        after = self._skip(after, _NUMBERS)
        return not many and not (self._noun(after) and self._is_plural(after))

    def _noun_after(self, at: int) -> str | None:
        """The noun that the word stands before: "the top drawer", "the top of the two handles"."""
        if self._says(at + 1, ("of",)):
            after = self._skip(at + 2, ("the", "these", "those", "your", "my", "its", *_NUMBERS))
            return self._noun(after)
        unknown = 0
        allowed = _BETWEEN if self._is_determined(at) else 0
        for ahead in range(at + 1, min(at + 1 + _PHRASE, len(self.words))):
            word = self.words[ahead].lower
            noun = self._noun(ahead)
            if not self._same_clause(at, ahead):
                return None
            if noun:
                return self._head(ahead, noun)
            if word in _ONE:
                return ""
            unknown += kind_of(word) is None
            if word in _STOPS or unknown > allowed:
                return None
        return None

    def _head(self, at: int, noun: str) -> str:
        """Of "drawer handle" the handle, if that is a part of the object, else the first noun."""
        after = self._noun(at + 1)
        if after and self._same_clause(at, at + 1) and noun not in self.own and after in self.own:
            return after
        return noun

    def _ends_phrase(self, at: int) -> bool:
        """ "on the left", "on the left-hand side of": no noun of something else follows."""
        after = at + 1
        if self._says(after, ("hand",)) and self._says(after + 1, _SIDES):
            after += 1
        after = self._skip(after, _SIDES)
        if after >= len(self.words) or not self._same_clause(at, after):
            return True
        return self.words[after].lower in _STOPS

    def _noun_before(self, at: int) -> str | None:
        """The noun of "the handle on the left", "the drawer nearest to the floor"; "" is that of
        "take the left" and of "the one on the left"."""
        superlative = kind_of(self.words[at].lower) in ("near", "far")
        if not superlative and not self._behind_preposition(at):
            return "" if at > 0 and self.words[at - 1].lower == "the" else None
        for before in range(at - 1, max(at - 1 - _BACKWARDS, -1), -1):
            if self.words[before].sentence != self.words[at].sentence:
                return None
            noun = self._noun(before)
            if noun:
                return noun
            if self.words[before].lower in _ONE:
                return ""
        return None

    def _behind_preposition(self, at: int) -> bool:
        """ "on the left", "at your far right"."""
        before = self._before(at, ("the", "your", "my", "very", "its"))
        return before >= 0 and self.words[before].lower in _PREPOSITIONS

    def _before(self, at: int, passed: Sequence[str] = ()) -> int:
        """The place before a word, and before other words of place and those that are passed."""
        before = at - 1
        while before > at - _PHRASE and before >= 0:
            word = self.words[before].lower
            if word not in passed and kind_of(word) is None:
                break
            before -= 1
        return before

    def _end_counted_from(self, at: int) -> str:
        """The end of "second drawer from the top"; its word is then no place of its own."""
        for ahead in range(at + 1, min(at + 6, len(self.words))):
            if self.words[ahead].lower != "from":
                continue
            end = self._skip(ahead + 1, ("the",))
            kind = kind_of(self.words[end].lower) if end < len(self.words) else None
            if kind in _ENDS:
                self.used.add(end)
                return kind
        return ""

    def _reference(self, at: int) -> str:
        """The part of "nearest to the spout"."""
        after = self._skip(at + 1, ("to", "from"))
        if after == at + 1:  # "the handle nearest the spout", "the nearest handle to the spout"
            ahead = range(at + 1, min(at + 5, len(self.words)))
            after = next((k + 1 for k in ahead if self.words[k].lower in ("to", "from")), after)
        return self._noun(self._skip(after, ("the", "its"))) or ""

    def _noun(self, at: int) -> str | None:
        """The noun at this place that may be a part, or be opened by one."""
        if at >= len(self.words) or kind_of(self.words[at].lower) is not None:
            return None
        known = self.words[at].bases & self.nouns
        own = known & self.own
        return min(own or known, key=lambda noun: (-len(noun), noun)) if known else None

    def _is_plural(self, at: int) -> bool:
        return self._noun(at) not in (None, self.words[at].lower)

    def _is_determined(self, at: int) -> bool:
        before = self._before(at)
        return before >= 0 and self.words[before].lower in self.lexicon.grammar["determiners"]

    def _says(self, at: int, words: Sequence[str]) -> bool:
        return at < len(self.words) and self.words[at].lower in words

    def _skip(self, at: int, words: Sequence[str]) -> int:
        while self._says(at, words):
            at += 1
        return at

    def _same_clause(self, first: int, last: int) -> bool:
        return self.words[first].clause == self.words[last].clause
