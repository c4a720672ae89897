"""L_reveren: skin under the object's surface."""

from __future__ import annotations

from torch import Tensor

from handhold.contact import skin_depth
from handhold.refine.terms.term import State


class ReversePenetration:
    """L_reveren = sum over hand vertices of their depth inside the object, metres.

    GDG eq. 7 with the object's signed distance in place of the nearest object point (ours).
    """

    name = "reveren"

    def __init__(self, slack: float = 0.0) -> None:
        self.slack = slack

    def __call__(self, state: State) -> Tensor:
        return skin_depth(state.signed, self.slack).sum(-1)
