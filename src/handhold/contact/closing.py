"""Closing an open hand on a surface until each link touches (ours)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from handhold.hands import Hand

SignedDistance = Callable[[Tensor], Tensor]


def moved_links(hand: Hand) -> Tensor:
    """(D, L) True where joint angle d moves link l."""
    tree = hand.spec.tree
    links = hand.spec.weights.shape[1]
    moved = torch.zeros(hand.joint_count, links, dtype=torch.bool, device=tree.link.device)
    for e in range(len(tree.link)):
        link, above = int(tree.link[e]), e
        while link >= 0 and above >= 0:
            moved[int(tree.dof[above]), link] = True
            above = int(tree.parent[above])
    return moved


def link_distance(hand: Hand, distance: Tensor) -> Tensor:
    """(B, L) smallest of the vertex distances (B, V) over each link's own vertices."""
    owner = hand.spec.weights.argmax(1).expand_as(distance)
    far = torch.full((len(distance), hand.spec.weights.shape[1]), 1.0, device=distance.device)
    return far.to(distance.dtype).scatter_reduce(1, owner, distance, "amin")


@torch.no_grad()
def close_hand(
    hand: Hand,
    signed: SignedDistance,
    translation: Tensor,
    rotation: Tensor,
    opened: Tensor,
    closed: Tensor,
    *,
    steps: int = 16,
    touch: float = 0.0005,
) -> Tensor:
    """Turn every joint from `opened` towards `closed` until what it moves touches.

    A joint stops where any link beyond it comes nearer than `touch`; the joints further out go
    on, which is how fingers wrap.

    Args:
        signed: signed distance (...) of points (..., 3), metres.
        translation, rotation: (B, 3), (B, 3, 3) the palm's pose, fixed.
        opened, closed: (B, D) radians.

    Returns:
        (B, D) joint angles.
    """
    moved = moved_links(hand).to(translation.dtype)
    progress = torch.zeros_like(opened)
    free = torch.ones_like(opened, dtype=torch.bool)
    for _ in range(steps):
        proposal = torch.where(free, progress + 1.0 / steps, progress)
        joints = opened + proposal * (closed - opened)
        vertices = hand.pose(translation, rotation, joints).vertices
        touching = link_distance(hand, signed(vertices)) < touch
        free = free & ~((touching.to(moved.dtype) @ moved.T) > 0)
        progress = torch.where(free, proposal, progress)
    return opened + progress * (closed - opened)
