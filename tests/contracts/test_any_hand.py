"""What every hand must keep, whoever adds it. A new hand is tested by being there.

Robot hands are held to the same, but for what they cannot have: they may lack a little finger,
their skin is one piece per link, and their limits are the maker's (Allegro's thumb cannot go to
zero).
"""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from torch import Tensor

from handhold.geometry import TriMesh, signed_distance
from handhold.hands import HAND_PARTS, Hand, PosedHand, hand_names, load_hand
from handhold.spatial import random_rotations

DATA = os.environ.get("HANDHOLD_DEV_DATA")
MODELS = {
    "shadow_hand_wrist_free": "shadow_dexgraspnet_mjcf/shadow_hand_wrist_free.xml",
    "allegro_hand_right": "dexurdf_allegro_hand/allegro_hand_right.urdf",
}
ROBOTS = ("shadow", *MODELS)
ANY_HAND = pytest.mark.parametrize("name", (*hand_names(), *ROBOTS))
DIGITS = HAND_PARTS[1:]


@cache
def _loaded(name: str) -> Hand:
    if name == "shadow" and importlib.util.find_spec("gymnasium_robotics") is None:
        pytest.skip("gymnasium-robotics is not installed")
    if name not in MODELS:
        return load_hand(name)
    if not DATA:
        pytest.skip("HANDHOLD_DEV_DATA is not set")
    return load_hand(Path(DATA) / "hands" / MODELS[name])


@cache
def _hand(name: str, dtype: torch.dtype = torch.float64) -> Hand:
    return _loaded(name).to(dtype=dtype)


def _digits(hand: Hand) -> list[str]:
    """The digits that the hand has, thumb first."""
    present = set(hand.vertex_part.tolist())
    return [digit for n, digit in enumerate(DIGITS, 1) if n in present]


def _joints(hand: Hand, count: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(count, hand.joint_count, generator=generator).to(hand.spec.vertices)
    return hand.spec.joint_lower + share * (hand.spec.joint_upper - hand.spec.joint_lower)


def _poses(hand: Hand, count: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    translation = 0.1 * torch.randn(count, 3, generator=generator)
    rotation = random_rotations(count, generator)
    reference = hand.spec.vertices
    return translation.to(reference), rotation.to(reference), _joints(hand, count, seed)


def _fields(posed: PosedHand) -> dict[str, Tensor]:
    return {n: getattr(posed, n) for n in ("vertices", "keypoints", "spheres", "links")}


@ANY_HAND
def test_shapes_agree(name: str) -> None:
    hand = _hand(name)
    spec, count = hand.spec, 3
    posed = hand.pose(*_poses(hand, count))
    links = spec.weights.shape[1]
    assert posed.vertices.shape == (count, len(spec.vertices), 3)
    assert posed.keypoints.shape == (count, len(spec.keypoint_names), 3)
    assert posed.spheres.shape == (count, len(hand.sphere_radius), 3)
    assert posed.links.shape == (count, links, 3, 4)
    assert spec.joint_lower.shape == spec.joint_upper.shape == (hand.joint_count,)
    assert len(spec.vertex_part) == len(spec.palmar) == len(spec.weights) == len(spec.vertices)
    assert len(spec.sphere_link) == len(spec.sphere_radius)
    assert int(spec.tree.dof.max()) == hand.joint_count - 1
    assert set(range(1, links)) == {n for n in spec.tree.link.tolist() if n >= 0}
    assert hand.palm_normal.shape == (3,)
    assert hand.flexion.shape == (hand.joint_count,)
    assert hand.bones.shape == (len(spec.keypoint_names) - 1, 2)


@ANY_HAND
def test_the_skin_is_closed_and_looks_outward(name: str) -> None:
    hand = _hand(name)
    mesh = trimesh.Trimesh(hand.spec.vertices.numpy(), hand.faces.numpy(), process=False)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert name in ROBOTS or mesh.body_count == 1
    assert all(body.volume > 0 for body in mesh.split(only_watertight=False))
    assert mesh.area_faces.min() > 0


@ANY_HAND
def test_skinning_weights_are_shares(name: str) -> None:
    weights = _hand(name).spec.weights
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), torch.ones_like(weights[:, 0]), atol=1e-6, rtol=0)


