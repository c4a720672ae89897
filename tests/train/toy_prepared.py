"""A few prepared shapes without any shape: points whose height tells which part they are on."""

from __future__ import annotations

import numpy as np
import torch

from handhold.grounding.point_features import FEATURES
from handhold.models.part_segmenter import SegmenterConfig
from handhold.train.segmenter_cache import PreparedShapes

SIZES = SegmenterConfig(
    features=len(FEATURES),
    text=8,
    middle=16,
    coarse=4,
    neighbours=4,
    width=16,
    middle_width=8,
    coarse_width=8,
    layers=1,
    heads=2,
)


def prepared_shapes(count: int = 6, points: int = 64) -> PreparedShapes:
    """Mugs: the upper points are the handle, the others the body; the first is an outlier."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(count, points, len(FEATURES))).astype(np.float16)
    labels = (features[..., 2] > 0).astype(np.int8)
    labels[:, 0] = -1
    suits = {"body": ["wrap-around-grip"], "handle": ["handle-grip"]}
    return PreparedShapes(
        features, labels, (("body", "handle"),) * count, (suits,) * count, ("mug",) * count
    )


def encode(names: list[str] | tuple[str, ...]) -> torch.Tensor:
    """Vectors from the letters of a name."""
    seeds = [sum(map(ord, name)) for name in names]
    vectors = [torch.randn(8, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return torch.nn.functional.normalize(torch.stack(vectors), dim=-1)
