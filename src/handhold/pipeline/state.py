"""What a run gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.contact import Prior
from handhold.grasps import GraspBatch
from handhold.grounding import ContactPart
from handhold.hands import Hand
from handhold.language import Understanding
from handhold.objects import ObjectAsset


@dataclass(frozen=True, eq=False)
class Steps:
    """Skin of the returned grasps, object frame, metres: (N, V, 3) each, at the start, after the
    first stage and at the end."""

    initial: NDArray[np.float64]
    extrinsic: NDArray[np.float64]
    refined: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GraspResult:
    """An answer: grasps, best first, and all that led to them.

    Attributes:
        batch: the grasps in the user's frame and unit. Where none is acceptable it holds the
            best attempt, marked as not acceptable.
        understanding, contact_part: what the sentence meant, and where.
        priors: the retrieved clusters, nearest first.
        steps: hands on the way. hand: at which the vertices were taken.
        timings: seconds per stage. notes: what was assumed or repaired.
        shortfall: a sentence where fewer than asked for are returned, else None.
        seeds, considered, good: how many poses were refined, looked at, and acceptable.
    """

    asset: ObjectAsset
    hand: Hand
    batch: GraspBatch
    understanding: Understanding
    contact_part: ContactPart
    priors: tuple[Prior, ...]
    steps: Steps
    timings: Mapping[str, float]
    notes: tuple[str, ...]
    shortfall: str | None
    seeds: int
    considered: int
    good: int


class Interrupted(Exception):  # noqa: N818  (named like KeyboardInterrupt, which it stands for)
    """Ctrl-C came while refining; `result` holds what was finished."""

    def __init__(self, result: GraspResult) -> None:
        super().__init__("interrupted; finished grasps are kept")
        self.result = result
