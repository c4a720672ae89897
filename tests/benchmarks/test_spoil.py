"""A judge must see that grasps were made worse, and in which way."""

from __future__ import annotations

import pytest
from judge_speed import THIN, grasps
from spoil import spoiled_sets

from handhold.evaluate import Evaluation, evaluate_groups

COLUMNS = (
    "penetration_depth_cm",
    "intersection_volume_cm3",
    "skeleton_piercing_mm",
    "contact_ratio",
    "part_accuracy",
    "q1",
    "displacement_mean_cm",
    "success",
)


@pytest.fixture(scope="module")
def judged() -> dict[str, Evaluation]:
    """Three grasps that hold a rod, and the same spoiled."""
    return {
        name: evaluate_groups([group], "handhold")
        for name, group in spoiled_sets(grasps(3, *THIN)).items()
    }


def _means(evaluation: Evaluation) -> dict[str, float]:
    return {name: evaluation.summary[name].mean for name in COLUMNS}


def test_the_set_to_be_spoiled_holds(judged: dict[str, Evaluation]) -> None:
    stable = _means(judged["stable"])
    assert stable["success"] == 1.0 and stable["contact_ratio"] == 1.0


def test_opened_fingers_lose_hold_but_do_not_go_deeper(judged: dict[str, Evaluation]) -> None:
    stable, opened = _means(judged["stable"]), _means(judged["opened 10 degrees"])
    assert opened["q1"] < stable["q1"]
    assert opened["displacement_mean_cm"] > 2 * stable["displacement_mean_cm"]
    assert opened["success"] < stable["success"]
    # 0.2 mm: the pads at the knuckles swing a little towards the rod
    assert opened["penetration_depth_cm"] <= stable["penetration_depth_cm"] + 0.02


def test_a_hand_moved_in_is_deep(judged: dict[str, Evaluation]) -> None:
    stable, inside = _means(judged["stable"]), _means(judged["moved 2 cm in"])
    assert inside["penetration_depth_cm"] > stable["penetration_depth_cm"] + 0.5
    assert inside["intersection_volume_cm3"] > stable["intersection_volume_cm3"] + 1
    assert inside["skeleton_piercing_mm"] > stable["skeleton_piercing_mm"] + 3


def test_a_hand_moved_away_holds_nothing(judged: dict[str, Evaluation]) -> None:
    stable, away = _means(judged["stable"]), _means(judged["moved 2 cm away"])
    for name in ("contact_ratio", "part_accuracy", "q1", "success"):
        assert away[name] == 0.0 < stable[name]
    assert away["displacement_mean_cm"] > 5.0 > stable["displacement_mean_cm"]
