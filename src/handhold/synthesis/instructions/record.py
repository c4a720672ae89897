"""One instruction, and when two of them are the same or name a part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handhold.synthesis.instructions.words import singular, spoken

FORMS: tuple[str, ...] = (
    "command",
    "question",
    "goal",
    "basic",
    "present",
    "progressive",
    "passive",
)
"""Three natural ways of asking (to the effect of G-DexGrasp's requests), then the four forms of
MaskDexGrasp (supplement, Fig. 9)."""

LONGEST = 30  # words, ours

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True)
class Instruction:
    """A sentence that asks for a grasp.

    form: one of FORMS. direct: whether the contact part is named in it; else the task implies it.
    """

    text: str
    form: str
    direct: bool


def words_of(text: str) -> tuple[str, ...]:
    """The words in lower case, without punctuation and possessive s."""
    return tuple(word.lower().replace("’", "'") for word in _WORD.findall(text))


def normalised(text: str) -> str:
    """The same for sentences that differ in case, punctuation and spacing only."""
    return " ".join(words_of(text))


def names_part(text: str, part: str) -> bool:
    """Whether the part's name, in its singular or plural, is among the words of a sentence."""
    heard = [singular(word.removesuffix("'s").removesuffix("'")) for word in words_of(text)]
    name = [singular(word) for word in words_of(spoken(part))]
    return any(heard[at : at + len(name)] == name for at in range(len(heard) - len(name) + 1))
