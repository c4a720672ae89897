"""How a person would take it: which way the hand points, and where it holds (ours).

It needs no distances, so it can be decided before any refinement: the thumb towards the working
end of a tool, upright things held upright, the palm on the rest's side and the forearm away from
it, and a handle held in its middle.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from handhold.contact import Prior
from handhold.generate.anchors import PartShape
from handhold.generate.rules import Candidates

ALONG = 0.75
"""The rest lies along the part's axis when the cosine exceeds this."""
POINTING = ("press", "point")
GRIPS = ("handle-grip", "wrap-around-grip")
FIRM_VERTICES = 100
"""Hand vertices in contact from which a grip counts as firm (of the human hand's 900)."""


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
    if affordance == "trigger-squeeze":
        return _round_the_neck(thumb, back, rest, has_rest)
    total = torch.zeros_like(back[:, 0])
    tool = is_tool(affordance, shape)
    if tool:
        total = total + 0.6 * torch.relu(0.6 - thumb @ rest)
    elif abs(float(shape.axis[2])) > 0.6 or affordance == "wrap-around-grip":
        total = total + 0.5 * torch.relu(0.5 - thumb[:, 2])
    else:
        total = total + 0.3 * torch.relu(-thumb[:, 2])
    if has_rest and not tool:
        total = total + 0.4 * torch.relu(back @ rest) + 0.4 * torch.relu(forearm @ rest - 0.2)
    return total + 0.15 * torch.relu(-forearm[:, 2] - 0.5) + 0.15 * torch.relu(forearm[:, 2] - 0.5)


def _round_the_neck(thumb: Tensor, back: Tensor, rest: Tensor, has_rest: bool) -> Tensor:
    """A trigger is pulled towards the palm, with what carries it in between; thumb up."""
    level = torch.nn.functional.normalize(rest * rest.new_tensor([1.0, 1.0, 0.0]), dim=0)
    away = torch.relu(0.7 - back @ level) if has_rest else torch.zeros_like(back[:, 0])
    return 2.5 * away + 0.5 * torch.relu(0.5 - thumb[:, 2])


def is_tool(affordance: str, shape: PartShape) -> bool:
    """Whether the part is a handle with the working end at one of its ends."""
    distance = float(np.linalg.norm(shape.to_rest))
    along = float(shape.to_rest @ shape.axis) / max(distance, 1e-9)
    return affordance == "handle-grip" and distance > 0.01 and abs(along) > ALONG


def off_centre(priors: Sequence[Prior], shape: PartShape, hands: Candidates) -> Tensor:
    """(B,) how far along the part the hand holds it: 0 in the middle, 1 at an end.

    Zero for tools, which are not held in the middle, and for affordances that do not grip.
    """
    pose = hands.pose
    affordance = priors[0].affordance
    if affordance not in GRIPS or is_tool(affordance, shape):
        return torch.zeros_like(pose.translation[:, 0])
    held = torch.stack([p.primitive.centre for p in priors])[hands.prior]
    place = (pose.rotation * held[:, None, :]).sum(-1) + pose.translation
    middle = shape.points.mean(0)
    axis = np.linalg.svd(shape.points - middle, full_matrices=False)[2][0]
    half = max(float(np.abs((shape.points - middle) @ axis).max()), 0.02)
    offset = (place - torch.as_tensor(middle).to(place)) @ torch.as_tensor(axis).to(place)
    return (offset.abs() / half).clamp(max=1.0)


def looseness(priors: Sequence[Prior], hands: Candidates) -> Tensor:
    """(B,) 0 where the prior holds with the whole hand, near 1 for fingertips; only for grips."""
    if priors[0].affordance not in GRIPS:
        return torch.zeros_like(hands.pose.translation[:, 0])
    held = torch.stack([(p.contact_mean > 0.5).sum() for p in priors])[hands.prior]
    return (1.0 - held / FIRM_VERTICES).clamp(min=0.0)


def unnaturalness(priors: Sequence[Prior], shape: PartShape, hands: Candidates) -> Tensor:
    """(B,) awkward directions, holding a part by its end, and holding it by fingertips."""
    turned = awkwardness(priors[0].affordance, shape, hands.pose.rotation)
    return turned + 0.3 * off_centre(priors, shape, hands) + 0.7 * looseness(priors, hands)
