"""What a camera sees of some triangles: exact depth, mesh and face per pixel, by ray casting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from handhold.render.camera import Camera
from handhold.render.palette import to_linear
from handhold.render.shaded_mesh import ShadedMesh

NOTHING = -1


@dataclass(frozen=True, eq=False)
class Buffers:
    """Per pixel (height, width): `depth` along the ray in metres (inf where nothing is),
    `mesh` the index of the mesh and `face` the face's index in that mesh (-1: nothing)."""

    depth: NDArray[np.float32]
    mesh: NDArray[np.int32]
    face: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Hits:
    """What rays hit: indices (K,) of the rays that hit anything, and for each of these the
    distance (K,), the face among all (K,) and the weights (K, 3) of the face's corners."""

    ray: NDArray[np.int64]
    distance: NDArray[np.float32]
    face: NDArray[np.int64]
    weights: NDArray[np.float32]


class RayScene:
    """The triangles of several meshes, one after the other, ready to be hit by rays."""

    def __init__(self, meshes: Sequence[ShadedMesh]) -> None:
        counts = [len(mesh.mesh.faces) for mesh in meshes]
        self.mesh_of_face = np.repeat(np.arange(len(meshes), dtype=np.int32), counts)
        starts = np.cumsum([0, *counts])[:-1]
        self.face_in_mesh = (
            np.arange(sum(counts)) - np.repeat(starts, counts).astype(np.int64)
        ).astype(np.int32)
        triangles = [mesh.mesh.triangles for mesh in meshes if len(mesh.mesh.faces)]
        empty = np.zeros((0, 3, 3))
        self.triangles = np.concatenate(triangles or [empty]).astype(np.float32)
        self._meshes = tuple(meshes)
        corners = self.triangles.reshape(-1, 3)
        self.radius = 0.5 * float(np.linalg.norm(np.ptp(corners, axis=0))) if len(corners) else 0.0
        self._scene = rtcore_scene.EmbreeScene()
        if len(self.triangles):
            TriangleMesh(self._scene, self.triangles)

    @cached_property
    def face_normals(self) -> NDArray[np.float32]:
        """Unit normals (F, 3) of all triangles."""
        return np.concatenate([m.mesh.face_normals for m in self._meshes]).astype(np.float32)

    @cached_property
    def corner_normals(self) -> NDArray[np.float32]:
        """Shading normals (F, 3 corners, 3) of all triangles."""
        return np.concatenate([m.corner_normals for m in self._meshes])

    @cached_property
    def corner_colors(self) -> NDArray[np.float32]:
        """Colours (F, 3 corners, 3) of all triangles, sRGB."""
        return np.concatenate([m.corner_colors for m in self._meshes])

    @cached_property
    def linear_colors(self) -> NDArray[np.float32]:
        """Colours (F, 3 corners, 3) of all triangles as amounts of light."""
        return to_linear(self.corner_colors)

    @cached_property
    def gloss(self) -> NDArray[np.float32]:
        """Strength of the highlight (M,) of each mesh."""
        return np.array([m.gloss for m in self._meshes], dtype=np.float32)

    def cast(self, eye: NDArray[np.float64], directions: NDArray[np.float32]) -> Hits:
        """First hits of rays from one point (3,) in directions (N, 3)."""
        if not len(self.triangles):
            nothing = np.zeros(0)
            return Hits(
                nothing.astype(np.int64),
                nothing.astype(np.float32),
                nothing.astype(np.int64),
                np.zeros((0, 3), np.float32),
            )
        origins = np.tile(np.asarray(eye, dtype=np.float32), (len(directions), 1))
        found = self._scene.run(origins, directions, output=1)
        ray = np.flatnonzero(found["primID"] >= 0)
        u, v = found["u"][ray], found["v"][ray]
        weights = np.stack([1 - u - v, u, v], axis=1)
        return Hits(ray, found["tfar"][ray], found["primID"][ray].astype(np.int64), weights)

    def blocked(
        self,
        origins: NDArray[np.float32],
        directions: NDArray[np.float32],
        reach: float,
    ) -> NDArray[np.bool_]:
        """Whether each ray (N, 3) meets anything within `reach` metres."""
        limits = np.full(len(origins), reach, dtype=np.float32)
        hit = self._scene.run(origins, directions, dists=limits, query="OCCLUDED")
        return np.asarray(hit) >= 0

    def buffers(self, camera: Camera, width: int, height: int) -> Buffers:
        """Depth, mesh and face per pixel."""
        hits = self.cast(camera.eye, camera.rays(width, height))
        depth = np.full(width * height, np.inf, dtype=np.float32)
        mesh = np.full(width * height, NOTHING, dtype=np.int32)
        face = np.full(width * height, NOTHING, dtype=np.int32)
        depth[hits.ray] = hits.distance
        mesh[hits.ray] = self.mesh_of_face[hits.face]
        face[hits.ray] = self.face_in_mesh[hits.face]
        shape = (height, width)
        return Buffers(depth.reshape(shape), mesh.reshape(shape), face.reshape(shape))


def render_buffers(meshes: Sequence[ShadedMesh], camera: Camera, size: tuple[int, int]) -> Buffers:
    """Depth, mesh id and face id of a picture of `size` (width, height) pixels."""
    return RayScene(meshes).buffers(camera, *size)
