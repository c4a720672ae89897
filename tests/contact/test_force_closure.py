"""The exact force-closure test on contacts whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handhold.contact.force_closure import friction_cone_wrenches, is_force_closure

TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)
RADIUS = 0.03
ORIGIN = np.zeros(3)


def _on_ball(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return RADIUS * directions, -directions


def test_four_contacts_round_a_ball_hold_it() -> None:
    assert is_force_closure(*_on_ball(TETRAHEDRON), ORIGIN)


def test_the_answer_does_not_depend_on_the_frame() -> None:
    turn = Rotation.from_rotvec([0.3, -1.0, 0.5]).as_matrix()
    points, normals = _on_ball(TETRAHEDRON @ turn.T)
    shift = np.array([0.2, 0.1, -0.4])
    assert is_force_closure(points + shift, normals, ORIGIN + shift)


def test_contacts_on_one_side_do_not_hold() -> None:
    upper = np.array([[0.3, 0, 1], [-0.15, 0.26, 1], [-0.15, -0.26, 1], [0, 0, 1.0]])
    upper /= np.linalg.norm(upper, axis=1, keepdims=True)
    assert not is_force_closure(*_on_ball(upper), ORIGIN, friction=0.3)


def test_two_point_contacts_cannot_stop_the_turn_about_their_line() -> None:
    assert not is_force_closure(*_on_ball(np.array([[1.0, 0, 0], [-1.0, 0, 0]])), ORIGIN)


def test_without_friction_a_ball_spins_freely() -> None:
    assert not is_force_closure(*_on_ball(TETRAHEDRON), ORIGIN, friction=0.0)


def test_no_contact_holds_nothing() -> None:
    assert not is_force_closure(np.zeros((0, 3)), np.zeros((0, 3)), ORIGIN)


@pytest.mark.parametrize("friction", [0.5, 1.0])
def test_cone_edges_have_a_normal_part_of_one_and_the_slope_of_the_friction(
    friction: float,
) -> None:
    points, normals = _on_ball(TETRAHEDRON)
    wrenches = friction_cone_wrenches(points, normals, ORIGIN, friction=friction, edges=6)
    assert wrenches.shape == (24, 6)
    force = wrenches[:, :3].reshape(4, 6, 3)
    along = (force * normals[:, None]).sum(-1)
    np.testing.assert_allclose(along, 1.0)
    aside = np.linalg.norm(force - along[..., None] * normals[:, None], axis=-1)
    np.testing.assert_allclose(aside, friction)
    arms = np.repeat(points, 6, axis=0)
    np.testing.assert_allclose(wrenches[:, 3:], np.cross(arms, wrenches[:, :3]) / 0.05)
