"""What the prior library that comes with a hand must keep."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from handhold.grasps import AFFORDANCES
from handhold.hands import hand_names, load_hand
from handhold.priors import PartDescriptor, PriorLibrary, load_library

ANY_HAND = pytest.mark.parametrize("name", hand_names())


@cache
def _library(name: str) -> PriorLibrary:
    return load_library(name)


@ANY_HAND
def test_every_affordance_has_priors_and_an_answer_to_any_part(name: str) -> None:
    library = _library(name)
    assert library.hand == name
    assert library.source
    for affordance in AFFORDANCES:
        for size in (0.005, 0.05, 0.5):
            found = library.retrieve(affordance, PartDescriptor((size, size, size), size / 2))
            assert found
            assert all(p.affordance == affordance for p in found)


@ANY_HAND
def test_priors_fit_the_hand(name: str) -> None:
    hand = load_hand(name)
    for prior in _library(name).priors:
        assert hand.clamp(prior.joints[None])[0].equal(prior.joints), prior.cluster
        for values in (prior.contact_mean, prior.contact_std, prior.part_mean):
            assert values.shape == (len(hand.spec.vertices),)
            assert values.isfinite().all()
            assert values.min() >= 0
            assert values.max() <= 1
        assert prior.part_mean.max() > 0.1, prior.cluster
        assert prior.members >= 1


@ANY_HAND
def test_clusters_are_named_once_and_their_solids_are_sound(name: str) -> None:
    priors = _library(name).priors
    assert len({p.cluster for p in priors}) == len(priors)
    for prior in priors:
        assert float(prior.primitive.axis.norm()) == pytest.approx(1.0, abs=1e-4)
        assert prior.primitive.centre.isfinite().all()
        assert prior.primitive.kind in ("cylinder", "cap", "plane", "spot")
        assert list(prior.part_size) == sorted(prior.part_size, reverse=True)
        assert torch.tensor([*prior.part_size, prior.section_radius]).isfinite().all()
