"""Bones, palm and wrist stay out of the object (ours)."""

from __future__ import annotations

from torch import Tensor

from handhold.contact import sphere_depth
from handhold.refine.terms.term import State

SHARE = 0.7
"""Of its radius that a bone keeps from the object (ours)."""


class Skeleton:
    """Sum over bone spheres of relu(0.7 r - sdf), metres (ours).

    Unlike the skin terms it still pushes the right way when a finger has passed through a thin
    wall, because a sphere that overlaps the wall from either side counts.
    """

    name = "skeleton"

    def __init__(self, share: float = SHARE) -> None:
        self.share = share

    def __call__(self, state: State) -> Tensor:
        signed = state.field.signed(state.posed.spheres)
        return sphere_depth(signed, state.hand.sphere_radius, self.share).sum(-1)
