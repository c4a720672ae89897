"""What an energy term sees, and what it must give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from torch import Tensor

from handhold.contact import Correspondence, ObjectField, PriorBatch
from handhold.hands import Hand, PosedHand


@dataclass(frozen=True, eq=False)
class State:
    """A batch of hands at one step. Distances are looked up once and shared by the terms.

    Attributes:
        hand, field, priors: what is held fixed.
        posed: hands in the object frame. joints: (B, D) radians.
        normals: (B, V, 3) skin normals, as old as `pairs`.
        pairs: object points near each hand; refreshed now and then, not differentiated.
    """

    hand: Hand
    field: ObjectField
    priors: PriorBatch
    posed: PosedHand
    joints: Tensor
    normals: Tensor
    pairs: Correspondence

    @cached_property
    def _distances(self) -> tuple[Tensor, Tensor]:
        return self.field.distances(self.posed.vertices)

    @property
    def signed(self) -> Tensor:
        """(B, V) signed distance of the skin to the object."""
        return self._distances[0]

    @property
    def to_part(self) -> Tensor:
        """(B, V) distance of the skin to the contact part."""
        return self._distances[1]

    @cached_property
    def to_avoided(self) -> Tensor:
        """(B, V) distance of the skin to the parts to be avoided, negative inside them."""
        return self.field.to_avoided(self.posed.vertices)


class Term(Protocol):
    """One energy: small is good. Called with a State, it answers (B,)."""

    name: str

    def __call__(self, state: State) -> Tensor: ...