@ANY_HAND
def test_axes_are_unit_and_parents_come_first(name: str) -> None:
    tree = _hand(name).spec.tree
    torch.testing.assert_close(
        tree.axis.norm(dim=1), torch.ones_like(tree.coefficient), atol=1e-6, rtol=0
    )
    assert all(int(parent) < e for e, parent in enumerate(tree.parent))


@ANY_HAND
def test_limits_are_ordered_and_hold_the_zero_pose(name: str) -> None:
    hand = _hand(name)
    lower, upper = hand.spec.joint_lower, hand.spec.joint_upper
    assert (lower < upper).all()
    if name in ROBOTS:
        return
    zero = torch.zeros(1, hand.joint_count, dtype=lower.dtype)
    assert hand.clamp(zero).equal(zero)


@ANY_HAND
def test_clamping_keeps_what_is_inside_and_moves_the_rest_to_the_limit(name: str) -> None:
    hand = _hand(name)
    inside = _joints(hand, 4)
    assert hand.clamp(inside).equal(inside)
    assert hand.clamp(inside + 10).equal(hand.spec.joint_upper.expand_as(inside))
    assert hand.clamp(inside - 10).equal(hand.spec.joint_lower.expand_as(inside))


@ANY_HAND
def test_names_are_unique_and_every_part_has_skin(name: str) -> None:
    hand = _hand(name)
    assert hand.name == name
    assert len(set(hand.joint_names)) == hand.joint_count
    parts = set(hand.vertex_part.tolist())
    assert parts == set(range(len(HAND_PARTS))) or (name in ROBOTS and {0, 1, 2} <= parts)
    palmar = hand.spec.palmar
    assert all((palmar & (hand.vertex_part == part)).any() for part in parts)


@ANY_HAND
def test_keypoints_are_the_wrist_and_four_a_digit_from_base_to_tip(name: str) -> None:
    spec = _hand(name).spec
    present = _digits(_hand(name))
    digits = [n.split("_")[0] for n in spec.keypoint_names]
    assert digits == ["wrist", *(digit for digit in present for _ in range(4))]
    wrist = spec.keypoints[0]
    for d in range(len(present)):
        chain = spec.keypoints[1 + 4 * d : 5 + 4 * d]
        reach = (chain - wrist).norm(dim=1)
        assert (reach[1:] > reach[:-1]).all()


@ANY_HAND
def test_each_fingertip_lies_at_skin_of_its_own_digit(name: str) -> None:
    spec = _hand(name).spec
    for digit in _digits(_hand(name)):
        tip = spec.keypoints[spec.keypoint_names.index(f"{digit}_tip")]
        nearest = (spec.vertices - tip).norm(dim=1).argmin()
        assert int(spec.vertex_part[nearest]) == HAND_PARTS.index(digit)


@ANY_HAND
def test_the_skeleton_is_a_tree_from_the_wrist_along_the_digits(name: str) -> None:
    hand = _hand(name)
    names, bones = hand.spec.keypoint_names, hand.bones.tolist()
    assert sorted(end for _, end in bones) == list(range(1, len(names)))
    for start, end in bones:
        assert start < end
        assert start == 0 or names[start].split("_")[0] == names[end].split("_")[0]
    assert sum(start == 0 for start, _ in bones) == len(_digits(hand))


