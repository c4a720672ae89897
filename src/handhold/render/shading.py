"""Pictures of meshes: soft light on matt surfaces, computed by rays on the CPU.

Light (all ours): a large key light above the camera's left shoulder with a soft shadow, a sky
that is brighter above than below, darkened by ambient occlusion, and a faint rim from behind.
Each sub-pixel sends few rays, in a pattern that repeats every 4 x 4 sub-pixels; a filter of that
size, which stops at edges, then removes the noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from handhold.render.camera import Camera
from handhold.render.denoise import edge_stopping_mean
from handhold.render.raycast import Hits, RayScene
from handhold.render.shaded_mesh import ShadedMesh

BACKGROUND_TOP = (0.975, 0.976, 0.980)
BACKGROUND_BOTTOM = (0.905, 0.911, 0.922)

_KEY = np.array([-0.55, 0.75, 0.55], np.float32)  # right, up, backward
_KEY_RADIUS = 0.22
_KEY_COLOR = np.array([1.00, 0.965, 0.92], np.float32)
_SKY_COLOR = np.array([0.92, 0.96, 1.00], np.float32)
_RIM = np.array([0.65, 0.35, -0.65], np.float32)
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16.0
_OCCLUSION_RAYS = 2
_SHADOW_RAYS = 2


@dataclass(frozen=True, eq=False)
class _Surface:
    """The visible surface, one row per sub-pixel that hits: all (K, ...) float32."""

    point: np.ndarray
    normal: np.ndarray
    color: np.ndarray
    gloss: np.ndarray
    view: np.ndarray


def render(
    meshes: Sequence[ShadedMesh],
    camera: Camera,
    size: tuple[int, int] = (640, 640),
    *,
    supersample: int = 2,
    background: tuple[float, float, float] | None = None,
) -> Image.Image:
    """An RGB picture of meshes, `size` (width, height) pixels; see render_scene."""
    return render_scene(
        RayScene(meshes), camera, size, supersample=supersample, background=background
    )


def render_scene(
    scene: RayScene,
    camera: Camera,
    size: tuple[int, int] = (640, 640),
    *,
    supersample: int = 2,
    background: tuple[float, float, float] | None = None,
) -> Image.Image:
    """An RGB picture of `size` (width, height) pixels of a scene that is used more than once.

    supersample: sub-pixels per pixel and axis. background: one sRGB colour 0..1; None is a light
    neutral gradient.
    """
    width, height = size[0] * supersample, size[1] * supersample
    directions = camera.rays(width, height)
    hits = scene.cast(camera.eye, directions)
    image = _background(width, height, background)
    if len(hits.ray):
        surface = _surface(scene, camera, directions, hits)
        image[hits.ray] = _light(scene, surface, camera, hits, width, height)
    pixels = image.reshape(size[1], supersample, size[0], supersample, 3).mean(axis=(1, 3))
    return Image.fromarray((_to_srgb(pixels) * 255 + 0.5).astype(np.uint8), "RGB")


def _surface(
    scene: RayScene,
    camera: Camera,
    directions: np.ndarray,
    hits: Hits,
) -> _Surface:
    normals = scene.corner_normals[hits.face]
    colors = _to_linear(scene.corner_colors)[hits.face]
    gloss = scene.gloss[scene.mesh_of_face[hits.face]]
    view = -directions[hits.ray]
    normal = _unit(_blend(hits.weights, normals))
    # Both sides of a face are lit: open and inside-out meshes must look like any other.
    flat = scene.face_normals[hits.face]
    facing = np.where(_dot(flat, view) < 0, np.float32(-1), np.float32(1))[:, None]
    normal = _unit(_towards(normal * facing, view))
    point = camera.eye.astype(np.float32) - hits.distance[:, None] * view
    lifted = _lifted(point, scene.triangles[hits.face], normals * facing[:, :, None], hits.weights)
    offset = np.float32(2e-4 * scene.radius) * normal
    return _Surface(lifted + offset, normal, _blend(hits.weights, colors), gloss, view)


def _towards(normal: np.ndarray, view: np.ndarray) -> np.ndarray:
    # A blended normal may point away from the eye at the silhouette.
    away = np.minimum(_dot(normal, view)[:, None] - np.float32(0.02), 0)
    return normal - away * view


def _lifted(
    point: np.ndarray,
    triangles: np.ndarray,
    normals: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Ray origins on the curved surface that the normals suggest.

    Keeps coarse, smoothly shaded meshes from shadowing themselves face by face. Hanika,
    "Hacking the Shadow Terminator", Ray Tracing Gems II (2021).
    """
    below = np.einsum("kcd,kcd->kc", point[:, None, :] - triangles, normals)
    return point - _blend(weights * np.minimum(below, 0), normals)


