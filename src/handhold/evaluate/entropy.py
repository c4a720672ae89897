"""How evenly a set of grasps uses the range of each joint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class JointEntropy:
    """H_mean and H_std in nats over the joints; nan, with the reason, for fewer than two grasps.

    n: grasps; n_clipped: angles outside the limits, which were counted in the end bins.
    """

    h_mean_nats: float
    h_std_nats: float
    n: int
    n_clipped: int = 0
    reason: str = ""


def joint_entropy(
    joints: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    *,
    bins: int = 100,
) -> JointEntropy:
    """Entropy of each joint's angles (N, D) over `bins` equal bins of its limits (D,), radians.

    Formula: per joint -sum p ln p over the share p of grasps in each bin; H_mean and H_std are
    mean and standard deviation over the joints, at most ln `bins`, and never over ln N.
    Source: MaskDexGrasp, supp.: 100 bins, all samples; the unit is not printed there (its values
    fit nats). Ours: joints without a range are left out, angles beyond the limits fall into
    the end bins.
    """
    n = len(joints)
    if n < 2:
        return JointEntropy(np.nan, np.nan, n, reason="an entropy needs two grasps")
    span = upper - lower
    moves = span > 0
    if not moves.any():
        return JointEntropy(np.nan, np.nan, n, reason="no joint of the hand has a range")
    place = (joints[:, moves] - lower[moves]) / span[moves]
    where = np.clip(np.floor(place * bins), 0, bins - 1).astype(np.int64)
    values = [_entropy(np.bincount(column, minlength=bins)) for column in where.T]
    outside = int(((place < -1e-6) | (place > 1 + 1e-6)).sum())
    return JointEntropy(float(np.mean(values)), float(np.std(values)), n, outside)


def _entropy(counts: NDArray[np.int64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())
