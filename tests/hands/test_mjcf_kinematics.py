"""Hands from MJCF move as MuJoCo moves them."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
import torch
from robot_models import ODD_HAND, plain_hand, plain_urdf, written

from handhold.errors import InputError
from handhold.hands import Hand, hand_from_mjcf, load_hand
from handhold.hands.mjcf_file import read_model

DATA = os.environ.get("HANDHOLD_DEV_DATA")
HAS_SHADOW = importlib.util.find_spec("gymnasium_robotics") is not None
REAL = (
    "shadow_dexgraspnet_mjcf/shadow_hand_wrist_free.xml",
    "shadow_dexgraspnet_mjcf/shadow_hand_vis.xml",
    "dexurdf_shadow_hand/shadow_hand_left.urdf",
    "dexurdf_allegro_hand/allegro_hand_right.urdf",
)
TOLERANCE = 1e-6  # metres


def angles(hand: Hand, count: int, seed: int = 0) -> np.ndarray:
    lower, upper = hand.spec.joint_lower.numpy(), hand.spec.joint_upper.numpy()
    return np.random.default_rng(seed).uniform(lower, upper, (count, hand.joint_count))


def largest_disagreement(model: Any, hand: Hand, root: str, coupled: dict[str, Any]) -> float:
    """Largest distance (metres) between where MuJoCo and the hand put points on every link."""
    exact = hand.to(dtype=torch.float64)
    joints = angles(exact, 20)
    links = exact.local(torch.from_numpy(joints)).links.numpy()
    moving = _moving_bodies(model, root)
    assert len(moving) == links.shape[1]
    rest = _frames(model, root, moving, dict.fromkeys(hand.joint_names, 0.0), coupled)
    points = np.random.default_rng(1).uniform(-0.05, 0.05, (8, 3))
    worst = 0.0
    for row, pose in enumerate(joints):
        named = dict(zip(hand.joint_names, pose, strict=True))
        there = _frames(model, root, moving, named, coupled)
        for link in range(len(moving)):
            home = points @ rest[link][:, :3].T + rest[link][:, 3]
            expected = points @ there[link][:, :3].T + there[link][:, 3]
            got = home @ links[row, link, :, :3].T + links[row, link, :, 3]
            worst = max(worst, float(np.abs(got - expected).max()))
    return worst


def _moving_bodies(model: Any, root: str) -> list[int]:
    """The root, then the bodies with joints below it."""
    start = model.body(root).id
    below = {start}
    for body in range(start + 1, model.nbody):
        if int(model.body_parentid[body]) in below:
            below.add(body)
    return [b for b in sorted(below) if b == start or model.body_jntnum[b]]


def _frames(
    model: Any, root: str, bodies: list[int], named: dict[str, float], coupled: dict[str, Any]
) -> list[np.ndarray]:
    data = mujoco.MjData(model)
    for joint, angle in named.items():
        data.joint(joint).qpos = angle
    for joint, (driver, factor) in coupled.items():
        data.joint(joint).qpos = factor * named[driver]
    mujoco.mj_kinematics(model, data)
    turn, place = data.body(root).xmat.reshape(3, 3), data.body(root).xpos
    return [
        np.column_stack(
            [turn.T @ data.xmat[b].reshape(3, 3), turn.T @ (data.xpos[b] - place)],
        )
        for b in bodies
    ]


@pytest.fixture
def odd(tmp_path: Path) -> Hand:
    return hand_from_mjcf(written(tmp_path, ODD_HAND))


def test_an_odd_hand_moves_as_mujoco_moves_it(odd: Hand) -> None:
    model = mujoco.MjModel.from_xml_string(ODD_HAND)
    coupled = {"ring_tip": ("ring_bend", 0.7)}
    assert largest_disagreement(model, odd, "palm", coupled) < TOLERANCE


def test_the_coupling_matters_to_that_agreement(odd: Hand) -> None:
    model = mujoco.MjModel.from_xml_string(ODD_HAND)
    assert largest_disagreement(model, odd, "palm", {"ring_tip": ("ring_bend", 0.6)}) > 1e-4


def test_joints_are_those_below_the_palm_in_the_models_order(odd: Hand) -> None:
    assert odd.joint_names == (
        "index_spread",
        "index_bend",
        "index_tip",
        "ring_bend",
        "thumb_bend",
    )
    assert odd.spec.provenance.startswith("hand.xml, root 'palm'")


def test_limits_are_the_models_and_pi_where_it_has_none(odd: Hand) -> None:
    limits = dict(zip(odd.joint_names, zip(odd.spec.joint_lower, odd.spec.joint_upper, strict=True),
                      strict=True))  # fmt: skip
    assert limits["index_tip"] == pytest.approx((0.1, 1.6))
    assert limits["thumb_bend"] == pytest.approx((-np.pi, np.pi))


def test_links_are_the_bodies_with_joints_and_weights_are_one_hot(odd: Hand) -> None:
    weights = odd.spec.weights
    assert weights.shape[1] == 6  # palm, index a and b, ring a and b, thumb
    assert set(weights.unique().tolist()) == {0.0, 1.0}
    assert (weights.sum(1) == 1).all()


def test_a_body_without_joints_moves_with_the_body_it_is_fixed_to(odd: Hand) -> None:
    # The pad at the end of the index is the outermost skin of the link index_b.
    link = odd.spec.weights.argmax(1)
    tip = odd.spec.keypoints[odd.spec.keypoint_names.index("index_tip")]
    nearest = (odd.spec.vertices - tip).norm(dim=1).argmin()
    assert int(link[nearest]) == 2


def test_another_root_changes_the_frame_and_the_joints(tmp_path: Path) -> None:
    hand = hand_from_mjcf(written(tmp_path, ODD_HAND), root="arm")
    assert hand.joint_names[0] == "wrist"
    model = mujoco.MjModel.from_xml_string(ODD_HAND)
    assert largest_disagreement(model, hand, "arm", {"ring_tip": ("ring_bend", 0.7)}) < TOLERANCE


@pytest.mark.parametrize(
    "polycoef", ["0.1 1 0 0 0", "0 1 0.2 0 0", "0 0 0 0 0"], ids=["offset", "square", "constant"]
)
def test_a_coupling_that_is_no_multiple_stays_free_and_is_noted(
    tmp_path: Path, polycoef: str
) -> None:
    after = f'<equality><joint joint1="ff_2" joint2="ff_1" polycoef="{polycoef}"/></equality>'
    hand = hand_from_mjcf(written(tmp_path, plain_hand(after=after)))
    assert "ff_2" in hand.joint_names
    assert "coupling of 'ff_2'" in hand.spec.provenance


def test_couplings_follow_each_other(tmp_path: Path) -> None:
    after = (
        '<equality><joint joint1="mf_1" joint2="ff_2" polycoef="0 0.5 0 0 0"/>'
        '<joint joint1="ff_2" joint2="ff_1" polycoef="0 0.8 0 0 0"/></equality>'
    )
    text = plain_hand(after=after)
    hand = hand_from_mjcf(written(tmp_path, text))
    coupled = {"ff_2": ("ff_1", 0.8), "mf_1": ("ff_1", 0.4)}
    assert not set(coupled) & set(hand.joint_names)
    model = mujoco.MjModel.from_xml_string(text)
    assert largest_disagreement(model, hand, "palm", coupled) < TOLERANCE


def test_couplings_in_a_circle_stay_free(tmp_path: Path) -> None:
    after = (
        '<equality><joint joint1="ff_1" joint2="ff_2" polycoef="0 1 0 0 0"/>'
        '<joint joint1="ff_2" joint2="ff_1" polycoef="0 1 0 0 0"/></equality>'
    )
    hand = hand_from_mjcf(written(tmp_path, plain_hand(after=after)))
    assert {"ff_1", "ff_2"} <= set(hand.joint_names)
    assert "circle" in hand.spec.provenance


def test_mimic_joints_of_a_urdf_are_coupled(tmp_path: Path) -> None:
    text = plain_urdf(mimic='<mimic joint="j0" multiplier="0.9"/>').replace(
        '<mesh filename="package://my_hand/meshes/finger.obj"/>', '<box size="0.02 0.02 0.05"/>'
    )
    path = written(tmp_path, text, "hand.urdf")
    hand = hand_from_mjcf(path, skin="visual")
    assert hand.joint_names == ("j0", "j2", "j3", "j4")
    model = read_model(path).model
    assert largest_disagreement(model, hand, "base", {"j1": ("j0", 0.9)}) < TOLERANCE


def test_a_hand_that_floats_is_posed_by_its_palm(tmp_path: Path) -> None:
    text = plain_hand().replace('<body name="palm">', '<body name="palm"><freejoint name="free"/>')
    hand = hand_from_mjcf(written(tmp_path, text))
    assert "free" not in hand.joint_names
    assert hand.joint_count == 10


@pytest.mark.parametrize("kind", ["slide", "ball"])
def test_other_joints_below_the_palm_are_refused_by_name(tmp_path: Path, kind: str) -> None:
    text = plain_hand().replace(
        'name="mf_2" axis="1 0 0" range="0 1.5"', f'name="mf_2" type="{kind}"'
    )
    with pytest.raises(InputError, match=f"'mf_2' is a {kind} joint"):
        hand_from_mjcf(written(tmp_path, text))


@pytest.mark.skipif(not HAS_SHADOW, reason="gymnasium-robotics is not installed")
def test_the_shadow_hand_moves_as_mujoco_moves_it() -> None:
    from handhold.hands.loading import _shadow_model

    model = mujoco.MjModel.from_xml_path(str(_shadow_model()))
    assert largest_disagreement(model, load_hand("shadow"), "robot0:palm", {}) < TOLERANCE


@pytest.mark.skipif(not HAS_SHADOW, reason="gymnasium-robotics is not installed")
def test_the_shadow_hand_has_the_joints_that_dexgraspnet_names() -> None:
    fingers = [f"robot0:{f}FJ{n}" for f in "FMR" for n in (3, 2, 1, 0)]
    little = [f"robot0:LFJ{n}" for n in (4, 3, 2, 1, 0)]
    thumb = [f"robot0:THJ{n}" for n in (4, 3, 2, 1, 0)]
    hand = load_hand("shadow")
    assert hand.joint_names == (*fingers, *little, *thumb)
    assert hand.name == "shadow"
    assert hand.spec.side == "right"


@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
@pytest.mark.parametrize("file", REAL)
def test_real_hands_move_as_mujoco_moves_them(file: str) -> None:
    path = Path(str(DATA)) / "hands" / file
    hand = load_hand(path)
    root = hand.spec.provenance.split("root '")[1].split("'")[0]
    assert largest_disagreement(read_model(path).model, hand, root, {}) < TOLERANCE
