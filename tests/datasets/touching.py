"""How well posed hands fit an object: the measure by which conventions are told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from handhold.geometry import signed_distance
from handhold.grasps.group import HandPoses
from handhold.hands import Hand
from handhold.objects import ObjectAsset

REACH = 0.005  # metres
EVERY = 3  # a third of the hand's vertices is enough, and three times as fast


@dataclass(frozen=True)
class Fit:
    """contact: share of grasps with a hand vertex within 5 mm or inside; depth: mean, cm."""

    contact: float
    depth: float

    def __str__(self) -> str:
        return f"contact {self.contact:.0%}, depth {self.depth:.2f} cm"


def fit(asset: ObjectAsset, hand: Hand, poses: HandPoses) -> Fit:
    """Fit of a batch of grasps."""
    values = (poses.translation, poses.rotation, poses.joints)
    with torch.no_grad():
        posed = hand.pose(*(torch.from_numpy(np.array(each)).float() for each in values))
    vertices = posed.vertices.double().numpy()[:, ::EVERY]
    lower, upper = asset.mesh.bounds
    near = ((vertices >= lower - REACH) & (vertices <= upper + REACH)).all(axis=-1)
    distance = np.full(near.shape, np.inf)
    distance[near] = signed_distance(asset.mesh, vertices[near])
    deepest = distance.min(axis=1)
    return Fit(float((deepest <= REACH).mean()), float(np.maximum(-deepest, 0).mean() * 100))


def mean(fits: list[Fit]) -> Fit:
    """Mean over equally large batches."""
    return Fit(
        float(np.mean([each.contact for each in fits])),
        float(np.mean([each.depth for each in fits])),
    )
