"""The training set of the part-aware CVAE, from grasps of a data set and their library."""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from handhold.errors import InputError
from handhold.hands import Hand
from handhold.priors import PriorLibrary
from handhold.priors.cluster import cluster_records
from handhold.synthesis.learning import LearningSet
from handhold.train.training_set import TrainingSet

HAND_POINTS = 225
"""Skin points that stand for the hand in the losses: every fourth vertex (ours)."""


def training_set(
    learned: LearningSet, library: PriorLibrary, hand: Hand, *, seed: int = 0
) -> TrainingSet:
    """Every grasp of the set, with the cluster it has in the library.

    Args:
        library: built from the same grasps with the same seed, so that the clusters agree; any
            other is an InputError.
    """
    if library.source != f"{learned.name}: {learned}":
        raise InputError(
            f"The library was built from other grasps ({library.source}).",
            "Build one from this data set with 'handhold library build'; name it by --library.",
        )
    records = learned.records()
    labels = cluster_records(records, seed=seed)
    names = [f"{a}/{k:02d}" for a, k in zip(records.affordance, labels, strict=True)]
    part = np.concatenate([np.full(len(p.records), i) for i, p in enumerate(learned.parts)])
    middle = np.stack([(p.points.min(0) + p.points.max(0)) / 2 for p in learned.parts])
    vertices, normals = _frozen_hands(library, hand)
    return TrainingSet(
        part_points=np.stack([p.points for p in learned.parts]) - middle[:, None],
        part_normals=np.stack([p.normals for p in learned.parts]),
        rest_centroid=np.stack([p.rest for p in learned.parts]) - middle,
        grasp_part=part,
        grasp_cluster=np.array([library.index(name) for name in names]),
        translation=np.concatenate([p.translation for p in learned.parts]) - middle[part],
        rotation=np.concatenate([p.rotation for p in learned.parts]),
        hand_vertices=vertices,
        hand_normals=normals,
        hand=hand.name,
        cluster_ids=tuple(prior.cluster for prior in library.priors),
        categories=learned.categories,
        data_version=_fingerprint(learned.name, records.joints),
    )


def _frozen_hands(library: PriorLibrary, hand: Hand) -> tuple[np.ndarray, np.ndarray]:
    posed = hand.local(torch.stack([prior.joints for prior in library.priors]))
    normals = hand.vertex_normals(posed.vertices)
    step = posed.vertices.shape[1] // HAND_POINTS
    return (
        posed.vertices[:, ::step].double().numpy(),
        normals[:, ::step].double().numpy(),
    )


def _fingerprint(name: str, joints: np.ndarray) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(joints, dtype=np.float32).tobytes())
    return f"{name}-{digest.hexdigest()[:12]}"
