"""How a person would take it: which way the hand points (ours).

Everything here is about directions only, so that it can be decided before any refinement:
the thumb towards the working end of a tool, upright things held upright, the palm on the rest's
side and the forearm away from it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from handhold.generate.anchors import PartShape

ALONG = 0.75
"""The rest lies along the part's axis when the cosine exceeds this."""
POINTING = ("press", "point")


def awkwardness(affordance: str, shape: PartShape, rotation: Tensor) -> Tensor:
    """(B,) how unlike a person's hand each orientation is: 0 natural, about 1 wrong.

    Args:
        rotation: (B, 3, 3) palm frames in the object frame, z up.
    """
    fingers, thumb, back = rotation.unbind(-1)
    forearm = -fingers
    distance = float(np.linalg.norm(shape.to_rest))
    rest = torch.as_tensor(shape.to_rest / max(distance, 1e-9)).to(rotation)
    has_rest = distance > 0.01
    if affordance in POINTING:
        # The back of the hand up, or the thumb: never from below.
        return 0.3 * (1.0 - torch.maximum(back[:, 2], thumb[:, 2])) + 0.4 * torch.relu(-back[:, 2])
    if affordance == "base-support":
        return 0.1 * torch.relu(forearm[:, 2])
    if affordance == "twist":
        return 0.15 * torch.relu(forearm[:, 2]) + 0.1 * torch.relu(-thumb[:, 2])
    axis = torch.as_tensor(shape.axis).to(rotation)
    along = float(rest @ axis)
    total = torch.zeros_like(back[:, 0])
    tool = has_rest and abs(along) > ALONG and affordance == "handle-grip"
    if tool:
        total = total + 0.6 * torch.relu(0.6 - thumb @ rest)
    elif abs(float(axis[2])) > 0.6 or affordance == "wrap-around-grip":
        total = total + 0.5 * torch.relu(0.5 - thumb[:, 2])
    else:
        total = total + 0.3 * torch.relu(-thumb[:, 2])
    if has_rest and not tool:
        total = total + 0.4 * torch.relu(back @ rest) + 0.4 * torch.relu(forearm @ rest - 0.2)
    return total + 0.15 * torch.relu(-forearm[:, 2] - 0.5) + 0.15 * torch.relu(forearm[:, 2] - 0.5)
