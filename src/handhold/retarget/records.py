"""What retargeting returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from handhold.retarget.keypoints import TIPS, Keypoints

UNFINISHED, SETTLED, STUCK = 0, 1, 2
CODES: Mapping[int, str] = MappingProxyType(
    {
        UNFINISHED: "the steps ran out before the pose settled",
        SETTLED: "the pose settled",
        STUCK: "no step made it better any more",
    }
)


@dataclass(frozen=True, eq=False)
class Retargeted:
    """Poses of the target hand, in the frame of the source's key points.

    Attributes:
        translation: (B, 3) metres, rotation: (B, 3, 3), joints: (B, D) radians: as `Hand.pose`.
        error_mm: (B,) mean distance between key points of source and target, over those used.
        worst_mm: (B,) the largest. fingertip_mm: (B,) the mean over fingertips; nan without any.
        used: (B, K) which key points of the target were used. keypoint_names: (K,).
        code: (B,) one of CODES.
        scale: (B,) by which the source was grown about its wrist first; 1 unless asked for. The
            distances are to the grown source.
    """

    translation: Tensor
    rotation: Tensor
    joints: Tensor
    error_mm: Tensor
    worst_mm: Tensor
    fingertip_mm: Tensor
    used: Tensor
    keypoint_names: tuple[str, ...]
    code: Tensor
    scale: Tensor

    def __len__(self) -> int:
        return len(self.translation)


def distances_mm(points: Tensor, source: Keypoints) -> tuple[Tensor, Tensor, Tensor]:
    """(B,) mean, largest, and mean over fingertips of the distances (B, K) in millimetres.

    points: (B, K, 3) of the target, source: its counterpart in the same order.
    """
    distance = 1000.0 * (points - source.points).norm(dim=-1)
    is_tip = torch.tensor([name in TIPS for name in source.names], device=points.device)

    def mean(chosen: Tensor) -> Tensor:
        return torch.where(chosen, distance, 0.0).sum(1) / chosen.sum(1)

    worst = torch.where(source.present, distance, 0.0).amax(1)
    return mean(source.present), worst, mean(source.present & is_tip)
