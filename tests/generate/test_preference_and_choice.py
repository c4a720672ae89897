"""What a person would prefer, the coarse score, and the diverse choice."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from shapes_to_hold import BAR_AXIS, BAR_LENGTH, BAR_RADIUS, bar
from torch import Tensor

from handhold.contact import ObjectField, Prior, build_field
from handhold.generate import (
    Anchor,
    Candidates,
    PartShape,
    awkwardness,
    choose_diverse,
    part_shape,
    place,
    score,
)
from handhold.generate.preference import off_centre
from handhold.hands import load_hand
from handhold.priors import template_priors
from handhold.refine import Pose

HAND = load_hand("human")
UP, DOWN = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
EAST, WEST, NORTH, SOUTH = (1.0, 0, 0), (-1.0, 0, 0), (0, 1.0, 0), (0, -1.0, 0)


def _shape(axis: tuple[float, ...], to_rest: tuple[float, ...]) -> PartShape:
    points = np.random.default_rng(0).normal(size=(32, 3)) * 0.01
    normals = points / np.linalg.norm(points, axis=1, keepdims=True)
    size = np.array([0.1, 0.02, 0.02])
    return PartShape(
        points=points, normals=normals, centre=np.zeros(3), axis=np.array(axis), size=size,
        bar_radius=0.01, outer_radius=0.01, to_rest=np.array(to_rest),
    )  # fmt: skip


def _hand(fingers: tuple[float, ...], thumb: tuple[float, ...]) -> Tensor:
    """One palm frame by the directions of its fingers and of its thumb."""
    x, y = torch.tensor(fingers), torch.tensor(thumb)
    return torch.stack([x, y, torch.linalg.cross(x, y)], -1)[None]


def _awkward(
    affordance: str, shape: PartShape, fingers: tuple[float, ...], thumb: tuple[float, ...]
) -> float:
    return float(awkwardness(affordance, shape, _hand(fingers, thumb)))


def test_an_upright_thing_is_held_with_the_thumb_up() -> None:
    shape = _shape(UP, (0.0, 0.0, 0.0))
    natural = _awkward("wrap-around-grip", shape, NORTH, UP)
    assert natural == pytest.approx(0.0)
    assert _awkward("wrap-around-grip", shape, NORTH, DOWN) > natural + 0.5
    assert _awkward("wrap-around-grip", shape, NORTH, EAST) > natural


def test_a_tool_is_held_with_the_thumb_towards_its_working_end() -> None:
    shape = _shape(EAST, (0.1, 0.0, 0.0))
    natural = _awkward("handle-grip", shape, NORTH, EAST)
    assert _awkward("handle-grip", shape, NORTH, WEST) > natural + 0.5


def test_the_palm_is_on_the_rests_side_and_the_forearm_away_from_it() -> None:
    # A mug's handle: upright, the body to the west.
    shape = _shape(UP, (-0.06, 0.0, 0.0))
    back_to_the_body = _awkward("handle-grip", shape, SOUTH, UP)
    palm_to_the_body = _awkward("handle-grip", shape, NORTH, UP)
    assert _hand(SOUTH, UP)[0, :, 2].tolist() == [-1.0, 0.0, 0.0]
    assert palm_to_the_body < back_to_the_body
    forearm_through_the_body = _awkward("handle-grip", shape, EAST, UP)
    assert _awkward("handle-grip", shape, WEST, UP) < forearm_through_the_body


@pytest.mark.parametrize("affordance", ["press", "point"])
def test_buttons_are_not_pressed_from_below(affordance: str) -> None:
    shape = _shape(UP, (0.0, 0.0, 0.0))
    above = _awkward(affordance, shape, EAST, NORTH)  # The back is up.
    below = _awkward(affordance, shape, EAST, SOUTH)
    assert above == pytest.approx(0.0)
    assert below > above + 0.5


@pytest.mark.parametrize("affordance", ["twist", "base-support"])
def test_the_forearm_does_not_come_from_above_the_fingers(affordance: str) -> None:
    shape = _shape(UP, (0.0, 0.0, -0.05))
    assert _awkward(affordance, shape, EAST, NORTH) < _awkward(affordance, shape, DOWN, NORTH)


def test_awkwardness_is_never_negative_and_one_number_a_hand() -> None:
    turns = torch.cat([_hand(f, t) for f, t in [(EAST, UP), (UP, WEST), (DOWN, NORTH)]])
    for affordance in ("handle-grip", "twist", "base-support", "press", "trigger-squeeze"):
        got = awkwardness(affordance, _shape(NORTH, (0.0, 0.03, -0.03)), turns)
        assert got.shape == (3,)
        assert (got >= 0).all()


def _row(x: list[float], angles: list[float] | None = None) -> Candidates:
    """Hands along x, turned about z."""
    shift = torch.tensor([[value, 0.0, 0.0] for value in x])
    turn = torch.tensor(angles or [0.0] * len(x))
    c, s, o = turn.cos(), turn.sin(), torch.zeros_like(turn)
    rotation = torch.stack([c, -s, o, s, c, o, o, o, o + 1], -1).reshape(-1, 3, 3)
    pose = Pose(shift, rotation, torch.zeros(len(x), HAND.joint_count))
    rows = torch.zeros(len(x), dtype=torch.long)
    return Candidates(pose, rows, rows.bool())


def test_the_choice_is_best_first_and_skips_what_is_alike() -> None:
    hands = _row([0.0, 0.001, 0.1, 0.101, 0.2])
    scores = torch.tensor([0.2, 0.1, 0.5, 0.4, 0.3])
    assert choose_diverse(hands, scores, 3).tolist() == [1, 4, 3]


def test_turned_hands_are_distinct() -> None:
    hands = _row([0.0, 0.0, 0.0], [0.0, 0.1, 1.5])
    assert choose_diverse(hands, torch.tensor([1.0, 2.0, 3.0]), 2).tolist() == [0, 2]


def test_too_few_distinct_ones_are_filled_up_with_the_next_alike() -> None:
    hands = _row([0.0, 0.004, 0.009])
    assert choose_diverse(hands, torch.tensor([1.0, 2.0, 3.0]), 3).tolist() == [0, 2, 1]


def test_identical_hands_are_chosen_once() -> None:
    hands = _row([0.0, 0.0, 0.0])
    assert choose_diverse(hands, torch.tensor([3.0, 1.0, 2.0]), 3).tolist() == [1]


def test_a_score_that_is_not_finite_is_never_chosen() -> None:
    hands = _row([0.0, 0.1, 0.2])
    scores = torch.tensor([float("nan"), 1.0, float("inf")])
    assert choose_diverse(hands, scores, 3).tolist() == [1]


@cache
def _power() -> Prior:
    return next(p for p in template_priors(HAND) if p.cluster == "handle-grip/power-12")


Scene = tuple[ObjectField, PartShape, list[Prior], Candidates]


def test_a_handle_is_held_in_its_middle(scene: Scene) -> None:
    _, shape, priors, hands = scene
    assert off_centre(priors, shape, hands).max() < 0.05
    axis = torch.as_tensor(BAR_AXIS, dtype=torch.float32)
    pose = hands.pose
    for share in (0.5, -1.0):
        shift = pose.translation + share * BAR_LENGTH / 2 * axis
        moved = Candidates(Pose(shift, pose.rotation, pose.joints), hands.prior, hands.network)
        got = off_centre(priors, shape, moved)
        torch.testing.assert_close(got, torch.full_like(got, abs(share)), atol=0.05, rtol=0)


def test_a_tool_may_be_held_anywhere_along_its_handle() -> None:
    priors = [_power()]
    hands = _row([0.0, 0.04])
    assert off_centre(priors, _shape(EAST, (0.1, 0.0, 0.0)), hands).tolist() == [0.0, 0.0]
    assert off_centre(priors, _shape(EAST, (0.0, 0.0, 0.0)), hands)[1] > 0


@pytest.fixture(scope="module")
def scene() -> Scene:
    asset = bar()
    field = build_field(asset, "bar", spacing=0.005, points=256, reach=0.08)
    priors = [_power()]
    anchor = Anchor("cylinder", BAR_AXIS, np.zeros(3), BAR_RADIUS)
    placed = place(priors, {"cylinder": [anchor]})
    assert placed is not None
    return field, part_shape(asset, "bar", field), priors, placed


def _moved(hands: Candidates, distance: float) -> Candidates:
    pose = hands.pose
    shift = pose.translation + distance * pose.rotation[:, :, 2]
    return Candidates(Pose(shift, pose.rotation, pose.joints), hands.prior, hands.network)


def test_hands_on_the_bar_score_better_than_off_or_in_it(scene: Scene) -> None:
    field, shape, priors, hands = scene
    there = score(HAND, field, priors, hands, shape)
    assert there.shape == (len(hands),)
    for distance in (0.03, -0.02):
        assert (there < score(HAND, field, priors, _moved(hands, distance), shape)).all()


def test_a_score_does_not_depend_on_the_chunks(scene: Scene) -> None:
    field, shape, priors, hands = scene
    whole = score(HAND, field, priors, hands, shape)
    torch.testing.assert_close(score(HAND, field, priors, hands, shape, chunk=5), whole)


def test_the_score_is_lower_for_the_natural_one_of_two_like_hands(scene: Scene) -> None:
    field, shape, priors, hands = scene
    scores = score(HAND, field, priors, hands, shape)
    awkward = awkwardness("handle-grip", shape, hands.pose.rotation)
    assert awkward[scores.argmin()] < awkward[scores.argmax()]
