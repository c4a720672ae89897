"""L_spen: fingers that do not pass through each other."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.refine.terms.term import State

SHARE = 0.9
"""Of their radii at which spheres may touch (ours)."""


class SelfPenetration:
    """L_spen = sum over pairs of bone spheres of their overlap, metres (Zhu et al. 2021).

    Radii are taken at `share`, since skin is soft (ours).
    """

    name = "spen"

    def __init__(self, share: float = SHARE) -> None:
        self.share = share

    def __call__(self, state: State) -> Tensor:
        i, j = state.hand.sphere_pairs.unbind(-1)
        radius, centre = state.hand.sphere_radius, state.posed.spheres
        count, spheres, _ = centre.shape
        # One product: picking pairs by index is slow to differentiate.
        columns = centre.permute(1, 0, 2).reshape(spheres, 3 * count)
        between = (state.hand.sphere_differences @ columns).reshape(-1, count, 3)
        gap = between.norm(dim=-1)
        return torch.relu(self.share * (radius[i] + radius[j])[:, None] - gap).sum(0)
