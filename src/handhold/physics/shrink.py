"""Convex pieces with their planes moved inwards."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import HalfspaceIntersection, QhullError

from handhold.geometry import TriMesh, convex_hull, hull_planes

_MOST = 0.8  # ours: of the inscribed radius, where a piece is thinner than it is to shrink


def shrunk(piece: TriMesh, by: float) -> TriMesh:
    """A convex mesh with every plane of its hull `by` metres further in.

    A piece whose inscribed ball is too small for that shrinks by 80 % of its radius (ours).
    A flat piece and `by` 0 come back unchanged.
    """
    planes = hull_planes(piece) if by > 0 else None
    if planes is None:
        return piece
    centre, radius = _inscribed_ball(planes)
    moved = planes.copy()
    moved[:, 3] += min(by, _MOST * radius)
    try:
        corners = HalfspaceIntersection(moved, centre).intersections
    except QhullError:
        return piece
    hull = convex_hull(np.unique(np.round(corners, 9), axis=0))
    return piece if hull is None else hull


def _inscribed_ball(planes: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and radius of the largest ball within unit planes (P, 4): Chebyshev's centre."""
    answer = linprog(
        c=[0, 0, 0, -1],
        A_ub=np.column_stack([planes[:, :3], np.ones(len(planes))]),
        b_ub=-planes[:, 3],
        bounds=[(None, None)] * 3 + [(0, None)],
    )
    return answer.x[:3], float(answer.x[3])
