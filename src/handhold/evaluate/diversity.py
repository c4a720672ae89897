"""How different the grasps of a set are from each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Diversity:
    """Spread of a set of grasps; all nan, with the reason, for fewer than two.

    T_std (cm): root of the mean over x, y, z of the variance of the palm's position, which does not
    depend on how the frame is turned.
    R_std (degrees): root mean square angle to the mean rotation (chordal mean).
    J_std (degrees): mean over the joints of the standard deviation.
    The names are those of G-DexGrasp, which prints neither formulas nor units: these are ours.
    """

    t_std_cm: float
    r_std_degrees: float
    j_std_degrees: float
    n: int
    reason: str = ""


def diversity(
    translation: NDArray[np.float64], rotation: NDArray[np.float64], joints: NDArray[np.float64]
) -> Diversity:
    """Diversity of translations (N, 3) metres, rotations (N, 3, 3), joints (N, d) radians."""
    n = len(translation)
    if n < 2:
        return Diversity(np.nan, np.nan, np.nan, n, "a spread needs two grasps")
    return Diversity(
        t_std_cm=100.0 * float(np.sqrt(np.var(translation, axis=0).mean())),
        r_std_degrees=float(np.degrees(np.sqrt(np.mean(_angles_to_mean(rotation) ** 2)))),
        j_std_degrees=float(np.degrees(np.std(joints, axis=0).mean())),
        n=n,
    )


def _angles_to_mean(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    u, _, vt = np.linalg.svd(np.asarray(rotation).mean(axis=0))
    mean = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    trace = np.einsum("ij,nij->n", mean, rotation)
    return np.arccos(np.clip((trace - 1.0) / 2.0, -1.0, 1.0))
