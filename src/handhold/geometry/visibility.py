"""How much of the sky each side of each face sees."""

from __future__ import annotations

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from handhold.geometry.mesh import TriMesh

_RAY_BUDGET = 1_000_000
_ALBEDO = 0.8
_BOUNCES = 8
_BOX = 100.0  # the rays are float32: work in a box of this size
_OFFSET = 1e-3


def sky_light(mesh: TriMesh, seed: int = 0) -> NDArray[np.float64]:
    """Light (F, 2) that reaches the front and the back of each face from all around, 0..1.

    Every face is a matt surface of albedo 0.8 under a white sky; light is gathered by random
    rays and up to eight bounces (ours). A wall of a closed body gets light on one side, an
    open single-layer wall on both, a wall buried in the object on none; cracks let little in.
    The idea of orienting facets by rays follows Takayama et al., "A Simple Method for
    Correcting Facet Orientations in Polygon Meshes Based on Ray Casting" (2014).
    """
    count = len(mesh.faces)
    rays = int(np.clip(_RAY_BUDGET // (2 * count), 12, 96))
    generator = np.random.default_rng(seed)
    scale = _BOX / max(float(mesh.extents.max()), 1e-30)
    triangles = ((mesh.triangles - mesh.centre) * scale).astype(np.float32)
    normals = mesh.face_normals
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, triangles)
    escaped = np.zeros((count, 2))
    hits: list[NDArray[np.int64]] = []
    for _ in range(rays):
        points = _points_on(triangles, generator)
        directions = _cosine_directions(normals, generator)
        for side, sign in enumerate((1.0, -1.0)):
            outward = sign * normals
            forward = sign * directions
            origins = (points + _OFFSET * outward).astype(np.float32)
            hit = np.asarray(scene.run(origins, forward.astype(np.float32)), dtype=np.int64)
            missed = hit < 0
            escaped[missed, side] += 1.0
            # Sides are numbered 2 f (front) and 2 f + 1 (back); -1 is the sky.
            back = (normals[hit] * forward).sum(axis=1) > 0
            hits.append(np.where(missed, -1, 2 * hit + back))
    escaped /= rays
    return _bounce(escaped, np.stack(hits).reshape(rays, 2, count), rays)


def _bounce(
    escaped: NDArray[np.float64], hits: NDArray[np.int64], rays: int
) -> NDArray[np.float64]:
    light = escaped
    for _ in range(_BOUNCES):
        flat = np.append(light.reshape(-1), 0.0)  # index -1, the sky, adds nothing twice
        light = escaped + _ALBEDO * flat[hits].sum(axis=0).T / rays
    return light


def _points_on(
    triangles: NDArray[np.float32], generator: np.random.Generator
) -> NDArray[np.float64]:
    weights = generator.dirichlet((1.0, 1.0, 1.0), len(triangles))
    return np.einsum("fc,fcd->fd", weights, triangles)


def _cosine_directions(
    normals: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Directions with density cos(angle to the normal): normal + a point of the unit sphere."""
    sphere = generator.normal(size=normals.shape)
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    directions = normals + 0.999 * sphere
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)
