"""Loss terms against closed forms, on both sides of every mask."""

from __future__ import annotations

import math

import pytest
import torch
from toy_cylinders import toy_set

from handhold.models import Reconstruction, cvae_preset
from handhold.spatial import axis_angle_to_matrix
from handhold.train import (
    Batch,
    BatchSource,
    LossWeights,
    TrainConfig,
    cvae_losses,
    kl_divergence,
    penetration_loss,
    total_loss,
)


def _batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    source = BatchSource(
        toy_set(3, 4, 0, n_points=64, vertices=40),
        cvae_preset("tiny", 2),
        cloud_variants=1,
        tilt_degrees=5.0,
        generator=generator,
    )
    return source.draw(torch.arange(12), generator)


def _moved(batch: Batch, shift: torch.Tensor, turn: torch.Tensor) -> Reconstruction:
    latent = torch.zeros(len(batch), 4)
    return Reconstruction(batch.translation + shift, batch.rotation @ turn, latent, latent)


def test_a_perfect_reconstruction_costs_nothing_but_its_own_penetration() -> None:
    batch = _batch()
    terms = cvae_losses(_moved(batch, torch.zeros(3), torch.eye(3)), batch, TrainConfig())
    for term in (terms.kld, terms.vertices, terms.rotation, terms.translation):
        assert float(term) == pytest.approx(0.0, abs=1e-6)


def test_a_shift_costs_its_length_in_vertices_and_translation() -> None:
    batch, shift = _batch(), torch.tensor([0.03, -0.04, 0.0])
    terms = cvae_losses(_moved(batch, shift, torch.eye(3)), batch, TrainConfig())
    assert float(terms.translation) == pytest.approx(0.05, abs=1e-6)
    assert float(terms.vertices) == pytest.approx(0.05, abs=1e-6)
    assert float(terms.rotation) == pytest.approx(0.0, abs=1e-6)


def test_a_turn_costs_its_chord() -> None:
    batch, angle = _batch(), 0.7
    turn = axis_angle_to_matrix(torch.tensor([0.0, angle, 0.0]))
    terms = cvae_losses(_moved(batch, torch.zeros(3), turn), batch, TrainConfig())
    assert float(terms.rotation) == pytest.approx(2 * math.sqrt(2) * math.sin(angle / 2), abs=1e-5)
    assert float(terms.translation) == pytest.approx(0.0, abs=1e-6)


def test_the_total_is_the_weighted_sum() -> None:
    batch = _batch()
    terms = cvae_losses(_moved(batch, torch.ones(3) * 0.01, torch.eye(3)), batch, TrainConfig())
    config = TrainConfig(weights=LossWeights(2, 3, 5, 7, 11))
    expected = (
        2 * 0.5 * terms.kld
        + 3 * terms.vertices
        + 5 * terms.rotation
        + 7 * terms.translation
        + 11 * terms.penetration
    )
    torch.testing.assert_close(total_loss(terms, config, kld_share=0.5), expected)


def test_kl_divergence_is_that_of_two_normal_distributions() -> None:
    mu, log_variance = torch.tensor([[0.5, -1.0]]), torch.tensor([[0.2, -0.7]])
    standard = torch.distributions.Normal(0.0, 1.0)
    posterior = torch.distributions.Normal(mu, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(posterior, standard).mean()
    torch.testing.assert_close(kl_divergence(mu, log_variance), expected)


def test_free_nats_are_free() -> None:
    nothing = torch.zeros(4, 3, requires_grad=True)
    loss = kl_divergence(nothing + 0.01, nothing, free_nats=0.1)
    assert float(loss.detach()) == pytest.approx(0.1)
    loss.backward()
    assert nothing.grad is not None and float(nothing.grad.abs().sum()) == 0


def _one_point(depth: float, *, skin_up: bool = True, threshold: float = 0.0) -> float:
    """The loss of one object point at 0, normal +z, with a hand vertex ``depth`` below it."""
    up = torch.tensor([[[0.0, 0.0, 1.0]]])
    skin = up if skin_up else -up
    loss = penetration_loss(
        torch.zeros(1, 1, 3), up, -depth * up, skin, threshold=threshold, reach=0.03
    )
    return float(loss)


def test_penetration_is_the_depth_below_the_surface_beyond_the_threshold() -> None:
    assert _one_point(0.004, skin_up=False) == pytest.approx(0.004)
    assert _one_point(0.004, skin_up=False, threshold=0.001) == pytest.approx(0.003)


def test_a_hand_outside_does_not_penetrate() -> None:
    assert _one_point(-0.004) == 0
    assert _one_point(-0.004, skin_up=False) == 0


def test_a_finger_on_the_far_side_of_a_thin_part_does_not_penetrate() -> None:
    # Its nearest vertex lies below the near surface, but the skin there looks at the object.
    assert _one_point(0.012, skin_up=True) == 0


def test_points_out_of_reach_do_not_count() -> None:
    assert _one_point(0.031, skin_up=False) == 0


def test_the_gradient_pushes_the_hand_out() -> None:
    up = torch.tensor([[[0.0, 0.0, 1.0]]])
    vertex = (-0.004 * up).requires_grad_()
    penetration_loss(torch.zeros(1, 1, 3), up, vertex, -up, threshold=0.0, reach=0.03).backward()
    assert vertex.grad is not None
    torch.testing.assert_close(vertex.grad, -up)
