"""Joint entropy of known samples."""

from __future__ import annotations

import numpy as np
import pytest

from handhold.evaluate import joint_entropy

LOWER, UPPER = np.array([0.0, -1.0]), np.array([1.0, 3.0])


def spread_over(bins: int, repeats: int = 3) -> np.ndarray:
    """(bins * repeats, 2) angles, equally many in each of the first `bins` of 100 bins."""
    share = np.repeat((np.arange(bins) + 0.5) / 100, repeats)
    return LOWER + share[:, None] * (UPPER - LOWER)


@pytest.mark.parametrize("bins", [1, 2, 10, 100])
def test_angles_spread_evenly_over_k_bins_have_the_entropy_ln_k(bins: int) -> None:
    found = joint_entropy(spread_over(bins), LOWER, UPPER)
    assert found.h_mean_nats == pytest.approx(np.log(bins))
    assert found.h_std_nats == pytest.approx(0.0, abs=1e-12)
    assert found.h_mean_nats <= np.log(100) + 1e-12


def test_mean_and_spread_are_over_the_joints() -> None:
    joints = spread_over(100)
    joints[:, 1] = 0.5  # the second joint never moves
    found = joint_entropy(joints, LOWER, UPPER)
    assert found.h_mean_nats == pytest.approx(np.log(100) / 2)
    assert found.h_std_nats == pytest.approx(np.log(100) / 2)


def test_unequal_shares_have_the_textbook_entropy() -> None:
    joints = np.full((4, 2), 0.005)
    joints[3] = 0.505
    expected = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    limits = np.zeros(2), np.ones(2)
    assert joint_entropy(joints, *limits).h_mean_nats == pytest.approx(expected)


def test_angles_beyond_the_limits_fall_into_the_end_bins_and_are_counted() -> None:
    joints = np.array([[-0.2, 0.0], [0.001, 0.0], [1.0, 0.0], [1.3, 0.0]])
    found = joint_entropy(joints, LOWER, UPPER)
    assert found.n_clipped == 2
    assert found.h_mean_nats == pytest.approx(np.log(2) / 2)


def test_a_joint_without_a_range_takes_no_part() -> None:
    joints = spread_over(10)
    locked = joint_entropy(joints, LOWER, np.array([1.0, -1.0]))
    assert locked.h_mean_nats == pytest.approx(np.log(10))


def test_one_grasp_has_no_entropy_and_says_so() -> None:
    found = joint_entropy(spread_over(1, repeats=1), LOWER, UPPER)
    assert np.isnan(found.h_mean_nats) and np.isnan(found.h_std_nats) and "two" in found.reason
