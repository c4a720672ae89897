"""What an instruction asks of the hand, and who finds that out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Understanding:
    """An instruction, read.

    affordance: one of handhold.grasps.AFFORDANCES.
    part_name: one of the object's part names, or None where the words decide no part and its
        geometry has to (handhold.grounding).
    words: the words of the instruction that decided, in the order of the sentence.
    explanation: one or two sentences for a person.
    margin: 0 (a guess) to 1 (stated, or nothing spoke against it): how far the affordance is
        ahead of the next one. Ours; it orders readings, it is no probability.
    """

    instruction: str
    affordance: str
    part_name: str | None
    words: tuple[str, ...]
    explanation: str
    margin: float


class InstructionReader(Protocol):
    """Anything that reads instructions: the lexicon here, a trained model, a served one."""

    def read(
        self,
        instruction: str,
        part_names: Sequence[str],
        *,
        affordance: str | None = None,
        part: str | None = None,
    ) -> Understanding:
        """Decide affordance and part of `instruction` for an object with these parts.

        `affordance` and `part`, where given, are the user's word and override the sentence.
        Raises InputError for an empty instruction, an unknown affordance, an unknown part.
        """
        ...
