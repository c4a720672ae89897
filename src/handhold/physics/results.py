"""What the trials of a group of grasps gave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, kw_only=True)
class TrialResults:
    """Common to both protocols; B grasps, N directions.

    protocol: its name; shrink: metres that the hand's pieces were shrunk; directions: names;
    tested (B, N): False where the direction is left out by design (base-support); reasons: per
    grasp "" or why its numbers are nan; object_overhang_mm: (largest, mean) of its pieces;
    hand_overhang_mm (B, 2): the same per grasp, before shrinking; decomposition_seconds: what
    finding the pieces took when they were made, not part of `seconds`, the time of the trials;
    notes: one sentence each.
    """

    protocol: str
    shrink: float
    directions: tuple[str, ...]
    tested: NDArray[np.bool_]
    reasons: tuple[str, ...]
    made_pregrasp: NDArray[np.bool_]
    made_squeeze: NDArray[np.bool_]
    object_overhang_mm: tuple[float, float]
    hand_overhang_mm: NDArray[np.float64]
    seconds: float
    decomposition_seconds: float
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.reasons)


@dataclass(frozen=True, eq=False, kw_only=True)
class DisplacementResults(TrialResults):
    """`obman`: displacement_cm (B, N) of the centre of mass; nan where not tested or failed."""

    displacement_cm: NDArray[np.float64]

    @property
    def mean_cm(self) -> NDArray[np.float64]:
        """(B,) mean over the tested directions; nan where one of them failed."""
        kept = np.where(self.tested, self.displacement_cm, 0.0)
        return np.asarray(kept.sum(axis=1) / np.maximum(self.tested.sum(axis=1), 1))

    @property
    def worst_cm(self) -> NDArray[np.float64]:
        """(B,) largest over the tested directions; nan where one of them failed."""
        return np.where(self.tested, self.displacement_cm, 0.0).max(axis=1)


@dataclass(frozen=True, eq=False, kw_only=True)
class HoldResults(TrialResults):
    """`six-axis`. held (B, N): 1 or 0; moved_cm and turned_degrees (B, N): the largest during
    the pull, which ends when it has failed; nan where not tested, failed to run, or not reached
    (only_success). drift_cm, drift_degrees (B,): of the object before the pulls; where they are
    beyond the thresholds the object was ejected, and no pull is tried. success (B,): 1 where
    every tested pull held, 0 where one did not or the object was ejected, nan with a reason.
    """

    held: NDArray[np.float64]
    moved_cm: NDArray[np.float64]
    turned_degrees: NDArray[np.float64]
    drift_cm: NDArray[np.float64]
    drift_degrees: NDArray[np.float64]
    ejected: NDArray[np.bool_]
    success: NDArray[np.float64]
