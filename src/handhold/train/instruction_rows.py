"""Examples as the head's input and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.grasps import AFFORDANCES
from handhold.language import Lexicon
from handhold.language.encoder import TextEncoder
from handhold.language.head_input import HeadRow, collate, head_row
from handhold.language.reading import Reading
from handhold.models.instruction_head import HeadInput
from handhold.models.sentence_encoder import LowRank, SentenceEncoder
from handhold.train.instruction_examples import InstructionExample


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
    examples: Sequence[InstructionExample], encoder: TextEncoder, lexicon: Lexicon
) -> list[LabelledRow]:
    """The examples in their order; most of the time is the lexicon's."""
    return [_row(example, encoder, lexicon) for example in examples]


def labelled_batch(
    rows: Sequence[LabelledRow], network: SentenceEncoder, low_rank: LowRank | None = None
) -> LabelledBatch:
    """The rows as one padded batch, read by the network; low_rank: of adapters in training."""
    given = collate([row.given for row in rows], network, low_rank)
    avoid = torch.zeros(given.part_mask.shape)
    for number, row in enumerate(rows):
        avoid[number, : len(row.avoid)] = row.avoid
    return LabelledBatch(
        given,
        torch.tensor([row.affordance for row in rows]),
        torch.tensor([row.part for row in rows]),
        avoid,
    )


def _row(example: InstructionExample, encoder: TextEncoder, lexicon: Lexicon) -> LabelledRow:
    reading = Reading(lexicon, example.text, example.parts, None, None)
    return LabelledRow(
        head_row(reading, encoder, example.category),
        AFFORDANCES.index(example.affordance),
        example.parts.index(example.part),
        torch.tensor([float(part in example.avoid) for part in example.parts]),
    )
