"""Closing a hand on a solid: it touches, stays out, and stops where it should."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from handhold.contact import close_hand, link_distance
from handhold.contact.closing import moved_links
from handhold.hands import HAND_PARTS, load_hand

HAND = load_hand("human")
RADIUS = 0.02
STILL = torch.zeros(1, 3), torch.eye(3)[None]
FINGERS = ("index", "middle", "ring", "little")


def _angles(proximal: float, middle: float) -> Tensor:
    joints = torch.zeros(1, HAND.joint_count)
    for finger in FINGERS:
        joints[0, HAND.joint_names.index(f"{finger}_proximal")] = proximal
        joints[0, HAND.joint_names.index(f"{finger}_middle")] = middle
    return joints


def _bar(points: Tensor) -> Tensor:
    """Signed distance to a bar along y under the fingers' roots."""
    return (points[..., [0, 2]] - torch.tensor([0.055, -0.045])).norm(dim=-1) - RADIUS


def _close(steps: int) -> Tensor:
    return close_hand(HAND, _bar, *STILL, _angles(0.0, 0.0), _angles(1.57, 1.75), steps=steps)


@pytest.mark.parametrize("steps", [16, 60])
def test_closing_on_a_bar_touches_and_stays_out(steps: int) -> None:
    joints = _close(steps)
    signed = _bar(HAND.local(joints).vertices)[0]
    for finger in FINGERS:
        own = signed[HAND.vertex_part == HAND_PARTS.index(finger)]
        # A step of all joints moves a fingertip by at most (1.57 + 1.6 * 1.75) * 8 cm / steps.
        step = (1.57 + 1.6 * 1.75) * 0.08 / steps
        assert float(own.min()) < step
        assert float(own.min()) > -0.5 * step
    assert (joints >= HAND.spec.joint_lower).all() and (joints <= HAND.spec.joint_upper).all()


def test_fingers_wrap_until_several_links_touch() -> None:
    signed = _bar(HAND.local(_close(60)).vertices)
    distance = link_distance(HAND, signed)[0]
    touching = {n: float(distance[k]) < 0.004 for n, k in _links().items()}
    assert sum(touching.values()) >= 6


def _links() -> dict[str, int]:
    """Finger links by name of their key point."""
    pairs = zip(HAND.spec.keypoint_names, HAND.spec.keypoint_link.tolist(), strict=True)
    return {n: k for n, k in pairs if n.split("_")[0] in FINGERS and not n.endswith("tip")}


def test_a_hand_closes_fully_where_there_is_nothing() -> None:
    closed = _angles(1.2, 1.0)
    got = close_hand(HAND, lambda p: torch.ones_like(p[..., 0]), *STILL, _angles(0, 0), closed)
    torch.testing.assert_close(got, closed)


def test_a_hand_whose_closed_is_its_opened_does_not_move() -> None:
    opened = _angles(0.3, 0.2)
    assert close_hand(HAND, _bar, *STILL, opened, opened).equal(opened)


def test_a_hand_that_touches_at_the_start_stays_open() -> None:
    opened = _angles(0.0, 0.0)
    got = close_hand(HAND, lambda p: -torch.ones_like(p[..., 0]), *STILL, opened, _angles(1, 1))
    assert got.equal(opened)


def test_one_finger_that_touches_does_not_stop_the_others() -> None:
    tip = HAND.spec.keypoints[HAND.spec.keypoint_names.index("index_tip")]

    def pebble(points: Tensor) -> Tensor:
        return (points - tip).norm(dim=-1) - 0.004

    got = close_hand(HAND, pebble, *STILL, _angles(0.0, 0.0), _angles(1.0, 1.0))
    bends = {n: float(a) for n, a in zip(HAND.joint_names, got[0], strict=True)}
    assert bends["index_proximal"] == bends["index_middle"] == 0.0
    assert bends["middle_proximal"] == bends["little_middle"] == 1.0


def test_a_batch_closes_as_its_hands_one_by_one() -> None:
    shift = torch.tensor([[0.0, 0, 0], [0.01, 0, 0.01], [0, 0, 0.2]])
    turn = torch.eye(3).expand(3, 3, 3)
    opened, closed = _angles(0.0, 0.0).expand(3, -1), _angles(1.57, 1.75).expand(3, -1)
    together = close_hand(HAND, _bar, shift, turn, opened, closed)
    for row in range(3):
        one = slice(row, row + 1)
        alone = close_hand(HAND, _bar, shift[one], turn[one], opened[one], closed[one])
        torch.testing.assert_close(together[one], alone, atol=1e-6, rtol=0)


def test_a_joint_moves_its_own_link_and_all_beyond() -> None:
    moved = moved_links(HAND)
    spread, proximal = (HAND.joint_names.index(f"index_{n}") for n in ("spread", "proximal"))
    middle = HAND.joint_names.index("index_middle")
    assert moved[spread].equal(moved[proximal])
    assert int(moved[proximal].sum()) == 3
    assert int(moved[middle].sum()) == 2
    assert not moved[:, 0].any()
    assert moved[:, 1:].any(0).all()


def test_moved_links_are_those_that_move() -> None:
    moved = moved_links(HAND)
    rest = HAND.local(torch.zeros(1, HAND.joint_count)).links[0]
    bent = HAND.local(0.2 * torch.eye(HAND.joint_count)).links
    changed = (bent - rest).abs().amax((-1, -2)) > 1e-6
    assert changed.equal(moved)


def test_link_distance_is_the_least_over_a_links_own_vertices() -> None:
    generator = torch.Generator().manual_seed(0)
    distance = torch.rand(2, len(HAND.spec.vertices), generator=generator)
    owner = HAND.spec.weights.argmax(1)
    got = link_distance(HAND, distance)
    for link in range(got.shape[1]):
        torch.testing.assert_close(got[:, link], distance[:, owner == link].amin(1))
