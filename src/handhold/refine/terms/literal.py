"""Eq. 5 and 7 of GDG as printed, for comparison."""

from __future__ import annotations

from torch import Tensor

from handhold.contact import literal_penetration
from handhold.refine.terms.term import State


class LiteralPenetration:
    """Eq. 5 + eq. 7 of GDG without mask or inside test, metres. Slow, and worse: an option."""

    name = "literal_pen"

    def __init__(self, slack: float = 0.0) -> None:
        self.slack = slack

    def __call__(self, state: State) -> Tensor:
        field, vertices = state.field, state.posed.vertices
        normals = state.hand.vertex_normals(vertices)
        eq5, eq7 = literal_penetration(field.points, field.normals, vertices, normals, self.slack)
        return eq5 + eq7
