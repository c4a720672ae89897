"""Q1 against closed forms and a slow twin."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from evaluate_scenes import ball, box
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from handhold.contact import friction_cone_wrenches
from handhold.evaluate import (
    ContactRule,
    Contacts,
    PosedHands,
    largest_ball,
    link_contacts,
    measure_hand,
    q1,
)
from handhold.geometry import TriMesh

AXES = np.vstack([np.eye(3), -np.eye(3)])


@pytest.mark.parametrize("dimensions", [2, 3, 6])
def test_the_ball_in_a_cross_polytope_has_radius_one_over_root_n(dimensions: int) -> None:
    points = np.vstack([np.eye(dimensions), -np.eye(dimensions)])
    assert largest_ball(points) == pytest.approx(dimensions**-0.5, abs=1e-7)
    assert largest_ball(0.003 * points) == pytest.approx(0.003 * dimensions**-0.5, rel=1e-6)


def test_the_ball_in_a_cube_has_half_its_side() -> None:
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 6), axis=-1).reshape(-1, 6)
    assert largest_ball(corners) == pytest.approx(1.0, abs=1e-6)


def test_the_ball_in_a_regular_simplex_is_a_sixth_of_its_outer_one() -> None:
    corners = np.eye(7) - 1.0 / 7.0  # in the hyperplane of sum 0
    basis = np.linalg.svd(corners)[2][:6]
    corners = corners @ basis.T
    outer = np.linalg.norm(corners[0])
    assert largest_ball(corners) == pytest.approx(outer / 6.0, abs=1e-7)


def test_there_is_no_ball_where_the_origin_is_outside_or_the_points_are_flat() -> None:
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 6), axis=-1).reshape(-1, 6)
    assert largest_ball(corners + np.array([1.2, 0, 0, 0, 0, 0])) == 0.0
    assert largest_ball(corners * np.array([1, 1, 1, 1, 1, 0.0])) == 0.0
    assert largest_ball(corners[:3]) == 0.0
    assert largest_ball(np.zeros((0, 6))) == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_growing_the_hull_finds_what_the_whole_hull_has(seed: int) -> None:
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(4 + 2 * seed, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    stretched = points * np.array([1.0, 0.6, 0.4])
    wrenches = friction_cone_wrenches(stretched, -points, np.zeros(3), scale=1.0)
    whole = -ConvexHull(wrenches, qhull_options="QJ").equations[:, -1].max()
    assert largest_ball(wrenches) == pytest.approx(max(whole, 0.0), abs=1e-6)


def test_six_fingertips_on_the_faces_of_a_cube() -> None:
    """With friction 1 the weakest wrench is a torque about a diagonal: each contact bears
    half / scale of it times sqrt(2/3), and scale is half the diagonal, sqrt(3) half."""
    cube = box((0.06, 0.06, 0.06), (0.3, -0.2, 0.1))
    contacts = Contacts(np.array([0.3, -0.2, 0.1]) + 0.03 * AXES, -AXES)
    assert q1(contacts, cube) == pytest.approx(np.sqrt(2.0) / 3.0, abs=1e-6)


def test_friction_counts() -> None:
    cube = box((0.06, 0.06, 0.06), (0.0, 0.0, 0.0))
    contacts = Contacts(0.03 * AXES, -AXES)
    half = q1(contacts, cube, ContactRule(friction=0.5))
    assert half == pytest.approx(np.sqrt(2.0) / 6.0, abs=1e-6)
    assert q1(contacts, cube, ContactRule(friction=0.0)) == 0.0


def test_two_points_cannot_resist_a_twist_about_their_line() -> None:
    sphere = ball(0.03, (0.0, 0.0, 0.0))
    contacts = Contacts(0.03 * AXES[[0, 3]], -AXES[[0, 3]])
    assert q1(contacts, sphere) == 0.0


def test_fingers_on_one_side_only_hold_nothing() -> None:
    cube = box((0.06, 0.06, 0.06), (0.0, 0.0, 0.0))
    points = np.array([[x, y, 0.03] for x in (-0.02, 0.02) for y in (-0.02, 0.02)])
    assert q1(Contacts(points, np.tile([0.0, 0.0, -1.0], (4, 1))), cube) == 0.0


def three_links(mesh: TriMesh, gaps_mm: tuple[float, float, float]) -> list[Contacts]:
    """Contacts of a hand of three balls over the top of a cube at the given gaps."""
    balls = [
        ball(0.005, (0.02 * (i - 1), 0.0, 0.035 + gap / 1000), detail=3)
        for i, gap in enumerate(gaps_mm)
    ]
    hands = PosedHands(
        vertices=np.concatenate([b.vertices for b in balls])[None],
        faces=np.concatenate([b.faces + i * len(b.vertices) for i, b in enumerate(balls)]),
        keypoints=None,
        vertex_link=np.repeat([0, 1, 2], len(balls[0].vertices)),
    )
    rule = ContactRule()
    return link_contacts(mesh, hands, measure_hand(mesh, hands.vertices, reach=rule.reach), rule)


@pytest.mark.parametrize(
    "gaps, expected", [((0.0, 9.0, 11.0), 2), ((-2.0, 3.0, 3.0), 3), ((20.0, 20.0, 20.0), 0)]
)
def test_each_link_within_a_centimetre_has_one_contact(
    gaps: tuple[float, float, float], expected: int
) -> None:
    contacts = three_links(box((0.06, 0.06, 0.06), (0.0, 0.0, 0.0)), gaps)[0]
    assert len(contacts.points) == len(contacts.normals) == expected
    np.testing.assert_allclose(contacts.points[:, 2], 0.03, atol=1e-9)
    np.testing.assert_allclose(
        contacts.normals, np.tile([0.0, 0.0, -1.0], (expected, 1)), atol=1e-6
    )


def test_flipped_faces_of_the_object_change_no_contact() -> None:
    cube = box((0.06, 0.06, 0.06), (0.0, 0.0, 0.0))
    flipped = TriMesh(cube.vertices, cube.faces[:, ::-1])
    gaps = (-1.0, 2.0, 4.0)
    for first, second in zip(three_links(cube, gaps), three_links(flipped, gaps), strict=True):
        np.testing.assert_allclose(first.normals, second.normals, atol=1e-9)


def test_a_turned_and_moved_scene_has_the_same_q1() -> None:
    shape = trimesh.creation.icosphere(subdivisions=3, radius=0.03)
    mesh = TriMesh(np.array(shape.vertices) * [1.0, 1.4, 0.7], np.array(shape.faces))
    fingers = 0.034 * AXES * [1.0, 1.4, 0.7] + 0.003 * np.eye(6, 3)
    skins = [ball(0.004, tuple(centre), detail=2) for centre in fingers]
    vertices = np.concatenate([skin.vertices for skin in skins])
    link = np.repeat(np.arange(6), len(skins[0].vertices))
    turn, shift = Rotation.from_euler("xyz", [0.4, -1.1, 2.0]).as_matrix(), np.array([1.0, 2, 3])
    values = []
    for scene, points in (
        (mesh, vertices),
        (mesh.transformed(turn, shift), vertices @ turn.T + shift),
    ):
        hands = PosedHands(points[None], skins[0].faces, None, vertex_link=link)
        on_surface = measure_hand(scene, hands.vertices, reach=0.01)
        values.append(q1(link_contacts(scene, hands, on_surface, ContactRule())[0], scene))
    assert values[0] > 0.1
    assert values[1] == pytest.approx(values[0], rel=1e-6)
