"""L_spen: fingers that do not pass through each other."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.refine.terms.term import State


class SelfPenetration:
    """L_spen = sum over pairs of bone spheres of their overlap, metres (Zhu et al. 2021).

    Radii are taken at `share`, since skin is soft (ours).
    """

    name = "spen"

    def __init__(self, share: float = 0.9) -> None:
        self.share = share

    def __call__(self, state: State) -> Tensor:
        i, j = state.hand.sphere_pairs.unbind(-1)
        centre, radius = state.posed.spheres, state.hand.sphere_radius
        gap = (centre[:, i] - centre[:, j]).norm(dim=-1)
        return torch.relu(self.share * (radius[i] + radius[j]) - gap).sum(-1)
