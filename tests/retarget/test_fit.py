"""Eq. 9: poses come back, limits hold, masks work, and a naive solver finds no better."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from poses import angle_between, first, random_poses
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from handhold.errors import InputError
from handhold.hands import Hand, load_hand
from handhold.retarget import (
    CODES,
    ORDERS,
    FitSettings,
    Keypoints,
    in_order_of,
    keypoints_of,
    name_keypoints,
    retarget,
)
from handhold.retarget.chain import KeypointChain
from handhold.retarget.keypoints import scaled_about_wrist
from handhold.retarget.start import kabsch

HUMAN = load_hand("human").to(dtype=torch.float64)
COUNT = 12


@pytest.fixture(scope="module")
def shadow() -> Hand:
    if find_spec("gymnasium_robotics") is None:  # only its files are read
        pytest.skip("the Shadow Hand's model is not installed")
    return load_hand("shadow").to(dtype=torch.float64)


def human_points(count: int = COUNT, seed: int = 0) -> Keypoints:
    return keypoints_of(HUMAN, *random_poses(HUMAN, count, seed))


def test_key_points_are_those_of_the_posed_hand() -> None:
    pose = random_poses(HUMAN, 3)
    assert torch.allclose(keypoints_of(HUMAN, *pose).points, HUMAN.pose(*pose).keypoints)


def test_a_human_pose_comes_back() -> None:
    translation, rotation, joints = random_poses(HUMAN, COUNT)
    got = retarget(HUMAN, keypoints_of(HUMAN, translation, rotation, joints))
    assert got.worst_mm.max() < 0.5
    assert (got.joints - joints).abs().max() < 0.02
    assert angle_between(got.rotation, rotation).max() < 0.01
    assert 1000 * (got.translation - translation).norm(dim=-1).max() < 0.5
    assert set(got.code.tolist()) <= set(CODES)
    assert got.used.all() and (got.scale == 1).all()


def test_a_shadow_pose_comes_back(shadow: Hand) -> None:
    pose = random_poses(shadow, COUNT)
    got = retarget(shadow, keypoints_of(shadow, *pose))
    assert got.error_mm.max() < 0.5 and got.error_mm.median() < 0.05


def test_there_and_back_again(shadow: Hand) -> None:
    """What the Shadow Hand can reach of a human pose stays where it is on the way back."""
    source = human_points(8)
    there = retarget(shadow, source)
    back = retarget(HUMAN, keypoints_of(shadow, there.translation, there.rotation, there.joints))
    again = keypoints_of(HUMAN, back.translation, back.rotation, back.joints)
    assert 1000 * (again.points - source.points).norm(dim=-1).mean() < 12


def test_human_to_shadow_is_as_near_as_the_bones_allow(shadow: Hand) -> None:
    got = retarget(shadow, human_points())
    assert got.error_mm.mean() < 10 and got.error_mm.max() < 14
    assert got.fingertip_mm.mean() < 8
    grown = retarget(shadow, human_points(), FitSettings(match_size=True))
    assert grown.error_mm.mean() < got.error_mm.mean()
    assert ((grown.scale > 1.1) & (grown.scale < 1.25)).all()


def test_limits_hold_however_far_the_source_bends() -> None:
    translation, rotation, joints = random_poses(HUMAN, COUNT)
    far = HUMAN.spec.joint_upper + 0.6
    got = retarget(HUMAN, keypoints_of(HUMAN, translation, rotation, far.expand_as(joints)))
    assert (got.joints <= HUMAN.spec.joint_upper).all()
    assert (got.joints >= HUMAN.spec.joint_lower).all()
    single = retarget(load_hand("human"), keypoints_of(HUMAN, translation, rotation, joints + 0.5))
    assert single.joints.dtype == torch.float32
    assert (single.joints <= load_hand("human").spec.joint_upper).all()


def test_a_batch_is_its_grasps_one_by_one() -> None:
    source = human_points(5)
    together = retarget(HUMAN, source, FitSettings(chunk=3))
    for k in range(5):
        alone = retarget(
            HUMAN, Keypoints(source.points[k : k + 1], source.present[:1], source.names)
        )
        assert torch.allclose(alone.joints[0], together.joints[k], atol=1e-3)
        assert torch.allclose(alone.error_mm[0], together.error_mm[k], atol=1e-2)


def test_no_grasps_give_no_poses() -> None:
    got = retarget(HUMAN, first(human_points(2), 0))
    assert len(got) == 0 and got.joints.shape == (0, 16) and got.error_mm.shape == (0,)


def test_moving_the_source_moves_the_answer() -> None:
    source = human_points(6)
    shift, turn = torch.tensor([0.1, -0.2, 0.3]).double(), random_poses(HUMAN, 1, 5)[1][0]
    moved = Keypoints(source.points @ turn.T + shift, source.present, source.names)
    here, there = retarget(HUMAN, source), retarget(HUMAN, moved)
    assert torch.allclose(there.joints, here.joints, atol=2e-3)
    assert torch.allclose(there.translation, here.translation @ turn.T + shift, atol=1e-4)


def test_missing_points_do_not_count() -> None:
    translation, rotation, joints = random_poses(HUMAN, COUNT)
    whole = keypoints_of(HUMAN, translation, rotation, joints)
    present = torch.ones(COUNT, 21, dtype=torch.bool)
    present[::2, 5:9] = False  # no index finger
    present[1::2, 0] = False  # no wrist
    spoiled = torch.where(present[..., None], whole.points, torch.nan)
    got = retarget(HUMAN, name_keypoints(spoiled, whole.names))
    assert torch.equal(got.used, present)
    assert got.worst_mm.max() < 0.5
    known = torch.ones(16, dtype=torch.bool)
    known[:3] = False
    assert (got.joints - joints)[::2, known].abs().max() < 0.02
    same = retarget(HUMAN, name_keypoints(whole.points, whole.names, present))
    assert torch.allclose(same.joints, got.joints)


def test_points_that_the_hand_lacks_do_not_count() -> None:
    source = human_points(4)
    more = Keypoints(
        torch.cat([source.points, torch.full((4, 1, 3), 9.0)], 1),
        torch.ones(4, 22, dtype=torch.bool),
        (*source.names, "sixth_tip"),
    )
    assert retarget(HUMAN, more).worst_mm.max() < 0.5


def test_no_tips_give_no_tip_distance() -> None:
    source = human_points(2)
    bare = [k for k, name in enumerate(source.names) if not name.endswith("tip")]
    names = tuple(source.names[k] for k in bare)
    got = retarget(HUMAN, name_keypoints(source.points[:, bare], names))
    assert got.fingertip_mm.isnan().all() and got.error_mm.max() < 0.5


def test_orders_name_the_same_points() -> None:
    source = human_points(2)
    for order, names in ORDERS.items():
        listed = in_order_of(names, source).points
        again = in_order_of(source.names, name_keypoints(listed, order))
        assert torch.equal(again.points, source.points) and again.present.all()
    assert ORDERS["mano"][13] == "thumb_base" and ORDERS["mano"][7] == "little_base"
    assert ORDERS["dgrasp"][-1] == "thumb_tip"


def test_the_derivatives_are_those_of_small_differences(shadow: Hand) -> None:
    for hand in (HUMAN, shadow):
        chain = KeypointChain(hand)
        joints = random_poses(hand, 2)[2]
        points, jacobian = chain.with_jacobian(joints)
        assert torch.allclose(points, chain.positions(joints))
        assert torch.allclose(points, hand.local(joints).keypoints, atol=1e-7)
        for d in range(hand.joint_count):
            step = torch.zeros_like(joints)
            step[:, d] = 1e-6
            slope = (chain.positions(joints + step) - chain.positions(joints - step)) / 2e-6
            assert torch.allclose(jacobian[..., d], slope, atol=1e-8)


def naive_sum(hand: Hand, goal: np.ndarray, numbers: np.ndarray) -> float:
    """Eq. 9 for one grasp, rounded off as in the fit, in the slowest way."""
    turn = torch.from_numpy(Rotation.from_rotvec(numbers[3:6]).as_matrix())[None]
    shift, joints = torch.from_numpy(numbers[:3])[None], torch.from_numpy(numbers[6:])[None]
    points = hand.pose(shift, turn, joints).keypoints[0].numpy()
    rounding = FitSettings().rounding_m
    return sum(
        float(np.sqrt(((p - q) ** 2).sum() + rounding**2) - rounding)
        for p, q in zip(points, goal, strict=True)
    )


def test_a_naive_solver_finds_no_better(shadow: Hand) -> None:
    source = human_points(1, seed=3)
    got = retarget(shadow, source)
    start = np.concatenate(
        [
            got.translation[0].numpy(),
            Rotation.from_matrix(got.rotation[0].numpy()).as_rotvec(),
            got.joints[0].numpy(),
        ]
    )
    goal = source.points[0].numpy()
    bounds = [(None, None)] * 6 + list(
        zip(shadow.spec.joint_lower.tolist(), shadow.spec.joint_upper.tolist(), strict=True)
    )
    found = minimize(
        lambda x: naive_sum(shadow, goal, x),
        start,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 15},
    )
    ours = naive_sum(shadow, goal, start)
    assert 1000 * ours == pytest.approx(float(got.error_mm[0]) * 21, abs=0.5 * 21)
    assert ours < found.fun + 0.001  # a thousandth of a metre, summed over 21 points


def test_kabsch_finds_the_pose_and_never_a_reflection() -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(6, 5, 3, generator=generator).double()
    shift, rotation, _ = random_poses(HUMAN, 6)
    goals = points @ rotation.transpose(1, 2) + shift[:, None]
    chosen = torch.ones(6, 5, dtype=torch.bool)
    chosen[:, 4] = False
    goals[:, 4] = 99.0
    found, moved = kabsch(points, goals, chosen)
    assert torch.allclose(found, rotation) and torch.allclose(moved, shift)
    mirrored, _ = kabsch(points, -points, chosen)
    assert torch.allclose(torch.linalg.det(mirrored), torch.ones(6).double())


def test_the_size_of_the_source_is_matched_about_its_wrist() -> None:
    small = scaled_about_wrist(human_points(4), torch.full((4,), 0.8).double())
    assert retarget(HUMAN, small).error_mm.min() > 0.5
    got = retarget(HUMAN, small, FitSettings(match_size=True))
    assert torch.allclose(got.scale, torch.full((4,), 1.25).double())
    assert got.worst_mm.max() < 0.5


def test_what_cannot_be_done_is_refused() -> None:
    points = human_points(2)
    with pytest.raises(InputError, match="shares 2 key points"):
        retarget(HUMAN, name_keypoints(points.points[:, :2], points.names[:2]))
    with pytest.raises(InputError, match="no order"):
        name_keypoints(points.points, "alphabet")
    with pytest.raises(InputError, match="shape"):
        name_keypoints(points.points[:, :20], "mano")
    with pytest.raises(InputError, match="present"):
        name_keypoints(points.points, "mano", torch.ones(3, 21))
    with pytest.raises(InputError, match="unknown"):
        FitSettings(starts=("upside down",))
    with pytest.raises(InputError, match="positive"):
        FitSettings(steps=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_cuda_device() -> None:
    source = human_points(8)
    got = retarget(HUMAN.to("cuda"), source)
    assert got.joints.is_cuda and got.worst_mm.max() < 0.5
