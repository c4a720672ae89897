"""The 21 key points of a hand by name, and the orders in which data sets list them."""

from __future__ import annotations

FINGERS = ("thumb", "index", "middle", "ring", "little")
PLACES = ("base", "middle", "distal", "tip")

# Ours, and the order of OpenPose (also of DexYCB, OakInk and manopth): thumb to little.
KEYPOINT_NAMES = ("wrist", *(f"{finger}_{place}" for finger in FINGERS for place in PLACES))
# The joints of a MANO file, the little finger before the ring finger, and then the tips, which
# are no joints there (the order of smplx and HO-3D).
MANO_NAMES = (
    "wrist",
    *(
        f"{finger}_{place}"
        for finger in ("index", "middle", "little", "ring", "thumb")
        for place in PLACES[:3]
    ),
    *(f"{finger}_tip" for finger in FINGERS),
)
# The grasps of D-Grasp, made from DexYCB: the thumb last.
DGRASP_NAMES = (
    "wrist",
    *(f"{finger}_{place}" for finger in (*FINGERS[1:], FINGERS[0]) for place in PLACES),
)
