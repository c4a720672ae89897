"""What a hand is: data (joints, limits, skin, parts) and one interface to pose it."""

from handhold.hands.hand import Hand, PosedHand
from handhold.hands.loading import SHADOW, hand_names, load_hand
from handhold.hands.mjcf import hand_from_mjcf
from handhold.hands.mjcf_file import quiet_mujoco
from handhold.hands.spec import HAND_PARTS, HandSpec

__all__ = [
    "HAND_PARTS",
    "Hand",
    "HandSpec",
    "PosedHand",
    "hand_from_mjcf",
    "SHADOW",
    "hand_names",
    "load_hand",
    "quiet_mujoco",
]
