"""An encoder for tests that needs no files: words are numbers, the network is small and random."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch

from handhold.language.encoder import WIDTH, TextEncoder, pooled
from handhold.models.sentence_encoder import SentenceEncoder, SentenceEncoderConfig, weight_shapes

SIZES = SentenceEncoderConfig(vocabulary=5000, width=WIDTH, layers=1, hidden=8)
_START, _END = 1, 2


class StubEncoder(TextEncoder):
    """Words as vectors drawn by their letters; a sentence is its words."""

    def __init__(self) -> None:
        """Nothing is loaded."""
        rng = torch.Generator().manual_seed(0)
        drawn = {n: torch.randn(*s, generator=rng) for n, s in weight_shapes(SIZES).items()}
        self.network = SentenceEncoder(
            SIZES, {n: w if "embeddings" in n else 0.1 * w for n, w in drawn.items()}
        )

    def states_of(self, sentences: Sequence[str]) -> list[torch.Tensor]:
        """One state per word."""
        return [torch.stack([_drawn(w) for w in s.lower().split() or ["-"]]) for s in sentences]

    def vectors(self, texts: Sequence[str]) -> torch.Tensor:
        """Means of the words' vectors."""
        return torch.stack([pooled(states) for states in self.states_of(texts)])

    def _numbers(self, text: str, marks: bool = False) -> list[int]:
        words = [_hashed(word) for word in text.lower().split()]
        return [_START, *words[:256], _END] if marks else words


def _drawn(word: str) -> torch.Tensor:
    rng = torch.Generator().manual_seed(_hashed(word))
    return torch.randn(WIDTH, generator=rng)


def _hashed(word: str) -> int:
    return 3 + zlib.crc32((word.strip(".,!?") or word).encode()) % (SIZES.vocabulary - 3)
