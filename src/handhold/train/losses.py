"""The loss of the part-aware CVAE: GDG eq. 3 to 5.

Choices where the paper is open (ours). The text says "mean square", eq. 4 prints plain norms: we
take the norms, as means over the batch, in metres for T and V (V: mean Euclidean distance of the
vertices) and Frobenius for R. A weighted norm is a likelihood whose width is the inverse weight:
with the printed weights about 1 cm for V and 0.2 for R. Squares of centimetres in metres, with the
same weights, would be lost beside the KL term. The KL divergence is the MEAN over the latent
numbers and the batch, so one nat per sample costs 10 / latent. This absolute weight against the
reconstruction decides between a posterior that collapses (too heavy) and samples that fall between
the modes (too light: posteriors that the normal prior does not cover). On toy cylinders with two
sides to grasp from, 10 / 16 gave the best samples of 10 / 16, 10 / 32 and 6 / 16.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.models import Reconstruction
from handhold.train.batches import Batch
from handhold.train.config import TrainConfig


@dataclass(frozen=True, eq=False)
class LossTerms:
    """Unweighted terms, scalars: kld (nats per latent number), vertices and translation (metres),
    rotation (Frobenius), penetration (metres, summed over points)."""

    kld: Tensor
    vertices: Tensor
    rotation: Tensor
    translation: Tensor
    penetration: Tensor


def cvae_losses(reconstruction: Reconstruction, batch: Batch, config: TrainConfig) -> LossTerms:
    """Every term of eq. 3 for one batch."""
    rotation, translation = reconstruction.rotation, reconstruction.translation
    vertices = posed(batch.hand_vertices, rotation, translation)
    truth = posed(batch.hand_vertices, batch.rotation, batch.translation)
    normals = batch.hand_normals @ rotation.transpose(1, 2)
    scale = batch.condition.points[:, : config.penetration_points, 6:]
    cloud = batch.condition.points[:, : config.penetration_points]
    return LossTerms(
        kld=kl_divergence(reconstruction.mu, reconstruction.log_variance, config.free_nats),
        vertices=(vertices - truth).norm(dim=-1).mean(),
        rotation=(rotation - batch.rotation).flatten(1).norm(dim=-1).mean(),
        translation=(translation - batch.translation).norm(dim=-1).mean(),
        penetration=penetration_loss(
            cloud[..., :3] * scale,
            cloud[..., 3:6],
            vertices,
            normals,
            threshold=config.penetration_threshold,
            reach=config.penetration_reach,
        ),
    )


def total_loss(terms: LossTerms, config: TrainConfig, kld_share: float = 1.0) -> Tensor:
    """Eq. 3 with the weights of the configuration; kld_share 0..1 is the warm-up's."""
    weights = config.weights
    return (
        weights.kld * kld_share * terms.kld
        + weights.vertices * terms.vertices
        + weights.rotation * terms.rotation
        + weights.translation * terms.translation
        + weights.penetration * terms.penetration
    )


def kl_divergence(mu: Tensor, log_variance: Tensor, free_nats: float = 0.0) -> Tensor:
    """KL(N(mu, exp(log_variance)) || N(0, 1)) in nats: mean over latent numbers and batch.

    mu, log_variance (B, L). Each latent number's mean over the batch counts from ``free_nats`` up.
    """
    per_number = 0.5 * (mu.square() + log_variance.exp() - 1 - log_variance).mean(0)
    return per_number.clamp(min=free_nats).mean()


def penetration_loss(
    points: Tensor,
    normals: Tensor,
    vertices: Tensor,
    vertex_normals: Tensor,
    *,
    threshold: float,
    reach: float,
) -> Tensor:
    """Eq. 5, masked and inside-tested: metres, summed over points, mean over the batch.

    For object points (B, N, 3) with normals: how far the nearest hand vertex (B, M, 3) lies below
    the surface along the object's normal, beyond ``threshold``. Taken literally this also counts
    points whose nearest vertex belongs to a finger on the other side, so (ours) a point counts
    only if that vertex is within ``reach`` and the point lies behind the skin there.
    """
    with torch.no_grad():
        nearest = torch.cdist(points, vertices).argmin(-1)
    index = nearest[..., None].expand(-1, -1, 3)
    offset = points - vertices.gather(1, index)
    depth = ((offset * normals).sum(-1) - threshold).clamp(min=0)
    with torch.no_grad():
        near = offset.norm(dim=-1) < reach
        behind_skin = (offset * vertex_normals.gather(1, index)).sum(-1) < 0
    return (depth * (near & behind_skin)).sum(-1).mean()


def posed(vertices: Tensor, rotation: Tensor, translation: Tensor) -> Tensor:
    """R v + T for vertices (B, M, 3), rotation (B, 3, 3), translation (B, 3)."""
    return vertices @ rotation.transpose(1, 2) + translation[:, None]
