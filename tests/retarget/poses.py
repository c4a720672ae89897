"""Poses to retarget, for the tests of this room."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.hands import Hand
from handhold.retarget import Keypoints
from handhold.spatial import random_rotations


def random_poses(hand: Hand, count: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Translations (B, 3), rotations (B, 3, 3), angles (B, D), uniform inside the limits."""
    generator = torch.Generator().manual_seed(seed)
    lower, upper = hand.spec.joint_lower, hand.spec.joint_upper
    share = torch.rand(count, hand.joint_count, generator=generator).to(lower)
    translation = 0.3 * torch.randn(count, 3, generator=generator).to(lower)
    rotation = random_rotations(count, generator=generator).to(lower)
    return translation, rotation, lower + share * (upper - lower)


def first(keypoints: Keypoints, count: int) -> Keypoints:
    return Keypoints(keypoints.points[:count], keypoints.present[:count], keypoints.names)


def angle_between(a: Tensor, b: Tensor) -> Tensor:
    """(B,) radians."""
    cosine = ((a * b).sum((-1, -2)) - 1) / 2
    return cosine.clamp(-1, 1).acos()
