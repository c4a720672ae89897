"""Which grasps are good enough to learn from."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
import trimesh
from posed_on_solids import Scene, box, hand, moved

from handhold.refine import Pose
from handhold.spatial import axis_angle_to_matrix
from handhold.synthesis import FilterLimits
from handhold.synthesis.filters import (
    OBLIQUE,
    OVERLAP,
    TIP_AWAY,
    TOO_DEEP,
    rejections,
)

UP, DOWN = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
MIDDLE = (0.0, 0.0, 0.0)
BUTTON_TOP = (0.0, 0.0, 0.0)
# The template's tucked fingers overlap a little more than is let through; refinement mends it.
TUCKED = FilterLimits(self_penetration_mm=8.0)


@cache
def _bar(part: str = "bar") -> Scene:
    """An upright bar, and a block out of the hand's way."""
    bar = trimesh.creation.cylinder(0.016, 0.16, sections=48)
    return Scene.of(part, bar=bar, block=box((0.03, 0.03, 0.03), (0.0, 0.0, 0.20)))


@cache
def _plate(aside: float = 0.0) -> Scene:
    """A plate whose underside is at the origin, its middle `aside` along x."""
    return Scene.of("plate", plate=box((0.34, 0.2, 0.02), (aside, 0.0, 0.01)))


@cache
def _button(block_top: float | None = None) -> Scene:
    """A slim pedestal whose top is at the origin; a block beside it, below the other fingers."""
    parts = {"button": box((0.024, 0.024, 0.06), (0.0, 0.0, -0.03))}
    if block_top is not None:
        parts["block"] = box((0.1, 0.04, 0.02), (-0.03, 0.06, block_top - 0.01))
    return Scene.of("button", **parts)


def _fist() -> Pose:
    return _bar().put("handle-grip/power-16", MIDDLE, UP)


def _press() -> Pose:
    """Its fingertip a hair in the button."""
    return _button().put("press/press-tip-0", BUTTON_TOP, UP)


def test_a_fist_around_a_bar_is_kept() -> None:
    assert _bar().keeps(_fist(), "handle-grip")
    assert _bar().keeps(_fist(), "wrap-around-grip")


def test_a_fist_on_another_part_is_not() -> None:
    assert not _bar("block").keeps(_fist(), "handle-grip")


def test_a_fist_in_the_air_is_not() -> None:
    assert not _bar().keeps(moved(_fist(), (0.15, 0.0, 0.0)), "handle-grip")


@pytest.mark.parametrize(
    "limit",
    [
        "penetration_depth_cm",
        "intersection_volume_cm3",
        "skeleton_piercing_mm",
        "self_penetration_mm",
    ],
)
def test_each_metric_has_its_limit(limit: str) -> None:
    assert not _bar().keeps(_fist(), "handle-grip", FilterLimits(**{limit: -1.0}))


def test_a_fist_through_the_bar_is_not_kept() -> None:
    into = np.array([0.0, 0.0, -0.012]) @ _fist().rotation[0].double().numpy().T
    assert not _bar().keeps(moved(_fist(), tuple(into)), "handle-grip")


def test_contact_from_one_side_carries_but_does_not_grip() -> None:
    palm = _plate().put("base-support/open-palm-0", MIDDLE, DOWN)
    assert _plate().keeps(palm, "base-support")
    assert _plate().holds(palm, "base-support")
    assert not _plate().holds(palm, "wrap-around-grip")


def test_a_fist_holds_a_bar_and_an_open_hand_does_not() -> None:
    fist = _fist()
    assert _bar().holds(fist, "handle-grip")
    assert not _bar().holds(Pose(fist.translation, fist.rotation, 0 * fist.joints), "handle-grip")


def test_what_is_carried_has_its_middle_above_the_hand() -> None:
    palm = _plate(0.12).put("base-support/open-palm-0", MIDDLE, DOWN)
    assert not _plate(0.12).keeps(palm, "base-support")


def test_a_fingertip_on_a_button_presses_it() -> None:
    assert _button().keeps(_press(), "press", TUCKED)
    assert _button().keeps(_press(), "point", TUCKED)


def test_a_fingertip_above_the_button_does_not() -> None:
    assert not _button().keeps(moved(_press(), (0.0, 0.0, 0.015)), "press", TUCKED)


@pytest.mark.parametrize(("block_top", "kept"), [(0.0, True), (0.014, False)])
def test_nothing_but_the_index_finger_may_be_near(block_top: float, kept: bool) -> None:
    # The lowest knuckle of the others is 15.9 mm above the button.
    scene = _button(block_top)
    press = scene.put("press/press-tip-0", BUTTON_TOP, UP)
    assert scene.keeps(press, "press", TUCKED) == kept


def test_a_finger_that_lies_across_the_button_does_not_press() -> None:
    press, scene = _press(), _button()
    thumbwards = press.rotation[0, :, 1]
    turn = axis_angle_to_matrix(-1.2 * thumbwards)
    about = torch.tensor(BUTTON_TOP) - torch.as_tensor(scene.asset.frame.offset).float()
    lying = Pose((press.translation - about) @ turn.T + about, turn @ press.rotation, press.joints)
    assert not scene.keeps(lying, "press", TUCKED)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"penetration_depth_cm": -1.0}, TOO_DEEP),
        ({"intersection_volume_cm3": -1.0}, OVERLAP),
        ({"fingertip_distance": -1.0}, TIP_AWAY),
    ],
)
def test_the_reason_is_the_limit_that_is_passed(changes: dict[str, float], reason: str) -> None:
    limits = replace(TUCKED, **changes)
    assert _button().verdict(_press(), "press", limits) == reason


def test_a_push_may_lean_by_thirty_degrees() -> None:
    scene, limits = _button(), replace(TUCKED, approach_degrees=30.0)
    for degrees, kept in ((0, True), (25, True), (40, False)):
        lean = axis_angle_to_matrix(torch.tensor([0.0, float(np.radians(degrees)), 0.0]))
        push = (lean @ torch.tensor([0.0, 0.0, -1.0]))[None]
        hands = replace(scene.hands(_press()), push=push)
        (reason,) = rejections(hand(), scene.field, hands, "press", limits)
        assert (reason != OBLIQUE) == kept, (degrees, reason)


def test_a_fist_is_no_pressing_finger() -> None:
    assert not _bar().keeps(_fist(), "press", TUCKED)


def test_a_trigger_needs_the_index_finger_on_it() -> None:
    assert _bar().keeps(_fist(), "trigger-squeeze")
    assert not _bar("block").keeps(_fist(), "trigger-squeeze")
