"""What an instruction asks of the hand, and who finds that out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SURE = 0.5
"""Ours: readings of less confidence than this are ambiguous, and both are shown."""


@dataclass(frozen=True)
class OtherReading:
    """What the sentence may have meant instead; fields as those of Understanding."""

    affordance: str
    part_name: str | None
    confidence: float


@dataclass(frozen=True)
class Understanding:
    """An instruction, read.

    affordance: one of handhold.grasps.AFFORDANCES.
    part_name: one of the object's part names, or None where the words decide no part and its
        geometry has to (handhold.grounding).
    words: the words of the instruction that decided, in the order of the sentence.
    explanation: one or two sentences for a person.
    confidence: 0 (a guess) to 1 (stated): how likely affordance and part are both what was meant.
        The trained head's is calibrated; the lexicon's says how far the affordance is ahead of
        the next one, and only orders readings.
    avoid: parts that the hand is to keep off: forbidden, endangered, or another person's.
    runner_up: the next likely reading, if there is one.
    back_end: who read: "lexicon", "offline", "llm" or "user".
    notes: sentences for the user about how it was read, as that a model failed.
    """

    instruction: str
    affordance: str
    part_name: str | None
    words: tuple[str, ...]
    explanation: str
    confidence: float
    avoid: tuple[str, ...] = ()
    runner_up: OtherReading | None = None
    back_end: str = "lexicon"
    notes: tuple[str, ...] = ()

    @property
    def is_ambiguous(self) -> bool:
        """Whether the runner-up should be shown, too."""
        return self.confidence < SURE and self.runner_up is not None


@dataclass(frozen=True)
class PartsView:
    """A picture of the object for a model that sees: PNG, and the colour of each part in words."""

    png: bytes
    legend: Mapping[str, str]


class InstructionReader(Protocol):
    """Anything that reads instructions: the lexicon here, a trained head, a served model."""

    def read(
        self,
        instruction: str,
        part_names: Sequence[str],
        *,
        affordance: str | None = None,
        part: str | None = None,
        category: str = "",
        view: Callable[[], PartsView] | None = None,
    ) -> Understanding:
        """Decide affordance and part of `instruction` for an object with these parts.

        `affordance` and `part`, where given, are the user's word and override the sentence.
        `category` is what the object is, where that is known; `view` makes a picture of it, and is
        called only by readers that look at one. Raises InputError for an empty instruction, an
        unknown affordance, an unknown part.
        """
        ...
