"""Coarse poses from a tiny, untrained network: shapes, frames and seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from shapes_to_hold import bar

from handhold.contact import build_field
from handhold.generate import Candidates, PartShape, part_shape, sample_network
from handhold.hands import load_hand
from handhold.models import Normalisation, PartAwareCVAE, cvae_preset
from handhold.priors import template_priors

PRIORS = template_priors(load_hand("human"))[:2]


@pytest.fixture(scope="module")
def shape() -> PartShape:
    asset = bar()
    field = build_field(asset, "bar", spacing=0.006, points=64, reach=0.02)
    return part_shape(asset, "bar", field)


@pytest.fixture(scope="module")
def network() -> PartAwareCVAE:
    torch.manual_seed(0)
    names = tuple(p.cluster for p in PRIORS)
    return PartAwareCVAE(cvae_preset("tiny", 2), Normalisation.identity(), names).eval()


def _sampled(network: PartAwareCVAE, shape: PartShape, seed: int = 0) -> Candidates:
    return sample_network(network, [p.cluster for p in PRIORS], PRIORS, shape, 3, seed)


def test_every_prior_gets_its_samples_with_its_own_angles(
    network: PartAwareCVAE, shape: PartShape
) -> None:
    found = _sampled(network, shape)
    assert found.prior.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.network.all()
    for row, prior in enumerate(found.prior.tolist()):
        assert found.pose.joints[row].equal(PRIORS[prior].joints)
    eye = torch.eye(3).expand(6, 3, 3)
    rotation = found.pose.rotation
    torch.testing.assert_close(rotation @ rotation.transpose(1, 2), eye, atol=1e-5, rtol=0)


def test_the_same_seed_gives_the_same_samples(network: PartAwareCVAE, shape: PartShape) -> None:
    first, second = _sampled(network, shape), _sampled(network, shape)
    assert first.pose.translation.equal(second.pose.translation)
    other = _sampled(network, shape, seed=1)
    assert not other.pose.translation.equal(first.pose.translation)


def test_samples_move_with_the_part(network: PartAwareCVAE, shape: PartShape) -> None:
    shift = np.array([0.3, -0.1, 0.2])
    moved = replace(shape, points=shape.points + shift, centre=shape.centre + shift)
    there, here = _sampled(network, moved), _sampled(network, shape)
    expected = here.pose.translation + torch.as_tensor(shift, dtype=torch.float32)
    torch.testing.assert_close(there.pose.translation, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(there.pose.rotation, here.pose.rotation, atol=1e-3, rtol=0)


def test_a_prior_that_the_network_is_not_asked_for_gets_no_samples(
    network: PartAwareCVAE, shape: PartShape
) -> None:
    found = sample_network(network, [None, PRIORS[1].cluster], PRIORS, shape, 3, 0)
    assert found is not None and found.prior.tolist() == [1, 1, 1]
    assert sample_network(network, [None, None], PRIORS, shape, 3, 0) is None
