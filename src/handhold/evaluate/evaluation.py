"""What a judge found: a row per grasp, and what follows from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from handhold.evaluate.metrics import METRICS, NOT_APPLICABLE


@dataclass(frozen=True)
class GraspRow:
    """One judged grasp.

    entry, object, part ("" for none), affordance ("" if unknown). hash: of everything the numbers
    depend on but the profile: hand, object, poses, part, affordance. metrics: name -> value, nan
    where reasons (name -> text) says why.
    """

    entry: str
    object: str
    part: str
    affordance: str
    hash: str
    metrics: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def physics_failure(self) -> str:
        """Why a trial of this grasp gave no number; "" where all did, or do not apply."""
        for name, reason in self.reasons.items():
            if METRICS[name].protocol and not reason.startswith(NOT_APPLICABLE):
                return reason
        return ""


@dataclass(frozen=True)
class Skipped:
    """A grasp that could not be judged, and why."""

    entry: str
    object: str
    reason: str


@dataclass(frozen=True)
class ObjectRecord:
    """An object that grasps were judged on.

    notes: what was assumed of it. overhang_mm: name of a convex body -> largest and mean
    distance that its pieces stand out. sets: metrics of its grasps together.
    """

    name: str
    hash: str
    file: str
    notes: tuple[str, ...] = ()
    overhang_mm: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricSummary:
    """n values; their mean and sample standard deviation (nan below two); n_missing grasps
    without one, with how many for which reason."""

    n: int
    mean: float
    std: float
    n_missing: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """Grasps of one hand judged by one profile.

    settings: every number of the profile. sets: metrics of all grasps together, nan where
    set_reasons says why. skipped: entries that could not be judged. notes: what was assumed.
    seconds: by stage, of the last run; "decomposition" is what finding convex pieces took when
    they were made. source: where the grasps came from.
    """

    profile: str
    settings: Mapping[str, Any]
    seed: int
    hand: str
    source: str
    objects: tuple[ObjectRecord, ...]
    rows: tuple[GraspRow, ...]
    sets: Mapping[str, float]
    set_reasons: Mapping[str, str]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The profile's columns, those of the set included."""
        return tuple(self.settings["columns"])

    @cached_property
    def summary(self) -> dict[str, MetricSummary]:
        """Mean, spread and missing values of each metric that grasps have of their own."""
        return summarise(self.rows, self.columns)

    @property
    def failures(self) -> tuple[Skipped, ...]:
        """Grasps that were skipped, or of which a physics trial gave no number."""
        failed = [
            Skipped(row.entry, row.object, row.physics_failure)
            for row in self.rows
            if row.physics_failure
        ]
        return (*self.skipped, *failed)

    def of_object(self, name: str) -> tuple[GraspRow, ...]:
        """The rows of one object."""
        return tuple(row for row in self.rows if row.object == name)


def summarise(rows: Sequence[GraspRow], columns: Sequence[str]) -> dict[str, MetricSummary]:
    """Summary of each of the columns that rows have."""
    return {
        name: _summary(rows, name)
        for name in columns
        if name in METRICS and not METRICS[name].of_set
    }


def _summary(rows: Sequence[GraspRow], name: str) -> MetricSummary:
    values = np.array([row.metrics.get(name, np.nan) for row in rows], dtype=np.float64)
    known = values[np.isfinite(values)]
    reasons = Counter(row.reasons[name] for row in rows if name in row.reasons)
    return MetricSummary(
        n=len(known),
        mean=float(known.mean()) if len(known) else np.nan,
        std=float(known.std(ddof=1)) if len(known) > 1 else np.nan,
        n_missing=len(values) - len(known),
        reasons=dict(reasons),
    )
