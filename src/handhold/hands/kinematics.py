"""Forward kinematics of a tree of revolute joints, as products of exponentials."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class RevoluteTree:
    """Elementary revolute joints of one hand, in the palm frame at the zero pose.

    Attributes:
        parent: (E,) index of the joint above, -1 at the palm. Parents come before children.
        link: (E,) index of the link that moves with the joint, -1 where none does (the first
            of two crossing axes). Link 0 is the palm.
        origin: (E, 3) a point of the axis, metres.
        axis: (E, 3) unit direction.
        dof: (E,) which joint angle turns it.
        coefficient: (E,) the factor on that angle (0.6 for a coupled distal joint).
    """

    parent: Tensor
    link: Tensor
    origin: Tensor
    axis: Tensor
    dof: Tensor
    coefficient: Tensor

    def levels(self) -> list[list[int]]:
        """Joints grouped by depth, so that a level is one batched product."""
        depth: list[int] = []
        for parent in self.parent.tolist():
            depth.append(0 if parent < 0 else depth[parent] + 1)
        return [[e for e, d in enumerate(depth) if d == level] for level in range(max(depth) + 1)]


def rodrigues(axis: Tensor, angle: Tensor) -> Tensor:
    """Rotations by `angle` (..., E) about fixed unit axes (E, 3): (..., E, 3, 3)."""
    x, y, z = axis.unbind(-1)
    zero = torch.zeros_like(x)
    k = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(-1, 3, 3)
    k2 = k @ k
    eye = torch.eye(3, dtype=axis.dtype, device=axis.device)
    sine, cosine = angle.sin()[..., None, None], angle.cos()[..., None, None]
    return eye + sine * k + (1.0 - cosine) * k2


def link_transforms(
    tree: RevoluteTree, levels: list[list[int]], joints: Tensor, links: int
) -> Tensor:
    """Where each link goes from its zero pose, in the palm frame.

    Args:
        tree: the hand's joints.
        levels: ``tree.levels()``.
        joints: (B, D) angles in radians.
        links: number of links, the palm included.

    Returns:
        (B, links, 3, 4) rotation and translation; the palm's is the identity.
    """
    rotation = rodrigues(tree.axis, joints[:, tree.dof] * tree.coefficient)
    shift = tree.origin - (rotation * tree.origin[:, None, :]).sum(-1)
    placed_rotation: list[Tensor] = []
    placed_shift: list[Tensor] = []
    order: list[int] = []
    position: dict[int, int] = {}
    for level in levels:
        r, t = rotation[:, level], shift[:, level]
        parents = [int(tree.parent[e]) for e in level]
        if parents[0] >= 0:
            above = [position[p] for p in parents]
            up_r, up_t = torch.cat(placed_rotation, 1), torch.cat(placed_shift, 1)
            up_r, up_t = up_r[:, above], up_t[:, above]
            t = (up_r * t[..., None, :]).sum(-1) + up_t
            r = (up_r[..., :, :, None] * r[..., None, :, :]).sum(-2)
        for e in level:
            position[e] = len(order)
            order.append(e)
        placed_rotation.append(r)
        placed_shift.append(t)
    all_r, all_t = torch.cat(placed_rotation, 1), torch.cat(placed_shift, 1)
    placed = torch.cat([all_r, all_t[..., None]], -1)
    palm = torch.eye(3, 4, dtype=joints.dtype, device=joints.device)
    out = [palm.expand(len(joints), 1, 3, 4)]
    where = {int(tree.link[e]): position[e] for e in order if int(tree.link[e]) >= 0}
    out.append(placed[:, [where[link] for link in range(1, links)]])
    return torch.cat(out, 1)
