"""Bones through the object, and the hand through itself."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.contact import sphere_depth
from handhold.evaluate.profile import QuickProfile
from handhold.evaluate.surface import surface_distance
from handhold.geometry import TriMesh

MM_PER_M = 1000.0
N_KEYPOINTS = 21
# wrist, then four keypoints per finger, thumb first
HUMAN_BONES: NDArray[np.int64] = np.array(
    [
        (start, end)
        for finger in range(5)
        for start, end in zip(
            (0, *range(1 + 4 * finger, 4 + 4 * finger)),
            range(1 + 4 * finger, 5 + 4 * finger),
            strict=True,
        )
    ]
)
_PLATE = (0.4, 0.7, 1.0)  # ours: where the palm plate is sampled, from root to knuckles


def bone_points(
    keypoints: NDArray[np.float64],
    profile: QuickProfile,
    bones: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Points (B, N, 3) along the bones of hands with keypoints (B, K, 3), metres.

    bones (E, 2): keypoint pairs from the root outwards; without them the chains wrist,
    knuckle, ..., tip of the five fingers of 21 keypoints. A bone that ends in a tip (nothing
    starts there) is `tip_trim` metres shorter, for a tip keypoint lies near the skin. The palm
    plate is added: the triangles between a root and neighbouring bones that start in it. Spaced
    `bone_spacing` at most, in the longest hand of the batch.
    """
    points = np.asarray(keypoints, dtype=np.float64)
    if bones is None and points.shape[1:] != (N_KEYPOINTS, 3):
        raise ValueError(f"keypoints {points.shape}, expected (B, {N_KEYPOINTS}, 3)")
    pairs = [(int(a), int(b)) for a, b in (HUMAN_BONES if bones is None else bones)]
    starts, ends = {a for a, _ in pairs}, {b for _, b in pairs}
    lines = []
    for a, b in pairs:
        end = points[:, b]
        if b not in starts:
            end = _shortened(points[:, a], end, profile.tip_trim)
        lines.append(_line(points[:, a], end, profile.bone_spacing))
    for root in sorted(starts - ends):
        knuckles = [points[:, b] for a, b in pairs if a == root]
        lines += _plate(points[:, root], knuckles, profile.bone_spacing)
    return np.concatenate(lines, axis=1)


def _plate(
    root: NDArray[np.float64], knuckles: list[NDArray[np.float64]], spacing: float
) -> list[NDArray[np.float64]]:
    return [
        _line(root + share * (first - root), root + share * (second - root), spacing)
        for first, second in itertools.pairwise(knuckles)
        for share in _PLATE
    ]


def skeleton_piercing_mm(
    mesh: TriMesh,
    keypoints: NDArray[np.float64],
    *,
    bones: NDArray[np.int64] | None = None,
    has_solid: bool = True,
    profile: QuickProfile | None = None,
) -> NDArray[np.float64]:
    """(B,) mm: how deep the object reaches into the core of the hand's bones; 0 if not at all.

    Ours: max over `bone_points` of core radius - signed distance, where the core is 5 mm thick
    around the bone's axis. A bone axis inside a solid scores its depth + 5 mm, one that passes
    through a wall of any thinness at least 4 mm (5 mm less half the spacing), one that stays
    5 mm off the surface 0. Over 3 mm therefore means: a bone's axis within 2 mm of the surface
    or inside. Without a solid the distance is unsigned: walls count, an inside does not exist.
    """
    profile = profile or QuickProfile()
    points = bone_points(keypoints, profile, bones)
    distance = surface_distance(mesh, points, reach=profile.bone_core_radius, has_solid=has_solid)
    core = torch.tensor(profile.bone_core_radius, dtype=torch.float64)
    piercing = sphere_depth(torch.from_numpy(distance), core, share=1.0).numpy()
    return MM_PER_M * piercing.max(axis=1)


def self_penetration_mm(
    centres: NDArray[np.float64], radius: NDArray[np.float64], pairs: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(B,) mm: largest overlap of two self-collision spheres of `pairs` (P, 2).

    centres (B, S, 3) and radius (S,) in metres.
    """
    gap = _gaps(np.asarray(centres), np.asarray(radius))[:, pairs[:, 0], pairs[:, 1]]
    return MM_PER_M * np.maximum(0.0, -gap).max(axis=1, initial=0.0)


def _gaps(centres: NDArray[np.float64], radius: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B, S, S) distance between sphere surfaces; negative where they overlap."""
    offset = centres[:, :, None] - centres[:, None]
    return np.linalg.norm(offset, axis=-1) - radius[:, None] - radius[None, :]


def _line(
    start: NDArray[np.float64], end: NDArray[np.float64], spacing: float
) -> NDArray[np.float64]:
    longest = np.linalg.norm(end - start, axis=-1).max(initial=0.0)
    fraction = np.linspace(0.0, 1.0, int(np.ceil(longest / spacing)) + 1)
    return start[:, None] + fraction[None, :, None] * (end - start)[:, None]


def _shortened(
    start: NDArray[np.float64], end: NDArray[np.float64], trim: float
) -> NDArray[np.float64]:
    """`end` moved `trim` metres towards `start`, never past it."""
    length = np.linalg.norm(end - start, axis=-1, keepdims=True)
    keep = np.clip(1.0 - trim / np.maximum(length, 1e-12), 0.0, 1.0)
    return start + keep * (end - start)
