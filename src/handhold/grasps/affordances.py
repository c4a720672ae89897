"""The seven ways of using an object that handhold knows.

The first five are those of G-DexGrasp, press and point its seven-type run (after AffordPose).
The names are exact strings: files, libraries and checkpoints store them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

AFFORDANCES: tuple[str, ...] = (
    "handle-grip",
    "twist",
    "wrap-around-grip",
    "base-support",
    "trigger-squeeze",
    "press",
    "point",
)

AFFORDANCE_DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "handle-grip": "close the hand on a handle to lift, carry or swing the object",
        "twist": "hold a cap, knob or lid with spread fingers to turn it about its axis",
        "wrap-around-grip": "wrap thumb and fingers around the body of the object",
        "base-support": "carry the object from below on the open palm and fingers",
        "trigger-squeeze": "hold a grip with the index finger on a trigger, ready to pull it",
        "press": "push a button, key, pump or switch with a fingertip",
        "point": "touch or indicate a spot with the tip of the stretched index finger",
    }
)
