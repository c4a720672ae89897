"""L_contact: the hand on the contact part, as the prior's contact map says."""

from __future__ import annotations

from torch import Tensor

from handhold.refine.terms.term import State


class Contact:
    """L_contact = mean_j C_j min_i |v_j - o_i^P|, metres (GDG eq. 6).

    The minimum over part points is read from the distance grid. C is the map with distances to
    the part alone (see ``Prior.part_mean``), which differs from the paper's only where the
    hand is meant to hold more than the part.
    """

    name = "contact"

    def __call__(self, state: State) -> Tensor:
        return (state.priors.part_mean * state.to_part).mean(-1)
