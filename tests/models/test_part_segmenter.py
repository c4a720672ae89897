"""The part segmenter's network: shapes, gradients, independence of batch mates, learning."""

from __future__ import annotations

import pytest
import torch

from handhold.errors import InputError
from handhold.models.part_segmenter import PartSegmenter, SegmenterConfig, neighbourhoods

TINY = SegmenterConfig(
    features=6,
    text=5,
    affordances=3,
    middle=16,
    coarse=4,
    neighbours=4,
    width=8,
    middle_width=8,
    coarse_width=8,
    layers=1,
    heads=2,
)


def _network() -> PartSegmenter:
    torch.manual_seed(0)
    return PartSegmenter(TINY)


def _batch(clouds: int = 3, points: int = 40) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(clouds, points, TINY.features, generator=generator)
    text = torch.randn(clouds, 2, TINY.text, generator=generator)
    affordance = torch.eye(3)[:2].expand(clouds, -1, -1).clone()
    return features, text, affordance


def _logits(network: PartSegmenter, *batch: torch.Tensor) -> torch.Tensor:
    features, text, affordance = batch
    return network(features, neighbourhoods(features[..., :3], TINY), text, affordance)


def test_a_logit_for_every_point_and_query() -> None:
    assert _logits(_network(), *_batch()).shape == (3, 40, 2)


def test_every_parameter_gets_a_gradient() -> None:
    network = _network()
    features, text, affordance = _batch()
    text[:, 1] = 0  # one query without a name
    _logits(network, features, text, affordance).square().sum().backward()
    without = [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert not without


def test_a_cloud_is_answered_the_same_alone_and_among_others() -> None:
    network = _network().eval()
    batch = _batch()
    together = _logits(network, *batch)
    alone = _logits(network, *(tensor[1:2] for tensor in batch))
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-5)


def test_a_query_is_answered_the_same_whatever_else_is_asked() -> None:
    network = _network().eval()
    features, text, affordance = _batch()
    both = _logits(network, features, text, affordance)
    one = _logits(network, features, text[:, 1:], affordance[:, 1:])
    torch.testing.assert_close(both[..., 1:], one)


def test_fewer_points_than_centres_are_repeated() -> None:
    assert _logits(_network(), *_batch(points=3)).shape == (3, 3, 2)


def test_it_learns_to_tell_the_upper_half_by_one_name_and_the_lower_by_another() -> None:
    network = _network()
    features, text, _ = _batch(clouds=4, points=64)
    text = text[:1].expand(4, -1, -1)
    none = torch.zeros(4, 2, TINY.affordances)
    groups = neighbourhoods(features[..., :3], TINY)
    upper = (features[..., 2:3] > 0).float()
    wanted = torch.cat([upper, 1 - upper], -1)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    loss = torch.zeros(())
    for _ in range(120):
        optimiser.zero_grad()
        logits = network(features, groups, text, none)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted)
        loss.backward()
        optimiser.step()
    assert loss < 0.15


def test_sizes_survive_a_round_trip_and_others_are_refused() -> None:
    assert SegmenterConfig.from_dict(TINY.to_dict()) == TINY
    with pytest.raises(InputError, match="not readable"):
        SegmenterConfig.from_dict({**TINY.to_dict(), "colour": 3})
    with pytest.raises(InputError, match="not readable"):
        SegmenterConfig.from_dict({**TINY.to_dict(), "coarse": 17})
    with pytest.raises(ValueError, match="heads"):
        SegmenterConfig(features=6, coarse_width=9, heads=2)
