"""Rule-placed coarse poses: a prior's primitive laid on an anchor of the part (ours)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from handhold.contact import ObjectField, Prior, close_hand
from handhold.generate.anchors import Anchor
from handhold.hands import Hand
from handhold.refine import Pose

ROLLS = {"cylinder": 16, "cap": 12, "plane": 16, "spot": 12}
OPEN_SHARE = 0.35
"""How far a hand is opened before it closes on the surface."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Coarse poses with the prior each came from and how each was made.

    pose: B hands in the object frame; prior: (B,) index into the list of priors; network: (B,)
    True for samples of the network, False for rules.
    """

    pose: Pose
    prior: Tensor
    network: Tensor

    def __len__(self) -> int:
        return len(self.prior)

    def select(self, index: Tensor) -> Candidates:
        """The rows that `index` picks."""
        return Candidates(self.pose.select(index), self.prior[index], self.network[index])

    @staticmethod
    def concatenate(parts: Sequence[Candidates]) -> Candidates:
        """Candidates one after another."""
        return Candidates(
            Pose.concatenate([p.pose for p in parts]),
            torch.cat([p.prior for p in parts]),
            torch.cat([p.network for p in parts]),
        )


def _frame(axis: np.ndarray) -> np.ndarray:
    """A rotation whose third column is `axis`."""
    helper = np.eye(3)[int(np.abs(axis).argmin())]
    first = np.cross(helper, axis)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(axis, first), axis], axis=1)


def place(priors: Sequence[Prior], anchors: dict[str, list[Anchor]]) -> Candidates | None:
    """Every prior on every anchor of its kind, rolled about the axis; None without an anchor.

    Args:
        priors: at least one.
        anchors: per primitive kind.
    """
    translations, rotations, joints, index = [], [], [], []
    for number, prior in enumerate(priors):
        primitive = prior.primitive
        hand_frame = _frame(primitive.axis.cpu().numpy().astype(np.float64))
        centre = primitive.centre.cpu().numpy().astype(np.float64)
        signs = (1.0, -1.0) if primitive.kind == "cylinder" else (1.0,)
        for anchor in anchors.get(primitive.kind, []):
            for sign in signs:
                object_frame = _frame(sign * anchor.axis)
                for roll in range(ROLLS[primitive.kind]):
                    angle = 2 * np.pi * roll / ROLLS[primitive.kind]
                    c, s = np.cos(angle), np.sin(angle)
                    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
                    rotation = object_frame @ turn @ hand_frame.T
                    wider = max(0.0, anchor.radius - primitive.radius)
                    if primitive.kind != "cylinder":
                        wider = 0.0
                    back = rotation[:, 2] * wider
                    rotations.append(rotation)
                    translations.append(anchor.centre - rotation @ centre + back)
                    joints.append(prior.joints)
                    index.append(number)
    if not index:
        return None
    reference = priors[0].joints
    pose = Pose(
        torch.as_tensor(np.array(translations)).to(reference),
        torch.as_tensor(np.array(rotations)).to(reference),
        torch.stack(joints),
    )
    device = reference.device
    rows = torch.tensor(index, device=device)
    return Candidates(pose, rows, torch.zeros(len(rows), dtype=torch.bool, device=device))


def flexion_joints(hand: Hand) -> Tensor:
    """(D,) True for the angles that close a hand, not those that spread it or turn the thumb."""
    fixed = ("spread", "opposition", "abduction")
    return torch.tensor(
        [not name.endswith(fixed) for name in hand.joint_names], device=hand.faces.device
    )


def open_and_close(hand: Hand, field: ObjectField, candidates: Candidates) -> Candidates:
    """The same hands opened to 35 % and closed on the object until each link touches."""
    joints = candidates.pose.joints
    flexing = flexion_joints(hand)
    opened = torch.where(flexing, OPEN_SHARE * joints, joints)
    closed = torch.where(flexing, joints + 0.35 * joints.abs() + 0.1, joints)
    pose = candidates.pose
    shut = close_hand(
        hand, field.signed, pose.translation, pose.rotation, hand.clamp(opened), hand.clamp(closed)
    )
    return Candidates(
        Pose(pose.translation, pose.rotation, shut), candidates.prior, candidates.network
    )
