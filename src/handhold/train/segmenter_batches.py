"""Batches of prepared shapes: fewer points, turned and mirrored, with queries and their answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.grounding.point_features import FEATURES
from handhold.train.segmenter_cache import PreparedShapes
from handhold.train.segmenter_queries import QueryMix, Vocabulary, draw_queries
from handhold.train.segmenter_shapes import NOWHERE

_X, _Y = FEATURES.index("x"), FEATURES.index("y")
_NX, _NY = FEATURES.index("normal_x"), FEATURES.index("normal_y")
_NOISE = 0.3  # of a name's unit vector, ours: words never met must not be far from known ones


@dataclass(frozen=True, eq=False)
class SegmenterBatch:
    """B shapes, N points, Q queries.

    features (B, N, C), text (B, Q, T), affordances (B, Q, A); wanted (B, N, Q): 1 where the point
    is meant; counted (B, N): False for outliers.
    """

    features: Tensor
    text: Tensor
    affordances: Tensor
    wanted: Tensor
    counted: Tensor


def draw_batch(
    shapes: PreparedShapes,
    rows: NDArray[np.int64],
    points: int,
    words: Vocabulary,
    vectors: Tensor,
    rng: np.random.Generator,
    mix: QueryMix,
) -> SegmenterBatch:
    """Shapes `rows` with `points` random points each; vectors (M, T) of the vocabulary."""
    drawn = [_shape(shapes, int(row), points, words, rng, mix) for row in rows]
    features, labels, queries, wanted = zip(*drawn, strict=True)
    names = torch.from_numpy(np.stack([query.names for query in queries]))
    noise = torch.from_numpy(rng.normal(size=(*names.shape, vectors.shape[1])).astype(np.float32))
    text = vectors[names.clamp(min=0)] + _NOISE * noise / vectors.shape[1] ** 0.5
    return SegmenterBatch(
        features=torch.from_numpy(np.stack(features)),
        text=torch.where(names[..., None] < 0, 0.0, text),
        affordances=torch.from_numpy(np.stack([query.affordances for query in queries])),
        wanted=torch.from_numpy(np.stack(wanted)),
        counted=torch.from_numpy(np.stack(labels) != NOWHERE),
    )


def _shape(  # type: ignore[no-untyped-def]
    shapes: PreparedShapes,
    row: int,
    points: int,
    words: Vocabulary,
    rng: np.random.Generator,
    mix: QueryMix,
):
    chosen = rng.permutation(shapes.features.shape[1])[:points]
    features = _turned(shapes.features[row, chosen].astype(np.float32), rng)
    labels = shapes.labels[row, chosen].astype(np.int64)
    queries = draw_queries(
        shapes.names[row], shapes.affordances[row], shapes.families[row], words, rng, mix
    )
    of_label = np.concatenate([queries.wanted, np.zeros((len(queries.names), 1), bool)], axis=1)
    return features, labels, queries, of_label.T[labels].astype(np.float32)


def _turned(features: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Mirrored or not, then by a multiple of 90 degrees about the vertical: boxes stay boxes."""
    for x, y in ((_X, _Y), (_NX, _NY)):
        assert features[:, [x, y]].shape[1] == 2
    mirror, swap, across, along = rng.random(4) < 0.5
    for x, y in ((_X, _Y), (_NX, _NY)):
        pair = features[:, [x, y]]
        if mirror:
            pair[:, 0] *= -1
        if swap:
            pair = pair[:, ::-1]
        features[:, [x, y]] = pair * [-1.0 if across else 1.0, -1.0 if along else 1.0]
    return features
