"""The contact part: where on the object the hand is to go (stage 1 of G-DexGrasp)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handhold.errors import InputError
from handhold.grounding.descriptors import PartDescriptors
from handhold.grounding.shape import LIKENESS
from handhold.language import Understanding


@dataclass(frozen=True)
class ContactPart:
    """The chosen part.

    index, name: of the object's parts. by_shape: geometry chose, not the words.
    explanation: one sentence. scores: per part, where geometry chose, else empty.
    """

    index: int
    name: str
    by_shape: bool
    explanation: str
    scores: tuple[float, ...] = ()


def locate_part(
    understanding: Understanding,
    part_names: Sequence[str],
    descriptors: PartDescriptors,
    *,
    parts_provisional: bool = False,
) -> ContactPart:
    """The part that the words name, else the one whose shape suits the affordance best.

    G-DexGrasp lets detected image boxes vote for a part; names and shapes stand in for that
    here (ours). Ties go to the first part. Raises InputError for a name that the object does
    not have and for an object without parts.
    """
    if not part_names:
        raise InputError("The object has no parts.", "Give it at least one.")
    if understanding.part_name is not None:
        return _named(understanding.part_name, part_names)
    if len(part_names) == 1:
        return ContactPart(0, part_names[0], False, f"{part_names[0]} is the only part.")
    return _by_shape(understanding.affordance, part_names, descriptors, parts_provisional)


def _named(name: str, part_names: Sequence[str]) -> ContactPart:
    if name not in part_names:
        raise InputError(
            f"The object has no part '{name}'.", f"Its parts are: {', '.join(part_names)}."
        )
    return ContactPart(list(part_names).index(name), name, False, f"{name} was named.")


def _by_shape(
    affordance: str, part_names: Sequence[str], descriptors: PartDescriptors, provisional: bool
) -> ContactPart:
    looks, likeness = LIKENESS[affordance]
    scores = likeness(descriptors)
    index = int(np.argmax(scores))
    chosen = f"{part_names[index]} was chosen by its shape for {affordance} ({looks})"
    why = "the parts are provisional" if provisional else "no name decided"
    return ContactPart(
        index=index,
        name=part_names[index],
        by_shape=True,
        explanation=f"{chosen}; {why}.",
        scores=tuple(float(score) for score in scores),
    )
