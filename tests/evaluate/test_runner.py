"""Groups in, evaluations out: bad entries, resuming, several objects, physics."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from evaluate_scenes import ball
from evaluation_scenes import asset_of, capsule, group_of, human, moved, poses_over_the_capsule
from scipy.spatial.transform import Rotation

from handhold.errors import HandholdError, InputError
from handhold.evaluate import (
    Evaluation,
    Profile,
    QuickProfile,
    evaluate_groups,
    judge,
    posed_hands,
    profile,
)
from handhold.geometry import TriMesh
from handhold.grasps import GraspGroup, HandPoses

GEOMETRY = "geometry/1"


def numbers(evaluation: Evaluation) -> dict[str, np.ndarray]:
    return {
        name: np.array([row.metrics[name] for row in evaluation.rows])
        for name in evaluation.summary
    }


def with_poses(group: GraspGroup, **changes: np.ndarray) -> GraspGroup:
    assert group.poses is not None
    return dataclasses.replace(group, poses=dataclasses.replace(group.poses, **changes))


def test_the_runner_and_the_quick_judge_give_the_same_numbers() -> None:
    group = group_of(5)
    poses = group.poses
    assert poses is not None
    hands = posed_hands(human(), poses.translation, poses.rotation, poses.joints)
    quick = judge(group.asset.mesh, group.asset.face_parts, 1, hands).as_arrays()
    found = numbers(evaluate_groups([group], GEOMETRY))
    for name, values in quick.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert found["contact_ratio"].all()


def test_every_column_of_the_profile_is_there_with_a_value_or_a_reason() -> None:
    evaluation = evaluate_groups([group_of(3)], GEOMETRY)
    for row in evaluation.rows:
        assert tuple(row.metrics) == profile(GEOMETRY).grasp_metrics
        for name, value in row.metrics.items():
            assert np.isfinite(value) != (name in row.reasons)
    assert set(evaluation.sets) == set(profile(GEOMETRY).set_metrics)
    assert evaluation.profile == GEOMETRY and evaluation.settings["name"] == GEOMETRY


def test_a_turned_and_moved_scene_gives_the_same_numbers() -> None:
    fine = dataclasses.replace(
        profile(GEOMETRY), name="test/1", quick=QuickProfile(name="test/fine", voxel_size=0.0015)
    )
    group = group_of(3)
    turn = Rotation.from_euler("xyz", [0.7, -0.4, 1.9]).as_matrix()
    first = evaluate_groups([group], fine)
    second = evaluate_groups([moved(group, turn, np.array([0.5, -0.1, 0.2]))], fine)
    for name, values in numbers(first).items():
        loose = name == "intersection_volume_cm3"
        # a vertex over the border of two parts may vote for either
        one_vote = 0.01 if name == "contact_share_on_part" else 1e-6
        np.testing.assert_allclose(
            numbers(second)[name],
            values,
            rtol=0.05 if loose else 1e-5,
            atol=one_vote,
            err_msg=name,
        )
    for name in first.sets:
        assert second.sets[name] == pytest.approx(first.sets[name], abs=1e-6)


def test_flipped_faces_of_the_object_give_the_same_numbers() -> None:
    mesh = capsule()
    some = np.arange(len(mesh.faces)) % 2 == 0
    for chosen in (some, np.ones_like(some)):
        faces = np.where(chosen[:, None], mesh.faces[:, ::-1], mesh.faces)
        flipped = group_of(2, asset_of(TriMesh(mesh.vertices, faces)))
        expected = numbers(evaluate_groups([group_of(2)], GEOMETRY))
        for name, values in numbers(evaluate_groups([flipped], GEOMETRY)).items():
            np.testing.assert_allclose(values, expected[name], rtol=1e-6, err_msg=name)


def test_without_a_target_or_a_solid_metrics_are_missing_with_their_reasons() -> None:
    free = evaluate_groups([group_of(2, part=None)], GEOMETRY)
    assert free.summary["part_accuracy"].reasons == {"no part was asked for": 2}
    assert free.summary["part_accuracy"].n == 0 and free.rows[0].part == ""
    cloud = evaluate_groups([group_of(2, asset_of(capsule(), has_solid=False))], GEOMETRY)
    for name in ("penetration_depth_cm", "intersection_volume_cm3"):
        assert cloud.summary[name].n_missing == 2
    assert cloud.summary["q1"].n == 2


def test_a_hand_far_away_touches_nothing_and_nothing_is_made_up() -> None:
    group = group_of(1)
    assert group.poses is not None
    far = with_poses(group, translation=group.poses.translation + [0.0, 0.0, 1.0])
    row = evaluate_groups([far], GEOMETRY).rows[0]
    assert row.metrics["contact_ratio"] == row.metrics["q1"] == 0.0
    assert row.metrics["part_accuracy"] == row.metrics["penetration_depth_cm"] == 0.0
    assert row.metrics["disjointness_cm"] > 90.0
    assert row.reasons["contact_share_on_part"] == "the hand does not touch the object"


def spoiled(what: str) -> tuple[GraspGroup, str]:
    """A group whose second grasp cannot be judged, and a word of the complaint."""
    group = group_of(3)
    assert group.poses is not None
    translation, rotation, joints = (
        np.array(values)
        for values in (group.poses.translation, group.poses.rotation, group.poses.joints)
    )
    if what == "nan":
        translation[1, 0] = np.nan
        return with_poses(group, translation=translation), "no numbers"
    if what == "mirrored":
        rotation[1] = np.diag([1.0, 1.0, -1.0])
        return with_poses(group, rotation=rotation), "rotation matrix"
    if what == "limits":
        joints[1, 1] = 2.5
        return with_poses(group, joints=joints), f"joint {human().joint_names[1]} is 2.500 rad"
    if what == "far":
        translation[1, 0] = 1e308
        return with_poses(group, translation=translation), "pose is more than 100 m from the object"
    if what == "far pre-grasp":
        translation[1, 2] = -101.0
        pregrasp = dataclasses.replace(group.poses, translation=translation)
        return dataclasses.replace(group, pregrasp=pregrasp), "pre-grasp is more than 100 m"
    if what == "huge":
        rotation[1] = 1e308
        return with_poses(group, rotation=rotation), "rotation matrix"
    if what == "squeeze":
        joints[1, 0] = np.inf
        squeeze = dataclasses.replace(group.poses, joints=joints)
        return dataclasses.replace(group, squeeze=squeeze), "squeeze"
    return dataclasses.replace(group, part=("right", "lid", "right")), "no part called 'lid'"


@pytest.mark.parametrize(
    "what", ["nan", "mirrored", "huge", "far", "far pre-grasp", "limits", "squeeze", "part"]
)
@pytest.mark.filterwarnings("error")
def test_a_bad_entry_is_named_or_skipped_and_the_others_judged(what: str) -> None:
    group, word = spoiled(what)
    with pytest.raises(InputError) as error:
        evaluate_groups([group], GEOMETRY)
    assert "grasp 1" in error.value.message and word in error.value.message
    assert error.value.advice
    evaluation = evaluate_groups([group], GEOMETRY, keep_going=True)
    assert [row.entry for row in evaluation.rows] == ["grasp 0", "grasp 2"]
    assert [item.entry for item in evaluation.skipped] == ["grasp 1"]
    assert word in evaluation.skipped[0].reason and len(evaluation.failures) == 1


def test_joints_a_hair_beyond_their_limits_pass() -> None:
    group = group_of(1)
    joints = np.array(group.poses.joints)  # type: ignore[union-attr]
    joints[0, 1] = float(human().spec.joint_upper[1]) + 5e-4
    assert len(evaluate_groups([with_poses(group, joints=joints)], GEOMETRY)) == 1


def test_joints_that_the_source_lets_pass_are_counted_in_the_notes() -> None:
    group = dataclasses.replace(group_of(3), joint_slack=0.5)
    joints = np.array(group.poses.joints)  # type: ignore[union-attr]
    joints[:2, 1] = float(human().spec.joint_upper[1]) + 0.3
    evaluation = evaluate_groups([with_poses(group, joints=joints)], GEOMETRY)
    assert len(evaluation) == 3
    assert [note for note in evaluation.notes if note.startswith("2 joint angles")]
    again = evaluate_groups([with_poses(group, joints=joints)], GEOMETRY, done=evaluation)
    assert again.notes == evaluation.notes


@pytest.mark.parametrize("metres, fine", [(99.0, True), (101.0, False)])
def test_a_hundred_metres_from_the_object_are_the_limit(metres: float, fine: bool) -> None:
    group = rigid_group().select([0])
    away = TriMesh(group.skins[0].vertices + [0.0, 0.0, metres], group.skins[0].faces)
    far = dataclasses.replace(group, skins=(away,))
    if fine:
        assert evaluate_groups([far], GEOMETRY).rows[0].metrics["contact_ratio"] == 0.0
        return
    with pytest.raises(InputError, match="a: its mesh is more than 100 m") as error:
        evaluate_groups([far], GEOMETRY)
    assert "unit" in error.value.advice and "--keep-going" in error.value.advice


def test_one_clipped_angle_is_told_in_the_singular() -> None:
    group = dataclasses.replace(group_of(2), joint_slack=0.5)
    joints = np.array(group.poses.joints)  # type: ignore[union-attr]
    joints[0, 1] = float(human().spec.joint_upper[1]) + 0.3
    notes = evaluate_groups([with_poses(group, joints=joints)], GEOMETRY).notes
    assert "1 joint angle lies outside its limits; H counts it in its end bins" in notes


def test_no_grasps_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="no grasps"):
        evaluate_groups([], GEOMETRY)
    with pytest.raises(InputError, match="a test holds no grasps"):
        evaluate_groups([group_of(3).select([])], GEOMETRY)
    group, _ = spoiled("nan")
    with pytest.raises(InputError, match="The only grasp could not"):
        evaluate_groups([group.select([1])], GEOMETRY, keep_going=True)
    two = dataclasses.replace(group.select([1, 1]), entry=("a", "b"))
    with pytest.raises(InputError, match="None of the 2 grasps"):
        evaluate_groups([two], GEOMETRY, keep_going=True)


def test_two_grasps_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="2 grasps are called 'grasp 0'"):
        evaluate_groups([group_of(2).select([0, 0])], GEOMETRY)


def test_joints_of_another_hand_are_refused() -> None:
    group = group_of(1)
    poses = HandPoses(np.zeros((1, 3)), np.eye(3)[None], np.zeros((1, 22)))
    with pytest.raises(InputError, match="22 joint angles for the 16 joints"):
        evaluate_groups([dataclasses.replace(group, poses=poses)], GEOMETRY)


def rigid_group() -> GraspGroup:
    poses = poses_over_the_capsule(2)
    hands = posed_hands(human(), poses.translation, poses.rotation, poses.joints)
    return GraspGroup(
        asset=asset_of(capsule()),
        hand=None,
        poses=None,
        skins=tuple(TriMesh(vertices, hands.faces) for vertices in hands.vertices),
        entry=("a", "b"),
        source="meshes",
        part=("right", "right"),
    )


def test_rigid_hand_meshes_are_judged_as_far_as_that_goes() -> None:
    rigid = evaluate_groups([rigid_group()], GEOMETRY)
    posed = evaluate_groups([group_of(2)], GEOMETRY)
    for name in ("penetration_depth_cm", "intersection_volume_cm3", "part_accuracy"):
        np.testing.assert_allclose(numbers(rigid)[name], numbers(posed)[name], rtol=1e-9)
    for name in ("skeleton_piercing_mm", "self_penetration_mm", "q1"):
        assert rigid.summary[name].n == 0 and rigid.summary[name].reasons
    assert np.isnan(rigid.sets["h_mean_nats"]) and rigid.set_reasons["h_mean_nats"]
    assert rigid.hand == "rigid mesh"


def test_what_cannot_apply_is_missing_but_no_failure() -> None:
    evaluation = evaluate_groups([rigid_group().select([0])], "six-axis")
    assert evaluation.summary["success"].n_missing == 1 and not evaluation.failures
    assert "cannot squeeze" in evaluation.rows[0].reasons["success"]


def test_hands_are_not_mixed() -> None:
    with pytest.raises(InputError, match="several hands: human, rigid mesh"):
        evaluate_groups([group_of(1), rigid_group()], GEOMETRY)


def test_several_objects_keep_their_own_rows_and_share_the_summary() -> None:
    small = asset_of(ball(0.03, (0.0, 0.0, 0.0)), "ball")
    groups = [group_of(3), group_of(2, small, seed=1)]
    both = evaluate_groups(groups, GEOMETRY)
    apart = [evaluate_groups([group], GEOMETRY) for group in groups]
    assert both.rows == apart[0].rows + apart[1].rows
    assert [record.name for record in both.objects] == ["thing", "ball"]
    assert both.objects[1].sets == apart[1].sets
    mean = np.mean([row.metrics["q1"] for row in both.rows])
    assert both.summary["q1"].mean == pytest.approx(mean) and both.summary["q1"].n == 5
    assert both.of_object("ball") == apart[1].rows


def test_one_object_at_two_scales_is_two_objects() -> None:
    mesh = capsule()
    large = asset_of(TriMesh(1.1 * mesh.vertices, mesh.faces))
    evaluation = evaluate_groups([group_of(1), group_of(1, large)], GEOMETRY)
    assert [record.name for record in evaluation.objects] == ["thing (13.0 cm)", "thing (14.3 cm)"]


def test_the_same_seed_gives_the_same_evaluation_and_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    first = evaluate_groups(
        [group_of(3)], GEOMETRY, seed=3, on_progress=lambda *step: told.append(step)
    )
    assert evaluate_groups([group_of(3)], GEOMETRY, seed=3).rows == first.rows
    assert told[-1] == ("geometry", 3, 3)


def test_what_is_done_is_not_done_again_and_anything_else_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group = group_of(4)
    saved: list[Evaluation] = []
    whole = evaluate_groups([group], GEOMETRY, on_partial=saved.append)
    assert saved[-1].rows == whole.rows
    half = evaluate_groups([group.select([0, 2])], GEOMETRY)
    measured: list[int] = []
    from handhold.evaluate import runner

    original = runner.geometry_columns

    def counting(asset: object, hands: object, *rest: object, **more: object) -> object:
        measured.append(len(hands))  # type: ignore[arg-type]
        return original(asset, hands, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "geometry_columns", counting)
    resumed = evaluate_groups([group], GEOMETRY, done=half)
    assert measured == [2] and resumed.rows == whole.rows and resumed.sets == whole.sets
    evaluate_groups([group_of(4, seed=1)], GEOMETRY, done=whole)  # other poses of the same names
    assert measured == [2, 4]


def test_an_evaluation_by_other_numbers_is_not_resumed() -> None:
    half = evaluate_groups([group_of(1)], GEOMETRY)
    with pytest.raises(InputError, match="other settings or another seed"):
        evaluate_groups([group_of(2)], GEOMETRY, done=half, seed=1)
    other = dataclasses.replace(profile(GEOMETRY), name="mine/1", entropy_bins=10)
    with pytest.raises(InputError, match="other settings"):
        evaluate_groups([group_of(2)], other, done=half)


def test_physics_stands_beside_the_depth_as_is_and_shrunk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", str(tmp_path))
    group = group_of(2)
    assert group.poses is not None
    translation = np.array(group.poses.translation)
    translation[1] += [0.0, 0.0, 0.5]  # out of reach: the object falls
    told: list[tuple[str, int, int]] = []
    evaluation = evaluate_groups(
        [with_poses(group, translation=translation)],
        "gdexgrasp",
        workers=1,
        on_progress=lambda *step: told.append(step),
    )
    assert {stage for stage, _, _ in told} == {"geometry", "obman/1", "obman/1, hulls shrunk"}
    fallen = evaluation.rows[1].metrics
    for name in ("displacement_mean_cm", "displacement_worst_cm", "displacement_mean_cm_shrunk"):
        assert fallen[name] == pytest.approx(10.72, abs=0.01)
    assert fallen["penetration_depth_cm"] == 0.0
    assert evaluation.rows[0].metrics["displacement_mean_cm"] < 10.0
    assert set(evaluation.objects[0].overhang_mm) == {"object", "hand"}
    assert {"geometry", "decomposition", "obman/1"} <= set(evaluation.seconds)


def test_a_simulator_that_fails_leaves_nan_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise HandholdError("the decomposition found no piece.")

    monkeypatch.setattr("handhold.physics.run_trials", broken)
    chosen = Profile(
        name="test/1",
        about="",
        columns=("penetration_depth_cm", "displacement_mean_cm"),
        physics=("obman/1",),
    )
    evaluation = evaluate_groups([group_of(2)], chosen)
    summary = evaluation.summary["displacement_mean_cm"]
    assert summary.n == 0 and np.isnan(summary.mean) and summary.n_missing == 2
    assert len(evaluation.failures) == 2 and "no piece" in evaluation.failures[0].reason


def test_a_hand_is_posed_to_the_same_bits_whatever_is_posed_with_it() -> None:
    poses = group_of(7).poses
    assert poses is not None
    numbers = poses.translation, poses.rotation, poses.joints
    together = posed_hands(human(), *numbers)
    exact = human().to("cpu", torch.float64).pose(*(torch.from_numpy(n) for n in numbers))
    np.testing.assert_allclose(together.vertices, exact.vertices.numpy(), rtol=0, atol=1e-12)
    for rows in ([0], [6], [2, 5], [1, 3, 4, 6]):
        alone = posed_hands(human(), *(n[rows] for n in numbers))
        assert np.array_equal(alone.vertices, together.vertices[rows])
        assert alone.keypoints is not None and together.keypoints is not None
        assert np.array_equal(alone.keypoints, together.keypoints[rows])
        assert alone.spheres is not None and together.spheres is not None
        assert np.array_equal(alone.spheres.centres, together.spheres.centres[rows])
