"""The hand keeps off the parts that the sentence forbids or endangers (ours)."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.refine.terms.term import State

MARGIN = 0.01
"""Metres that the skin keeps from the avoided parts (ours): two contact distances."""


class Avoid:
    """Sum over hand vertices of relu(1 cm - distance to the avoided parts), metres (ours).

    The distance is negative inside, so that a vertex that is in such a part is pushed out of it.
    """

    name = "avoid"

    def __init__(self, margin: float = MARGIN) -> None:
        self.margin = margin

    def __call__(self, state: State) -> Tensor:
        return torch.relu(self.margin - state.to_avoided).sum(-1)
