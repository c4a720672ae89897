"""Which grasps are returned, and in what order (ours)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.evaluate import Judgement, Thresholds, acceptable
from handhold.generate import Candidates, choose_diverse

DISTINCT_METRES = 0.01
DISTINCT_RADIANS = 0.3


@dataclass(frozen=True)
class RankWeights:
    """Cost of a refined grasp (ours): lower ranks first, acceptable ones before all others."""

    depth_cm: float = 2.0
    volume_cm3: float = 0.5
    piercing_mm: float = 0.1
    self_penetration_mm: float = 0.05
    off_part: float = 1.0
    on_avoided: float = 4.0
    unbalanced: float = 1.5
    awkward: float = 2.0
    prior_contact: float = 1.0


@dataclass(frozen=True, eq=False)
class Ranking:
    """order: rows to return, best first; acceptable (B,) with reasons (B)."""

    order: NDArray[np.int64]
    acceptable: NDArray[np.bool_]
    reasons: tuple[str, ...]


def thresholds_for(affordance: str) -> Thresholds:
    """Limits of an acceptable grasp; on a trigger most of the hand holds the rest, so there the
    contact part need not have most of the contact."""
    return replace(Thresholds(), needs_part=affordance != "trigger-squeeze")


def costs(
    judgement: Judgement,
    energies: dict[str, NDArray[np.float64]],
    awkward: NDArray[np.float64],
    weights: RankWeights,
) -> NDArray[np.float64]:
    """(B,) metrics, imbalance of the contacts, distance from the prior's contacts, direction."""
    known = {name: np.nan_to_num(values) for name, values in judgement.as_arrays().items()}
    touched = known.get("contact_share_on_avoided")
    total = (
        weights.depth_cm * known["penetration_depth_cm"]
        + weights.volume_cm3 * known["intersection_volume_cm3"]
        + weights.piercing_mm * known["skeleton_piercing_mm"]
        + weights.self_penetration_mm * known["self_penetration_mm"]
        + weights.off_part * (1.0 - known["contact_share_on_part"])
        + weights.unbalanced * np.minimum(energies["fc"], 1.0)
        + weights.prior_contact * 100.0 * energies["contact"]
        + weights.awkward * awkward
    )
    return np.asarray(total if touched is None else total + weights.on_avoided * touched)


def rank(
    judgement: Judgement,
    energies: dict[str, NDArray[np.float64]],
    awkward: NDArray[np.float64],
    hands: Candidates,
    codes: tuple[str, ...],
    affordance: str,
    count: int,
    weights: RankWeights = RankWeights(),  # noqa: B008
    thresholds: Thresholds | None = None,
) -> Ranking:
    """Choose up to `count` acceptable grasps, no two alike; the best attempt where none is."""
    thresholds = thresholds or thresholds_for(affordance)
    verdicts = [acceptable(judgement.row(i), thresholds) for i in range(len(judgement))]
    sound = np.array(codes) != "diverged"
    passed = np.array([ok for ok, _ in verdicts]) & sound
    cost = np.where(sound, costs(judgement, energies, awkward, weights), np.inf)
    reasons = tuple(
        reason if ok else "the refinement diverged"
        for (_, reason), ok in zip(verdicts, sound, strict=True)
    )
    if not passed.any():
        failed = np.nan_to_num(cost, nan=np.inf) + 1e3 * (1.0 - judgement.contact_ratio)
        order = np.array([int(np.argmin(failed))])
    else:
        good = np.where(passed, cost, np.inf)
        chosen = choose_diverse(
            hands,
            torch.as_tensor(good),
            count,
            metres=DISTINCT_METRES,
            radians=DISTINCT_RADIANS,
            floor=0.9,
        )
        order = chosen.cpu().numpy()
    return Ranking(order, passed, reasons)
