"""Instructions for a use of a part: from our own grammar, or from a configured language model."""

from __future__ import annotations

from handhold.synthesis.instructions.grammar import instructions
from handhold.synthesis.instructions.language_model import InstructionSet, make_instructions
from handhold.synthesis.instructions.picture import part_picture
from handhold.synthesis.instructions.record import FORMS, Instruction, names_part, normalised

__all__ = [
    "FORMS",
    "Instruction",
    "InstructionSet",
    "instructions",
    "make_instructions",
    "names_part",
    "normalised",
    "part_picture",
]
