"""What is found out about a robot hand: fingers, sides, skin, spheres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from robot_models import ODD_HAND, plain_hand, written

from handhold.hands import HAND_PARTS, Hand, hand_from_mjcf
from handhold.hands.mjcf_names import digit_of_name, name_fingers

RIGHT = ("ff", "mf", "rf", "lf", "th")


@pytest.mark.parametrize(
    ("name", "digit"),
    [
        ("robot0:ffknuckle", "index"),
        ("robot0:MFJ2", "middle"),
        ("rh_RFJ1", "ring"),
        ("lfmetacarpal", "little"),
        ("thmiddle", "thumb"),
        ("if_px", "index"),
        ("R_thumb_proximal", "thumb"),
        ("forefinger_1", "index"),
        ("ring_middle_joint", "ring"),
        ("middle_distal", "middle"),
        ("pinky_tip", "little"),
        ("little_0", "little"),
        ("link_3.0", None),
        ("joint_12", None),
        ("threshold", None),
        ("lift", None),
        ("palm", None),
    ],
)
def test_digits_are_read_from_names(name: str, digit: str | None) -> None:
    assert digit_of_name(name) == digit


def test_two_fingers_of_one_name_are_told_apart_by_place() -> None:
    bases = np.array([[0.03, 0, 0.09], [0.01, 0, 0.09], [-0.01, 0, 0.09], [0.05, -0.03, 0.02]])
    tips = bases + [0, 0, 0.08]
    axes = np.array([[1.0, 0, 0], [1, 0, 0], [1, 0, 0], [0, -1, 0.3]])
    named = name_fingers([["ff"], ["ff"], ["rf"], ["th"]], bases, tips, axes)
    assert not named.by_name
    assert named.digits == ("index", "middle", "ring", "thumb")


def _hand(tmp_path: Path, **options: object) -> Hand:
    return hand_from_mjcf(written(tmp_path, plain_hand(**options)))  # type: ignore[arg-type]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("names", [RIGHT, ("a", "b", "c", "d", "e")], ids=["named", "by place"])
def test_fingers_sides_and_palm_are_found(
    tmp_path: Path, mirrored: bool, names: tuple[str, ...]
) -> None:
    hand = _hand(tmp_path, mirrored=mirrored, names=names)
    assert hand.spec.side == ("left" if mirrored else "right")
    assert hand.palm_normal.tolist() == pytest.approx([0.0, -1.0, 0.0], abs=1e-6)
    expected = ["wrist"] + [
        f"{digit}_{point}" for digit in HAND_PARTS[1:] for point in ("base", "middle", "tip")
    ]
    assert list(hand.spec.keypoint_names) == expected
    across = [
        float(hand.spec.keypoints[expected.index(f"{digit}_base"), 0]) * (-1 if mirrored else 1)
        for digit in HAND_PARTS[1:]
    ]
    assert across == sorted(across, reverse=True)
    assert ("by their places" in hand.spec.provenance) == (names != RIGHT)


def test_keypoints_are_where_the_model_has_them(tmp_path: Path) -> None:
    hand = _hand(tmp_path)
    spec = hand.spec
    at = {n: p.tolist() for n, p in zip(spec.keypoint_names, spec.keypoints, strict=True)}
    assert at["index_base"] == pytest.approx([0.03, 0, 0.09])
    assert at["index_middle"] == pytest.approx([0.03, 0, 0.13])
    assert at["index_tip"] == pytest.approx([0.03, 0, 0.13 + 0.014 + 0.012 + 0.007], abs=1e-3)
    assert at["wrist"] == pytest.approx([0, 0, -0.005], abs=0.01)


@pytest.mark.parametrize(
    ("joint", "sign"),
    [
        ('range="0 1.5"', 1.0),
        ('range="-1.5 0.2"', -1.0),
        ('range="-0.35 0.35"', 0.0),
        ('range="-0.3 0.4"', 0.0),
        ('range="-0.25 0.4"', 1.0),
        ("", 0.0),
    ],
)
def test_flexion_follows_from_the_limits(tmp_path: Path, joint: str, sign: float) -> None:
    hand = _hand(tmp_path, joint=joint)
    assert hand.flexion.tolist() == [sign] * hand.joint_count


def test_the_palm_faces_where_negative_angles_close(tmp_path: Path) -> None:
    hand = _hand(tmp_path, joint='range="-1.5 0"')
    assert hand.palm_normal.tolist() == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)


def test_the_gripping_side_of_a_finger_faces_the_way_it_bends(tmp_path: Path) -> None:
    hand = _hand(tmp_path)
    normals = hand.vertex_normals(hand.spec.vertices[None])[0]
    index = hand.spec.palmar & (hand.vertex_part == HAND_PARTS.index("index"))
    thumb = hand.spec.palmar & (hand.vertex_part == HAND_PARTS.index("thumb"))
    assert normals[index, 1].max() < 0
    # The thumb bends about the axis across, towards the fingers.
    assert normals[thumb, 0].mean() < -0.3


def test_skin_within_another_piece_does_not_grip(tmp_path: Path) -> None:
    hand = _hand(tmp_path)
    vertices = hand.spec.vertices[hand.spec.palmar & (hand.vertex_part == 1)]
    in_palm = (vertices.abs() < torch.tensor([0.041, 0.011, 1.0])).all(1) & (vertices[:, 2] < 0.08)
    assert not in_palm.any()


def test_skin_from_collision_and_visual_geometry(tmp_path: Path) -> None:
    seen = '<geom type="box" size="0.02 0.02 0.02" contype="0" conaffinity="0"/></body></worldbody>'
    path = written(tmp_path, plain_hand().replace("</body></worldbody>", seen))
    assert "collision geometry" in hand_from_mjcf(path).spec.provenance
    visual = hand_from_mjcf(path, skin="visual")
    assert float(visual.spec.vertices.abs().max()) == pytest.approx(0.02)


def test_markers_are_no_skin(tmp_path: Path) -> None:
    marker = '<geom type="box" size="0.001 0.001 0.001" pos="0.2 0 0"/></body></worldbody>'
    path = written(tmp_path, plain_hand().replace("</body></worldbody>", marker))
    assert float(hand_from_mjcf(path).spec.vertices[:, 0].max()) < 0.15


def test_the_skin_has_no_long_edges_and_not_too_many_vertices(tmp_path: Path) -> None:
    hand = hand_from_mjcf(written(tmp_path, ODD_HAND))
    corners = hand.spec.vertices[hand.faces]
    assert (corners - corners.roll(1, dims=1)).norm(dim=-1).max() <= 0.0101
    huge = plain_hand().replace("0.042 0.012 0.045", "0.6 0.6 0.6")
    assert len(hand_from_mjcf(written(tmp_path, huge)).spec.vertices) <= 8000


def test_spheres_fill_links_and_neighbours_may_overlap(tmp_path: Path) -> None:
    hand = _hand(tmp_path)
    spec = hand.spec
    for link in range(spec.weights.shape[1]):
        assert (spec.sphere_link == link).any()
    of_finger = spec.sphere_radius[spec.sphere_link > 0]
    assert float(of_finger.max()) <= 0.0081
    assert float(of_finger.min()) > 0.003
    pairs = spec.sphere_link[hand.sphere_pairs].tolist()
    assert [1, 2] not in pairs
    assert [0, 1] not in pairs
    assert [0, 2] in pairs


def test_fingers_that_close_against_each_other_make_the_palm_look_along_them(
    tmp_path: Path,
) -> None:
    text = plain_hand(fingers=2).replace('name="mf_1" axis="1 0 0"', 'name="mf_1" axis="-1 0 0"')
    text = text.replace('name="mf_2" axis="1 0 0"', 'name="mf_2" axis="-1 0 0"')
    hand = hand_from_mjcf(written(tmp_path, text))
    assert hand.palm_normal.tolist() == pytest.approx([0, 0, 1], abs=1e-6)
    assert hand.spec.side == "unknown"
