"""How the part-aware CVAE is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class LossWeights:
    """Factors of the loss terms, as printed in GDG (implementation details)."""

    kld: float = 10.0
    vertices: float = 100.0
    rotation: float = 5.0
    translation: float = 30.0
    penetration: float = 1.0


@dataclass(frozen=True)
class TrainConfig:
    """Optimiser, loss and augmentation of one training run.

    learning_rate: of Adam at the start (GDG: 1e-3), by a cosine (ours) to 0 at the end.
    batch: ours; small, because sets are small and the number of steps decides.
    weights: see losses.py for what each multiplies.
    kld_warm_up: share of the epochs over which the KL weight rises from 0 (ours, against posterior
    collapse). free_nats: KL per latent number that costs nothing (ours, likewise; off, because
    toy samples came out worse with it).
    tilt_degrees: standard deviation of the two tilts in the augmentation (ours); the yaw is
    uniform. cloud_variants: point choices prepared per part (ours).
    penetration_points: object points in eq. 5, the first in farthest point order (ours).
    penetration_reach: metres; eq. 5 is masked to object points this near to the hand (ours).
    penetration_threshold: metres, c_pen of eq. 5 (ours).
    """

    learning_rate: float = 1e-3
    batch: int = 32
    weights: LossWeights = field(default_factory=LossWeights)
    kld_warm_up: float = 0.1
    free_nats: float = 0.0
    tilt_degrees: float = 5.0
    cloud_variants: int = 4
    penetration_points: int = 128
    penetration_reach: float = 0.03
    penetration_threshold: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
