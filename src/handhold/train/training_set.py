"""What the part-aware CVAE learns from: parts, grasps of them, and a frozen hand per cluster."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace

import numpy as np

from handhold.errors import InputError


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """G grasps of P parts with K clusters; everything in metres, z up, relative to the part.

    The origin is the part's centre as the maker of the set took it (roughly the centre of its
    axis-aligned box); training measures the exact one again after every augmentation.

    part_points (P, N, 3), part_normals (P, N, 3): surface samples, unit outward normals.
    rest_centroid (P, 3): of the rest of the object; a row of NaN or of zeros where there is none.
    grasp_part (G,), grasp_cluster (G,): indices. translation (G, 3), rotation (G, 3, 3): the
    palm's pose. hand_vertices (K, M, 3), hand_normals (K, M, 3): some 200 points on the skin in
    the palm's frame, fingers at the cluster's representative pose.
    hand: its name. cluster_ids: K names. data_version: of the set, categories: of its objects;
    both are stored with the weights.
    """

    part_points: np.ndarray
    part_normals: np.ndarray
    rest_centroid: np.ndarray
    grasp_part: np.ndarray
    grasp_cluster: np.ndarray
    translation: np.ndarray
    rotation: np.ndarray
    hand_vertices: np.ndarray
    hand_normals: np.ndarray
    hand: str
    cluster_ids: tuple[str, ...]
    data_version: str
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together; InputError says which and how."""
        parts, n = self.part_points.shape[0], self.part_points.shape[1]
        grasps = len(self.grasp_part)
        clusters, vertices = len(self.cluster_ids), self.hand_vertices.shape[1]
        expected = {
            "part_points": (parts, n, 3),
            "part_normals": (parts, n, 3),
            "rest_centroid": (parts, 3),
            "grasp_part": (grasps,),
            "grasp_cluster": (grasps,),
            "translation": (grasps, 3),
            "rotation": (grasps, 3, 3),
            "hand_vertices": (clusters, vertices, 3),
            "hand_normals": (clusters, vertices, 3),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise _refusal(f"'{name}' has shape {array.shape}, expected {shape}")
            if name != "rest_centroid" and not np.isfinite(array).all():
                raise _refusal(f"'{name}' has values that are not finite")
        if min(parts, n, grasps, clusters, vertices) < 1:
            raise _refusal(f"it is empty: {parts} parts, {grasps} grasps, {clusters} clusters")
        for name, count in (("grasp_part", parts), ("grasp_cluster", clusters)):
            index = getattr(self, name)
            if not np.issubdtype(index.dtype, np.integer):
                raise _refusal(f"'{name}' holds {index.dtype}, expected integers")
            if index.min() < 0 or index.max() >= count:
                raise _refusal(f"'{name}' goes over 0..{count - 1}")
        unit = self.rotation @ self.rotation.transpose(0, 2, 1)
        if np.abs(unit - np.eye(3)).max() > 1e-3 or np.linalg.det(self.rotation).min() < 0:
            raise _refusal("'rotation' holds matrices that are not rotations")

    def __len__(self) -> int:
        """Number of grasps G."""
        return len(self.grasp_part)

    def select(self, grasps: np.ndarray) -> TrainingSet:
        """The set with these grasps (indices) and only the parts that they hold."""
        parts, renumbered = np.unique(self.grasp_part[grasps], return_inverse=True)
        return replace(
            self,
            part_points=self.part_points[parts],
            part_normals=self.part_normals[parts],
            rest_centroid=self.rest_centroid[parts],
            grasp_part=renumbered.reshape(-1),
            grasp_cluster=self.grasp_cluster[grasps],
            translation=self.translation[grasps],
            rotation=self.rotation[grasps],
        )

    def split(
        self, seed: int, shares: tuple[float, float, float] = (8, 1, 1)
    ) -> tuple[TrainingSet, TrainingSet, TrainingSet]:
        """Training, validation and test sets, 8:1:1 (GDG 4.1), no part in two of them (ours)."""
        parts = np.random.default_rng(seed).permutation(len(self.part_points))
        ends = np.round(np.cumsum(shares) / np.sum(shares) * len(parts)).astype(int)
        pieces = np.split(parts, ends[:2])
        chosen = [np.flatnonzero(np.isin(self.grasp_part, piece)) for piece in pieces]
        if min(map(len, chosen)) == 0:
            raise InputError(
                f"{len(parts)} parts are too few to be split {shares}.", "Make a larger set."
            )
        first, second, third = (self.select(grasps) for grasps in chosen)
        return first, second, third

    def fingerprint(self) -> str:
        """Hash of all the values, so that a resumed run can tell that it got the same set."""
        digest = hashlib.sha256()
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = np.ascontiguousarray(value)
                digest.update(f"{field.name}{value.dtype}{value.shape}".encode())
                digest.update(value.tobytes())
            else:
                digest.update(f"{field.name}{value}".encode())
        return digest.hexdigest()[:16]


def _refusal(why: str) -> InputError:
    return InputError(f"The training set cannot be used: {why}.", "Build it again.")
