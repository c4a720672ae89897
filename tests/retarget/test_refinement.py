"""Eq. 10 to 14: closed-form values, and a refinement that lowers them."""

from __future__ import annotations

import math

import pytest
import torch
from poses import random_poses

from handhold.errors import InputError
from handhold.hands import load_hand
from handhold.retarget import (
    RefineSettings,
    keypoints_of,
    refine_retargeted,
    retarget,
)
from handhold.retarget.energies import (
    FINGER_WEIGHTS,
    EnergyWeights,
    colliding_pairs,
    fingertip_energy,
    penetration_energy,
    phalanx_middles,
    regularisation_energy,
    self_penetration_energy,
)

HUMAN = load_hand("human").to(dtype=torch.float64)


def test_the_printed_numbers() -> None:
    assert FINGER_WEIGHTS == (30.0, 10.0, 1.2, 1.0, 0.2)
    assert EnergyWeights() == EnergyWeights(10.0, 0.01, 10.0, 10.0)
    assert RefineSettings().threshold_m == 0.02


def test_eq_11() -> None:
    goals = torch.zeros(1, 5, 3).double()
    tips = goals.clone()
    tips[0, :, 0] = torch.tensor([0.01, 0.02, 0.03, 0.04, 0.05])
    weights, all_there = torch.tensor(FINGER_WEIGHTS).double(), torch.ones(1, 5).bool()
    expected = (30 * 0.01 + 10 * 0.02 + 1.2 * 0.03 + 1.0 * 0.04 + 0.2 * 0.05) / 5
    assert fingertip_energy(tips, goals, all_there, weights).item() == pytest.approx(expected)
    all_there[0, 0] = False
    less = fingertip_energy(tips, goals, all_there, weights).item()
    assert less == pytest.approx(expected - 30 * 0.01 / 5)


def test_eq_12() -> None:
    lower, upper = torch.tensor([-1.0, 0.0]).double(), torch.tensor([1.0, 2.0]).double()
    joints = torch.tensor([[3.0, -4.0], [0.6, 0.8], [0.0, 0.0]]).double()
    got = regularisation_energy(joints, lower, upper)
    assert torch.allclose(got, torch.tensor([2.0 + 4.0 + 5.0, 1.0, 0.0]).double(), atol=1e-8)


def test_eq_13() -> None:
    points = torch.tensor([[[0.0, 0, 0], [0.015, 0, 0], [0.0, 0.5, 0]]]).double()
    pairs = torch.tensor([[0, 1], [0, 2], [1, 2]])
    assert self_penetration_energy(points, pairs, 0.02).item() == pytest.approx(0.005)


def test_eq_14() -> None:
    vertices = torch.tensor([[[0.0, 0, 0], [0.02, 0, 0], [0.2, 0, 0]]]).double()
    ball = penetration_energy(vertices, lambda points: points.norm(dim=-1) - 0.05)
    assert ball.item() == pytest.approx(0.05 + 0.03)


def test_penetration_points_lie_on_different_fingers() -> None:
    rest = HUMAN.local(torch.zeros(1, 16).double()).keypoints
    points, fingers = phalanx_middles(rest, HUMAN.spec.keypoint_names)
    assert points.shape == (1, 15, 3) and fingers[:3] == ("thumb",) * 3
    pairs = colliding_pairs(points[0], fingers, 0.02)
    assert len(pairs) > 50
    for a, b in pairs.tolist():
        assert fingers[a] != fingers[b]
        assert math.dist(points[0, a].tolist(), points[0, b].tolist()) > 0.02


def test_no_grasp_gets_worse_and_fingertips_come_nearer() -> None:
    robot = load_hand("human").to(dtype=torch.float64)
    source = keypoints_of(HUMAN, *random_poses(HUMAN, 3))
    stretched = type(source)(source.points * 1.1, source.present, source.names)
    start = retarget(robot, stretched)
    got = refine_retargeted(robot, stretched, start, RefineSettings(steps=30))
    assert set(got.after) == {"tip", "reg", "self_penetration", "total"}
    assert (got.after["total"] <= got.before["total"]).all()
    assert (got.after["tip"] < got.before["tip"]).all()
    total = 10 * got.after["tip"] + 0.01 * got.after["reg"] + 10 * got.after["self_penetration"]
    assert torch.allclose(total, got.after["total"])
    lower, upper = robot.spec.joint_lower, robot.spec.joint_upper
    assert ((got.poses.joints >= lower) & (got.poses.joints <= upper)).all()


def test_the_hand_leaves_the_object() -> None:
    translation, rotation, joints = random_poses(HUMAN, 3)
    source = keypoints_of(HUMAN, translation, rotation, 0.3 * joints)
    start = retarget(HUMAN, source)
    centre = source.points[:, 8:9] - 0.01  # a ball that the index finger is in

    def ball(points: torch.Tensor) -> torch.Tensor:
        return (points - centre).norm(dim=-1) - 0.02

    got = refine_retargeted(HUMAN, source, start, RefineSettings(steps=40), ball)
    assert (got.before["penetration"] > 0.01).all()
    assert (got.after["penetration"] < 0.3 * got.before["penetration"]).all()
    with pytest.raises(InputError, match="3 poses"):
        refine_retargeted(HUMAN, keypoints_of(HUMAN, *random_poses(HUMAN, 2)), start)
    with pytest.raises(InputError, match="five"):
        RefineSettings(finger_weights=(1.0,))
