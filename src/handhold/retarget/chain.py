"""Key points of a hand in its own palm frame, with their derivatives."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from handhold.hands import Hand
from handhold.hands.kinematics import link_transforms


class KeypointChain:
    """Forward kinematics f_k of eq. 9 in the palm frame, float64, on the hand's device.

    Attributes:
        names: (K,) of the key points. lower, upper: (D,) limits, radians.
        rest: (D,) zero, moved inside the limits. closed: (D,) 40 % of the way to the flexed limit.
    """

    def __init__(self, hand: Hand) -> None:
        spec = hand.to(dtype=torch.float64).spec
        count = len(spec.tree.link)
        # A link of its own for every joint, so that all places of joints are known.
        self._tree = replace(spec.tree, link=torch.arange(1, count + 1))
        self._levels = spec.tree.levels()
        self._links = count + 1
        mover = torch.zeros(hand.spec.weights.shape[1], dtype=torch.long)
        for joint, link in enumerate(spec.tree.link.tolist()):
            if link >= 0:
                mover[link] = joint + 1
        device = spec.keypoints.device
        self._mover = mover.to(device)[spec.keypoint_link]
        self._keypoints = spec.keypoints
        moved = self._ancestors(spec.tree.parent.tolist()).to(device)[self._mover]
        by_joint = torch.nn.functional.one_hot(spec.tree.dof, len(spec.joint_names)).double()
        self._moves = moved.double()[:, :, None] * (
            spec.tree.coefficient[:, None] * by_joint
        )  # (K, E, D)
        self.names = spec.keypoint_names
        self.lower, self.upper = spec.joint_lower, spec.joint_upper
        self.rest = torch.zeros_like(self.lower).clamp(self.lower, self.upper)
        sign = hand.flexion.to(self.lower)
        bent = torch.where(sign > 0, self.upper, torch.where(sign < 0, self.lower, self.rest))
        self.closed = self.rest + 0.4 * (bent - self.rest)

    @staticmethod
    def _ancestors(parents: list[int]) -> Tensor:
        """(E + 1, E) which joints move what hangs on joint e - 1; row 0 is the palm."""
        above = torch.zeros(len(parents) + 1, len(parents), dtype=torch.bool)
        for joint, parent in enumerate(parents):
            above[joint + 1] = above[parent + 1]
            above[joint + 1, joint] = True
        return above

    def positions(self, joints: Tensor) -> Tensor:
        """(B, K, 3) key points in the palm frame, metres, for angles (B, D)."""
        return self._placed(link_transforms(self._tree, self._levels, joints, self._links))

    def with_jacobian(self, joints: Tensor) -> tuple[Tensor, Tensor]:
        """(B, K, 3) key points and (B, K, 3, D) their derivatives by the angles."""
        placed = link_transforms(self._tree, self._levels, joints, self._links)
        points, moved = self._placed(placed), placed[:, 1:]
        axis = (moved[..., :3] * self._tree.axis[:, None]).sum(-1)
        origin = (moved[..., :3] * self._tree.origin[:, None]).sum(-1) + moved[..., 3]
        # axis x (p - origin) = axis x p - axis x origin, summed over the joints of an angle
        turn = torch.einsum("kjd,bjc->bkdc", self._moves, axis)
        shift = torch.einsum("kjd,bjc->bkdc", self._moves, torch.linalg.cross(axis, origin))
        jacobian = torch.linalg.cross(turn, points[:, :, None].expand_as(turn)) - shift
        return points, jacobian.transpose(2, 3)

    def _placed(self, placed: Tensor) -> Tensor:
        own = placed[:, self._mover]
        return (own[..., :3] * self._keypoints[:, None]).sum(-1) + own[..., 3]
