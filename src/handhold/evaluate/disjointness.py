"""How far a hand that does not touch stays away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.surface import HandOnSurface, closest_touchable
from handhold.geometry import TriMesh

CM_PER_M = 100.0


def disjointness_cm(
    mesh: TriMesh,
    hand_vertices: NDArray[np.float64],
    on_surface: HandOnSurface,
    object_depth_cm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(B,) cm: smallest distance from the hand's vertices to the object's surface; 0 if it cuts.

    hand_vertices (B, V, 3) metres, in the object's frame.

    0 where a vertex is inside the object or a point of the object inside the hand
    (object_depth_cm > 0, see `object_in_hand_depth_cm`). Ours: the papers at hand name no such
    number. Peers (CPF and data sets after it) average the distance from fingertip regions to the
    object, also of hands that touch, which rewards closeness of every finger; here it is only
    the gap that is left. Exact up to the spacing of the hand's vertices.
    """
    nearest = on_surface.distance.min(axis=1)
    for index in np.flatnonzero(~np.isfinite(nearest) | (on_surface.face < 0).all(axis=1)):
        # Nothing within reach: vertices further away were not measured.
        nearest[index] = closest_touchable(mesh, hand_vertices[index]).distance.min()
    gap = np.where(object_depth_cm > 0, 0.0, np.maximum(nearest, 0.0))
    return np.asarray(CM_PER_M * gap, dtype=np.float64)
