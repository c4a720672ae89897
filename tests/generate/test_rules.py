"""Placing primitives on anchors: the solid in the palm ends up on the anchor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from shapes_to_hold import BAR_AXIS, BAR_RADIUS, bar

from handhold.contact import ObjectField, Primitive, Prior, build_field
from handhold.generate import Anchor, Candidates, open_and_close, place
from handhold.generate.rules import ROLLS, flexion_joints
from handhold.hands import load_hand
from handhold.priors import template_priors

HAND = load_hand("human")
PALM_AXIS = torch.nn.functional.normalize(torch.tensor([0.3, 1.0, 0.1]), dim=0)
CENTRE = torch.tensor([0.04, 0.01, -0.035])


def _prior(kind: str, radius: float = 0.012, joints: torch.Tensor | None = None) -> Prior:
    values = torch.zeros(len(HAND.spec.vertices))
    angles = torch.zeros(HAND.joint_count) if joints is None else joints
    solid = Primitive(kind, PALM_AXIS, CENTRE, radius)
    return Prior("toy/0", "handle-grip", angles, values, values, values, solid,
                 (0.1, 0.02, 0.02), radius, 1)  # fmt: skip


def _anchor(kind: str, radius: float = 0.01) -> Anchor:
    axis = np.array([0.36, 0.48, 0.8])
    return Anchor(kind, axis, np.array([0.1, -0.2, 0.05]), radius)


def _placed(kind: str, priors: list[Prior], anchors: list[Anchor]) -> Candidates:
    found = place(priors, {kind: anchors})
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["cylinder", "cap", "plane", "spot"])
def test_the_primitive_lies_on_the_anchor(kind: str) -> None:
    anchor = _anchor(kind)
    pose = _placed(kind, [_prior(kind)], [anchor]).pose
    centre = pose.rotation @ CENTRE + pose.translation
    expected = torch.as_tensor(anchor.centre, dtype=torch.float32).expand_as(centre)
    torch.testing.assert_close(centre, expected, atol=1e-6, rtol=0)
    cosine = (pose.rotation @ PALM_AXIS) @ torch.as_tensor(anchor.axis, dtype=torch.float32)
    torch.testing.assert_close(cosine.abs(), torch.ones_like(cosine), atol=1e-5, rtol=0)
    flipped = int((cosine < 0).sum())
    assert flipped == (len(pose) // 2 if kind == "cylinder" else 0)


@pytest.mark.parametrize("kind", ["cylinder", "cap", "plane", "spot"])
def test_hands_roll_evenly_about_the_axis(kind: str) -> None:
    pose = _placed(kind, [_prior(kind)], [_anchor(kind)]).pose
    count = ROLLS[kind]
    assert len(pose) == count * (2 if kind == "cylinder" else 1)
    between = pose.rotation[1:count] @ pose.rotation[: count - 1].transpose(1, 2)
    angle = ((between.diagonal(dim1=1, dim2=2).sum(1) - 1) / 2).clamp(-1, 1).acos()
    torch.testing.assert_close(angle, torch.full_like(angle, 2 * np.pi / count), atol=1e-3, rtol=0)


def test_rotations_are_rotations() -> None:
    rotation = _placed("cap", [_prior("cap")], [_anchor("cap")]).pose.rotation
    eye = torch.eye(3).expand_as(rotation)
    torch.testing.assert_close(rotation @ rotation.transpose(1, 2), eye, atol=1e-5, rtol=0)
    assert (torch.linalg.det(rotation) > 0.99).all()


def test_a_thicker_part_pushes_the_hand_back_by_the_difference() -> None:
    thin, thick = (_placed("cylinder", [_prior("cylinder", 0.012)], [_anchor("cylinder", r)])
                   for r in (0.012, 0.02))  # fmt: skip
    moved = thick.pose.translation - thin.pose.translation
    torch.testing.assert_close(moved, 0.008 * thin.pose.rotation[:, :, 2], atol=1e-6, rtol=0)


def test_every_prior_meets_every_anchor_of_its_kind_and_no_other() -> None:
    priors = [_prior("cylinder"), _prior("cap"), _prior("cylinder", 0.02)]
    found = place(priors, {"cylinder": [_anchor("cylinder")] * 3, "cap": [_anchor("cap")]})
    assert found is not None
    counts = torch.bincount(found.prior).tolist()
    assert counts == [3 * 2 * ROLLS["cylinder"], ROLLS["cap"], 3 * 2 * ROLLS["cylinder"]]
    assert not found.network.any()


def test_without_an_anchor_there_is_no_candidate() -> None:
    assert place([_prior("cap")], {"cap": []}) is None
    assert place([_prior("cap")], {}) is None


def test_joints_are_the_priors() -> None:
    joints = 0.1 * torch.arange(HAND.joint_count)
    found = _placed("spot", [_prior("spot", joints=joints)], [_anchor("spot")])
    assert found.pose.joints.equal(joints.expand(len(found), -1))


def test_candidates_select_and_concatenate() -> None:
    found = _placed("spot", [_prior("spot")], [_anchor("spot")])
    again = Candidates.concatenate(
        [found.select(torch.arange(2)), found.select(torch.arange(2, len(found)))]
    )
    assert len(again) == len(found)
    assert again.pose.translation.equal(found.pose.translation)


def test_flexion_leaves_spread_opposition_and_abduction_out() -> None:
    flexing = flexion_joints(HAND).tolist()
    still = {n for n, f in zip(HAND.joint_names, flexing, strict=True) if not f}
    assert still == {"index_spread", "middle_spread", "ring_spread", "little_spread",
                     "thumb_opposition", "thumb_abduction"}  # fmt: skip


@pytest.fixture(scope="module")
def rod() -> ObjectField:
    return build_field(bar(), "bar", spacing=0.004, points=128, reach=0.1)


def test_a_power_grip_on_a_bar_opens_and_closes_until_it_touches(rod: ObjectField) -> None:
    (prior,) = [p for p in template_priors(HAND) if p.cluster == "handle-grip/power-12"]
    anchor = Anchor("cylinder", BAR_AXIS, np.zeros(3), BAR_RADIUS)
    found = _placed("cylinder", [prior], [anchor]).select(torch.arange(4))
    shut = open_and_close(HAND, rod, found)
    assert shut.pose.translation.equal(found.pose.translation)
    assert shut.pose.rotation.equal(found.pose.rotation)
    joints = shut.pose.joints
    assert HAND.clamp(joints).equal(joints)
    still = ~flexion_joints(HAND)
    torch.testing.assert_close(joints[:, still], found.pose.joints[:, still])
    pose = shut.pose
    signed = rod.signed(HAND.pose(pose.translation, pose.rotation, pose.joints).vertices)
    assert (signed.amin(1) < 0.003).all()
    assert (signed.amin(1) > -0.006).all()
    assert ((signed < 0.005).sum(1) > 40).all()
