"""L_cmap: the hand's contact map like the cluster's."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.contact import contact_map
from handhold.refine.terms.term import State


class ContactMap:
    """L_cmap = mean_j exp(-sigma_j) |c_j(v) - C_j| (GDG eq. 6)."""

    name = "cmap"

    def __call__(self, state: State) -> Tensor:
        difference = (contact_map(state.signed) - state.priors.contact_mean).abs()
        return (torch.exp(-state.priors.contact_std) * difference).mean(-1)
