"""What a hand is: data (joints, limits, skin, parts) and one interface to pose it."""

from handhold.hands.hand import Hand, PosedHand
from handhold.hands.spec import HAND_PARTS, HandSpec, hand_names, load_hand

__all__ = ["HAND_PARTS", "Hand", "HandSpec", "PosedHand", "hand_names", "load_hand"]
