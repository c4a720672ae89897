"""How good a segmenter is on shapes kept out of its training, and where to cut its chances off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.grounding.segmenter_file import Segmenter
from handhold.models.part_segmenter import PartSegmenter, neighbourhoods
from handhold.train.segmenter_cache import PreparedShapes
from handhold.train.segmenter_shapes import NOWHERE

THRESHOLDS = tuple(np.round(np.arange(0.15, 0.75, 0.05), 2).tolist())
_POINTS, _BATCH = 1024, 16


@dataclass(frozen=True)
class SegmenterQuality:
    """iou: mean over (shape, part) at each of THRESHOLDS; by_part: at the best of these."""

    iou: tuple[float, ...]
    threshold: float
    by_part: Mapping[str, float]

    @property
    def best(self) -> float:
        """The mean IoU at the threshold."""
        return max(self.iou)


def measure_segmenter(
    segmenter: Segmenter, shapes: PreparedShapes, seed: int = 0
) -> SegmenterQuality:
    """IoU of every part of prepared shapes, asked for by its own name."""
    rng = np.random.default_rng(seed)
    found: list[tuple[str, NDArray[np.float64]]] = []
    for start in range(0, len(shapes), _BATCH):
        found += _batch(segmenter, shapes, np.arange(start, min(start + _BATCH, len(shapes))), rng)
    values = np.stack([iou for _, iou in found])
    best = int(values.mean(axis=0).argmax())
    names = sorted({name for name, _ in found})
    by_part = {
        name: float(np.mean([iou[best] for other, iou in found if other == name])) for name in names
    }
    return SegmenterQuality(tuple(values.mean(axis=0).tolist()), THRESHOLDS[best], by_part)


def calibrated(segmenter: Segmenter, quality: SegmenterQuality) -> Segmenter:
    """The same segmenter with the threshold that was best."""
    network = PartSegmenter(segmenter.network.config)
    network.load_state_dict(segmenter.network.state_dict())
    network.threshold.fill_(quality.threshold)
    return replace(segmenter, network=network.eval())


@torch.inference_mode()
def _batch(
    segmenter: Segmenter, shapes: PreparedShapes, rows: NDArray[np.int64], rng: np.random.Generator
) -> list[tuple[str, NDArray[np.float64]]]:
    chosen = rng.permutation(shapes.features.shape[1])[:_POINTS]
    features = torch.from_numpy(shapes.features[rows][:, chosen].astype(np.float32))
    names = sorted({name for row in rows for name in shapes.names[row]})
    vectors = torch.stack([segmenter.vectors[segmenter.names.index(name)] for name in names])
    network = segmenter.network
    text = vectors[None].expand(len(rows), -1, -1)
    blank = torch.zeros(*text.shape[:2], network.config.affordances)
    groups = neighbourhoods(features[..., :3], network.config)
    chances = network(features, groups, text, blank).sigmoid().numpy()
    result = []
    for at, row in enumerate(rows):
        labels = shapes.labels[row, chosen]
        for index, name in enumerate(shapes.names[row]):
            truth = labels == index
            if truth.any():
                own = chances[at, labels != NOWHERE, names.index(name)]
                result.append((name, _overlaps(own, truth[labels != NOWHERE])))
    return result


def _overlaps(chances: NDArray[np.float32], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU at each of THRESHOLDS."""
    chosen = chances[None] >= np.array(THRESHOLDS)[:, None]
    return (chosen & truth).sum(axis=1) / np.maximum((chosen | truth).sum(axis=1), 1)
