"""The contact map of GDG section 3.2: one scalar per hand vertex."""

from __future__ import annotations

import torch
from torch import Tensor

CONTACT_DISTANCE = 0.005
"""A hand vertex this near to a surface, in metres, or inside it, touches it."""
STEEPNESS = 200.0
"""Of the sigmoid, per metre."""


def contact_map(distance: Tensor) -> Tensor:
    """Contact value of each hand vertex: 1 at the surface or inside, 0.24 at 1 cm.

    c(d) = 1 - 2 (sigmoid(2 d) - 1/2) with d in centimetres. GDG prints no formula; this is
    the one of GraspTTA (Jiang et al. 2021).

    Args:
        distance: (...) metres from the surface; negative inside.
    """
    return 2.0 - 2.0 * torch.sigmoid(STEEPNESS * distance.clamp(min=0.0))
