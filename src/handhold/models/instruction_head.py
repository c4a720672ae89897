"""A network that says which affordance and part a sentence asks for, and what to keep off.

Ours. The object's own part names are what is chosen from. An encoder reads sentence, category and
names as one text, so that each name's states know of the sentence; here each part, the mean of its
name's states, looks at all states and at the other parts. What a lexicon makes of the same sentence
comes along as numbers; it knows words that training never saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from handhold.errors import InputError


@dataclass(frozen=True)
class HeadConfig:
    """Sizes of :class:`InstructionHead`.

    states: width of the encoder's states and vectors. affordances: how many there are. evidence:
    lexicon numbers per affordance. part_evidence: the same per part. width, heads: of the
    transformer. sentence_layers, part_layers: how many of each. dropout: share, in training.
    blind: share of the training sentences for which the lexicon's numbers are hidden.
    """

    states: int = 384
    affordances: int = 7
    evidence: int = 2
    part_evidence: int = 29
    width: int = 128
    heads: int = 4
    sentence_layers: int = 1
    part_layers: int = 2
    dropout: float = 0.2
    blind: float = 0.3

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built; ValueError says which."""
        sizes = (self.states, self.affordances, self.evidence, self.part_evidence, self.width)
        if min(*sizes, self.heads, self.sentence_layers, self.part_layers) < 1:
            raise ValueError(f"all sizes must be at least 1, got {self}")
        if self.width % self.heads or not 0 <= self.dropout < 1 or not 0 <= self.blind < 1:
            raise ValueError(f"heads must divide the width, shares be below 1, got {self}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> HeadConfig:
        """The inverse of :meth:`to_dict`; InputError for unknown, missing or impossible values."""
        try:
            if set(values) != {field.name for field in fields(cls)}:
                raise ValueError(f"its keys are {sorted(values)}")
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The head's configuration is not readable: {error}.",
                "Train it again, or use the version of handhold that wrote it.",
            ) from error


@dataclass(frozen=True, eq=False)
class HeadInput:
    """B sentences of up to T tokens for objects of up to P parts; masks are false for padding.

    tokens: (B, T, states), of the whole text. token_mask: (B, T). spans: (B, P, T), weights of the
    states that are a part's name, of sum 1. part_mask: (B, P). evidence: (B, affordances,
    evidence). part_evidence: (B, P, part_evidence).
    """

    tokens: Tensor
    token_mask: Tensor
    spans: Tensor
    part_mask: Tensor
    evidence: Tensor
    part_evidence: Tensor


@dataclass(frozen=True, eq=False)
class HeadOutput:
    """Logits; padded parts have -inf in `joint`.

    joint: (B, affordances, P), to be normalised over both. avoid: (B, P), each for itself.
    """

    joint: Tensor
    avoid: Tensor


class InstructionHead(nn.Module):
    """See the module's text."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        width, drop = config.width, nn.Dropout(config.dropout)
        self.drop = drop
        self.token_in = nn.Linear(config.states, width)
        self.part_in = nn.Linear(config.states, width)
        self.evidence_in = nn.Linear(config.affordances * config.evidence, width)
        self.part_evidence_in = nn.Sequential(
            nn.Linear(config.part_evidence, width), nn.GELU(), drop,
            nn.Linear(width, width),
        )  # fmt: skip
        settings: dict[str, Any] = {
            "d_model": width,
            "nhead": config.heads,
            "dim_feedforward": 2 * width,
            "dropout": config.dropout,
            "activation": "gelu",
            "batch_first": True,
            "norm_first": True,
        }
        self.sentence = nn.ModuleList(
            nn.TransformerEncoderLayer(**settings) for _ in range(config.sentence_layers)
        )
        self.compare = nn.ModuleList(
            nn.TransformerDecoderLayer(**settings) for _ in range(config.part_layers)
        )
        self.affordance_out = nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, width), nn.GELU(), drop,
            nn.Linear(width, config.affordances),
        )  # fmt: skip
        self.part_out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, config.affordances))
        self.avoid_out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))

    def forward(self, given: HeadInput) -> HeadOutput:
        """The logits of a batch."""
        if self.training and self.config.blind:
            given = self._partly_blind(given)
        context = self.evidence_in(given.evidence.flatten(1))[:, None]
        tokens = torch.cat([context, self.token_in(given.tokens)], dim=1)
        always = given.token_mask.new_ones(len(tokens), 1)
        hidden = ~torch.cat([always, given.token_mask], dim=1)
        tokens = self.drop(tokens)
        for layer in self.sentence:
            tokens = layer(tokens, src_key_padding_mask=hidden)
        names = self.part_in(given.spans @ given.tokens)
        parts = self.drop(names + self.part_evidence_in(given.part_evidence))
        padded = ~given.part_mask
        for layer in self.compare:
            parts = layer(
                parts, tokens, tgt_key_padding_mask=padded, memory_key_padding_mask=hidden
            )
        pools = torch.cat([_mean(tokens, ~hidden), _mean(parts, given.part_mask)], dim=1)
        joint = self.affordance_out(pools)[:, :, None] + self.part_out(parts).transpose(1, 2)
        joint = joint.masked_fill(padded[:, None], -torch.inf)
        return HeadOutput(joint, self.avoid_out(parts).squeeze(2))

    def _partly_blind(self, given: HeadInput) -> HeadInput:
        """Hide the lexicon from some sentences, so that it is not relied on alone."""
        seen = torch.rand(len(given.evidence), 1, 1, device=given.evidence.device)
        shown = (seen >= self.config.blind).to(given.evidence.dtype)
        return replace(
            given, evidence=given.evidence * shown, part_evidence=given.part_evidence * shown
        )


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """(B, W): mean over the places (B, N) of values (B, N, W) that are not padding."""
    weights = mask.to(values.dtype)[:, :, None]
    return (values * weights).sum(1) / weights.sum(1).clamp(min=1)
