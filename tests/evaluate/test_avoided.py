"""Contact on parts that the hand is to keep off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from evaluate_scenes import ball, hands_of
from evaluation_scenes import group_of
from numpy.typing import NDArray

from handhold.evaluate import (
    METRIC_NAMES,
    evaluate_groups,
    judge,
    measure_hand,
    profile,
    vote_on_part,
)
from handhold.evaluate.identity import hash_of_grasp
from handhold.geometry import TriMesh

NAME = "contact_share_on_avoided"


def three_part_bar() -> tuple[TriMesh, NDArray[np.int64]]:
    """A bar of 18 x 4 x 4 cm along x, finely cut: part 0 below x = -3 cm, 1, and 2 above 3 cm."""
    mesh = trimesh.creation.box((0.18, 0.04, 0.04))
    for _ in range(4):
        mesh = mesh.subdivide()
    x = mesh.triangles_center[:, 0]
    return TriMesh.from_trimesh(mesh), np.where(x < -0.03, 0, np.where(x > 0.03, 2, 1))


def touching(*xs: float) -> NDArray[np.float64]:
    """Balls on the bar at these places, as the vertices of one hand (1, V, 3)."""
    return np.concatenate([ball(0.01, (x, 0.0, 0.03)).vertices for x in xs])[None]


@pytest.mark.parametrize(
    ("avoid", "share"),
    [([0], 1 / 3), ([1], 1 / 3), ([2], 1 / 3), ([0, 2], 2 / 3), ([0, 1, 2], 1.0)],
)
def test_the_share_is_that_of_the_touching_vertices_on_those_parts(
    avoid: list[int], share: float
) -> None:
    mesh, face_parts = three_part_bar()
    on_surface = measure_hand(mesh, touching(-0.06, 0.0, 0.06), reach=0.005)
    vote = vote_on_part(on_surface, face_parts, 1)
    assert vote.share_on(np.isin(np.arange(3), avoid))[0] == pytest.approx(share)


def test_it_is_the_complement_of_the_share_on_the_part_where_all_others_are_avoided() -> None:
    mesh, face_parts = three_part_bar()
    hand = hands_of(ball(0.02, (0.035, 0.0, 0.035)))
    judgement = judge(mesh, face_parts, 1, hand, avoid=np.array([True, False, True]))
    assert judgement.contact_share_on_avoided is not None
    assert 0.0 < judgement.contact_share_on_avoided[0] < 1.0
    total = judgement.contact_share_on_avoided + judgement.contact_share_on_part
    assert total[0] == pytest.approx(1.0)
    assert judgement.row(0)[NAME] == judgement.contact_share_on_avoided[0]


def test_a_part_without_contact_that_nothing_else_has_is_no_vote() -> None:
    """Parts beyond those that faces have: no index error, and no share."""
    mesh, face_parts = three_part_bar()
    vote = vote_on_part(measure_hand(mesh, touching(0.0), reach=0.005), face_parts, 1)
    assert vote.share_on(np.array([False] * 7 + [True]))[0] == 0.0


def test_without_contact_or_without_parts_to_avoid_there_is_no_number() -> None:
    mesh, face_parts = three_part_bar()
    away = vote_on_part(measure_hand(mesh, touching(0.0) + 1.0, reach=0.005), face_parts, 1)
    assert np.isnan(away.share_on(np.array([True, False, False]))[0])
    near = vote_on_part(measure_hand(mesh, touching(0.0), reach=0.005), face_parts, 1)
    assert np.isnan(near.share_on(np.zeros(3, dtype=bool))[0])


def test_a_judgement_without_parts_to_avoid_has_no_such_column() -> None:
    mesh, face_parts = three_part_bar()
    judgement = judge(mesh, face_parts, 1, hands_of(ball(0.01, (0.0, 0.0, 0.03))))
    assert NAME not in METRIC_NAMES
    assert NAME not in judgement.as_arrays()


def test_an_evaluation_says_it_by_grasp_and_why_not() -> None:
    group = replace(group_of(2), avoid=(("left",), ()))
    evaluation = evaluate_groups([group], "avoid")
    known, unknown = evaluation.rows
    own = known.metrics["contact_share_on_part"]
    assert known.metrics[NAME] == pytest.approx(1.0 - own)
    assert np.isnan(unknown.metrics[NAME])
    assert unknown.reasons[NAME] == "no part is to be avoided"


def test_earlier_profiles_are_as_they_were() -> None:
    for name in ("geometry/1", "handhold/1"):
        assert NAME not in profile(name).columns


def test_a_grasp_with_parts_to_avoid_is_another_one_and_without_any_the_same() -> None:
    group = group_of(1)
    before = hash_of_grasp(group, 0, "hand")
    assert hash_of_grasp(replace(group, avoid=((),)), 0, "hand") == before
    assert hash_of_grasp(replace(group, avoid=(("left",),)), 0, "hand") != before
