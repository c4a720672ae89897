"""The displacement of an object in a hand that stands still."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation
from two_plates import CUBE, block, cube, group, plates

from handhold.geometry import TriMesh
from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import load_hand
from handhold.physics import PROTOCOLS, ObmanProtocol, record_trial, run_trials

OBMAN = PROTOCOLS["obman/1"]
assert isinstance(OBMAN, ObmanProtocol)
AWAY = (0.0, 0.0, 1.0)
FINE = replace(OBMAN, timestep=1 / 48000, steps=7000)


def test_free_fall_is_10_72_cm_in_all_directions() -> None:
    found = run_trials(group(translation=AWAY), OBMAN)
    assert found.displacement_cm == pytest.approx(np.full((1, 6), 10.72), abs=0.005)
    assert found.mean_cm == pytest.approx(found.worst_cm)
    assert found.mean_cm == pytest.approx(100 * OBMAN.free_fall)
    assert found.reasons == ("",)


def test_free_fall_tends_to_10_42_cm_with_small_steps() -> None:
    found = run_trials(group(translation=AWAY, affordance=("base-support",)), FINE)
    assert found.mean_cm == pytest.approx(100 * 0.5 * 9.8 * (35 / 240) ** 2, abs=0.002)
    assert found.mean_cm == pytest.approx(10.42, abs=0.005)


def test_an_open_human_hand_that_does_not_touch_lets_fall() -> None:
    hand = load_hand()
    poses = HandPoses(np.array([[0.0, 0.0, 0.3]]), np.eye(3)[None], np.zeros((1, 16)))
    grasps = GraspGroup(asset=cube(), hand=hand, poses=poses, entry=("open",), source="test")
    assert run_trials(grasps, OBMAN).displacement_cm == pytest.approx(10.72, abs=0.005)


def test_a_cube_between_two_plates_holds_and_between_open_ones_falls() -> None:
    found = run_trials(group(angles=(0.0, -0.1)), OBMAN)
    assert found.worst_cm[0] < 0.02
    assert found.worst_cm[1] > 7
    assert found.displacement_cm[1, 5] < 0.1, "the palm carries the cube"


@pytest.mark.parametrize("overlap", [0.0005, 0.001, 0.002])
def test_halving_the_step_changes_little(overlap: float) -> None:
    grasps = group(hand=plates(overlap))
    whole = run_trials(grasps, OBMAN).displacement_cm
    half = run_trials(grasps, replace(OBMAN, timestep=1 / 480, steps=70)).displacement_cm
    assert np.abs(half - whole).max() < max(0.02, 0.1 * whole.max())
    assert whole.max() < 0.02, "an overlap on both sides throws nothing out"


@pytest.mark.parametrize("overlap", [0.001, 0.003])
def test_an_overlap_on_one_side_is_pushed_out_and_no_further(overlap: float) -> None:
    """The overdamped contact gives the object no speed to fly on with."""
    hand = plates(overlap)
    grasps = group(hand=hand, angles=(-0.2,))
    sideways = run_trials(grasps, replace(OBMAN, gravity=1e-6, explosion=1e9))
    assert sideways.worst_cm[0] < 100 * overlap + 0.05


def test_half_a_step_on_an_object_that_is_pushed_and_pressed() -> None:
    grasps = group(hand=plates(0.002), angles=(-0.2,), affordance=("base-support",))
    whole = run_trials(grasps, OBMAN).mean_cm
    half = run_trials(grasps, replace(OBMAN, timestep=1 / 480, steps=70)).mean_cm
    assert np.abs(half - whole).max() < max(0.02, 0.1 * whole.max())


def test_a_turned_and_moved_scene_gives_the_same_numbers() -> None:
    turn = Rotation.from_euler("xyz", [0.4, -1.1, 2.0]).as_matrix()
    angles = (0.0, -0.004, -0.1)
    here = run_trials(group(angles=angles), OBMAN)
    there = run_trials(
        group(asset=cube(turn, np.array([0.3, -0.2, 0.1])), angles=angles, rotation=turn), OBMAN
    )
    np.testing.assert_allclose(there.displacement_cm, here.displacement_cm, atol=2e-3, rtol=0.01)


def test_the_numbers_do_not_depend_on_the_run_the_threads_or_the_neighbours() -> None:
    grasps = group(angles=(0.0, -0.003, -0.005, -0.1))
    first = run_trials(grasps, OBMAN, workers=1)
    again = run_trials(grasps, OBMAN, workers=2)
    np.testing.assert_array_equal(again.displacement_cm, first.displacement_cm)
    some = run_trials(grasps.select([2, 0]), OBMAN)
    np.testing.assert_array_equal(some.displacement_cm, first.displacement_cm[[2, 0]])


def test_base_support_is_pressed_into_the_palm_only() -> None:
    found = run_trials(group(angles=(-0.2, -0.2), affordance=("base-support", "")), OBMAN)
    assert found.tested[0].tolist() == [name == "-z" for name in found.directions]
    assert np.isfinite(found.displacement_cm).tolist() == found.tested.tolist()
    assert found.mean_cm[0] == found.worst_cm[0] == found.displacement_cm[1, 5] < 0.1
    assert found.mean_cm[1] > 5
    assert found.reasons == ("", "")


def test_shrunk_plates_touch_no_more() -> None:
    held, loose = (run_trials(group(), OBMAN, shrink=by) for by in (0.0, 0.002))
    assert held.worst_cm[0] < 0.02 < 10 < loose.worst_cm[0]
    assert loose.shrink == 0.002


def test_a_trial_that_throws_the_object_is_nan_with_a_reason() -> None:
    wild = replace(OBMAN, contacts=replace(OBMAN.contacts, solref=(-1e9, 0.0)))
    found = run_trials(group(hand=plates(0.012), angles=(0.0, -0.3)), wild)
    assert found.reasons[0] and np.isnan(found.mean_cm[0]) and np.isnan(found.worst_cm[0])


def test_a_pose_that_is_not_finite_is_named_and_the_rest_is_judged() -> None:
    found = run_trials(group(angles=(float("nan"), 0.0)), OBMAN)
    assert "not finite" in found.reasons[0] and np.isnan(found.mean_cm[0])
    assert found.reasons[1] == "" and found.worst_cm[1] < 0.02


def test_a_rigid_hand_mesh_is_tried_as_it_lies() -> None:
    ring = [block((0.06, 0.06, 0.01), (0, 0, sign * (CUBE / 2 + 0.0045))) for sign in (-1, 1)]
    side = block((0.01, 0.06, CUBE + 0.019), (-0.035, 0, 0))
    clamp = trimesh.boolean.union([piece.to_trimesh() for piece in (*ring, side)])
    mesh = TriMesh.from_trimesh(clamp)
    away = mesh.transformed(np.eye(3), np.array([0.5, 0, 0]))
    grasps = GraspGroup(
        asset=cube(), hand=None, poses=None, entry=("on", "off"), source="test", skins=(mesh, away)
    )
    found = run_trials(grasps, OBMAN)
    assert found.worst_cm[0] < 0.2
    assert found.displacement_cm[1] == pytest.approx(np.full(6, 10.72), abs=0.005)
    assert found.hand_overhang_mm.shape == (2, 2)


def test_progress_counts_the_grasps() -> None:
    seen: list[tuple[int, int]] = []
    run_trials(group(angles=(0.0, -0.1, -0.2)), OBMAN, on_progress=lambda *at: seen.append(at))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_film_ends_where_the_trial_ended() -> None:
    grasps = group(angles=(0.0, -0.1), translation=(0.0, 0.0, 0.001))
    film = record_trial(grasps, 1, OBMAN, "+z", frames=8)
    moved = run_trials(grasps, OBMAN).displacement_cm[1, 4]
    assert film.times[0] == 0 and film.times[-1] == pytest.approx(35 / 240)
    assert 6 <= len(film.times) <= 10
    np.testing.assert_allclose(film.object[0], np.eye(3, 4), atol=1e-12)
    assert 100 * np.linalg.norm(film.object[-1, :, 3]) == pytest.approx(moved, rel=1e-6)
    np.testing.assert_allclose(film.direction, [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(film.links[0, 0, :, 3], [0, 0, 0.001], atol=1e-12)