def _light(
    scene: RayScene,
    surface: _Surface,
    camera: Camera,
    hits: Hits,
    width: int,
    height: int,
) -> np.ndarray:
    axes = camera.axes.astype(np.float32)
    key = _unit((_KEY @ axes)[None])
    shift = _BAYER[(hits.ray // width) % 4, (hits.ray % width) % 4].astype(np.float32)
    open_sky = _open_sky(scene, surface, shift)
    lit = _lit(scene, surface, key, shift)
    open_sky, lit = edge_stopping_mean(
        np.stack([open_sky, lit], axis=1),
        hits.ray,
        scene.mesh_of_face[hits.face],
        surface.normal,
        hits.distance,
        (height, width),
        0.03 * scene.radius,
    ).T
    normal, view = surface.normal, surface.view
    up = 0.5 + 0.5 * (normal @ (0.75 * axes[1] + 0.66 * axes[2]))
    sky = (0.16 + 0.42 * up) * (0.12 + 0.88 * open_sky**1.4)
    diffuse = np.clip(normal @ key[0], 0, None) * lit
    rim = np.clip(normal @ _unit((_RIM @ axes)[None])[0], 0, None) * open_sky
    half = _unit(key + view)
    shine = surface.gloss * np.clip(_dot(normal, half), 0, None) ** 40 * lit
    light = (
        sky[:, None] * _SKY_COLOR
        + 0.72 * diffuse[:, None] * _KEY_COLOR
        + 0.18 * rim[:, None] * _SKY_COLOR
    )
    return _soft_clip(surface.color * light + shine[:, None]).astype(np.float32)


def _open_sky(scene: RayScene, surface: _Surface, shift: np.ndarray) -> np.ndarray:
    """Share (K,) of the sky that nothing near hides, cosine weighted."""
    tangent, bitangent = _tangents(surface.normal)
    total = np.zeros(len(shift), np.float32)
    for index in range(_OCCLUSION_RAYS):
        turn = 2 * math.pi * ((index + shift) / _OCCLUSION_RAYS + 0.37 * index)
        # Stratified in radius, and decorrelated from the turn.
        radius = np.sqrt((index + (shift * 7.0) % 1.0 * 0.98 + 0.01) / _OCCLUSION_RAYS)
        x, y = radius * np.cos(turn), radius * np.sin(turn)
        z = np.sqrt(np.maximum(1 - radius * radius, 1e-3))
        direction = x[:, None] * tangent + y[:, None] * bitangent + z[:, None] * surface.normal
        total += ~scene.blocked(surface.point, direction.astype(np.float32), 0.7 * scene.radius)
    return total / _OCCLUSION_RAYS


def _lit(scene: RayScene, surface: _Surface, key: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Share (K,) of the key light that is seen."""
    tangent, bitangent = _tangents(key)
    total = np.zeros(len(shift), np.float32)
    facing = np.flatnonzero(surface.normal @ key[0] > 0)
    for index in range(_SHADOW_RAYS):
        turn = 2 * math.pi * ((index + shift[facing]) / _SHADOW_RAYS)
        radius = _KEY_RADIUS * np.sqrt((index + (shift[facing] * 7.0) % 1.0) / _SHADOW_RAYS)
        x, y = radius * np.cos(turn), radius * np.sin(turn)
        direction = _unit(key + x[:, None] * tangent + y[:, None] * bitangent)
        free = ~scene.blocked(surface.point[facing], direction.astype(np.float32), 1e6)
        total[facing] += free
    return total / _SHADOW_RAYS


def _tangents(
    normal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors across each normal. Duff et al., "Building an Orthonormal Basis,
    Revisited" (2017)."""
    x, y, z = normal[:, 0], normal[:, 1], normal[:, 2]
    sign = np.where(z < 0, -1.0, 1.0).astype(np.float32)
    a = -1 / (sign + z)
    b = x * y * a
    first = np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1)
    return first, np.stack([b, sign + y * y * a, -y], axis=1)


def _background(width: int, height: int, color: tuple[float, float, float] | None) -> np.ndarray:
    if color is not None:
        return np.tile(_to_linear(np.asarray(color, np.float32)), (width * height, 1))
    blend = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    rows = (1 - blend) * np.array(BACKGROUND_TOP) + blend * np.array(BACKGROUND_BOTTOM)
    return np.repeat(_to_linear(rows.astype(np.float32)), width, axis=0)


def _soft_clip(light: np.ndarray) -> np.ndarray:
    # Straight up to 0.7, then bends towards 1: highlights keep their colour.
    over = np.maximum(light - 0.7, 0)
    return np.where(light > 0.7, 0.7 + 0.3 * (1 - np.exp(-over / 0.3)), light)


def _to_linear(color: np.ndarray) -> np.ndarray:
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def _to_srgb(light: np.ndarray) -> np.ndarray:
    clipped = np.clip(light, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.sqrt(_dot(vectors, vectors)), np.float32(1e-12))[:, None]


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    # einsum: numpy's sum over an axis of three is several times slower.
    return np.einsum("kd,kd->k", first, second)


def _blend(weights: np.ndarray, corners: np.ndarray) -> np.ndarray:
    return np.einsum("kc,kcd->kd", weights, corners)
