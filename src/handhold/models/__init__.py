"""Networks: tensors in, tensors out. No files, no hands."""

from __future__ import annotations

from handhold.models.condition import Condition, make_condition, part_centre
from handhold.models.config import PRESETS, CvaeConfig, SetAbstractionConfig, cvae_preset
from handhold.models.cvae import PartAwareCVAE, Reconstruction
from handhold.models.neighbours import ball_groups, farthest_point_order, group_levels
from handhold.models.normalisation import Affine, Normalisation
from handhold.models.pointnet2 import PointNet2, SetAbstraction, SharedMlp

__all__ = [
    "PRESETS",
    "Affine",
    "Condition",
    "CvaeConfig",
    "Normalisation",
    "PartAwareCVAE",
    "PointNet2",
    "Reconstruction",
    "SetAbstraction",
    "SetAbstractionConfig",
    "SharedMlp",
    "ball_groups",
    "cvae_preset",
    "farthest_point_order",
    "group_levels",
    "make_condition",
    "part_centre",
]
