"""Which grasps are returned, and in what order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from handhold.evaluate import METRIC_NAMES, Judgement
from handhold.generate import Candidates
from handhold.pipeline.rank import Ranking, rank
from handhold.refine import Pose


def _judgement(count: int, **changed: list[float]) -> Judgement:
    """Faultless grasps, but for the metrics given."""
    values = dict.fromkeys(METRIC_NAMES, np.zeros(count))
    for name in ("part_accuracy", "contact_share_on_part", "contact_ratio"):
        values[name] = np.ones(count)
    values |= {name: np.array(column) for name, column in changed.items()}
    return Judgement(**values, reasons={}, profile="test")


def _hands(places: list[float]) -> Candidates:
    """Upright hands at these places along x, metres."""
    count = len(places)
    at = torch.zeros(count, 3)
    at[:, 0] = torch.tensor(places)
    pose = Pose(at, torch.eye(3).expand(count, 3, 3), torch.zeros(count, 16))
    rows = torch.zeros(count, dtype=torch.long)
    return Candidates(pose, rows, torch.zeros(count, dtype=torch.bool))


def _rank(
    judgement: Judgement,
    *,
    places: list[float] | None = None,
    wanted: int = 8,
    awkward: list[float] | None = None,
    codes: tuple[str, ...] | None = None,
    affordance: str = "handle-grip",
) -> Ranking:
    count = len(judgement)
    still = {"fc": np.zeros(count), "contact": np.zeros(count)}
    return rank(
        judgement,
        still,
        np.array(awkward or [0.0] * count),
        _hands(places or [0.1 * i for i in range(count)]),
        codes or ("converged",) * count,
        affordance,
        wanted,
    )


def test_the_cheapest_acceptable_grasp_comes_first() -> None:
    ranking = _rank(_judgement(3, penetration_depth_cm=[0.3, 0.1, 0.2]))
    assert ranking.order.tolist() == [1, 2, 0]
    assert ranking.acceptable.all()


def test_a_grasp_that_fails_is_left_out_while_others_pass() -> None:
    ranking = _rank(_judgement(3, penetration_depth_cm=[0.1, 3.0, 0.2]))
    assert ranking.order.tolist() == [0, 2]
    assert not ranking.acceptable[1]
    assert "3.00 cm inside" in ranking.reasons[1]


def test_where_none_passes_the_best_attempt_alone_is_returned() -> None:
    ranking = _rank(_judgement(3, penetration_depth_cm=[2.0, 1.0, 3.0]))
    assert ranking.order.tolist() == [1]
    assert not ranking.acceptable.any()
    assert ranking.reasons[1]


def test_an_attempt_that_touches_is_better_than_one_in_the_air() -> None:
    judgement = _judgement(2, penetration_depth_cm=[0.0, 2.0], contact_ratio=[0.0, 1.0])
    assert _rank(judgement).order.tolist() == [1]


@pytest.mark.parametrize(("gap", "returned"), [(0.001, 1), (0.05, 2)])
def test_no_two_returned_grasps_are_alike(gap: float, returned: int) -> None:
    ranking = _rank(_judgement(2), places=[0.0, gap])
    assert len(ranking.order) == returned


def test_never_more_than_asked_for() -> None:
    assert len(_rank(_judgement(6), wanted=4).order) == 4


def test_a_natural_hand_is_preferred() -> None:
    assert _rank(_judgement(2), awkward=[0.8, 0.0]).order[0] == 1


def test_a_grasp_whose_numbers_blew_up_is_never_acceptable() -> None:
    ranking = _rank(_judgement(2), codes=("diverged", "converged"))
    assert ranking.order.tolist() == [1]
    assert ranking.acceptable.tolist() == [False, True]


def test_what_could_not_be_measured_fails_nothing() -> None:
    ranking = _rank(_judgement(1, penetration_depth_cm=[np.nan]))
    assert ranking.acceptable.all()
    assert "not judged" in ranking.reasons[0]


def test_on_a_trigger_most_of_the_hand_may_hold_the_rest() -> None:
    judgement = _judgement(1, part_accuracy=[0.0], contact_share_on_part=[0.2])
    assert _rank(judgement, affordance="trigger-squeeze").acceptable.all()
    assert not _rank(judgement, affordance="handle-grip").acceptable.any()


def test_a_grasp_off_the_avoided_parts_is_preferred() -> None:
    judgement = replace(_judgement(3), contact_share_on_avoided=np.array([0.4, np.nan, 0.1]))
    assert _rank(judgement).order.tolist() == [1, 2, 0]
