"""Contact wrenches and the differentiable force closure of DexGraspNet."""

from __future__ import annotations

import torch
from torch import Tensor

TORQUE_SCALE = 0.05
"""Metres that weigh torque against force (ours)."""
LEAST_WEIGHT = 1e-6
"""Sum of contact weights below which there is no contact to speak of."""


def wrench_matrix(points: Tensor, normals: Tensor, centre: Tensor, scale: float) -> Tensor:
    """Wrenches (B, C, 6) of unit forces along `normals` at `points`, torque divided by `scale`.

    Args:
        points: (B, C, 3) metres. normals: (B, C, 3) unit, into the object.
        centre: (3,) origin of torques. scale: metres that weigh torque against force (ours).
    """
    torque = torch.linalg.cross(points - centre, normals) / scale
    return torch.cat([normals, torque], -1)


def force_closure_residual(
    points: Tensor, normals: Tensor, weights: Tensor, centre: Tensor, scale: float = TORQUE_SCALE
) -> Tensor:
    """|G c|^2 with c the unit normals: how far the contacts are from balancing, (B,).

    Wang et al. 2023 (DexGraspNet), after Liu et al. 2021. Contacts are weighted, so that those
    that do not touch do not count.

    Args:
        points, normals: (B, C, 3). weights: (B, C), normalised here to add up to one.
    """
    share = weights / weights.sum(-1, keepdim=True).clamp(min=LEAST_WEIGHT)
    wrench = wrench_matrix(points, normals, centre, scale)
    return (share[..., None] * wrench).sum(1).square().sum(-1)
