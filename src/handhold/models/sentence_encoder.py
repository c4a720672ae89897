"""The transformer of a BERT-style sentence encoder: token numbers in, token states out.

Devlin et al. 2019 (post-norm layers, learned positions, exact GELU), for inference only. The
weights' names are those of the public checkpoints (`encoder.layer.0.attention.self.query.weight`),
so a checkpoint is used as it is. Written here because it starts in a tenth of the time that the
general library needs to be imported; a test compares the two where both are installed.

Low-rank adapters (Hu et al. 2022) turn it to a task, while its own weights stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handhold.errors import InputError

_TABLES = tuple(
    f"embeddings.{name}_embeddings.weight" for name in ("word", "position", "token_type")
)
_PROJECTIONS = ("query", "key", "value")
LowRank = Mapping[str, tuple[Tensor, Tensor]]
"""Name of a linear layer: what goes down (rank, inputs), and up again (outputs, rank)."""


@dataclass(frozen=True)
class SentenceEncoderConfig:
    """Sizes, by default those of MiniLM-L6.

    vocabulary: token numbers. width: of a state. layers, heads: of the transformer. hidden: width
    of the feed-forward. positions: most tokens of a sentence. epsilon: of the layer norms.
    """

    vocabulary: int = 30522
    width: int = 384
    layers: int = 6
    heads: int = 12
    hidden: int = 1536
    positions: int = 512
    epsilon: float = 1e-12

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built."""
        sizes = (self.vocabulary, self.width, self.layers, self.heads, self.hidden, self.positions)
        if min(sizes) < 1 or self.width % self.heads:
            raise ValueError(f"all sizes must be at least 1, heads divide the width; got {self}")


