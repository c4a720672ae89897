"""Does the hand hold the part that was asked for? (system design, section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.surface import HandOnSurface


@dataclass(frozen=True, eq=False)
class PartVote:
    """Votes of the touching hand vertices.

    votes (B, P): one vote per touching vertex for the part of its nearest face; touches (B,);
    wins (B,): the target has more votes than any other part (False without contact or target);
    share (B,): the target's share of the votes, nan without contact or target.
    """

    votes: NDArray[np.int64]
    touches: NDArray[np.bool_]
    wins: NDArray[np.bool_]
    share: NDArray[np.float64]

    def share_on(self, parts: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(B,) share of the votes for these parts, (P,) or one row per grasp (B, P); nan without
        contact, and for a grasp without such parts."""
        wanted = np.broadcast_to(parts, (len(self.votes), np.shape(parts)[-1]))
        common = min(wanted.shape[1], self.votes.shape[1])
        on = (self.votes[:, :common] * wanted[:, :common]).sum(axis=1)
        share = np.full(len(on), np.nan)
        np.divide(on, self.votes.sum(axis=1), out=share, where=self.touches & wanted.any(axis=1))
        return share


def vote_on_part(
    hand: HandOnSurface,
    face_parts: NDArray[np.int64],
    part: int | NDArray[np.int64],
    *,
    contact_distance: float = 0.005,
) -> PartVote:
    """Vote for the part `part`, contacts in metres.

    part: an index into face_parts' values, or one per grasp (B,); -1 where none was asked for.
    """
    face_parts = np.asarray(face_parts)
    touching = hand.touching(contact_distance)
    target = np.broadcast_to(np.asarray(part, dtype=np.int64), len(touching))
    n_parts = int(max(face_parts.max(initial=0), target.max(initial=0))) + 1
    grasp, vertex = np.nonzero(touching)
    votes = np.zeros((len(touching), n_parts), dtype=np.int64)
    np.add.at(votes, (grasp, face_parts[hand.face[grasp, vertex]]), 1)
    total = votes.sum(axis=1)
    is_target = np.arange(n_parts) == target[:, None]
    own = (votes * is_target).sum(axis=1)
    others = (votes * ~is_target).max(axis=1, initial=0)
    share = np.full(len(votes), np.nan)
    np.divide(own, total, out=share, where=(total > 0) & (target >= 0))
    return PartVote(votes, total > 0, own > others, share)
