"""The stand-in for L_contact when the prior is left out."""

from __future__ import annotations

from torch import Tensor

from handhold.hands import HAND_PARTS
from handhold.refine.terms.term import State


class CloseToObject:
    """Mean distance of finger-pad vertices to the object, metres.

    GDG's "W/O Prior Guid." row replaces L_contact by the L_close of Hang et al. 2024, which
    only asks fingers to touch the object anywhere; its formula is not in GDG, so this is ours.
    """

    name = "close"

    def __call__(self, state: State) -> Tensor:
        spec = state.hand.spec
        pads = spec.palmar & (spec.vertex_part != HAND_PARTS.index("palm"))
        return state.signed[:, pads].abs().mean(-1)
