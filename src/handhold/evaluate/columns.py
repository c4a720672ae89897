"""Metric values of many grasps, each with the reason where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_UNKNOWN = "it could not be measured"


@dataclass
class Columns:
    """Columns under construction for `count` grasps: values (B,) and reasons (B,) by name."""

    count: int
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def put(
        self, name: str, values: NDArray[np.float64], reason: str | Sequence[str] = _UNKNOWN
    ) -> None:
        """Add a column; `reason`, one or one per grasp, is kept where the value is not finite."""
        numbers = np.asarray(values, dtype=np.float64)
        why = [reason] * self.count if isinstance(reason, str) else list(reason)
        known = np.isfinite(numbers)
        self.values[name] = np.where(known, numbers, np.nan)
        self.reasons[name] = tuple(
            "" if fine else (text or _UNKNOWN) for fine, text in zip(known, why, strict=True)
        )

    def put_nothing(self, name: str, reason: str) -> None:
        """A column of nan, all for one reason."""
        self.put(name, np.full(self.count, np.nan), reason)

    def row(self, index: int) -> tuple[dict[str, float], dict[str, str]]:
        """Metrics and reasons of one grasp; reasons only where a value is missing."""
        metrics = {name: float(values[index]) for name, values in self.values.items()}
        reasons = {name: why[index] for name, why in self.reasons.items() if why[index]}
        return metrics, reasons
