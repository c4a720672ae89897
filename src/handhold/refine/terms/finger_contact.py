"""Every finger that should touch does (ours)."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.hands import HAND_PARTS
from handhold.refine.terms.term import State

SHOULD_TOUCH = 0.5
"""A vertex whose contact value in the prior exceeds this should touch."""


class FingerContact:
    """Sum over hand parts of the smallest part distance among vertices that should touch (ours).

    In metres. A hand part counts only if the prior has such vertices on it. L_contact is a mean,
    and is content when the palm touches and a finger hovers; this term is not.
    """

    name = "finger"

    def __call__(self, state: State) -> Tensor:
        wanted = state.priors.part_mean > SHOULD_TOUCH
        distance = torch.where(wanted, state.to_part, 1.0)
        part = state.hand.vertex_part.expand_as(distance)
        start = torch.ones_like(distance[:, : len(HAND_PARTS)])
        nearest = start.scatter_reduce(1, part, distance, "amin")
        return torch.where(nearest < 1.0, nearest, 0.0).sum(-1)
