"""Dissimilarity of grasps and their clusters (GDG eq. 1-2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.priors.descriptor import PartDescriptor
from handhold.priors.records import GraspRecords

FEWEST, MOST = 3, 16
SMALLEST = 4
"""Grasps a cluster should hold at least, where there are enough (ours)."""


def part_vectors(records: GraspRecords) -> NDArray[np.float64]:
    """(N, 4) descriptors of the records' parts."""
    rows = zip(records.part_size, records.section_radius, strict=True)
    return np.array([PartDescriptor(tuple(size), radius).vector() for size, radius in rows])


def spread(values: NDArray[np.float64]) -> float:
    """Standard deviation of a block of columns as one number, never zero."""
    return float(max(np.sqrt(values.var(axis=0).sum()), 1e-6))


def features(records: GraspRecords) -> NDArray[np.float64]:
    """(N, 4 + D) part descriptor and joints, each block over its standard deviation.

    GDG adds D_P in metres to D_Theta in radians without a scale; dividing each block by its
    spread over the affordance is ours. Meant for records of one affordance.
    """
    part, joints = part_vectors(records), records.joints
    return np.hstack([part / spread(part), joints / spread(joints)])


def dissimilarity(records: GraspRecords) -> NDArray[np.float64]:
    """(N, N) of eq. 1: infinite across affordances, else D_P + D_Theta (blocks scaled, ours)."""
    result = np.full((len(records), len(records)), np.inf)
    for affordance in np.unique(records.affordance):
        rows = np.flatnonzero(records.affordance == affordance)
        chosen = records.select(rows)
        part, joints = part_vectors(chosen), chosen.joints
        total = _distances(part / spread(part)) + _distances(joints / spread(joints))
        result[np.ix_(rows, rows)] = total
    return result


def _distances(values: NDArray[np.float64]) -> NDArray[np.float64]:
    difference: NDArray[np.float64] = np.linalg.norm(values[:, None] - values[None], axis=-1)
    return difference


def cluster_records(records: GraspRecords, *, seed: int = 0) -> NDArray[np.int64]:
    """(N,) cluster of each grasp, numbered within its affordance.

    K-means on `features`, with K between 3 and 16 by the best silhouette (GDG prints no K: ours).
    """
    labels = np.zeros(len(records), dtype=np.int64)
    for affordance in np.unique(records.affordance):
        rows = np.flatnonzero(records.affordance == affordance)
        labels[rows] = _cluster_one(features(records.select(rows)), seed)
    return labels


def _cluster_one(values: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    most = min(MOST, len(values) // SMALLEST, len(np.unique(values, axis=0)))
    if most < FEWEST:
        return np.zeros(len(values), dtype=np.int64)
    # Imported here: it takes half a second, and only making a library clusters.
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    best, labels = -np.inf, np.zeros(len(values), dtype=np.int64)
    for count in range(FEWEST, most + 1):
        found = KMeans(count, n_init=4, random_state=seed).fit_predict(values)
        if len(np.unique(found)) < 2:
            continue
        quality = silhouette_score(values, found)
        if quality > best:
            best, labels = quality, found.astype(np.int64)
    return labels
