"""Penetration seen from the object: its surface points inside the hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.hands import PosedHands
from handhold.evaluate.penetration import inside_hands
from handhold.geometry import TriMesh, closest_points

CM_PER_M = 100.0


def object_in_hand_depth_cm(
    points: NDArray[np.float64],
    hands: PosedHands,
    points_inside: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """(B,) cm: largest distance to the hand's skin over the object points inside it; 0 if none.

    points (N, 3) metres: samples of the object's surface. Inside: a winding number of the skin
    over 1/2, so a hand that cuts itself has one inside; points_inside (B, N) if it is known.
    Source: the direction in which peers measure (DexGraspNet and those after it: 2000 and more
    points of the object in the hand); some average over points or sum over links instead. It
    misses a fingertip inside a large object that shows no surface near it;
    `penetration_depth_cm` does not. The number of points is ours.
    """
    if points_inside is None:
        points_inside = inside_hands(hands.vertices, hands.faces, points)
    depth = np.zeros(len(hands))
    for index in np.flatnonzero(points_inside.any(axis=1)):
        skin = TriMesh(hands.vertices[index], hands.faces)
        found = closest_points(skin, points[points_inside[index]])
        depth[index] = CM_PER_M * found.distance.max()
    return depth
