"""Close, squeeze, pull."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from two_plates import block, cube, group, plates, poses

from handhold.errors import InputError
from handhold.grasps import GraspGroup
from handhold.hands import load_hand
from handhold.physics import PROTOCOLS, HandDrive, SixAxisProtocol, record_trial, run_trials
from handhold.physics.bodies import hand_body, object_body
from handhold.physics.placing import hand_sequence, link_transforms
from handhold.physics.scene import actuated_scene
from handhold.physics.trials import Bench

SIX = PROTOCOLS["six-axis/1"]
assert isinstance(SIX, SixAxisProtocol)
SHORT = replace(SIX, pull_seconds=0.4)  # 0.8 m of free flight: enough to tell


def test_plates_that_squeeze_hold_a_cube_for_two_seconds_in_all_directions() -> None:
    found = run_trials(group(), SIX)
    assert found.held.tolist() == [[1.0] * 6] and found.success.tolist() == [1.0]
    assert np.nanmax(found.moved_cm) < 0.5 and np.nanmax(found.turned_degrees) < 2
    assert found.drift_cm[0] < 0.2
    assert found.made_pregrasp.tolist() == found.made_squeeze.tolist() == [True]


def test_an_open_hand_loses_the_cube() -> None:
    found = run_trials(group(angles=(-0.3,)), SHORT)
    assert found.success.tolist() == [0.0]
    assert found.held[0, 4] == 0, "the plate above gives way"
    assert found.moved_cm[0, 4] >= 5 or found.turned_degrees[0, 4] >= 15
    assert found.held[0, 5] == 1, "the palm is below it"


def test_a_hand_without_strength_loses_the_cube() -> None:
    weak = replace(SHORT, drive=HandDrive(force_limit=0.001))
    assert run_trials(group(), weak).success.tolist() == [0.0]


def test_only_success_stops_at_the_first_failed_pull() -> None:
    found = run_trials(group(angles=(-0.3,)), SHORT, only_success=True)
    first = int(np.flatnonzero(found.held[0] == 0)[0])
    assert np.isnan(found.held[0, first + 1 :]).all()
    assert found.success.tolist() == [0.0] and found.reasons == ("",)


def test_base_support_is_pressed_into_the_palm_only() -> None:
    found = run_trials(group(angles=(-0.3,), affordance=("base-support",)), SHORT)
    assert found.tested[0].tolist() == [name == "-z" for name in found.directions]
    assert found.success.tolist() == [1.0] and found.reasons == ("",)
    assert np.isfinite(found.held).tolist() == found.tested.tolist()
    assert not found.made_squeeze[0] and found.drift_cm[0] < 0.1


def test_what_is_supported_lies_on_the_palm_before_it_is_tried() -> None:
    above = group(translation=(0, 0, -0.01), angles=(-0.3,), affordance=("base-support",))
    assert 0.8 < run_trials(above, SHORT).drift_cm[0] < 1.2
    floating = group(translation=(0, 0, -0.01), angles=(-0.3,))
    assert run_trials(floating, SHORT).drift_cm[0] < 0.1


def test_missing_poses_are_made_by_a_tenth_of_a_radian_within_the_limits() -> None:
    made = hand_sequence(group(angles=(0.0, 0.95)), SIX.opening)
    np.testing.assert_allclose(made.joints[:, 0, 0], [-0.1, 0.0, 0.1])
    np.testing.assert_allclose(made.joints[:, 1, 0], [0.85, 0.95, 1.0])
    assert made.made_pregrasp.all() and made.made_squeeze.all()
    np.testing.assert_allclose(made.base, np.broadcast_to(np.eye(3, 4), made.base.shape))


def test_given_poses_are_used_with_their_own_palm() -> None:
    turn = Rotation.from_euler("z", 0.3).as_matrix()
    there = poses((-0.2,), turn, (0.0, 0.0, 0.01))
    grasps = group(rotation=turn, pregrasp=there, squeeze=poses((0.1,), turn))
    made = hand_sequence(grasps, SIX.opening)
    assert not made.made_pregrasp.any() and not made.made_squeeze.any()
    np.testing.assert_allclose(made.joints[:, 0, 0], [-0.2, 0.0, 0.1])
    raised = np.column_stack([np.eye(3), [0, 0, 0.01]])
    np.testing.assert_allclose(made.base[0, 0], raised, atol=1e-12)
    found = run_trials(grasps, SHORT)
    assert found.made_pregrasp.tolist() == [False] and np.isfinite(found.success).all()


def test_spreading_joints_do_not_move_when_a_pose_is_made() -> None:
    hand = load_hand()
    grasps = GraspGroup(
        asset=cube(),
        hand=hand,
        poses=type(poses((0.0,)))(np.zeros((1, 3)), np.eye(3)[None], np.full((1, 16), 0.2)),
        entry=("grasp",),
        source="test",
    )
    made = hand_sequence(grasps, 0.1)
    moved = (made.joints[2] - made.joints[1])[0]
    spread = [name.endswith("_spread") for name in hand.joint_names]
    assert (moved[spread] == 0).all() and moved.max() == pytest.approx(0.1)


def test_the_numbers_do_not_depend_on_scene_run_or_threads() -> None:
    turn = Rotation.from_euler("xyz", [0.4, -1.1, 2.0]).as_matrix()
    grasps = group(angles=(0.0, -0.3))
    first = run_trials(grasps, SHORT, workers=1)
    again = run_trials(grasps, SHORT, workers=2)
    np.testing.assert_array_equal(again.moved_cm, first.moved_cm)
    alone = run_trials(grasps.select([1]), SHORT)
    np.testing.assert_array_equal(alone.moved_cm[0], first.moved_cm[1])
    there = group(asset=cube(turn), angles=(0.0, -0.3), rotation=turn)
    turned = run_trials(there, SHORT)
    np.testing.assert_array_equal(turned.held, first.held)
    np.testing.assert_allclose(turned.moved_cm[0], first.moved_cm[0], atol=0.02)


def test_a_thrown_object_is_nan_with_a_reason() -> None:
    wild = replace(SHORT, contacts=replace(SHORT.contacts, solref=(-1e9, 0.0)))
    found = run_trials(group(hand=plates(0.012)), wild)
    assert found.reasons[0] and np.isnan(found.success[0])


def test_an_object_that_is_gone_before_the_pull_is_a_failure() -> None:
    open_hand = poses((-0.3,))
    raised = poses((-0.3,), translation=(0.0, 0.0, 0.08))
    sweep = group(angles=(-0.3,), pregrasp=open_hand, squeeze=raised)
    found = run_trials(sweep, SHORT)
    assert found.success.tolist() == [0.0] and found.ejected.tolist() == [True]
    assert found.drift_cm[0] > 5 and np.isnan(found.held).all() and found.reasons == ("",)


def test_a_rigid_hand_mesh_cannot_squeeze() -> None:
    mesh = block((0.06, 0.06, 0.01), (0, 0, -0.025))
    grasps = GraspGroup(
        asset=cube(), hand=None, poses=None, entry=("rigid",), source="test", skins=(mesh,)
    )
    found = run_trials(grasps, SIX)
    assert found.reasons == ("a rigid hand mesh cannot squeeze",)
    assert np.isnan(found.success).all()
    with pytest.raises(InputError, match="no joints"):
        record_trial(grasps, 0, SIX, "+x")


def test_the_simulated_links_stand_where_the_kinematics_says() -> None:
    hand = load_hand()
    body = hand_body(hand, SIX)
    scene = actuated_scene(object_body(cube(), SIX), body, hand, SIX)
    joints = np.random.default_rng(0).uniform(-0.2, 0.4, (1, 16))
    bench = Bench(scene)
    bench.reset(np.eye(3, 4))
    bench.data.qpos[scene.hinge_address] = joints[0][scene.hinge_dof] * scene.hinge_factor
    bench.begin()
    rotation = bench.data.xmat[list(scene.links)].reshape(-1, 3, 3)
    shift = bench.data.xpos[list(scene.links)] - np.einsum(
        "lij,lj->li", rotation, scene.link_origin
    )
    expected = link_transforms(hand, joints)[0]
    np.testing.assert_allclose(rotation, expected[:, :, :3], atol=1e-6)
    np.testing.assert_allclose(shift, expected[:, :, 3], atol=1e-6)


def test_coupled_joints_follow_and_motors_reach_their_targets() -> None:
    hand = load_hand()
    scene = actuated_scene(object_body(cube(), SIX), hand_body(hand, SIX), hand, SIX)
    bench = Bench(scene)
    bench.reset(np.column_stack([np.eye(3), [1.0, 0, 0]]))
    target = np.full(16, 0.3)
    bench.data.ctrl[:] = target * scene.motor_factor
    bench.step(400)
    reached = bench.data.qpos[scene.hinge_address]
    np.testing.assert_allclose(reached, 0.3 * scene.hinge_factor, atol=1e-3)


def test_a_film_has_all_of_the_sequence() -> None:
    film = record_trial(group(), 0, SHORT, "+x", frames=12)
    assert film.times[0] == 0 and film.times[-1] == pytest.approx(1.0, abs=0.1)
    assert film.object.shape[1:] == (3, 4) and film.links.shape[1:] == (2, 3, 4)
    angle = math.acos(film.links[0, 1, 0, 0])
    assert angle == pytest.approx(0.1, abs=1e-6), "it starts open"
    with pytest.raises(InputError, match=r"\+z"):
        record_trial(group(), 0, SHORT, "up")
