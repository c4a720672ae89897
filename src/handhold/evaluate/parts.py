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
    wins (B,): the target has more votes than any other part (False without contact);
    share (B,): the target's share of the votes, nan without contact.
    """

    votes: NDArray[np.int64]
    touches: NDArray[np.bool_]
    wins: NDArray[np.bool_]
    share: NDArray[np.float64]


def vote_on_part(
    hand: HandOnSurface,
    face_parts: NDArray[np.int64],
    part: int,
    *,
    contact_distance: float = 0.005,
) -> PartVote:
    """Vote for the part `part` (an index into face_parts' values), contacts in metres."""
    face_parts = np.asarray(face_parts)
    n_parts = int(max(face_parts.max(initial=0), part)) + 1
    touching = hand.touching(contact_distance)
    grasp, vertex = np.nonzero(touching)
    votes = np.zeros((len(touching), n_parts), dtype=np.int64)
    np.add.at(votes, (grasp, face_parts[hand.face[grasp, vertex]]), 1)
    total = votes.sum(axis=1)
    others = np.delete(votes, part, axis=1).max(axis=1, initial=0)
    share = np.full(len(votes), np.nan)
    np.divide(votes[:, part], total, out=share, where=total > 0)
    return PartVote(votes, total > 0, votes[:, part] > others, share)
