"""What rays hit, as light needs it: points, normals and colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.render.raycast import Hits, RayScene
from handhold.render.vectors import blend, dot, unit

_LIFT = np.float32(2e-4)
"""Of the scene's radius: how far above the surface rays towards the light begin."""


@dataclass(frozen=True, eq=False)
class Surface:
    """The visible surface, one row (K) per ray that hits: `point` (K, 3) metres, just above it;
    unit `normal` (K, 3) on the viewer's side and unit `view` (K, 3) towards the eye; `distance`
    (K,) metres from the eye; linear `color` (K, 3), `gloss` (K,) and the index `mesh` (K,)."""

    point: NDArray[np.float32]
    normal: NDArray[np.float32]
    view: NDArray[np.float32]
    distance: NDArray[np.float32]
    color: NDArray[np.float32]
    gloss: NDArray[np.float32]
    mesh: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.mesh)

    def select(self, rows: NDArray[np.int64]) -> Surface:
        """The rows that are picked."""
        return Surface(
            self.point[rows],
            self.normal[rows],
            self.view[rows],
            self.distance[rows],
            self.color[rows],
            self.gloss[rows],
            self.mesh[rows],
        )


def visible_surface(
    scene: RayScene, eye: NDArray[np.float64], directions: NDArray[np.float32], hits: Hits
) -> Surface:
    """The surface where rays from `eye` (3,) in `directions` (N, 3) hit the scene."""
    normals = scene.corner_normals[hits.face]
    mesh = scene.mesh_of_face[hits.face]
    view = -directions[hits.ray]
    normal = unit(blend(hits.weights, normals))
    # Both sides of a face are lit: open and inside-out meshes must look like any other.
    facing = np.where(dot(scene.face_normals[hits.face], view) < 0, np.float32(-1), np.float32(1))
    normal = unit(_towards(normal * facing[:, None], view))
    point = eye.astype(np.float32) - hits.distance[:, None] * view
    point = _lifted(point, scene.triangles[hits.face], normals, facing, hits.weights)
    point += _LIFT * np.float32(scene.radius) * normal
    color = blend(hits.weights, scene.linear_colors[hits.face])
    return Surface(point, normal, view, hits.distance, color, scene.gloss[mesh], mesh)


def _towards(normal: NDArray[np.float32], view: NDArray[np.float32]) -> NDArray[np.float32]:
    # A blended normal may point away from the eye at the silhouette.
    away = np.minimum(dot(normal, view)[:, None] - np.float32(0.02), 0)
    turned: NDArray[np.float32] = normal - away * view
    return turned


def _lifted(
    point: NDArray[np.float32],
    triangles: NDArray[np.float32],
    normals: NDArray[np.float32],
    facing: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Ray origins on the curved surface that the corners' `normals`, times `facing`, suggest.

    Keeps coarse, smoothly shaded meshes from shadowing themselves face by face. Hanika,
    "Hacking the Shadow Terminator", Ray Tracing Gems II (2021).
    """
    below = np.einsum("kcd,kcd->kc", point[:, None, :] - triangles, normals)
    below = facing[:, None] * np.minimum(facing[:, None] * below, 0)
    lifted: NDArray[np.float32] = point - blend(weights * below, normals)
    return lifted
