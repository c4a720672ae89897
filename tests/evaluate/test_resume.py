"""What an earlier run found: kept until it is reached, and known again only if all is the same."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from evaluate_scenes import ball
from evaluation_scenes import asset_of, group_of, human

from handhold.evaluate import (
    Evaluation,
    evaluate_groups,
    load_evaluation,
    runner,
    save_evaluation,
)
from handhold.grasps import GraspGroup
from handhold.hands import Hand

GEOMETRY = "geometry/1"


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_AT_ONCE", 1)


def two_objects() -> list[GraspGroup]:
    small = asset_of(ball(0.03, (0.0, 0.0, 0.0)), "ball")
    return [group_of(3), group_of(2, small, seed=1)]


@pytest.mark.usefixtures("one_by_one")
def test_a_resumed_run_that_is_interrupted_loses_no_row(tmp_path: Path) -> None:
    groups, path = two_objects(), tmp_path / "e.json"
    whole = evaluate_groups(groups, GEOMETRY)

    def save_and_stop(partial: Evaluation) -> None:
        save_evaluation(partial, path)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_groups(groups, GEOMETRY, done=whole, on_partial=save_and_stop)
    saved = load_evaluation(path)
    assert saved.rows == whole.rows
    assert [record.name for record in saved.objects] == ["thing", "ball"]
    assert saved.objects[1].sets == whole.objects[1].sets


@pytest.mark.usefixtures("one_by_one")
def test_rows_still_to_come_follow_those_reached() -> None:
    group = group_of(4)
    known = evaluate_groups([group.select([1, 3])], GEOMETRY)
    partial: list[Evaluation] = []
    evaluate_groups([group], GEOMETRY, done=known, on_partial=partial.append)
    entries = [[int(row.entry[-1]) for row in saved.rows] for saved in partial]
    assert entries == [[0, 1, 3], [0, 1, 3], [0, 1, 2, 3], [0, 1, 2, 3]]


@pytest.mark.usefixtures("one_by_one")
def test_rows_that_this_run_is_not_asked_for_are_not_kept() -> None:
    group = group_of(4)
    whole = evaluate_groups([group], GEOMETRY)
    partial: list[Evaluation] = []
    less = evaluate_groups([group.select([0, 1])], GEOMETRY, done=whole, on_partial=partial.append)
    assert less.rows == whole.rows[:2]
    assert [len(saved) for saved in partial] == [2, 2]


def changed(hand: Hand, field: str) -> Hand:
    """The hand, a little different in one field of its spec or its tree."""
    record = hand.spec if hasattr(hand.spec, field) else hand.spec.tree
    value = getattr(record, field)
    if isinstance(value, tuple):
        other = tuple(reversed(value))
    else:
        other = value.clone()
        other[-1] -= 1e-3 if value.is_floating_point() else 1
    new = dataclasses.replace(record, **{field: other})
    return Hand(new if record is hand.spec else dataclasses.replace(hand.spec, tree=new))


SPEC = ("joint_names", "joint_lower", "joint_upper", "vertices", "weights", "palm_normal")
KEYPOINTS = ("keypoints", "keypoint_link", "bones")
SPHERES = ("sphere_centre", "sphere_radius", "sphere_link")
TREE = ("parent", "link", "origin", "axis", "dof", "coefficient")


@pytest.mark.parametrize("field", (*SPEC, *KEYPOINTS, *SPHERES, *TREE))
def test_another_hand_of_the_same_name_is_another_hand(field: str) -> None:
    assert runner.hash_of_hand(changed(human(), field)) != runner.hash_of_hand(human())


def test_a_hand_in_another_precision_is_the_same_hand() -> None:
    exact = human().to(dtype=torch.float64)
    assert runner.hash_of_hand(exact) == runner.hash_of_hand(human())


def test_grasps_of_a_hand_with_other_joints_are_judged_again() -> None:
    whole = evaluate_groups([group_of(2)], GEOMETRY)
    other = dataclasses.replace(group_of(2), hand=changed(human(), "coefficient"))
    assert {row.hash for row in whole.rows}.isdisjoint(
        row.hash for row in evaluate_groups([other], GEOMETRY, done=whole).rows
    )
