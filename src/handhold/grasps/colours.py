"""The colours of hand, object and contact part: sRGB, 0..1. All are choices of ours."""

from __future__ import annotations

RGB = tuple[float, float, float]

HAND_SKIN: RGB = (0.878, 0.675, 0.565)
OBJECT_GREY: RGB = (0.780, 0.785, 0.795)
CONTACT_PART: RGB = (0.376, 0.580, 0.698)
