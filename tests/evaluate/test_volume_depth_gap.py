"""Exact volume, depth seen from the object, the gap that is left, and bones of any hand."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from evaluate_scenes import ball, box, hands_of, straight_keypoints

from handhold.errors import InputError
from handhold.evaluate import (
    PosedHands,
    QuickProfile,
    bone_points,
    disjointness_cm,
    exact_intersection_volume_cm3,
    intersection_volume_cm3,
    judge,
    measure_hand,
    object_in_hand_depth_cm,
    posed_hands,
    rigid_hand,
    skeleton_piercing_mm,
)
from handhold.evaluate.skin import outward_faces
from handhold.geometry import TriMesh, sample_surface
from handhold.hands import load_hand


def samples(mesh: TriMesh, n: int = 2048) -> np.ndarray:
    return sample_surface(mesh, n, seed=0).points


def test_two_boxes_share_exactly_their_overlap() -> None:
    ground = box((0.1, 0.1, 0.1), (0.0, 0.0, 0.0))
    hand = box((0.02, 0.03, 0.04), (0.01, -0.02, 0.055))  # 1.5 cm of its 4 are inside
    found = exact_intersection_volume_cm3(ground, hands_of(hand))
    assert found.volume_cm3[0] == pytest.approx(2.0 * 3.0 * 1.5, rel=1e-9)
    assert found.reasons == ("",)


def test_the_lens_of_two_spheres_converges_with_the_mesh() -> None:
    radius, apart = 0.04, 0.05
    lens = np.pi * (4 * radius + apart) * (2 * radius - apart) ** 2 / 12 * 1e6
    errors = []
    for detail in (3, 4, 5):
        hand = ball(radius, (0.03, 0.04, 0.0), detail)
        found = exact_intersection_volume_cm3(ball(radius, (0, 0, 0), detail), hands_of(hand))
        errors.append(lens / found.volume_cm3[0] - 1.0)
    assert 0.0 < errors[2] < 2e-3
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.2)  # second order


def test_pieces_of_a_hand_that_overlap_are_counted_once() -> None:
    single = ball(0.02, (0.0, 0.0, 0.0))
    double = TriMesh(
        np.concatenate([single.vertices, single.vertices]),
        np.concatenate([single.faces, single.faces + len(single.vertices)]),
    )
    target = box((0.3, 0.3, 0.3), (0.0, 0.0, 0.0))
    once = exact_intersection_volume_cm3(target, hands_of(single)).volume_cm3[0]
    twice = exact_intersection_volume_cm3(target, hands_of(double)).volume_cm3[0]
    assert twice == pytest.approx(once, rel=1e-9)


def overlapping_tube() -> TriMesh:
    """One tube bent to a ring of 1.2 turns: its ends lie in each other."""
    straight = trimesh.creation.cylinder(radius=0.01, height=1.0, sections=24)
    vertices, faces = trimesh.remesh.subdivide_to_size(straight.vertices, straight.faces, 0.03)
    angle = 2.4 * np.pi * vertices[:, 2]
    reach = 0.05 + vertices[:, 0]
    bent = np.stack([reach * np.cos(angle), reach * np.sin(angle), vertices[:, 1]], axis=1)
    return TriMesh(bent, outward_faces(bent, faces))


def test_a_skin_of_one_piece_that_cuts_itself_gets_no_exact_volume() -> None:
    tube = overlapping_tube()
    around = box((0.3, 0.3, 0.3), (0.0, 0.0, 0.0))
    found = exact_intersection_volume_cm3(around, hands_of(tube))
    assert np.isnan(found.volume_cm3[0]) and "cuts itself" in found.reasons[0]
    elsewhere = box((0.02, 0.1, 0.1), (0.05, 0.0, 0.0))  # the far side of the ring
    assert exact_intersection_volume_cm3(elsewhere, hands_of(tube)).volume_cm3[0] > 1.0


def test_what_is_no_solid_has_no_exact_volume_and_says_why() -> None:
    sheet = TriMesh(
        np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * 0.1,
        np.array([[0, 1, 2], [0, 2, 3]]),
    )
    hand = hands_of(ball(0.02, (0, 0, 0)))
    for found in (
        exact_intersection_volume_cm3(sheet, hand),
        exact_intersection_volume_cm3(box((1, 1, 1), (0, 0, 0)), hand, has_solid=False),
    ):
        assert np.isnan(found.volume_cm3[0]) and found.reasons[0]


def test_voxels_agree_with_the_boolean_for_the_human_hand() -> None:
    hand = load_hand("human")
    joints = np.zeros((1, hand.joint_count))
    posed = posed_hands(hand, np.zeros((1, 3)), np.eye(3)[None], joints)
    target = box((0.1, 0.2, 0.02), (0.03, 0.0, -0.01))
    exact = exact_intersection_volume_cm3(target, posed).volume_cm3[0]
    voxels = intersection_volume_cm3(target, posed.vertices, posed.faces, voxel_size=0.001)[0]
    assert exact > 5.0
    assert voxels == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("pressed_mm", [0.0, 2.0, 6.0])
def test_a_ball_pressed_into_the_hand_is_as_deep_as_it_was_pressed(pressed_mm: float) -> None:
    hand = hands_of(box((0.2, 0.2, 0.1), (0.0, 0.0, -0.05)))
    thing = ball(0.02, (0.003, 0.001, 0.02 - pressed_mm / 1000))
    depth = object_in_hand_depth_cm(samples(thing), hand)
    assert depth[0] == pytest.approx(pressed_mm / 10, abs=0.03)


def test_the_two_depths_see_different_sides() -> None:
    """A needle of the object deep in the hand has no hand vertex inside; a fingertip deep in a
    large object meets none of its surface."""
    needle = box((0.001, 0.001, 0.1), (0.0, 0.0, 0.0))
    hand = hands_of(ball(0.03, (0.004, 0.003, 0.06)))
    own = judge(needle, np.zeros(12, dtype=np.int64), 0, hand)
    assert own.penetration_depth_cm[0] == 0.0
    assert object_in_hand_depth_cm(samples(needle), hand)[0] == pytest.approx(2.0, abs=0.1)
    tip = hands_of(ball(0.005, (0.0, 0.0, 0.0)))
    rock = box((0.2, 0.2, 0.2), (0.0, 0.0, 0.0))
    assert object_in_hand_depth_cm(samples(rock), tip)[0] == 0.0
    assert judge(rock, np.zeros(12, dtype=np.int64), 0, tip).penetration_depth_cm[0] > 9.0


@pytest.mark.parametrize("gap_mm, expected", [(20.0, 2.0), (3.0, 0.3), (0.0, 0.0), (-4.0, 0.0)])
def test_the_gap_between_a_ball_and_the_ground(gap_mm: float, expected: float) -> None:
    ground = box((0.2, 0.2, 0.1), (0.0, 0.0, -0.05))
    hand = ball(0.01, (0.0, 0.0, 0.01 + gap_mm / 1000))
    on_surface = measure_hand(ground, hand.vertices[None], reach=0.01)
    gap = disjointness_cm(ground, hand.vertices[None], on_surface, np.zeros(1))
    assert gap[0] == pytest.approx(expected, abs=1e-3)


def test_an_object_swallowed_by_the_hand_is_not_apart_from_it() -> None:
    pea, hand = ball(0.005, (0.0, 0.0, 0.0)), hands_of(ball(0.05, (0.0, 0.0, 0.0)))
    on_surface = measure_hand(pea, hand.vertices, reach=0.01)
    depth = object_in_hand_depth_cm(samples(pea), hand)
    assert disjointness_cm(pea, hand.vertices, on_surface, depth)[0] == 0.0


def test_bones_of_any_hand_are_pierced_like_those_of_the_human_one() -> None:
    keypoints = np.array([[[0.0, 0, 0], [0.02, 0.05, 0], [0.02, 0.1, 0], [-0.02, 0.05, 0]]])
    bones = np.array([[0, 1], [1, 2], [0, 3]])
    bar = box((0.004, 0.3, 0.3), (0.02, 0.0, 0.0))
    assert skeleton_piercing_mm(bar, keypoints, bones=bones)[0] >= 4.0
    beyond = box((0.1, 0.1, 0.3), (0.02, 0.1481, 0.0))  # the last 2 mm of a tip do not count
    assert skeleton_piercing_mm(beyond, keypoints, bones=bones)[0] == 0.0
    between = box((0.004, 0.004, 0.3), (0.0, 0.05, 0.0))  # the palm plate
    assert skeleton_piercing_mm(between, keypoints, bones=bones)[0] >= 4.0


def test_the_bones_of_the_human_hand_are_those_assumed_without_them() -> None:
    keypoints = straight_keypoints((0.0, 0.0, 0.0), (0.0, 1.0, 0.0))[None]
    bones = load_hand("human").bones.numpy()
    assumed = np.unique(bone_points(keypoints, QuickProfile())[0].round(12), axis=0)
    given = np.unique(bone_points(keypoints, QuickProfile(), bones)[0].round(12), axis=0)
    np.testing.assert_array_equal(assumed, given)


def test_a_hand_turned_inside_out_is_turned_back() -> None:
    skin = ball(0.02, (0.0, 0.0, 0.055))
    flipped = TriMesh(skin.vertices, skin.faces[:, ::-1])
    mixed = np.where((np.arange(len(skin.faces)) % 3 == 0)[:, None], flipped.faces, skin.faces)
    ground = box((0.1, 0.1, 0.1), (0.0, 0.0, 0.0))
    parts = np.zeros(12, dtype=np.int64)
    right = judge(ground, parts, 0, rigid_hand(skin))
    assert right.intersection_volume_cm3[0] > 3.0
    for mesh in (flipped, TriMesh(skin.vertices, mixed)):
        np.testing.assert_equal(judge(ground, parts, 0, rigid_hand(mesh)).row(0), right.row(0))


def test_a_mere_sheet_is_refused_as_a_hand() -> None:
    sheet = TriMesh(
        np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * 0.1,
        np.array([[0, 1, 2], [0, 2, 3]]),
    )
    with pytest.raises(InputError, match="no inside"):
        rigid_hand(sheet)


def test_a_rigid_hand_has_no_skeleton_and_its_pieces_are_its_links() -> None:
    skin = TriMesh.from_trimesh(
        trimesh.util.concatenate(
            [ball(0.01, (x, 0.0, 0.0)).to_trimesh() for x in (-0.03, 0.0, 0.03)]
        )
    )
    hand = rigid_hand(skin)
    assert isinstance(hand, PosedHands) and hand.vertex_link is not None
    assert len(np.unique(hand.vertex_link)) == 3
    judgement = judge(box((0.1, 0.1, 0.1), (0, 0, 0)), np.zeros(12, dtype=np.int64), 0, hand)
    assert np.isnan(judgement.skeleton_piercing_mm[0])
    assert "skeleton" in judgement.reasons["skeleton_piercing_mm"]
    assert rigid_hand(ball(0.01, (0, 0, 0))).vertex_link is None
