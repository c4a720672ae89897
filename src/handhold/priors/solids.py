"""Signed distances of the simple solids that templates close on; palm frame, metres."""

from __future__ import annotations

import torch
from torch import Tensor

from handhold.contact import Primitive

CAP_HEIGHT = 0.05
"""Length of the cylinder below a cap's rim, metres (ours)."""


def primitive_distance(primitive: Primitive, points: Tensor) -> Tensor:
    """Signed distance (...) of points (..., 3) to a primitive: negative inside.

    A cylinder and a plane have no ends; a cap is a cylinder that ends at the rim and goes on for
    CAP_HEIGHT below it; a spot is the half-space below it.
    """
    offset = points - primitive.centre
    along = (offset * primitive.axis).sum(-1)
    if primitive.kind in ("plane", "spot"):
        return along
    across = (offset - along[..., None] * primitive.axis).norm(dim=-1) - primitive.radius
    if primitive.kind == "cylinder":
        return across
    beyond = (along + CAP_HEIGHT / 2).abs() - CAP_HEIGHT / 2
    outside = torch.stack([across.clamp(min=0), beyond.clamp(min=0)], -1).norm(dim=-1)
    return outside + torch.maximum(across, beyond).clamp(max=0)
