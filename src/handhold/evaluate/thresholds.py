"""When is a grasp good enough to hand out?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Thresholds:
    """Largest values of an acceptable grasp (ours), in the units of the metrics' names."""

    penetration_depth_cm: float = 0.4
    intersection_volume_cm3: float = 2.0
    skeleton_piercing_mm: float = 3.0
    needs_contact: bool = True
    needs_part: bool = True


# metric, its unit in a sentence, what is wrong when it is too large
_CEILINGS = (
    ("penetration_depth_cm", "cm", "the hand is {value:.2f} cm inside the object"),
    ("intersection_volume_cm3", "cm3", "hand and object share {value:.1f} cm3"),
    ("skeleton_piercing_mm", "mm", "a bone or the wrist is pierced by {value:.1f} mm"),
)


def acceptable(
    metrics: Mapping[str, float], thresholds: Thresholds | None = None
) -> tuple[bool, str]:
    """Whether one grasp's metrics pass, and why not (or what was not judged; else "").

    `metrics` holds the names of `Judgement.row`. A missing or nan metric fails nothing; the
    reason then says that it was not judged. No contact and a wrong part do fail.
    """
    limits = thresholds or Thresholds()
    faults, unjudged = [], []
    if limits.needs_contact and metrics.get("contact_ratio", np.nan) < 0.5:
        faults.append("the hand does not touch the object")
    elif limits.needs_part and metrics.get("part_accuracy", np.nan) < 0.5:
        faults.append(_wrong_part(metrics))
    for name, unit, sentence in _CEILINGS:
        value, limit = metrics.get(name, np.nan), getattr(limits, name)
        if np.isnan(value):
            unjudged.append(name)
        elif value > limit:
            faults.append(f"{sentence.format(value=value)} (limit {limit:g} {unit})")
    if faults:
        return False, "; ".join(faults)
    if unjudged:
        return True, f"not judged: {', '.join(unjudged)}"
    return True, ""


def _wrong_part(metrics: Mapping[str, float]) -> str:
    share = metrics.get("contact_share_on_part", np.nan)
    return f"another part has more contact ({100.0 * share:.0f} % is on the one asked for)"
