"""Eq. 10 to 14 of MaskDexGrasp's supplement, one function each. Metres and radians in, (B,) out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.retarget.keypoints import FINGERS

SignedDistance = Callable[[Tensor], Tensor]
"""points (B, V, 3) -> (B, V) metres, negative inside the object, differentiable."""

FINGER_WEIGHTS = (30.0, 10.0, 1.2, 1.0, 0.2)  # eq. 11: thumb, index, middle, ring, little
SELF_THRESHOLD = 0.02  # eq. 13: tau, metres
_TINY = 1e-9  # metres: keeps the slope of a norm finite at zero


@dataclass(frozen=True)
class EnergyWeights:
    """The lambdas of eq. 10, as printed."""

    tip: float = 10.0
    reg: float = 0.01
    self_penetration: float = 10.0
    penetration: float = 10.0


def fingertip_energy(tips: Tensor, goals: Tensor, present: Tensor, weights: Tensor) -> Tensor:
    """Eq. 11: (1/5) sum_i w_i |tip_i - goal_i|.

    Args:
        tips, goals: (B, 5, 3), thumb to little. present: (B, 5); the others count nothing (ours).
        weights: (5,).
    """
    distance = _norm(tips - goals)
    return torch.where(present, weights * distance, 0.0).sum(1) / len(FINGERS)


def regularisation_energy(joints: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
    """Eq. 12: how far angles (B, D) are beyond the limits (D,), summed, plus |theta|_2."""
    beyond = (joints - upper).clamp(min=0.0) + (lower - joints).clamp(min=0.0)
    return beyond.sum(1) + _norm(joints)


def self_penetration_energy(points: Tensor, pairs: Tensor, threshold: float) -> Tensor:
    """Eq. 13: sum over pairs (P, 2) of max(0, tau - |p_i - p_j|), each pair counted once (ours).

    points: (B, S, 3).
    """
    gap = _norm(points[:, pairs[:, 0]] - points[:, pairs[:, 1]])
    return (threshold - gap).clamp(min=0.0).sum(1)


def penetration_energy(vertices: Tensor, signed_distance: SignedDistance) -> Tensor:
    """Eq. 14: sum over the hand's vertices (B, V, 3) of max(0, -d(v))."""
    return (-signed_distance(vertices)).clamp(min=0.0).sum(1)


def phalanx_middles(points: Tensor, names: tuple[str, ...]) -> tuple[Tensor, tuple[str, ...]]:
    """Our penetration points: halfway between neighbouring key points of a finger.

    The paper's points are pre-defined and not printed. These lie on the bones of the phalanges.

    Args:
        points: (B, K, 3). names: (K,).

    Returns:
        (B, S, 3) and (S,) the finger of each.
    """
    first, second = _neighbours(names)
    fingers = tuple(names[k].split("_")[0] for k in first)
    return (points[:, first] + points[:, second]) / 2, fingers


def colliding_pairs(rest: Tensor, fingers: tuple[str, ...], threshold: float) -> Tensor:
    """(P, 2) pairs of points of different fingers that are over tau apart at the rest pose.

    Ours: the others would be pushed apart for being what they are.

    Args:
        rest: (S, 3) at the rest pose. fingers: (S,).
    """
    i, j = torch.triu_indices(len(rest), len(rest), 1, device=rest.device)
    other = torch.tensor(
        [fingers[a] != fingers[b] for a, b in zip(i.tolist(), j.tolist(), strict=True)],
        dtype=torch.bool,
        device=rest.device,
    )
    apart = (rest[i] - rest[j]).norm(dim=-1) > threshold
    return torch.stack([i, j], 1)[other & apart]


def _neighbours(names: tuple[str, ...]) -> tuple[list[int], list[int]]:
    first = [
        k
        for k in range(len(names) - 1)
        if "_" in names[k] and names[k].split("_")[0] == names[k + 1].split("_")[0]
    ]
    return first, [k + 1 for k in first]


def _norm(vectors: Tensor) -> Tensor:
    return (vectors.square().sum(-1) + _TINY**2).sqrt()
