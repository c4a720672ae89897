"""Examples as tensors: everything that does not change from epoch to epoch, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.grasps import AFFORDANCES
from handhold.language import Lexicon
from handhold.language.encoder import WIDTH, TextEncoder
from handhold.language.head_input import HeadRow, collate, evidence_of, spoken_name
from handhold.language.reading import Reading
from handhold.models.instruction_head import HeadInput
from handhold.train.instruction_examples import InstructionExample

_AT_ONCE = 48  # sentences for the encoder, ours


@dataclass(frozen=True, eq=False)
class LabelledRow:
    """What the head gets, and the answer: indices, and avoid (P,) as 0 or 1."""

    given: HeadRow
    affordance: int
    part: int
    avoid: Tensor


@dataclass(frozen=True, eq=False)
class LabelledBatch:
    """A padded batch; affordance, part (B,), avoid (B, P)."""

    given: HeadInput
    affordance: Tensor
    part: Tensor
    avoid: Tensor


def labelled_rows(
    examples: Sequence[InstructionExample],
    encoder: TextEncoder,
    lexicon: Lexicon,
    on_progress: Callable[[float], None] | None = None,
) -> list[LabelledRow]:
    """The examples in their order; a third of the time is the encoder's, half the lexicon's.

    on_progress: called with the share that is done.
    """
    states = _states([example.text for example in examples], encoder, on_progress)
    return [_row(example, states[example.text], encoder, lexicon) for example in examples]


def labelled_batch(rows: Sequence[LabelledRow]) -> LabelledBatch:
    """The rows as one padded batch."""
    given = collate([row.given for row in rows])
    avoid = torch.zeros(len(rows), given.parts.shape[1])
    for number, row in enumerate(rows):
        avoid[number, : len(row.avoid)] = row.avoid
    return LabelledBatch(
        given,
        torch.tensor([row.affordance for row in rows]),
        torch.tensor([row.part for row in rows]),
        avoid,
    )


def _states(
    texts: Sequence[str], encoder: TextEncoder, on_progress: Callable[[float], None] | None
) -> Mapping[str, Tensor]:
    """The token states of each text in half precision; texts of like length go together."""
    waiting = sorted(set(texts), key=lambda text: (len(text), text))
    found: dict[str, Tensor] = {}
    for start in range(0, len(waiting), _AT_ONCE):
        chosen = waiting[start : start + _AT_ONCE]
        states = encoder.states_of(chosen)
        found.update({text: s.half() for text, s in zip(chosen, states, strict=True)})
        if on_progress is not None:
            on_progress(len(found) / len(waiting))
    return found


def _row(
    example: InstructionExample, states: Tensor, encoder: TextEncoder, lexicon: Lexicon
) -> LabelledRow:
    names = [spoken_name(part, lexicon) for part in example.parts]
    category = torch.zeros(WIDTH)
    if example.category:
        category = encoder.vectors([spoken_name(example.category, lexicon)])[0]
    scores = Reading(lexicon, example.text, example.parts, None, None).scores()
    evidence, part_evidence = evidence_of(scores)
    return LabelledRow(
        HeadRow(states, encoder.vectors(names), category, evidence, part_evidence),
        AFFORDANCES.index(example.affordance),
        example.parts.index(example.part),
        torch.tensor([float(part in example.avoid) for part in example.parts]),
    )
