"""DexGraspBench's files: wrist to palm, joint numbering and signs, three stages."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from toy_sets import OLD_SHADOW_JOINTS, toy_hand, write_dexgraspbench

from handhold.datasets import read_dexgraspbench
from handhold.datasets.dexgraspbench import STAGES
from handhold.datasets.shadow import SHADOW_JOINTS
from handhold.errors import InputError

HAND = toy_hand(OLD_SHADOW_JOINTS)
QUARTER = np.sqrt(0.5)


def stage(position: list[float], quaternion: list[float], joints: np.ndarray) -> np.ndarray:
    return np.concatenate([position, quaternion, joints])[None]


def test_the_pose_is_the_wrists_and_the_palm_lies_beyond_it(tmp_path: Path) -> None:
    quarter_about_x = [QUARTER, QUARTER, 0, 0]  # z of the wrist becomes -y
    grasp = stage([0.1, 0.2, 0.3], quarter_about_x, np.zeros(22))
    (group,) = read_dexgraspbench(
        write_dexgraspbench(tmp_path, 1, grasp_qpos=grasp), hand=HAND
    ).groups
    assert group.poses is not None
    np.testing.assert_allclose(group.poses.translation, [[0.1, 0.166, 0.3]], atol=1e-9)
    np.testing.assert_allclose(group.poses.rotation[0] @ [0, 0, 1], [0, -1, 0], atol=1e-9)


def test_joints_are_renumbered_and_four_turn_the_other_way(tmp_path: Path) -> None:
    angles = np.linspace(0.1, 0.9, 22)
    file = write_dexgraspbench(tmp_path, 1, grasp_qpos=stage([0, 0, 0], [1, 0, 0, 0], angles))
    order = np.random.default_rng(0).permutation(22)
    hand = toy_hand([OLD_SHADOW_JOINTS[i] for i in order])
    (group,) = read_dexgraspbench(file, hand=hand).groups
    assert group.poses is not None
    turned = {"FFJ4", "MFJ4", "THJ2", "THJ1"}
    expected = [-a if n in turned else a for n, a in zip(SHADOW_JOINTS, angles, strict=True)]
    np.testing.assert_allclose(group.poses.joints[0], np.array(expected)[order], atol=1e-9)


def test_a_hand_with_shadows_own_numbers_takes_them_as_they_are(tmp_path: Path) -> None:
    angles = np.linspace(0.1, 0.9, 22)
    file = write_dexgraspbench(tmp_path, 1, grasp_qpos=stage([0, 0, 0], [1, 0, 0, 0], angles))
    hand = toy_hand([f"rh_{name}" for name in SHADOW_JOINTS[::-1]])
    (group,) = read_dexgraspbench(file, hand=hand).groups
    assert group.poses is not None
    np.testing.assert_allclose(group.poses.joints[0], angles[::-1], atol=1e-9)


def test_a_moved_object_takes_its_grasps_along(tmp_path: Path) -> None:
    grasp = stage([0.4, 0.0, 0.3], [1, 0, 0, 0], np.zeros(22))
    moved = np.array([[0.4, 0.0, 0.0, QUARTER, 0, 0, QUARTER]])  # quarter turn about z
    file = write_dexgraspbench(tmp_path, 1, grasp_qpos=grasp, obj_pose=moved)
    (group,) = read_dexgraspbench(file, hand=HAND).groups
    assert group.poses is not None
    np.testing.assert_allclose(group.poses.translation, [[0, 0, 0.334]], atol=1e-9)
    np.testing.assert_allclose(group.poses.rotation[0] @ [1, 0, 0], [0, -1, 0], atol=1e-9)


def test_stages_objects_and_scales_are_kept_apart(tmp_path: Path) -> None:
    pregrasp = np.zeros((3, 29))
    pregrasp[:, 3] = 1
    squeeze = pregrasp.copy()
    pregrasp[:, 0], squeeze[:, 0] = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    file = write_dexgraspbench(
        tmp_path, 3, pregrasp_qpos=pregrasp, squeeze_qpos=squeeze, obj_scale=[0.1, 0.06, 0.1]
    )
    first, second = read_dexgraspbench(file, hand=HAND).groups
    assert (first.entry, second.entry) == (("some[0]", "some[2]"), ("some[1]",))
    assert first.asset.name == "cube"
    assert first.pregrasp is not None
    assert first.squeeze is not None
    np.testing.assert_allclose(first.pregrasp.translation[:, 0], [0.1, 0.3])
    np.testing.assert_allclose(first.squeeze.translation[:, 0], [0.4, 0.6])
    np.testing.assert_allclose(second.asset.mesh.extents, [0.06] * 3)


@pytest.mark.parametrize("name", ["grasp_qpos", "pregrasp_qpos", "squeeze_qpos"])
def test_a_bad_stage_spoils_its_entry_only(tmp_path: Path, name: str) -> None:
    for value, said in ((2.0, "length 2"), (0.0, "length 0"), (np.nan, "not finite")):
        rows = np.zeros((2, 29))
        rows[:, 3] = [1, value]
        file = write_dexgraspbench(tmp_path, 2, **{name: rows})
        with pytest.raises(InputError, match=rf"some\[1\].*{said}"):
            read_dexgraspbench(file, hand=HAND)
        reading = read_dexgraspbench(file, hand=HAND, keep_going=True)
        assert reading.groups[0].entry == ("some[0]",)
        assert len(reading.skipped) == 1


def test_a_stage_far_from_its_object_is_refused_wherever_both_are(tmp_path: Path) -> None:
    away = np.zeros((2, 29))
    away[:, 3] = 1
    away[:, 0] = [500, 399]
    standing = np.zeros((2, 7))
    standing[:, 3] = 1
    standing[:, 0] = 500
    file = write_dexgraspbench(
        tmp_path, 2, obj_pose=standing, **dict.fromkeys(STAGES, away[[0, 0]]) | {STAGES[2]: away}
    )
    with pytest.raises(InputError, match=r"^some\[1\]: its hand is 101 m from the object.*--keep"):
        read_dexgraspbench(file, hand=HAND)
    away[1, 0], standing[1, 0] = 1.7e308, -1.7e308
    file = write_dexgraspbench(tmp_path, 2, obj_pose=standing, **dict.fromkeys(STAGES, away))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reading = read_dexgraspbench(file, hand=HAND, keep_going=True)
    assert reading.groups[0].entry == ("some[0]",)


def test_a_huge_quaternion_is_refused_without_a_warning(tmp_path: Path) -> None:
    rows = np.zeros((1, 29))
    rows[:, 3] = 1e300
    with warnings.catch_warnings(), pytest.raises(InputError, match="has length 1e"):
        warnings.simplefilter("error")
        read_dexgraspbench(write_dexgraspbench(tmp_path, 1, grasp_qpos=rows), hand=HAND)


def test_a_left_hand_is_refused(tmp_path: Path) -> None:
    left = toy_hand(OLD_SHADOW_JOINTS, side="left")
    with pytest.raises(InputError, match=r"is a left hand, .* DexGraspBench .* right.*--hand"):
        read_dexgraspbench(write_dexgraspbench(tmp_path), hand=left)


def test_another_object_missing_leaves_the_first(tmp_path: Path) -> None:
    file = write_dexgraspbench(tmp_path, 2, object_name=np.array(["cube", "jug"]))
    with pytest.raises(InputError, match=r"some\[1\].*'jug' is missing"):
        read_dexgraspbench(file, hand=HAND)
    reading = read_dexgraspbench(file, hand=HAND, keep_going=True)
    assert [group.asset.name for group in reading.groups] == ["cube"]
    assert "jug" in reading.skipped[0]
    away = write_dexgraspbench(tmp_path, 2, object_name=np.array(["cube", "../cube"]))
    with pytest.raises(InputError, match=r"some\[1\]: '../cube' is no name of an object"):
        read_dexgraspbench(away, hand=HAND)


def test_another_hand_and_other_widths_are_refused(tmp_path: Path) -> None:
    file = write_dexgraspbench(tmp_path)
    with pytest.raises(InputError, match="FFJ4"):
        read_dexgraspbench(file, hand=toy_hand())
    short = write_dexgraspbench(tmp_path, 2, squeeze_qpos=np.zeros((2, 23)))
    with pytest.raises(InputError, match=r"'squeeze_qpos' .* \(2, 23\)"):
        read_dexgraspbench(short, hand=HAND)
