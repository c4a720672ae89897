"""A pull towards the prior's angles (ours)."""

from __future__ import annotations

from torch import Tensor

from handhold.refine.terms.term import State


class PriorPose:
    """Mean squared difference of joint angles from Theta-hat, radians squared (ours)."""

    name = "pose"

    def __call__(self, state: State) -> Tensor:
        return (state.joints - state.priors.joints).square().mean(-1)
