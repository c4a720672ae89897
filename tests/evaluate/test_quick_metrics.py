"""The quick metrics against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from evaluate_scenes import ball, box, hands_of, straight_keypoints
from numpy.typing import NDArray

from handhold.evaluate import (
    METRIC_NAMES,
    PosedHands,
    QuickProfile,
    bone_points,
    intersection_volume_cm3,
    judge,
    measure_hand,
    penetration_depth_cm,
    posed_hands,
    self_penetration_mm,
    skeleton_piercing_mm,
    vote_on_part,
)
from handhold.geometry import TriMesh, signed_distance
from handhold.hands import load_hand


def two_part_box() -> tuple[TriMesh, NDArray[np.int64]]:
    """A 12 x 4 x 4 cm box, finely cut; part 0 is x < 0, part 1 the rest."""
    mesh = trimesh.creation.box((0.12, 0.04, 0.04)).subdivide().subdivide().subdivide()
    return TriMesh.from_trimesh(mesh), (mesh.triangles_center[:, 0] > 0).astype(np.int64)


@pytest.mark.parametrize("pressed_mm", [0.0, 0.5, 3.0, 8.0])
def test_a_sphere_pressed_into_a_box_is_as_deep_as_it_was_pressed(pressed_mm: float) -> None:
    radius = 0.01
    ground = box((0.2, 0.2, 0.1), (0.0, 0.0, -0.05))
    hand = ball(radius, (0.003, 0.001, radius - pressed_mm / 1000), detail=3)
    depth = penetration_depth_cm(measure_hand(ground, hand.vertices[None], reach=0.005))
    lowest = -hand.vertices[:, 2].min() * 100  # a polyhedron: its lowest corner
    assert depth[0] == pytest.approx(max(lowest, 0.0), abs=1e-6)
    assert depth[0] == pytest.approx(pressed_mm / 10, abs=0.01)


def test_depth_is_zero_far_away_and_finite() -> None:
    on_surface = measure_hand(
        box((0.1, 0.1, 0.1), (0, 0, 0)), ball(0.01, (1, 0, 0)).vertices[None], reach=0.005
    )
    assert penetration_depth_cm(on_surface)[0] == 0.0
    assert not on_surface.touching(0.005).any()


@pytest.mark.parametrize("voxel_size, tolerance", [(0.005, 0.06), (0.0025, 0.03)])
def test_overlapping_spheres_share_a_lens(voxel_size: float, tolerance: float) -> None:
    radius, apart = 0.04, 0.05
    lens = np.pi * (4 * radius + apart) * (2 * radius - apart) ** 2 / 12 * 1e6
    hand = ball(radius, (0.03, 0.04, 0.0))
    volume = intersection_volume_cm3(
        ball(radius, (0.0, 0.0, 0.0)), hand.vertices[None], hand.faces, voxel_size=voxel_size
    )
    assert volume[0] == pytest.approx(lens, rel=tolerance)


def test_the_object_is_solid_not_a_skin() -> None:
    hand = ball(0.02, (0.0, 0.0, 0.0))  # wholly inside the object
    volume = intersection_volume_cm3(
        box((0.3, 0.3, 0.3), (0, 0, 0)), hand.vertices[None], hand.faces, voxel_size=0.0025
    )
    assert volume[0] == pytest.approx(4 / 3 * np.pi * 2**3, rel=0.03)


def test_a_hand_that_cuts_itself_is_counted_once() -> None:
    single = ball(0.02, (0.0, 0.0, 0.0))
    double = trimesh.util.concatenate([single.to_trimesh(), single.to_trimesh()])
    target = box((0.3, 0.3, 0.3), (0.0, 0.0, 0.0))
    once = intersection_volume_cm3(target, single.vertices[None], single.faces)
    twice = intersection_volume_cm3(target, np.array(double.vertices)[None], np.array(double.faces))
    assert once[0] == twice[0] > 0


def test_hands_without_overlap_share_nothing() -> None:
    near = ball(0.02, (0.0, 0.0, 0.021))
    far = ball(0.02, (0.0, 0.0, 0.5))
    volume = intersection_volume_cm3(
        box((0.1, 0.1, 0.002), (0.0, 0.0, 0.0)), np.stack([near.vertices, far.vertices]), near.faces
    )
    assert (volume == 0).all()


@pytest.mark.parametrize("x, winner", [(-0.03, 0), (0.03, 1)])
def test_the_part_under_the_hand_wins_the_vote(x: float, winner: int) -> None:
    mesh, face_parts = two_part_box()
    on_surface = measure_hand(mesh, ball(0.01, (x, 0.0, 0.03)).vertices[None], reach=0.005)
    for part in (0, 1):
        vote = vote_on_part(on_surface, face_parts, part)
        assert vote.wins[0] == (part == winner)
        assert vote.share[0] == float(part == winner)


def test_a_hand_over_both_parts_gives_each_its_share() -> None:
    mesh, face_parts = two_part_box()
    left, right = ball(0.01, (-0.03, 0.0, 0.03)), ball(0.01, (0.03, 0.0, 0.03))
    corners = np.concatenate([left.vertices, left.vertices, right.vertices])  # two against one
    on_surface = measure_hand(mesh, corners[None], reach=0.005)
    vote = vote_on_part(on_surface, face_parts, 0)
    assert vote.wins[0] and vote.share[0] == pytest.approx(2 / 3)
    assert not vote_on_part(on_surface, face_parts, 1).wins[0]


def test_a_tie_is_not_a_win_and_no_contact_is_wrong() -> None:
    mesh, face_parts = two_part_box()
    left, right = ball(0.01, (-0.03, 0.0, 0.03)), ball(0.01, (0.03, 0.0, 0.03))
    tie = measure_hand(mesh, np.concatenate([left.vertices, right.vertices])[None], reach=0.005)
    assert not vote_on_part(tie, face_parts, 0).wins[0]
    away = measure_hand(mesh, left.vertices[None] + 1.0, reach=0.005)
    vote = vote_on_part(away, face_parts, 0)
    assert not vote.wins[0] and not vote.touches[0] and np.isnan(vote.share[0])


@pytest.mark.parametrize("thickness", [0.0, 0.0005, 0.004])
def test_a_bone_through_a_wall_is_pierced_however_thin_the_wall(thickness: float) -> None:
    keypoints = straight_keypoints((0.0, -0.06, 0.0), (0.0, 1.0, 0.0))
    if thickness:
        wall = box((0.4, thickness, 0.4), (0.0, 0.0, 0.0))
    else:
        corners = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * 0.2
        wall = TriMesh(corners, np.array([[0, 1, 2], [0, 2, 3]]))
    piercing = skeleton_piercing_mm(wall, keypoints[None], has_solid=thickness > 0)
    assert piercing[0] >= 4.0


@pytest.mark.parametrize("depth_mm", [2.0, 10.0])
def test_a_bone_inside_a_solid_scores_its_depth_and_the_core(depth_mm: float) -> None:
    solid = box((1.0, 1.0, 0.2), (0.0, 0.0, -0.1))
    keypoints = straight_keypoints((0.0, 0.0, -depth_mm / 1000), (0.0, 1.0, 0.0))
    piercing = skeleton_piercing_mm(solid, keypoints[None])
    assert piercing[0] == pytest.approx(depth_mm + 5.0, abs=1e-6)


@pytest.mark.parametrize("gap_mm, expected", [(4.0, 1.0), (5.0, 0.0), (20.0, 0.0)])
def test_a_bone_near_a_surface_scores_what_is_left_of_the_core(
    gap_mm: float, expected: float
) -> None:
    solid = box((1.0, 1.0, 0.2), (0.0, 0.0, -0.1))
    keypoints = straight_keypoints((0.0, 0.0, gap_mm / 1000), (0.0, 1.0, 0.0))
    assert skeleton_piercing_mm(solid, keypoints[None])[0] == pytest.approx(expected, abs=1e-6)


def test_a_fingertip_may_press() -> None:
    solid = box((1.0, 1.0, 1.0), (0.0, 0.0, -0.5))
    keypoints = straight_keypoints((0.0, 0.0, 0.1785), (0.0, 0.0, -1.0))  # tips 1.5 mm inside
    assert skeleton_piercing_mm(solid, keypoints[None])[0] == 0.0


def test_a_bar_between_the_knuckles_meets_the_palm_plate() -> None:
    keypoints = straight_keypoints((0.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    keypoints[1:] *= np.array([2.5, 1.0, 1.0])  # knuckles 2.5 cm apart
    bar = box((0.004, 0.004, 0.3), (0.0125, 0.09, 0.0))  # midway between two of them
    assert skeleton_piercing_mm(bar, keypoints[None])[0] >= 4.0


def test_bone_points_are_as_dense_as_promised() -> None:
    keypoints = straight_keypoints((0.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    points = bone_points(keypoints[None], QuickProfile())[0]
    middle = points[np.abs(points[:, 0]) < 1e-9, 1]
    middle = np.unique(middle.round(9))
    assert np.diff(middle).max() <= 0.002 + 1e-9
    assert middle[-1] == pytest.approx(0.18 - 0.008)


def test_self_penetration_is_the_overlap_of_the_worst_pair() -> None:
    centres = np.array([[[0.0, 0, 0], [0.015, 0, 0], [0.5, 0, 0]]])
    radius = np.array([0.01, 0.01, 0.01])
    pairs = np.array([[0, 1], [0, 2], [1, 2]])
    assert self_penetration_mm(centres, radius, pairs)[0] == pytest.approx(5.0)
    assert self_penetration_mm(centres, radius, pairs[1:])[0] == 0.0


def test_a_turned_and_moved_scene_gives_the_same_numbers() -> None:
    mesh, face_parts = two_part_box()
    hand = ball(0.015, (0.025, 0.004, 0.03))
    keypoints = straight_keypoints((0.0, -0.1, 0.024), (0.0, 1.0, 0.0))
    profile = QuickProfile(name="custom/fine", voxel_size=0.001)
    first = judge(mesh, face_parts, 1, hands_of(hand, keypoints), profile=profile)
    angle = trimesh.transformations.rotation_matrix(1.1, (1.0, 2.0, -0.5))[:3, :3]
    shift = np.array([0.3, -0.2, 0.05])
    moved = judge(
        mesh.transformed(angle, shift),
        face_parts,
        1,
        hands_of(hand.transformed(angle, shift), keypoints @ angle.T + shift),
        profile=profile,
    )
    for name in METRIC_NAMES:
        relative = 0.03 if name == "intersection_volume_cm3" else 1e-6
        np.testing.assert_allclose(
            getattr(moved, name), getattr(first, name), rtol=relative, err_msg=name
        )
    assert first.intersection_volume_cm3[0] > 0.1


def test_without_a_solid_metrics_are_nan_with_a_reason() -> None:
    mesh, face_parts = two_part_box()
    judgement = judge(mesh, face_parts, 1, hands_of(ball(0.015, (0.03, 0, 0.03))), has_solid=False)
    for name in ("penetration_depth_cm", "intersection_volume_cm3", "self_penetration_mm"):
        assert np.isnan(getattr(judgement, name)).all() and judgement.reasons[name]
    assert judgement.part_accuracy[0] == judgement.contact_ratio[0] == 1.0


def test_a_batch_is_judged_as_its_grasps_one_by_one() -> None:
    mesh, face_parts = two_part_box()
    centres = [(-0.03, 0.0, 0.025), (0.03, 0.01, 0.03), (0.0, 0.0, 0.3)]
    skins = [ball(0.012, centre) for centre in centres]
    keys = np.stack([straight_keypoints((x, -0.1, z), (0, 1, 0)) for x, _, z in centres])
    batch = PosedHands(np.stack([s.vertices for s in skins]), skins[0].faces.copy(), keys)
    together = judge(mesh, face_parts, 1, batch)
    assert len(together) == 3
    for index, skin in enumerate(skins):
        alone = judge(mesh, face_parts, 1, hands_of(skin, keys[index]))
        np.testing.assert_equal(together.row(index), alone.row(0))


def test_the_bones_of_a_flexed_human_hand_lie_under_its_skin() -> None:
    hand = load_hand("human")
    fingers = np.array([0.0, 0.8, 0.9] * 4 + [0.0] * 4)
    lower, upper = hand.spec.joint_lower.numpy(), hand.spec.joint_upper.numpy()
    joints = np.stack([np.zeros(16), np.clip(fingers, lower, upper)])
    posed = posed_hands(hand, np.zeros((2, 3)), np.tile(np.eye(3), (2, 1, 1)), joints)
    assert posed.keypoints is not None
    for vertices, points in zip(
        posed.vertices, bone_points(posed.keypoints, QuickProfile()), strict=True
    ):
        depth = -signed_distance(TriMesh(vertices, posed.faces), points)
        assert np.percentile(depth, 10) > 0.004  # the wrist's end is cut open and capped
