"""Two evaluations, grasp by grasp."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.evaluate.evaluation import Evaluation, GraspRow
from handhold.evaluate.metrics import METRICS

_CHUNK = 2_000_000  # ours: resampled values held at once


@dataclass(frozen=True)
class MetricComparison:
    """One metric over the pairs that have it in both.

    n pairs; n_missing pairs left out, for one or both are nan; means in `a` and `b`; difference:
    mean of b - a; lower, upper: its 95 % bootstrap interval, nan below two pairs; win_rate:
    share of pairs in which b is better, ties half; nan where neither direction is better.
    """

    name: str
    n: int
    n_missing: int
    mean_a: float
    mean_b: float
    difference: float
    lower: float
    upper: float
    win_rate: float


@dataclass(frozen=True)
class SetComparison:
    """A metric of the set in both; it has no pairs, so no interval."""

    name: str
    a: float
    b: float

    @property
    def difference(self) -> float:
        return self.b - self.a


@dataclass(frozen=True)
class Comparison:
    """`b` against `a`, both judged by `profile`.

    paired_by: "entry", or "order" where no names agree. n_pairs; only_a, only_b: grasps
    without a partner. samples, seed: of the bootstrap.
    """

    profile: str
    paired_by: str
    n_pairs: int
    only_a: int
    only_b: int
    samples: int
    seed: int
    metrics: tuple[MetricComparison, ...]
    sets: tuple[SetComparison, ...]

    def __getitem__(self, name: str) -> MetricComparison:
        return next(metric for metric in self.metrics if metric.name == name)


def compare(a: Evaluation, b: Evaluation, *, samples: int = 10_000, seed: int = 0) -> Comparison:
    """Compare the same grasps, or grasps of the same tasks, judged twice.

    Pairs are rows of the same object and entry; where no names agree but the counts do, rows
    in order. The interval is the percentile bootstrap of the mean difference (Efron 1979)
    over `samples` resamplings of pairs: it does not know of grasps that share an object, so it is
    too narrow where few objects carry many grasps.

    Raises InputError where the profiles, or their settings, differ, or nothing can be paired.
    """
    _require_same_profile(a, b)
    pairs, paired_by = _pairs(a, b)
    metrics = tuple(
        _compare(name, pairs, samples, seed) for name in a.columns if not METRICS[name].of_set
    )
    return Comparison(
        profile=a.profile,
        paired_by=paired_by,
        n_pairs=len(pairs),
        only_a=len(a) - len(pairs),
        only_b=len(b) - len(pairs),
        samples=samples,
        seed=seed,
        metrics=metrics,
        sets=tuple(SetComparison(name, a.sets[name], b.sets[name]) for name in a.sets),
    )


def _require_same_profile(a: Evaluation, b: Evaluation) -> None:
    advice = "Evaluate both with the same --profile."
    if a.profile != b.profile:
        raise InputError(
            f"These were judged by different profiles: {a.profile} and {b.profile}.", advice
        )
    if a.settings != b.settings:
        differing = [key for key in a.settings if a.settings[key] != b.settings.get(key)]
        raise InputError(
            f"Both say {a.profile}, but their settings differ ({', '.join(differing)}).", advice
        )


_Pair = tuple[GraspRow, GraspRow]


def _pairs(a: Evaluation, b: Evaluation) -> tuple[list[_Pair], str]:
    first, second = _by_name(a), _by_name(b)
    shared = [(first[key], second[key]) for key in first if key in second]
    if shared:
        return shared, "entry"
    if len(a) == len(b) and len(a):
        return list(zip(a.rows, b.rows, strict=True)), "order"
    raise InputError(
        f"No grasp of one ({len(a)}) has the name of one of the other ({len(b)}).",
        "Compare evaluations of the same tasks, or of equally many grasps in the same order.",
    )


def _by_name(evaluation: Evaluation) -> dict[tuple[str, str], GraspRow]:
    keys = [(row.object, row.entry) for row in evaluation.rows]
    count = Counter(keys)
    return {key: row for key, row in zip(keys, evaluation.rows, strict=True) if count[key] == 1}


def _compare(name: str, pairs: list[_Pair], samples: int, seed: int) -> MetricComparison:
    both = np.array([(x.metrics[name], y.metrics[name]) for x, y in pairs], dtype=np.float64)
    known = both[np.isfinite(both).all(axis=1)]
    n, n_missing = len(known), len(both) - len(known)
    if not n:
        return MetricComparison(name, 0, n_missing, *(np.nan,) * 6)
    change = known[:, 1] - known[:, 0]
    lower, upper = _interval(change, samples, seed)
    return MetricComparison(
        name=name,
        n=n,
        n_missing=n_missing,
        mean_a=float(known[:, 0].mean()),
        mean_b=float(known[:, 1].mean()),
        difference=float(change.mean()),
        lower=lower,
        upper=upper,
        win_rate=_win_rate(change, METRICS[name].better),
    )


def _interval(change: NDArray[np.float64], samples: int, seed: int) -> tuple[float, float]:
    n = len(change)
    if n < 2:
        return np.nan, np.nan
    generator = np.random.default_rng(seed)
    means = []
    for start in range(0, samples, step := max(1, _CHUNK // n)):
        index = generator.integers(0, n, size=(min(step, samples - start), n))
        means.append(change[index].mean(axis=1))
    lower, upper = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(lower), float(upper)


def _win_rate(change: NDArray[np.float64], better: str) -> float:
    if not better:
        return np.nan
    gain = change if better == "higher" else -change
    return float((gain > 0).mean() + 0.5 * (gain == 0).mean())
