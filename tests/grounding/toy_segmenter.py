"""A segmenter of the smallest size with a head set by hand: "bar" is what is linear around."""

from __future__ import annotations

import torch

from handhold.grounding.point_features import FEATURES
from handhold.grounding.segmenter_file import Segmenter
from handhold.models.part_segmenter import PartSegmenter, SegmenterConfig

SIZES = SegmenterConfig(
    features=len(FEATURES),
    middle=16,
    coarse=4,
    neighbours=4,
    width=16,
    middle_width=8,
    coarse_width=8,
    layers=1,
    heads=2,
)


def toy_segmenter(seed: int = 0) -> Segmenter:
    """Untrained, with vectors for three names."""
    torch.manual_seed(seed)
    network = PartSegmenter(SIZES).eval()
    vectors = torch.nn.functional.normalize(torch.randn(3, SIZES.text), dim=-1)
    return Segmenter(network, ("bar", "ball", "handle"), vectors, ("mug", "knife"))


def taught_segmenter(features: torch.Tensor, on_bar: torch.Tensor, steps: int = 120) -> Segmenter:
    """Taught on one object's points (N, C) that "bar" is where on_bar (N,), "ball" elsewhere."""
    from handhold.models.part_segmenter import neighbourhoods

    segmenter = toy_segmenter()
    network = segmenter.network.train()
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    groups = neighbourhoods(features[None, :, :3], SIZES)
    text = segmenter.vectors[None, :2]
    none = torch.zeros(1, 2, SIZES.affordances)
    wanted = torch.stack([on_bar, ~on_bar], -1).float()[None]
    for _ in range(steps):
        optimiser.zero_grad()
        logits = network(features[None], groups, text, none)
        torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted).backward()
        optimiser.step()
    network.eval()
    return segmenter
