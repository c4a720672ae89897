"""Key points of one hand to the joints of another (MaskDexGrasp's supplement, section C)."""

from handhold.retarget.energies import EnergyWeights, SignedDistance
from handhold.retarget.fit import FitSettings, retarget
from handhold.retarget.keypoints import (
    KEYPOINT_NAMES,
    ORDERS,
    Keypoints,
    in_order_of,
    keypoints_of,
    name_keypoints,
)
from handhold.retarget.records import CODES, Retargeted
from handhold.retarget.refinement import Refined, RefineSettings, refine_retargeted

__all__ = [
    "CODES",
    "EnergyWeights",
    "FitSettings",
    "KEYPOINT_NAMES",
    "Keypoints",
    "ORDERS",
    "RefineSettings",
    "Refined",
    "Retargeted",
    "SignedDistance",
    "in_order_of",
    "keypoints_of",
    "name_keypoints",
    "refine_retargeted",
    "retarget",
]
