"""Soft light on matt surfaces (all ours): a large key light above the camera's left shoulder with
a soft shadow, a sky that is brighter above than below, darkened by ambient occlusion, and a faint
rim from behind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from handhold.render.camera import Camera
from handhold.render.raycast import RayScene
from handhold.render.surface import Surface
from handhold.render.vectors import dot, tangents, unit

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_KEY = np.array([-0.55, 0.75, 0.55], np.float32)  # right, up, backward
_KEY_RADIUS = 0.22
_KEY_COLOR = np.array([1.00, 0.965, 0.92], np.float32)
_SKY_COLOR = np.array([0.92, 0.96, 1.00], np.float32)
_RIM = np.array([0.65, 0.35, -0.65], np.float32)
_OCCLUSION_RAYS = 2
_SHADOW_RAYS = 2
_REACH = 0.7  # of the scene's radius: what is farther does not darken the sky

# Rays are turned by a share of their spacing that repeats every 4 x 4 samples.
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
_SHIFT = np.arange(16, dtype=np.float32) / 16
_KINDS = (0, 2)  # exclusive or: each sample also sends the rays of another kind


def visibility(
    scene: RayScene, surface: Surface, camera: Camera, column: Rows, row: Rows
) -> Floats:
    """Shares (K, 2) of the near sky and of the key light that each point sees, from few rays.

    column, row (K,): where a sample is in its image; 4 x 4 neighbours send different rays, so
    that their mean is smooth.
    """
    kind = _BAYER[row % 4, column % 4]
    sky = _open_sky(scene, surface, kind)
    return np.stack([sky, _lit(scene, surface, _key(camera), kind)], axis=1)


def light(surface: Surface, visible: Floats, camera: Camera) -> Floats:
    """Linear light (K, 3) from each point to the eye; visible (K, 2) as from `visibility`."""
    axes = camera.axes.astype(np.float32)
    open_sky, lit = visible.T
    normal = surface.normal
    key = _key(camera)
    up = 0.5 + 0.5 * (normal @ (0.75 * axes[1] + 0.66 * axes[2]))
    sky = (0.16 + 0.42 * up) * (0.12 + 0.88 * open_sky**1.4)
    diffuse = np.clip(normal @ key, 0, None) * lit
    rim = np.clip(normal @ unit((_RIM @ axes)[None])[0], 0, None) * open_sky
    half = unit(key + surface.view)
    shine = surface.gloss * np.clip(dot(normal, half), 0, None) ** 40 * lit
    total = (sky + 0.18 * rim)[:, None] * _SKY_COLOR + 0.72 * diffuse[:, None] * _KEY_COLOR
    return _soft_clip(surface.color * total + shine[:, None])


def _key(camera: Camera) -> Floats:
    return unit((_KEY @ camera.axes.astype(np.float32))[None])[0]


def _open_sky(scene: RayScene, surface: Surface, kind: Rows) -> Floats:
    """Share (K,) of the sky that nothing near hides, cosine weighted; kind (K,) 0..15."""
    tangent, bitangent = tangents(surface.normal)
    total = np.zeros(len(kind), np.float32)
    for local in _sky_directions():
        for other in _KINDS:
            x, y, z = local[kind ^ other].T[:, :, None]
            direction = x * tangent + y * bitangent + z * surface.normal
            total += ~scene.blocked(surface.point, direction, _REACH * scene.radius)
    return total / np.float32(_OCCLUSION_RAYS * len(_KINDS))


def _sky_directions() -> Iterator[Floats]:
    """Unit directions (16 kinds, 3) about +z, as many as a sample sends of one kind."""
    for index in range(_OCCLUSION_RAYS):
        turn = 2 * math.pi * ((index + _SHIFT) / _OCCLUSION_RAYS + 0.37 * index)
        # Stratified in radius, and decorrelated from the turn.
        radius = np.sqrt((index + (_SHIFT * 7.0) % 1.0 * 0.98 + 0.01) / _OCCLUSION_RAYS)
        height = np.sqrt(np.maximum(1 - radius * radius, 1e-3))
        local = np.stack([radius * np.cos(turn), radius * np.sin(turn), height], axis=1)
        yield local.astype(np.float32)


def _lit(scene: RayScene, surface: Surface, key: Floats, kind: Rows) -> Floats:
    """Share (K,) of the key light that is seen; kind (K,) 0..15."""
    total = np.zeros(len(kind), np.float32)
    facing = np.flatnonzero(surface.normal @ key > 0)
    point, kind = surface.point[facing], kind[facing]
    for directions in _key_directions(key):
        for other in _KINDS:
            total[facing] += ~scene.blocked(point, directions[kind ^ other], 1e6)
    return total / np.float32(_SHADOW_RAYS * len(_KINDS))


def _key_directions(key: Floats) -> Iterator[Floats]:
    """Unit directions (16 kinds, 3) round `key` (3,), as many as a sample sends of one kind."""
    tangent, bitangent = tangents(key[None])
    for index in range(_SHADOW_RAYS):
        turn = 2 * math.pi * ((index + _SHIFT) / _SHADOW_RAYS)
        radius = _KEY_RADIUS * np.sqrt((index + (_SHIFT * 7.0) % 1.0) / _SHADOW_RAYS)
        x, y = (radius * np.cos(turn))[:, None], (radius * np.sin(turn))[:, None]
        yield unit((key + x * tangent + y * bitangent).astype(np.float32))


def _soft_clip(light: Floats) -> Floats:
    # Straight up to 0.7, then bends towards 1: highlights keep their colour.
    over = np.maximum(light - np.float32(0.7), 0)
    bent = np.minimum(light, np.float32(0.7)) + 0.3 * (1 - np.exp(-over / 0.3))
    return bent.astype(np.float32)
