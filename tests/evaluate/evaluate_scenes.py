"""Small scenes with known answers. A "hand" here is a sphere with 21 key points."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

from handhold.evaluate import PosedHands
from handhold.geometry import TriMesh

FAR = 10.0


def box(size: tuple[float, float, float], centre: tuple[float, float, float]) -> TriMesh:
    mesh = trimesh.creation.box(size)
    mesh.apply_translation(centre)
    return TriMesh.from_trimesh(mesh)


def ball(radius: float, centre: tuple[float, float, float], detail: int = 4) -> TriMesh:
    mesh = trimesh.creation.icosphere(subdivisions=detail, radius=radius)
    mesh.apply_translation(centre)
    return TriMesh.from_trimesh(mesh)


def straight_keypoints(
    wrist: tuple[float, float, float], direction: tuple[float, float, float]
) -> NDArray[np.float64]:
    """(21, 3): five parallel fingers, 1 cm apart along x, 18 cm from wrist to tip."""
    along = np.asarray(direction) / np.linalg.norm(direction)
    points = [np.asarray(wrist, dtype=float)]
    for finger in range(5):
        start = points[0] + np.array([0.01 * (finger - 2), 0.0, 0.0])
        points += [start + length * along for length in (0.09, 0.13, 0.16, 0.18)]
    return np.array(points)


def hands_of(mesh: TriMesh, keypoints: NDArray[np.float64] | None = None) -> PosedHands:
    """One hand whose skin is `mesh`; without keypoints its skeleton is far away."""
    if keypoints is None:
        keypoints = straight_keypoints((FAR, FAR, FAR), (1.0, 0.0, 0.0))
    return PosedHands(mesh.vertices[None].copy(), mesh.faces.copy(), keypoints[None])
