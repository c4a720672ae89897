"""A sentence and an object's parts as the numbers that the instruction head reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from handhold.grasps import AFFORDANCES
from handhold.language.encoder import Asked, TextEncoder
from handhold.language.lexicon import Lexicon
from handhold.language.reading import PART_MARKS, LexiconScores, Reading
from handhold.language.words import split_name
from handhold.models.instruction_head import HeadInput
from handhold.models.sentence_encoder import LowRank, SentenceEncoder

WHOLE_OBJECT = "object"  # stands in for parts that nobody has named
EVIDENCE = 2
PART_EVIDENCE = 3 * len(AFFORDANCES) + len(PART_MARKS)
_EVIDENCE_SCALE, _FIT_SCALE = 4.0, 5.0  # lexicon scores are of this order


@dataclass(frozen=True, eq=False)
class HeadRow:
    """One sentence before the encoder has read it; the evidence as in HeadInput, without B."""

    asked: Asked
    evidence: Tensor
    part_evidence: Tensor


def head_row(reading: Reading, encoder: TextEncoder, category: str = "") -> HeadRow:
    """What the network gets of a sentence; a category without letters counts as none."""
    names = [spoken_name(part.name, reading.lexicon) for part in reading.parts]
    told = any(character.isalpha() for character in category)
    asked = encoder.asked(
        reading.text, names, spoken_name(category, reading.lexicon) if told else ""
    )
    return HeadRow(asked, *evidence_of(reading.scores()))


def spoken_name(name: str, lexicon: Lexicon) -> str:
    """A part's or category's name as one says it: "middle handle" for middle_handle."""
    words = [word.lower for word in split_name(name, lexicon.irregular) if word.text.isalpha()]
    return " ".join(words) or "part"


def evidence_of(scores: LexiconScores) -> tuple[Tensor, Tensor]:
    """The lexicon's scores as evidence (A, EVIDENCE) and part evidence (P, PART_EVIDENCE)."""
    best = np.zeros(len(AFFORDANCES))
    best[scores.best] = 1.0
    evidence = np.stack([np.tanh(scores.evidence / _EVIDENCE_SCALE), best], axis=1)
    fit = np.tanh(scores.fit.T / _FIT_SCALE)
    chosen = scores.chosen.T
    part_evidence = np.concatenate([fit, chosen, chosen * best, scores.marks], axis=1)
    return torch.from_numpy(evidence).float(), torch.from_numpy(part_evidence).float()


def collate(
    rows: Sequence[HeadRow], network: SentenceEncoder, low_rank: LowRank | None = None
) -> HeadInput:
    """The rows as one padded batch, read by the network; low_rank: of adapters in training."""
    longest = max(len(row.asked.tokens) for row in rows)
    most = max(len(row.asked.spans) for row in rows)
    tokens = torch.zeros(len(rows), longest, dtype=torch.long)
    spans = torch.zeros(len(rows), most, longest)
    for number, row in enumerate(rows):
        tokens[number, : len(row.asked.tokens)] = torch.tensor(row.asked.tokens)
        for part, (start, end) in enumerate(row.asked.spans):
            spans[number, part, start:end] = 1 / (end - start)
    token_mask = _mask([len(row.asked.tokens) for row in rows], longest)
    return HeadInput(
        tokens=network(tokens, token_mask, low_rank).float(),
        token_mask=token_mask,
        spans=spans,
        part_mask=_mask([len(row.asked.spans) for row in rows], most),
        evidence=torch.stack([row.evidence for row in rows]),
        part_evidence=_stacked([row.part_evidence for row in rows], most),
    )


def _stacked(values: Sequence[Tensor], longest: int) -> Tensor:
    result = torch.zeros(len(values), longest, values[0].shape[1])
    for row, value in enumerate(values):
        result[row, : len(value)] = value
    return result


def _mask(lengths: Sequence[int], longest: int) -> Tensor:
    return torch.arange(longest)[None] < torch.tensor(lengths)[:, None]
