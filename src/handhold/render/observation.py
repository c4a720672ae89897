"""A view of an object as a detector and its votes need it: picture, depth and ids per pixel.

The picture has the light of `render.shading` without shadows and with one sample per pixel: it
is made for a network, in a fraction of the time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handhold.geometry import TriMesh
from handhold.grounding.observation import NOTHING, Observation
from handhold.render.camera import Camera
from handhold.render.light import light
from handhold.render.palette import to_linear, to_srgb
from handhold.render.raycast import Hits, RayScene
from handhold.render.shaded_mesh import ShadedMesh
from handhold.render.surface import visible_surface
from handhold.render.view_choice import choose_views

VIEW_SIZE = (512, 512)

_BACKGROUND = (0.94, 0.945, 0.95)


def observe_object(
    mesh: TriMesh,
    face_parts: NDArray[np.int64],
    *,
    views: int = 3,
    size: tuple[int, int] = VIEW_SIZE,
    color: ArrayLike = (0.78, 0.785, 0.795),
) -> tuple[Observation, ...]:
    """The object from `views` sides that together show it best (choose_views), best side first.

    mesh: F faces, metres, z up. face_parts (F,): index of the part of each face.
    """
    scene = RayScene([ShadedMesh(mesh.vertices, mesh.faces, color=color)])
    return tuple(
        observe(
            scene,
            Camera.framing(mesh.vertices, view.azimuth, view.elevation),
            size,
            face_parts=face_parts,
        )
        for view in choose_views(scene, mesh, face_parts, views)
    )


def observe(
    scene: RayScene,
    camera: Camera,
    size: tuple[int, int] = VIEW_SIZE,
    *,
    face_parts: NDArray[np.int64] | None = None,
) -> Observation:
    """What the camera sees of a scene in `size` (width, height) pixels.

    face_parts (F,): part of each of the scene's faces; None: one part 0. Face ids count through
    all meshes of the scene; points are in the frame of its vertices.
    """
    width, height = size
    directions = camera.rays(width, height)
    hits = scene.cast(camera.eye, directions)
    shape = (height, width)
    faces = _plane(shape, hits, hits.face.astype(np.int32), NOTHING)
    parts = np.zeros(len(scene.triangles), np.int32) if face_parts is None else face_parts
    seen = directions[hits.ray]
    points = camera.eye + hits.distance[:, None].astype(np.float64) * seen
    along = hits.distance * (seen @ -camera.axes[2].astype(np.float32))
    return Observation(
        image=_picture(scene, camera, directions, hits, shape),
        depth=_plane(shape, hits, along, np.inf),
        points=_plane(shape, hits, points.astype(np.float32), np.nan),
        part_ids=_plane(shape, hits, np.asarray(parts)[hits.face].astype(np.int32), NOTHING),
        face_ids=faces,
    )


def unproject(
    camera: Camera, pixels: ArrayLike, depth: ArrayLike, width: int, height: int
) -> NDArray[np.float64]:
    """Points (N, 3), metres in the camera's world, of pixel coordinates (N, 2).

    pixels: x to the right and y down, from the picture's top left corner, so that the middle of
    the first pixel is (0.5, 0.5). depth (N,): metres along the viewing axis. The inverse of
    Camera.project.
    """
    place = np.asarray(pixels, dtype=np.float64)
    scale = 2 * math.tan(camera.fov / 2) / height
    right = (place[..., 0] - width / 2) * scale
    up = (height / 2 - place[..., 1]) * scale
    seen = np.stack([right, up, np.full_like(right, -1.0)], axis=-1)
    along = np.asarray(depth, dtype=np.float64)[..., None]
    points: NDArray[np.float64] = camera.eye + (along * seen) @ camera.axes
    return points


def _picture(
    scene: RayScene,
    camera: Camera,
    directions: NDArray[np.float32],
    hits: Hits,
    shape: tuple[int, int],
) -> NDArray[np.uint8]:
    background = to_linear(np.asarray(_BACKGROUND, np.float32))
    colors = np.tile(background, (shape[0] * shape[1], 1))
    if len(hits.ray):
        surface = visible_surface(scene, camera.eye, directions, hits)
        open_sky = np.ones((len(hits.ray), 2), np.float32)
        colors[hits.ray] = light(surface, open_sky, camera)
    return (to_srgb(colors) * 255 + 0.5).astype(np.uint8).reshape(*shape, 3)


def _plane(shape: tuple[int, int], hits: Hits, values: np.ndarray, nothing: float) -> np.ndarray:
    """Values (K, ...) of the rays that hit anything, as an image (height, width, ...)."""
    plane = np.full((shape[0] * shape[1], *values.shape[1:]), nothing, dtype=values.dtype)
    plane[hits.ray] = values
    return plane.reshape(*shape, *values.shape[1:])
