"""Instructions that are too long, or in no language that handhold reads: what is done, and said."""

from __future__ import annotations

from dataclasses import dataclass

from handhold.language.checks import checked_instruction
from handhold.language.lexicon import Lexicon
from handhold.language.words import split_words

LONGEST_WORDS = 120  # ours
_FEWEST_WORDS = 3  # shorter instructions are not judged: "open", "Bottle cap!"
_LEAST_KNOWN = 0.25  # share of words that are known; ours
_MOST_FOREIGN = 0.3  # share of letters beyond ASCII; ours
_LONG = (
    f"The instruction has {{count}} words; only the first {LONGEST_WORDS} are read."
    " A shorter one says more clearly what the hand is to do."
)
FOREIGN = (
    "The instruction does not read like English, the only language that is read here, so this is"
    " a guess. Please say it in English, or state affordance and part."
)
# The most frequent words of English, which hardly a sentence is without.
_COMMON = frozenset(
    """
    the a an of to and in is are was be been i you he she it we they me him her us them my your
    his its our their this that these those there here what which who where when how why do does
    did don't dont can can't could couldn't would will won't shall should must may might have has
    had not no yes please for with without on at by from up down out off over under into onto so
    but or if then than as some any all one two more most very too just now i'm i'd i'll i've it's
    let's let need want like get give go help make take put use thing someone something before
    after because while about around again back only also hand thanks kindly mind
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Readable:
    """An instruction as it is read. notes: what the user should know about that."""

    text: str
    notes: tuple[str, ...] = ()
    is_foreign: bool = False


def readable(instruction: str, lexicon: Lexicon) -> Readable:
    """The instruction without outer space, cut where too long; InputError for one without words."""
    text = checked_instruction(instruction)
    words = text.split()
    notes = []
    if len(words) > LONGEST_WORDS:
        notes.append(_LONG.format(count=len(words)))
        text = checked_instruction(" ".join(words[:LONGEST_WORDS]))
    foreign = _is_foreign(text, lexicon)
    if foreign:
        notes.append(FOREIGN)
    return Readable(text, tuple(notes), foreign)


def _is_foreign(text: str, lexicon: Lexicon) -> bool:
    letters = [character for character in text if character.isalpha()]
    beyond = sum(not character.isascii() for character in letters)
    if beyond > _MOST_FOREIGN * len(letters):
        return True
    words = split_words(text, lexicon.irregular)
    if len(words) < _FEWEST_WORDS:
        return False
    known = _COMMON | lexicon.vocabulary
    return sum(bool(w.bases & known) for w in words) < _LEAST_KNOWN * len(words)