@ANY_HAND
def test_flexion_closes_the_fingers_on_the_side_of_the_palm_normal(name: str) -> None:
    hand = _hand(name)
    spec = hand.spec
    assert float(hand.palm_normal.norm()) == pytest.approx(1.0, abs=1e-6)
    assert set(hand.flexion.tolist()) <= {-1.0, 0.0, 1.0}
    start = hand.clamp(torch.zeros(1, hand.joint_count).double())
    closed = hand.clamp(start + 0.4 * hand.flexion)
    moved = (hand.local(closed).keypoints - hand.local(start).keypoints)[0]
    for digit in _digits(hand)[1:]:
        tip = moved[spec.keypoint_names.index(f"{digit}_tip")]
        assert tip @ hand.palm_normal > 0.5 * tip.norm() > 0.005


@ANY_HAND
def test_the_gripping_side_of_the_palm_faces_along_the_palm_normal(name: str) -> None:
    hand = _hand(name)
    normals = hand.vertex_normals(hand.spec.vertices[None])[0]
    palm = hand.vertex_part == 0
    assert (normals[palm & hand.spec.palmar] @ hand.palm_normal).mean() > 0.5


@ANY_HAND
def test_a_batch_is_its_hands_one_by_one(name: str) -> None:
    hand = _hand(name)
    poses = _poses(hand, 4)
    together = _fields(hand.pose(*poses))
    for row in range(4):
        alone = _fields(hand.pose(*(value[row : row + 1] for value in poses)))
        for key, value in together.items():
            torch.testing.assert_close(value[row : row + 1], alone[key], atol=1e-12, rtol=0)


@ANY_HAND
def test_float32_agrees_with_float64(name: str) -> None:
    single, double = _hand(name, torch.float32), _hand(name)
    poses = _poses(double, 4)
    exact = _fields(double.pose(*poses))
    for key, value in _fields(single.pose(*(p.float() for p in poses))).items():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value.double(), exact[key], atol=2e-6, rtol=0)


@ANY_HAND
def test_a_rigid_motion_of_the_palm_moves_everything(name: str) -> None:
    hand = _hand(name)
    translation, rotation, joints = _poses(hand, 3)
    turn = random_rotations(3, torch.Generator().manual_seed(7)).double()
    shift = torch.tensor([[0.3, -0.2, 0.1]], dtype=torch.float64)
    before = hand.pose(translation, rotation, joints)
    moved_t = (turn @ translation[..., None])[..., 0] + shift
    after = hand.pose(moved_t, turn @ rotation, joints)
    for key in ("vertices", "keypoints", "spheres"):
        expected = getattr(before, key) @ turn.transpose(1, 2) + shift[:, None]
        torch.testing.assert_close(getattr(after, key), expected, atol=1e-12, rtol=0)
    normals = hand.vertex_normals(before.vertices) @ turn.transpose(1, 2)
    torch.testing.assert_close(hand.vertex_normals(after.vertices), normals, atol=1e-6, rtol=0)


@ANY_HAND
def test_links_carry_keypoints_to_where_they_are(name: str) -> None:
    hand = _hand(name)
    posed = hand.pose(*_poses(hand, 2))
    links = posed.links[:, hand.spec.keypoint_link]
    carried = (links[..., :3] @ hand.spec.keypoints[..., None])[..., 0] + links[..., 3]
    torch.testing.assert_close(carried, posed.keypoints, atol=1e-9, rtol=0)


@ANY_HAND
@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_are_finite_differences(name: str, seed: int) -> None:
    hand = _hand(name)
    generator = torch.Generator().manual_seed(seed)
    values = [v.requires_grad_(True) for v in _poses(hand, 2, seed)]
    directions = [torch.randn(v.shape, generator=generator).double() for v in values]
    posed = hand.pose(*values)
    keys = ("vertices", "keypoints", "spheres", "links")
    test = {k: torch.randn(getattr(posed, k).shape, generator=generator).double() for k in keys}

    def energy(step: float) -> Tensor:
        moved = [v + step * d for v, d in zip(values, directions, strict=True)]
        there = hand.pose(*moved)
        return torch.stack([(test[k] * getattr(there, k)).sum() for k in keys]).sum()

    gradients = torch.autograd.grad(energy(0.0), values)
    slope = sum(float((g * d).sum()) for g, d in zip(gradients, directions, strict=True))
    step = 1e-5
    with torch.no_grad():
        difference = float(energy(step) - energy(-step)) / (2 * step)
    assert slope == pytest.approx(difference, rel=1e-6)


