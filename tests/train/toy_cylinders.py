"""A toy world with known answers: upright cylinders, grasped from two sides or from above.

Cluster "side": the palm faces the axis at a known distance from the wall, at 130 degrees to either
side of the rest of the object, three times in five on the left. Cluster "top": the palm looks
down from a known height, its fingers in any direction at all.
"""

from __future__ import annotations

import numpy as np

from handhold.train import TrainingSet

GAP = 0.03
SIDE_ANGLE = np.radians(130.0)
SIDE_SHARE = 0.6
SIDE_SIGMA = np.radians(12.0)
ROLL_SIGMA = np.radians(8.0)
GAP_SIGMA = 0.003
HEIGHT_SHARE = 0.3
HAND = np.array([0.09, 0.04, 0.01])
REST_DISTANCE = 0.1


def toy_set(
    parts: int, per_part: int, seed: int, *, n_points: int = 512, vertices: int = 200
) -> TrainingSet:
    """``per_part`` grasps of each of ``parts`` random cylinders, half of them of each cluster."""
    rng = np.random.default_rng(seed)
    radius = rng.uniform(0.01, 0.05, parts)
    half = rng.uniform(0.04, 0.12, parts)
    clouds = [cylinder(r, h, n_points, rng) for r, h in zip(radius, half, strict=True)]
    part = np.repeat(np.arange(parts), per_part)
    cluster = np.tile(np.arange(per_part) % 2, parts)
    poses = [
        (top if c else side)(radius[p], half[p], rng) for p, c in zip(part, cluster, strict=True)
    ]
    hand_points, hand_normals = box_surface(HAND, vertices, rng)
    return TrainingSet(
        part_points=np.stack([points for points, _ in clouds]),
        part_normals=np.stack([normals for _, normals in clouds]),
        rest_centroid=np.tile([REST_DISTANCE, 0.0, 0.0], (parts, 1)),
        grasp_part=part,
        grasp_cluster=cluster,
        translation=np.stack([translation for translation, _ in poses]),
        rotation=np.stack([rotation for _, rotation in poses]),
        hand_vertices=np.stack([hand_points] * 2),
        hand_normals=np.stack([hand_normals] * 2),
        hand="toy",
        cluster_ids=("side", "top"),
        data_version="toy-1",
    )


def side(radius: float, half: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A pose of cluster "side"."""
    sign = 1 if rng.random() < SIDE_SHARE else -1
    angle = sign * SIDE_ANGLE + rng.normal(0, SIDE_SIGMA)
    outwards = np.array([np.cos(angle), np.sin(angle), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    upright = np.stack((np.cross(up, outwards), up, outwards), 1)
    height = rng.uniform(-HEIGHT_SHARE, HEIGHT_SHARE) * half
    distance = radius + GAP + rng.normal(0, GAP_SIGMA)
    return outwards * distance + up * height, upright @ about_z(rng.normal(0, ROLL_SIGMA))


def top(radius: float, half: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A pose of cluster "top"."""
    height = half + GAP + rng.normal(0, GAP_SIGMA)
    return np.array([0.0, 0.0, height]), about_z(rng.uniform(0, 2 * np.pi))


def about_z(angle: float) -> np.ndarray:
    """Rotation about z."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def cylinder(
    radius: float, half: float, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) and normals of an upright cylinder's surface, spread by area."""
    wall = rng.random(n) < 2 * half / (2 * half + radius)
    angle = rng.uniform(0, 2 * np.pi, n)
    circle = np.stack((np.cos(angle), np.sin(angle)), 1)
    sign = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    across = radius * np.where(wall, 1.0, np.sqrt(rng.random(n)))
    height = np.where(wall, rng.uniform(-half, half, n), sign * half)
    points = np.concatenate((circle * across[:, None], height[:, None]), 1)
    cap = np.stack((np.zeros(n), np.zeros(n), sign), 1)
    normals = np.where(wall[:, None], np.pad(circle, ((0, 0), (0, 1))), cap)
    return points, normals


def box_surface(
    half: np.ndarray, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) and normals on a box's faces, the same number on each."""
    face = np.arange(n) % 6
    axis, sign = face % 3, np.where(face < 3, 1.0, -1.0)
    points = rng.uniform(-1, 1, (n, 3)) * half
    points[np.arange(n), axis] = sign * half[axis]
    normals = np.zeros((n, 3))
    normals[np.arange(n), axis] = sign
    return points, normals
