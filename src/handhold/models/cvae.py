"""The part-aware conditional VAE of GDG's stage 2."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from handhold.models.condition import POINT_CHANNELS, Condition
from handhold.models.config import CvaeConfig
from handhold.models.neighbours import group_levels
from handhold.models.normalisation import Normalisation
from handhold.models.pointnet2 import PointNet2, SharedMlp
from handhold.spatial import matrix_to_rotation_6d, rotation_6d_to_matrix

_POSE = 9
_LOG_VARIANCE_LIMIT = 10.0


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What one training pass gives: translation (B, 3) metres, rotation (B, 3, 3), mu, logvar."""

    translation: Tensor
    rotation: Tensor
    mu: Tensor
    log_variance: Tensor


class PartAwareCVAE(nn.Module):
    """Learns where a hand goes round a part: p(T, R | part, cluster, rest of the object).

    GDG section 3.3. Poses are of the palm in the frame of the condition (origin at the part's
    centre, axes of the object's z-up frame), metres. The part cloud goes through PointNet++, the
    cluster's one-hot, the rest's centroid V and the part's size S through a linear layer each;
    the four codes are concatenated. The finger angles are not predicted: they are the prior's.

    cluster_ids: names of the one-hot's places, in order.
    """

    def __init__(
        self,
        config: CvaeConfig,
        normalisation: Normalisation,
        cluster_ids: tuple[str, ...],
    ) -> None:
        super().__init__()
        if len(cluster_ids) != config.n_clusters:
            raise ValueError(f"{config.n_clusters} cluster ids are needed, got {len(cluster_ids)}")
        self.config = config
        self.normalisation = normalisation
        self.cluster_ids = tuple(cluster_ids)
        code, width = config.code, config.condition_width
        self.cloud = PointNet2(POINT_CHANNELS - 3, config.levels, config.global_widths, code)
        self.cluster = nn.Linear(config.n_clusters, code)
        self.rest = nn.Linear(3, code)
        self.size = nn.Linear(3, code)
        self.encoder = SharedMlp(_POSE + width, config.hidden)
        self.posterior = nn.Linear(config.hidden[-1], 2 * config.latent)
        self.decoder = SharedMlp(config.latent + width, config.hidden)
        self.pose = nn.Linear(config.hidden[-1], _POSE)
        with torch.no_grad():  # begin near the mean position and the identity rotation
            self.pose.weight.mul_(0.1)
            self.pose.bias.copy_(torch.tensor([0.0, 0, 0, 1, 0, 0, 0, 1, 0]))

    def cluster_index(self, cluster_id: str) -> int:
        """Place of a cluster in the one-hot; KeyError when the network never saw it."""
        if cluster_id not in self.cluster_ids:
            known = ", ".join(self.cluster_ids)
            raise KeyError(f"cluster '{cluster_id}' is not one the network was trained on: {known}")
        return self.cluster_ids.index(cluster_id)

    def encode_condition(self, condition: Condition) -> Tensor:
        """The condition's code (B, 4 code)."""
        self._check(condition)
        norm, points = self.normalisation, condition.points
        xyz = points[..., :3]
        groups = condition.groups or group_levels(xyz, self.config.levels)
        features = torch.cat((points[..., 3:6], norm.scale.normalise(points[..., 6:])), -1)
        one_hot = functional.one_hot(condition.cluster, self.config.n_clusters).to(points.dtype)
        codes = (
            self.cloud(xyz, features, groups),
            self.cluster(one_hot),
            self.rest(norm.rest.normalise(condition.rest)),
            self.size(norm.size.normalise(condition.size)),
        )
        return torch.cat(codes, -1)

    def posterior_of(self, pose: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance (B, latent) of z for poses (B, 9) by :meth:`pose_code`."""
        raw = self.posterior(self.encoder(torch.cat((pose, code), -1)))
        mu, log_variance = raw.chunk(2, -1)
        return mu, log_variance.clamp(-_LOG_VARIANCE_LIMIT, _LOG_VARIANCE_LIMIT)

    def pose_code(self, translation: Tensor, rotation: Tensor) -> Tensor:
        """(..., 9): normalised translation (..., 3), then the 6-D code of rotation (..., 3, 3)."""
        moved = self.normalisation.translation.normalise(translation)
        return torch.cat((moved, matrix_to_rotation_6d(rotation)), -1)

    def decode(self, z: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """Translation (..., 3) and rotation (..., 3, 3) for z (..., latent), code (..., 4 code)."""
        raw = self.pose(self.decoder(torch.cat((z, code), -1)))
        translation = self.normalisation.translation.restore(raw[..., :3])
        return translation, rotation_6d_to_matrix(raw[..., 3:])

    def forward(
        self,
        condition: Condition,
        translation: Tensor,
        rotation: Tensor,
        noise: Tensor,
    ) -> Reconstruction:
        """Encode true poses (B, 3), (B, 3, 3), draw z with noise (B, latent), decode."""
        code = self.encode_condition(condition)
        mu, log_variance = self.posterior_of(self.pose_code(translation, rotation), code)
        z = mu + noise * (0.5 * log_variance).exp()
        return Reconstruction(*self.decode(z, code), mu, log_variance)

    @torch.no_grad()
    def sample(
        self, condition: Condition, n: int, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """n poses for each part: translation (B, n, 3) metres, rotation (B, n, 3, 3).

        In the condition's frame: add ``condition.centre`` for the frame of the points it was made
        of. The draw depends on the generator alone, not on the device.
        """
        code = self.encode_condition(condition)
        source = generator.device if generator is not None else "cpu"
        z = torch.randn(len(condition), n, self.config.latent, generator=generator, device=source)
        z = z.to(device=code.device, dtype=code.dtype)
        return self.decode(z, code[:, None].expand(-1, n, -1))

    def _check(self, condition: Condition) -> None:
        expected = (self.config.n_points, POINT_CHANNELS)
        if condition.points.shape[1:] != expected:
            raise ValueError(
                f"this network takes clouds (B, {expected[0]}, {expected[1]}), got "
                f"{tuple(condition.points.shape)}: make_condition(..., n_points={expected[0]})"
            )
        low, high = int(condition.cluster.min()), int(condition.cluster.max())
        if low < 0 or high >= self.config.n_clusters:
            raise ValueError(
                f"cluster indices are 0..{self.config.n_clusters - 1}, got {low}..{high}"
            )
