"""The network: shapes, gradients, independence of batch mates, normalisation, configuration."""

from __future__ import annotations

import pytest
import torch

from handhold.errors import InputError
from handhold.models import (
    PRESETS,
    Affine,
    Condition,
    CvaeConfig,
    Normalisation,
    PartAwareCVAE,
    cvae_preset,
    group_levels,
    make_condition,
)
from handhold.spatial import random_rotations

CLUSTERS = ("grip-0", "grip-1", "press-0")


def _network(preset: str = "tiny") -> PartAwareCVAE:
    torch.manual_seed(0)
    return PartAwareCVAE(cvae_preset(preset, 3), Normalisation.identity(), CLUSTERS)


def _condition(config: CvaeConfig, batch: int = 5) -> Condition:
    generator = torch.Generator().manual_seed(1)
    points = torch.randn(batch, 64, 3, generator=generator) * 0.05
    normals = torch.nn.functional.normalize(points, dim=-1)
    rest = torch.randn(batch, 3, generator=generator) * 0.1
    cluster = torch.arange(batch) % 3
    return make_condition(points, normals, rest, cluster, n_points=config.n_points)


def _pass(network: PartAwareCVAE, condition: Condition) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    batch = len(condition)
    result = network(
        condition,
        torch.randn(batch, 3, generator=generator),
        random_rotations(batch, generator),
        torch.randn(batch, network.config.latent, generator=generator),
    )
    assert result.translation.shape == (batch, 3)
    assert result.rotation.shape == (batch, 3, 3)
    assert result.mu.shape == result.log_variance.shape == (batch, network.config.latent)
    parts = (result.translation, result.rotation, result.mu, result.log_variance)
    total = torch.zeros(())
    for i, part in enumerate(parts):
        total = total + (part * (i + 1)).square().sum() + part.sum()
    return total


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_every_parameter_gets_a_gradient(preset: str) -> None:
    network = _network(preset)
    _pass(network, _condition(network.config, batch=12)).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_samples_have_their_shapes_and_are_rotations() -> None:
    network = _network()
    condition = _condition(network.config)
    translation, rotation = network.sample(condition, 7, torch.Generator().manual_seed(0))
    assert translation.shape == (5, 7, 3)
    assert rotation.shape == (5, 7, 3, 3)
    identity = torch.eye(3).expand(5, 7, 3, 3)
    torch.testing.assert_close(rotation @ rotation.transpose(-1, -2), identity, atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(rotation), torch.ones(5, 7))


def test_samples_depend_on_the_generators_seed_alone() -> None:
    network = _network()
    condition = _condition(network.config)

    def draw(seed: int) -> torch.Tensor:
        torch.rand(3)
        return network.sample(condition, 4, torch.Generator().manual_seed(seed))[0]

    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))


def test_a_parts_code_does_not_depend_on_its_neighbours_in_the_batch() -> None:
    network = _network()
    condition = _condition(network.config)
    third = slice(2, 3)
    alone = Condition(
        condition.points[third],
        condition.cluster[third],
        condition.rest[third],
        condition.size[third],
        condition.centre[third],
    )
    together = network.encode_condition(condition)[2]
    torch.testing.assert_close(network.encode_condition(alone)[0], together, atol=1e-5, rtol=1e-4)


def test_groups_given_or_found_are_the_same() -> None:
    network = _network("small")
    found = _condition(network.config, batch=2)
    groups = group_levels(found.points[..., :3], network.config.levels)
    given = Condition(found.points, found.cluster, found.rest, found.size, found.centre, groups)
    assert torch.equal(network.encode_condition(found), network.encode_condition(given))


def test_each_part_of_the_condition_changes_the_code() -> None:
    network = _network()
    base = _condition(network.config)
    code = network.encode_condition(base)
    for name in ("points", "rest", "size"):
        values = {k: getattr(base, k) for k in ("points", "cluster", "rest", "size", "centre")}
        values[name] = values[name] + 0.1
        assert not torch.allclose(network.encode_condition(Condition(**values)), code), name


def test_clusters_and_clouds_it_was_not_built_for_are_refused() -> None:
    network = _network()
    condition = _condition(network.config)
    wrong = Condition(
        condition.points, condition.cluster + 3, condition.rest, condition.size, condition.centre
    )
    with pytest.raises(ValueError, match="0..2"):
        network.encode_condition(wrong)
    with pytest.raises(ValueError, match="n_points=32"):
        network.encode_condition(_condition(cvae_preset("small", 3)))
    with pytest.raises(KeyError, match="grip-1"):
        network.cluster_index("twist-9")
    assert network.cluster_index("press-0") == 2


def test_normalisation_goes_there_and_back_and_gives_unit_spread() -> None:
    values = torch.randn(500, 3, dtype=torch.float64) * torch.tensor([0.1, 2.0, 1e-9]) + 0.3
    affine = Affine.of(values)
    normal = affine.normalise(values)
    torch.testing.assert_close(affine.restore(normal), values)
    torch.testing.assert_close(normal.mean(0), torch.zeros(3, dtype=torch.float64))
    torch.testing.assert_close(normal[:, :2].std(0, correction=0), torch.ones(2).double())
    assert affine.spread[2] == 1e-3


def test_normalisation_and_configuration_survive_their_plain_form() -> None:
    affine = Affine.of(torch.randn(10, 3))
    normalisation = Normalisation(affine, affine, affine, Affine((0.1,), (0.2,)))
    assert Normalisation.from_dict(normalisation.to_dict()) == normalisation
    for preset in PRESETS:
        config = cvae_preset(preset, 4)
        assert CvaeConfig.from_dict(config.to_dict()) == config


def test_odd_configurations_are_refused() -> None:
    good = cvae_preset("tiny", 2).to_dict()
    for bad in ({**good, "depth": 3}, {**good, "levels": [{}]}, {**good, "latent": 0}, {}):
        with pytest.raises(InputError, match="configuration"):
            CvaeConfig.from_dict(bad)
    spread = {"mean": [0.0] * 3, "spread": [0.0] * 3}
    with pytest.raises(InputError, match="normalisation"):
        Normalisation.from_dict({**Normalisation.identity().to_dict(), "size": spread})
    with pytest.raises(InputError, match="tiny, small, paper"):
        cvae_preset("huge", 2)