@ANY_HAND
def test_contact_candidates_are_distinct_and_on_the_gripping_side(name: str) -> None:
    spec = _hand(name).spec
    index = spec.contact_candidates
    assert len(index.unique()) == len(index) >= 32
    assert spec.palmar[index].all()
    assert set(spec.vertex_part[index].tolist()) == set(spec.vertex_part.tolist())


def _under_the_skin(name: str) -> np.ndarray:
    """(S,) signed distance of the sphere centres to the skin; for a robot, whose links overlap
    at the joints, to that of their own link."""
    spec = _hand(name).spec
    skin = TriMesh(spec.vertices.numpy(), spec.faces.numpy())
    centres = spec.sphere_centre.numpy()
    if name not in ROBOTS:
        return signed_distance(skin, centres)
    owner = spec.weights.argmax(1)[spec.faces[:, 0]].numpy()
    signed = np.empty(len(centres))
    for link in np.unique(spec.sphere_link.numpy()):
        of_link = spec.sphere_link.numpy() == link
        signed[of_link] = signed_distance(skin.submesh(owner == link), centres[of_link])
    return signed


@ANY_HAND
def test_bone_spheres_lie_under_the_skin(name: str) -> None:
    """All but the forearm's, which has no skin, and the wrist's, where the skin is cut off."""
    hand = _hand(name)
    spec = hand.spec
    centres, radius = spec.sphere_centre.numpy(), spec.sphere_radius.numpy()
    signed = _under_the_skin(name)
    count = len(radius) - spec.forearm_spheres
    at_wrist = np.linalg.norm(centres - spec.keypoints[0].numpy(), axis=1) < 1e-6
    within = np.flatnonzero(~at_wrist[:count])
    assert (signed[within] < 0).all()
    assert (radius[within] <= -signed[within] + 1e-3).all()
    assert (signed[:count] < radius[:count]).all()
    assert (radius > 0.003).all()


@ANY_HAND
def test_spheres_that_may_collide_are_apart_at_the_zero_pose(name: str) -> None:
    hand = _hand(name)
    spec = hand.spec
    i, j = hand.sphere_pairs.unbind(1)
    assert len(i) > 100
    assert (i < j).all()
    gap = (spec.sphere_centre[i] - spec.sphere_centre[j]).norm(dim=1)
    assert (gap > spec.sphere_radius[i] + spec.sphere_radius[j]).all()
    assert (spec.sphere_link[i] != spec.sphere_link[j]).all()
    assert int(j.max()) < len(spec.sphere_radius) - spec.forearm_spheres


@ANY_HAND
def test_spheres_on_neighbouring_links_may_overlap(name: str) -> None:
    hand = _hand(name)
    spec = hand.spec
    above: dict[int, int] = {}
    for e, link in enumerate(spec.tree.link.tolist()):
        parent = int(spec.tree.parent[e])
        while parent >= 0 and int(spec.tree.link[parent]) < 0:
            parent = int(spec.tree.parent[parent])
        if link >= 0:
            above[link] = 0 if parent < 0 else int(spec.tree.link[parent])
    for i, j in hand.sphere_pairs.tolist():
        a, b = int(spec.sphere_link[i]), int(spec.sphere_link[j])
        assert above.get(a) != b
        assert above.get(b) != a


@ANY_HAND
def test_moving_a_hand_keeps_the_first_as_it_was(name: str) -> None:
    hand = _loaded(name)
    moved = hand.to(dtype=torch.float64)
    assert hand.spec.vertices.dtype == torch.float32
    assert moved.spec.vertices.dtype == moved.spec.tree.axis.dtype == torch.float64
    assert moved.faces.dtype == torch.int64
    assert moved.joint_names == hand.joint_names
