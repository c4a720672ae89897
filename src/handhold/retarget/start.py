"""Where the fit begins: the palms laid on each other, and the sizes of the hands."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.hands import Hand
from handhold.retarget.keypoints import ANCHORS, Keypoints

_ENOUGH = 3  # points that fix a rigid pose


def rigid_start(target: Tensor, source: Keypoints) -> tuple[Tensor, Tensor]:
    """Rotations (B, 3, 3) and translations (B, 3) that lay the target's palm on the source's.

    Least squares (Kabsch) over the wrist and the bases of the fingers, which move little with the
    angles; over all points where fewer than three of these are present.

    Args:
        target: (B, K, 3) key points of the target hand in its palm frame at the start pose.
        source: in the same order.
    """
    anchor = torch.tensor([name in ANCHORS for name in source.names], device=target.device)
    anchors = source.present & anchor
    enough = anchors.sum(1, keepdim=True) >= _ENOUGH
    return kabsch(target, source.points, torch.where(enough, anchors, source.present))


def kabsch(points: Tensor, goals: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """R (B, 3, 3), t (B, 3) that minimise sum |R p + t - goal|^2 over the chosen (B, K)."""
    weight = chosen.to(points) / chosen.sum(1, keepdim=True).clamp(min=1)
    middle = (weight[..., None] * points).sum(1)
    goal = (weight[..., None] * goals).sum(1)
    from_middle, from_goal = points - middle[:, None], goals - goal[:, None]
    covariance = torch.einsum("bk,bki,bkj->bij", weight, from_goal, from_middle)
    u, _, vh = torch.linalg.svd(covariance)
    flip = torch.ones_like(middle)
    flip[:, 2] = torch.linalg.det(u @ vh).sign()
    rotation = (u * flip[:, None]) @ vh
    return rotation, goal - (rotation @ middle[..., None])[..., 0]


def size_ratio(hand: Hand, source: Keypoints) -> Tensor:
    """(B,) size of the hand over that of the source: summed lengths of the bones both have.

    source: in the order of the hand's key points. 1 where they share no bone.
    """
    start, end = hand.spec.bones.unbind(-1)
    own = (hand.spec.keypoints[end] - hand.spec.keypoints[start]).norm(dim=-1).to(source.points)
    theirs = (source.points[:, end] - source.points[:, start]).norm(dim=-1)
    both = (source.present[:, start] & source.present[:, end]).to(own)
    ratio = (both * own).sum(1) / (both * theirs).sum(1)
    return torch.where(ratio.isfinite() & (ratio > 0), ratio, 1.0)
