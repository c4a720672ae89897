"""L_joint: angles a human hand can reach."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.refine.terms.term import State


class JointLimits:
    """L_joint = sum of the angles beyond their limits, radians (DexGraspNet; named by GDG)."""

    name = "joint"

    def __call__(self, state: State) -> Tensor:
        spec = state.hand.spec
        beyond = torch.relu(state.joints - spec.joint_upper)
        return (beyond + torch.relu(spec.joint_lower - state.joints)).sum(-1)
