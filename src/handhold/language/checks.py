"""What a user may ask for, checked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES


def checked_instruction(instruction: str) -> str:
    """The instruction without outer space. Raises InputError if there is no word in it."""
    text = " ".join(instruction.split())
    if not any(character.isalpha() for character in text):
        raise InputError(
            "The instruction is empty.", 'Say what the hand is to do, e.g. "pour me some tea".'
        )
    return text


def checked_affordance(affordance: str | None) -> str | None:
    """The affordance as it is spelled in files. Raises InputError listing those that exist."""
    if affordance is None:
        return None
    spelled = "-".join(affordance.lower().replace("_", " ").replace("-", " ").split())
    if spelled not in AFFORDANCES:
        raise InputError(
            f"'{affordance}' is no affordance.", f"Choose one of: {', '.join(AFFORDANCES)}."
        )
    return spelled


def checked_part(part: str | None, part_names: Sequence[str]) -> str | None:
    """The part as the object spells it, case ignored. Raises InputError listing the parts."""
    if part is None:
        return None
    if part in part_names:
        return part
    alike = [name for name in part_names if name.lower() == part.lower()]
    if len(alike) == 1:
        return alike[0]
    raise InputError(
        f"The object has no part '{part}'.", f"Its parts are: {', '.join(part_names)}."
    )