class SentenceEncoder:
    """States of the tokens of sentences. Frozen: what a checkpoint holds is used and kept."""

    def __init__(self, config: SentenceEncoderConfig, tensors: Mapping[str, Tensor]) -> None:
        """Take the weights of a checkpoint; a prefix `bert.`, a pooler and the like are ignored.

        Raises ValueError where one is missing or of another shape.
        """
        self.config = config
        named = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
        shapes = weight_shapes(config)
        odd = sorted(n for n, s in shapes.items() if n not in named or named[n].shape != s)
        if odd:
            raise ValueError(f"{len(odd)} weights are missing or of another shape, as {odd[0]}")
        self._weights = {name: named[name].float() for name in shapes}

    def folded(self, adapters: Adapters) -> SentenceEncoder:
        """An encoder that reads as this one does with the adapters; what is equal is shared.

        Raises ValueError where the adapters are for an encoder of other sizes.
        """
        weights = dict(self._weights)
        for at, (down, up) in adapters.pairs().items():
            name = f"{at}.weight"
            if name not in weights or weights[name].shape != (len(up), down.shape[1]):
                raise ValueError(f"the adapters have {at} of {len(up)} x {down.shape[1]}")
            weights[name] = weights[name] + (up @ down).detach().float()
        return SentenceEncoder(self.config, weights)

    def __call__(self, tokens: Tensor, mask: Tensor, low_rank: LowRank | None = None) -> Tensor:
        """States (B, T, width) of tokens (B, T), whole numbers; mask (B, T) is false for padding.

        What stands at padded places is of no meaning. T is at most `positions`. low_rank: of
        adapters in training, through which gradients flow.
        """
        extra = low_rank or {}
        table, position, kind = (self._weights[name] for name in _TABLES)
        states = F.embedding(tokens, table) + position[: tokens.shape[1]] + kind[0]
        states = self._normalised("embeddings", states)
        seen = mask[:, None, None, :]
        for number in range(self.config.layers):
            at = f"encoder.layer.{number}"
            mixed = self._attended(f"{at}.attention.self", states, seen, extra)
            states = self._added(f"{at}.attention.output", mixed, states, extra)
            hidden = F.gelu(self._linear(f"{at}.intermediate.dense", states, extra))
            states = self._added(f"{at}.output", hidden, states, extra)
        return states

    def _attended(self, at: str, states: Tensor, seen: Tensor, extra: LowRank) -> Tensor:
        split = (*states.shape[:2], self.config.heads, -1)
        query, key, value = (
            self._linear(f"{at}.{name}", states, extra).view(split).transpose(1, 2)
            for name in _PROJECTIONS
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return mixed.transpose(1, 2).flatten(2)

    def _linear(self, at: str, values: Tensor, extra: LowRank) -> Tensor:
        result = F.linear(values, self._weights[f"{at}.weight"], self._weights[f"{at}.bias"])
        if at in extra:
            down, up = extra[at]
            result = result + F.linear(F.linear(values, down), up)
        return result

    def _added(self, at: str, update: Tensor, states: Tensor, extra: LowRank) -> Tensor:
        return self._normalised(at, self._linear(f"{at}.dense", update, extra) + states)

    def _normalised(self, at: str, states: Tensor) -> Tensor:
        weight, bias = (self._weights[f"{at}.LayerNorm.{name}"] for name in ("weight", "bias"))
        return F.layer_norm(states, (self.config.width,), weight, bias, self.config.epsilon)


@dataclass(frozen=True)
class AdapterConfig:
    """Sizes of :class:`Adapters`: those of the encoder, and the rank of each change to it."""

    width: int = 384
    layers: int = 6
    hidden: int = 1536
    rank: int = 16

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built; ValueError says which."""
        if min(self.width, self.layers, self.hidden, self.rank) < 1:
            raise ValueError(f"all sizes must be at least 1, got {self}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AdapterConfig:
        """The inverse of :meth:`to_dict`; InputError for unknown, missing or impossible values."""
        try:
            if set(values) != {field.name for field in fields(cls)}:
                raise ValueError(f"its keys are {sorted(values)}")
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The adapters' configuration is not readable: {error}.",
                "Train them again, or use the version of handhold that wrote them.",
            ) from error


class Adapters(nn.Module):
    """Low-rank changes to queries, values and feed-forward of every layer; at first none."""

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        self.config = config
        width, hidden, rank = config.width, config.hidden, config.rank
        kinds = {
            "attention.self.query": (width, width),
            "attention.self.value": (width, width),
            "intermediate.dense": (hidden, width),
            "output.dense": (width, hidden),
        }
        sizes = {
            f"encoder.layer.{number}.{kind}": size
            for number in range(config.layers)
            for kind, size in kinds.items()
        }
        self._names = tuple(sizes)
        self.down = nn.ParameterList(
            torch.randn(rank, inputs) / inputs**0.5 for _, inputs in sizes.values()
        )
        self.up = nn.ParameterList(torch.zeros(outputs, rank) for outputs, _ in sizes.values())

    def pairs(self) -> dict[str, tuple[Tensor, Tensor]]:
        """What SentenceEncoder takes; of the parameters themselves."""
        return {n: (d, u) for n, d, u in zip(self._names, self.down, self.up, strict=True)}


def weight_shapes(config: SentenceEncoderConfig) -> dict[str, tuple[int, ...]]:
    """The name and shape of every weight that is used."""
    width, hidden = config.width, config.hidden
    rows = (config.vocabulary, config.positions, 2)
    shapes: dict[str, tuple[int, ...]] = {
        name: (count, width) for name, count in zip(_TABLES, rows, strict=True)
    }
    normed = ["embeddings"]
    for number in range(config.layers):
        at = f"encoder.layer.{number}"
        linear = {f"{at}.attention.self.{name}": (width, width) for name in _PROJECTIONS}
        linear |= {
            f"{at}.attention.output.dense": (width, width),
            f"{at}.intermediate.dense": (hidden, width),
            f"{at}.output.dense": (width, hidden),
        }
        for name, (outputs, inputs) in linear.items():
            shapes |= {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}
        normed += [f"{at}.attention.output", f"{at}.output"]
    for name in normed:
        shapes |= {f"{name}.LayerNorm.weight": (width,), f"{name}.LayerNorm.bias": (width,)}
    return shapes
