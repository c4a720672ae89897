"""From where to look: candidate views round the object, scored by what they show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from handhold.geometry import TriMesh, sample_surface
from handhold.render.camera import Camera
from handhold.render.raycast import RayScene

_PIXELS = 40
_APART = math.radians(70.0)
_NEAR = 0.02  # metres: what counts as the place of contact
_CLOSE = 0.10  # metres round the hand that a picture of a grasp shows
_WIDE = 0.35

# Upright views from a little above please most; from below only where that shows more.
_ELEVATIONS = ((-22.0, -0.14), (14.0, 0.0), (38.0, 0.0))


@dataclass(frozen=True)
class View:
    """A direction to look from: radians about z from +x, and above the horizontal plane."""

    azimuth: float
    elevation: float

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vector (3,) from what is looked at to the camera."""
        flat = math.cos(self.elevation)
        return np.array(
            [
                flat * math.cos(self.azimuth),
                flat * math.sin(self.azimuth),
                math.sin(self.elevation),
            ]
        )


CANDIDATES: tuple[tuple[View, float], ...] = tuple(
    (View(math.radians(22.5 + 45 * turn), math.radians(elevation)), bonus)
    for elevation, bonus in _ELEVATIONS
    for turn in range(8)
)


def part_views(scene: RayScene, mesh: TriMesh, face_parts: NDArray[np.int64]) -> list[View]:
    """Two views of an object that together show its parts; parts count evenly, not by size."""
    seen = []
    count = int(face_parts.max(initial=0)) + 1
    for view, _ in CANDIDATES:
        camera = Camera.framing(mesh.vertices, view.azimuth, view.elevation)
        face = scene.buffers(camera, _PIXELS, _PIXELS).face
        seen.append(np.bincount(face_parts[face[face >= 0]], minlength=count))
    pixels = np.sqrt(np.array(seen, dtype=np.float64))
    shares = pixels / np.maximum(pixels.max(axis=0), 1e-9)
    return _pick(shares.mean(axis=1))


def grasp_views(
    scene: RayScene, hand: TriMesh, target: TriMesh, contact_faces: NDArray[np.bool_]
) -> list[View]:
    """Two differing views of a grasp in which hand and contact are visible.

    The first is meant for a close picture, the second for one of the whole object.
    scene: the hand as mesh 0 and the object `target` (F faces) as mesh 1; contact_faces (F,)
    bool: the faces of the contact part. Seen hand, seen skin near the part, and seen part near
    the hand count 0.4, 0.35 and 0.25 (ours), each relative to the best candidate.
    """
    part = target.submesh(contact_faces) if contact_faces.any() else target
    near_skin = _near(hand.face_centres, sample_surface(part, 2000, 0).points)
    hand_tree = cKDTree(hand.vertices)
    points = grasp_frame([hand.vertices], target)
    scores = []
    for view, _ in CANDIDATES:
        camera = Camera.framing(points, view.azimuth, view.elevation)
        buffers = scene.buffers(camera, _PIXELS, _PIXELS)
        skin = buffers.mesh == 0
        on_part = (buffers.mesh == 1) & contact_faces[np.where(buffers.mesh == 1, buffers.face, 0)]
        directions = camera.rays(_PIXELS, _PIXELS).reshape(_PIXELS, _PIXELS, 3)[on_part]
        hits = camera.eye + buffers.depth[on_part][:, None] * directions
        near_part = hand_tree.query(hits)[0] < 1.5 * _NEAR if len(hits) else np.zeros(0)
        scores.append((skin.sum(), near_skin[buffers.face[skin]].sum(), np.sum(near_part)))
    seen = np.array(scores, dtype=np.float64)
    shares = seen / np.maximum(seen.max(axis=0), 1.0)
    return _pick(np.sqrt(shares) @ np.array([0.4, 0.35, 0.25]))


def grasp_frame(
    hands: Sequence[NDArray[np.float64]], target: TriMesh, *, wide: bool = False
) -> NDArray[np.float64]:
    """Points (N, 3) a picture of these hands (V, 3) must hold: they and the object near them.

    wide: the object as far as 35 cm from the hands (most objects whole), else 10 cm (ours).
    """
    skin = np.concatenate(hands)
    surface = sample_surface(target, 3000, 0).points
    reach = _WIDE if wide else _CLOSE
    near = cKDTree(skin).query(surface, distance_upper_bound=reach)[0] < reach
    return np.concatenate([skin, surface[near]])


def _pick(shown: NDArray[np.float64]) -> list[View]:
    views = [view for view, _ in CANDIDATES]
    scores = shown + np.array([bonus for _, bonus in CANDIDATES])
    first = int(scores.argmax())
    directions = np.array([view.direction for view in views])
    apart = np.arccos(np.clip(directions @ directions[first], -1, 1))
    second = int(np.where(apart >= _APART, scores, -np.inf).argmax())
    return [views[first], views[second]]


def _near(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = cKDTree(others).query(points)[0] < _NEAR
    return near
