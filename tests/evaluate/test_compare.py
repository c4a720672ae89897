"""Paired comparison of evaluations with known differences."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from evaluation_scenes import made_up

from handhold.errors import InputError
from handhold.evaluate import Evaluation, compare

N = 200


def noisy(shift: float, seed: int = 1) -> tuple[Evaluation, Evaluation]:
    """Depths that differ by `shift` on average, with a spread of 0.1 per pair."""
    generator = np.random.default_rng(seed)
    a = generator.uniform(0.0, 2.0, N)
    b = a + shift + 0.1 * generator.standard_normal(N)
    return made_up({"penetration_depth_cm": a}), made_up({"penetration_depth_cm": b})


def test_a_known_difference_is_found_with_its_interval() -> None:
    found = compare(*noisy(-0.05))["penetration_depth_cm"]
    assert found.n == N and found.n_missing == 0
    assert found.difference == pytest.approx(found.mean_b - found.mean_a)
    assert found.lower < -0.05 < found.upper < 0.0
    normal = 1.96 * 0.1 / np.sqrt(N)  # the pairing removes the spread of 0.58 between tasks
    assert (found.upper - found.lower) / 2 == pytest.approx(normal, rel=0.2)
    assert found.win_rate > 0.6  # lower is better


def test_an_interval_holds_nothing_as_often_as_it_says() -> None:
    misses = 0
    for seed in range(100):
        found = compare(*noisy(0.0, seed), samples=400)["penetration_depth_cm"]
        misses += not found.lower <= 0.0 <= found.upper
    assert misses <= 12  # 5 expected


def test_wins_know_which_way_is_better_and_ties_are_halves() -> None:
    a = made_up({"success": np.array([0.0, 0.0, 1.0, 1.0]), "penetration_depth_cm": np.zeros(4)})
    b = made_up(
        {"success": np.array([1.0, 0.0, 1.0, 1.0]), "penetration_depth_cm": np.full(4, 0.2)}
    )
    found = compare(a, b)
    assert found["success"].win_rate == pytest.approx((1 + 3 * 0.5) / 4)
    assert found["penetration_depth_cm"].win_rate == 0.0
    assert compare(b, a)["penetration_depth_cm"].win_rate == 1.0


def test_equal_evaluations_differ_by_nothing() -> None:
    a, _ = noisy(0.0)
    found = compare(a, a)["penetration_depth_cm"]
    assert (found.difference, found.lower, found.upper, found.win_rate) == (0.0, 0.0, 0.0, 0.5)


def test_pairs_with_a_missing_value_are_left_out_and_counted() -> None:
    a = made_up({"success": np.array([1.0, np.nan, 0.0, np.nan])})
    b = made_up({"success": np.array([1.0, 1.0, np.nan, np.nan])})
    found = compare(a, b)["success"]
    assert (found.n, found.n_missing) == (1, 3)
    assert found.mean_a == found.mean_b == 1.0
    assert np.isnan(found.lower)  # one pair has no interval
    nothing = compare(made_up({"success": np.array([np.nan])}), made_up({"success": np.ones(1)}))
    assert nothing["success"].n == 0 and np.isnan(nothing["success"].difference)


def test_pairs_are_found_by_entry_whatever_the_order() -> None:
    a = made_up({"success": np.array([0.0, 1.0])}, entries=("x", "y"))
    b = made_up({"success": np.array([1.0, 0.0, 1.0])}, entries=("y", "x", "z"))
    found = compare(a, b)
    assert (found.paired_by, found.n_pairs, found.only_a, found.only_b) == ("entry", 2, 0, 1)
    assert found["success"].difference == 0.0


def test_without_common_names_equal_counts_are_paired_in_order() -> None:
    a = made_up({"success": np.array([0.0, 1.0])}, entries=("a1", "a2"))
    b = made_up({"success": np.array([1.0, 1.0])}, entries=("b1", "b2"))
    found = compare(a, b)
    assert found.paired_by == "order" and found["success"].difference == 0.5
    longer = made_up({"success": np.ones(3)}, entries=("b1", "b2", "b3"))
    with pytest.raises(InputError, match="No grasp of one"):
        compare(a, longer)


def test_different_profiles_or_settings_are_not_compared() -> None:
    a = made_up({"success": np.ones(2)})
    with pytest.raises(InputError, match="six-axis/1 and maskdexgrasp/1"):
        compare(a, made_up({"success": np.ones(2)}, name="maskdexgrasp"))
    other = dataclasses.replace(a, settings={**a.settings, "shrink": 0.001})
    with pytest.raises(InputError, match="shrink"):
        compare(a, other)


def test_the_seed_decides() -> None:
    a, b = noisy(-0.05)
    assert compare(a, b, seed=4) == compare(a, b, seed=4)
    first, second = (compare(a, b, seed=seed)["penetration_depth_cm"] for seed in (4, 5))
    assert first.lower != second.lower and first.difference == second.difference
