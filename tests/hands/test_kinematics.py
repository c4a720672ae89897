"""The posed human hand against a second, naive evaluation of the same data."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from handhold.hands import HandSpec, load_hand
from handhold.spatial import random_rotations

HAND = load_hand("human").to(dtype=torch.float64)
FINGERS = ("index", "middle", "ring", "little")


def _joints(count: int, seed: int = 0) -> torch.Tensor:
    spec = HAND.spec
    share = torch.rand(count, HAND.joint_count, generator=torch.Generator().manual_seed(seed))
    return spec.joint_lower + share.double() * (spec.joint_upper - spec.joint_lower)


def _one(**angles: float) -> torch.Tensor:
    joints = torch.zeros(1, HAND.joint_count, dtype=torch.float64)
    for name, angle in angles.items():
        joints[0, HAND.joint_names.index(name)] = angle
    return joints


def naive_links(spec: HandSpec, joints: np.ndarray) -> np.ndarray:
    """(L, 4, 4) by walking up from every joint: about a point means there, turn, and back."""
    tree = spec.tree

    def above(e: int) -> np.ndarray:
        if e < 0:
            return np.eye(4)
        angle = float(tree.coefficient[e]) * joints[int(tree.dof[e])]
        turn = np.eye(4)
        turn[:3, :3] = Rotation.from_rotvec(angle * tree.axis[e].numpy()).as_matrix()
        there, back = np.eye(4), np.eye(4)
        there[:3, 3], back[:3, 3] = tree.origin[e], -tree.origin[e]
        return above(int(tree.parent[e])) @ there @ turn @ back

    links = np.stack([np.eye(4)] * spec.weights.shape[1])
    for e, link in enumerate(tree.link.tolist()):
        if link >= 0:
            links[link] = above(e)
    return links


def naive_skin(spec: HandSpec, links: np.ndarray) -> np.ndarray:
    """(V, 3) linear blend skinning, one vertex and one link at a time."""
    skin = np.zeros((len(spec.vertices), 3))
    for v, (vertex, weights) in enumerate(zip(spec.vertices.numpy(), spec.weights, strict=True)):
        for link in weights.nonzero()[:, 0].tolist():
            moved = links[link, :3, :3] @ vertex + links[link, :3, 3]
            skin[v] += float(weights[link]) * moved
    return skin


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_links_keypoints_spheres_and_skin_equal_the_naive_walk(seed: int) -> None:
    joints = _joints(1, seed)
    expected = naive_links(HAND.spec, joints[0].numpy())
    got = HAND.local(joints)
    np.testing.assert_allclose(got.links[0], expected[:, :3], atol=1e-7)
    for points, index, home in [
        (got.keypoints, HAND.spec.keypoint_link, HAND.spec.keypoints),
        (got.spheres, HAND.spec.sphere_link, HAND.spec.sphere_centre),
    ]:
        for k, link in enumerate(index.tolist()):
            moved = expected[link, :3, :3] @ home[k].numpy() + expected[link, :3, 3]
            np.testing.assert_allclose(points[0, k], moved, atol=1e-7)
    np.testing.assert_allclose(got.vertices[0], naive_skin(HAND.spec, expected), atol=1e-7)


def test_the_zero_pose_is_the_rest_skin() -> None:
    rest = HAND.local(_one())
    torch.testing.assert_close(rest.vertices[0], HAND.spec.vertices, atol=1e-8, rtol=0)
    torch.testing.assert_close(rest.keypoints[0], HAND.spec.keypoints, atol=1e-12, rtol=0)


@pytest.mark.parametrize("finger", FINGERS)
def test_the_distal_joint_bends_by_six_tenths_of_the_middle_one(finger: str) -> None:
    angle = 1.2
    links = HAND.local(_one(**{f"{finger}_middle": angle})).links[0].numpy()
    dof = HAND.joint_names.index(f"{finger}_middle")
    middle, distal = HAND.spec.tree.link[HAND.spec.tree.dof == dof].tolist()
    between = Rotation.from_matrix(links[middle, :, :3].T @ links[distal, :, :3])
    assert between.magnitude() == pytest.approx(0.6 * angle, abs=1e-6)
    assert Rotation.from_matrix(links[middle, :, :3]).magnitude() == pytest.approx(angle, abs=1e-6)


@pytest.mark.parametrize("joint", ["proximal", "middle"])
@pytest.mark.parametrize("finger", FINGERS)
def test_flexion_moves_the_fingertip_towards_the_palm_side(finger: str, joint: str) -> None:
    tip = HAND.spec.keypoint_names.index(f"{finger}_tip")
    moved = HAND.local(_one(**{f"{finger}_{joint}": 0.3})).keypoints[0] - HAND.spec.keypoints
    assert moved[tip, 2] < -0.01
    others = [k for k, n in enumerate(HAND.spec.keypoint_names) if not n.startswith(finger)]
    assert moved[others].abs().max() < 1e-9


@pytest.mark.parametrize("joint", ["thumb_opposition", "thumb_proximal", "thumb_distal"])
def test_bending_the_thumb_brings_its_tip_under_the_palm(joint: str) -> None:
    tip = HAND.spec.keypoint_names.index("thumb_tip")
    moved = HAND.local(_one(**{joint: 0.3})).keypoints[0, tip] - HAND.spec.keypoints[tip]
    assert moved[1] < -0.005
    assert moved[2] < 0.0


def test_spreading_is_a_turn_about_the_back_of_the_hand() -> None:
    for finger in FINGERS:
        tip = HAND.spec.keypoint_names.index(f"{finger}_tip")
        moved = HAND.local(_one(**{f"{finger}_spread": 0.2})).keypoints[0, tip]
        assert moved[2] == pytest.approx(float(HAND.spec.keypoints[tip, 2]), abs=1e-9)
        assert moved[1] > HAND.spec.keypoints[tip, 1]


def test_the_right_hand_has_its_thumb_at_plus_y_and_fingers_at_plus_x() -> None:
    spec = HAND.spec
    assert spec.side == "right"
    base = {n: spec.keypoints[k] for k, n in enumerate(spec.keypoint_names)}
    across = [float(base[f"{f}_base"][1]) for f in FINGERS]
    assert across == sorted(across, reverse=True)
    assert base["thumb_tip"][1] > base["index_base"][1]
    assert all(base[f"{f}_tip"][0] > base[f"{f}_base"][0] > base["wrist"][0] for f in FINGERS)


def test_links_carry_the_hand_to_where_its_pose_is() -> None:
    joints = 0.5 * (HAND.spec.joint_lower + HAND.spec.joint_upper)[None]
    turn = random_rotations(1, torch.Generator().manual_seed(3)).to(joints)
    posed = HAND.pose(torch.tensor([[0.1, 0.2, 0.3]]).to(joints), turn, joints)
    carried = HAND.carried_by(posed.links)
    torch.testing.assert_close(carried.vertices, posed.vertices)
    torch.testing.assert_close(carried.spheres, posed.spheres)
