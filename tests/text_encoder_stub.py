"""An encoder for tests that needs no files: each word has a fixed random vector."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch

from handhold.language.encoder import WIDTH, TextEncoder, pooled


class StubEncoder(TextEncoder):
    """Words as vectors drawn by their letters; a sentence is its words."""

    def __init__(self) -> None:
        """Nothing is loaded."""

    def states_of(self, sentences: Sequence[str]) -> list[torch.Tensor]:
        """One state per word."""
        return [torch.stack([_drawn(w) for w in s.lower().split() or ["-"]]) for s in sentences]

    def vectors(self, texts: Sequence[str]) -> torch.Tensor:
        """Means of the words' vectors."""
        return torch.stack([pooled(states) for states in self.states_of(texts)])


def _drawn(word: str) -> torch.Tensor:
    rng = torch.Generator().manual_seed(zlib.crc32(word.strip(".,!?").encode()))
    return torch.randn(WIDTH, generator=rng)
