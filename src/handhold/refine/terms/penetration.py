"""L_pen: object points under the skin."""

from __future__ import annotations

from torch import Tensor

from handhold.contact import depth_of_surface_points
from handhold.refine.terms.term import State


class Penetration:
    """L_pen = sum over near object points of their depth under the skin, metres.

    GDG eq. 5 with two changes (ours): only points within 3 cm of their nearest hand vertex
    count, and only where that vertex's normal says that they are inside. Without them far-side
    points push as well, and the overlap grows.
    """

    name = "pen"

    def __init__(self, slack: float = 0.0) -> None:
        self.slack = slack

    def __call__(self, state: State) -> Tensor:
        return depth_of_surface_points(
            state.field.points, state.posed.vertices, state.normals, state.pairs, self.slack
        ).sum(-1)
