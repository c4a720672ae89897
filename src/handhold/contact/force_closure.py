"""Exact test of force closure for a set of point contacts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Array = NDArray[np.float64]


def friction_cone_wrenches(
    points: Array,
    normals: Array,
    centre: Array,
    *,
    friction: float = 1.0,
    edges: int = 8,
    scale: float = 0.05,
    axes: Array | None = None,
) -> Array:
    """(C * edges, 6) wrenches of the cone edges, normal part of length one, torque over `scale`.

    Args:
        points: (C, 3) metres. normals: (C, 3) unit, into the object. centre: (3,).
        axes: (3, 3) orthonormal rows that fix where the edges lie on the cones; those of the
            frame if None, so that a turned scene then has other edges.
    """
    rows = np.eye(3) if axes is None else axes
    helper = rows[np.abs(normals @ rows.T).argmin(axis=1)]
    first = np.cross(normals, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(normals, first)
    angle = 2 * np.pi * np.arange(edges) / edges
    sideways = np.cos(angle)[:, None, None] * first + np.sin(angle)[:, None, None] * second
    force = (normals + friction * sideways).transpose(1, 0, 2).reshape(-1, 3)
    arm = np.repeat(points - centre, edges, axis=0)
    return np.hstack([force, np.cross(arm, force) / scale])


def is_force_closure(
    points: Array, normals: Array, centre: Array, *, friction: float = 1.0
) -> bool:
    """Whether the contacts can resist every small wrench.

    They can where the wrenches span all six dimensions and a strictly positive combination of
    them adds up to nothing, which is a linear programme.
    """
    wrenches = friction_cone_wrenches(points, normals, centre, friction=friction)
    if len(wrenches) < 7 or np.linalg.matrix_rank(wrenches, tol=1e-6) < 6:
        return False
    answer = linprog(np.ones(len(wrenches)), A_eq=wrenches.T, b_eq=np.zeros(6), bounds=(1.0, None))
    return bool(answer.status == 0)
