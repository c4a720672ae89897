"""From a training set to augmented batches, the same for the same generator."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from handhold.models import (
    Affine,
    Condition,
    CvaeConfig,
    Normalisation,
    farthest_point_order,
    group_levels,
    make_condition,
)
from handhold.spatial import axis_angle_to_matrix
from handhold.train.training_set import TrainingSet


@dataclass(frozen=True, eq=False)
class Batch:
    """B augmented grasps: condition, true pose (B, 3), (B, 3, 3), local hand (B, M, 3) twice."""

    condition: Condition
    translation: Tensor
    rotation: Tensor
    hand_vertices: Tensor
    hand_normals: Tensor

    def __len__(self) -> int:
        """Number of grasps B."""
        return len(self.translation)


class BatchSource:
    """A training set as tensors, with everything that turning does not change worked out once.

    Per part and variant: which points are kept, in farthest point order, and the ball groups of
    every level of the network. Augmentation then costs one rotation per grasp.
    """

    def __init__(
        self,
        training_set: TrainingSet,
        config: CvaeConfig,
        *,
        cloud_variants: int,
        tilt_degrees: float,
        generator: torch.Generator,
        device: torch.device | str = "cpu",
    ) -> None:
        self._tilt = math.radians(tilt_degrees)
        self._device = device
        self._points = _tensor(training_set.part_points).to(device)
        self._normals = _tensor(training_set.part_normals).to(device)
        rest = _tensor(training_set.rest_centroid)
        rest = torch.where((rest == 0).all(1, keepdim=True), torch.nan, rest)
        self._rest = rest.to(device)
        self._part = torch.from_numpy(training_set.grasp_part.astype(np.int64)).to(device)
        self._cluster = torch.from_numpy(training_set.grasp_cluster.astype(np.int64)).to(device)
        self._translation = _tensor(training_set.translation).to(device)
        self._rotation = _tensor(training_set.rotation).to(device)
        self._hand_vertices = _tensor(training_set.hand_vertices).to(device)
        self._hand_normals = _tensor(training_set.hand_normals).to(device)
        parts, n = self._points.shape[:2]
        orders, groups = [], []
        for variant in range(cloud_variants):
            start = torch.randint(n, (parts,), generator=generator).to(device)
            order = farthest_point_order(self._points, config.n_points, start if variant else None)
            chosen = self._points.gather(1, order[..., None].expand(-1, -1, 3))
            orders.append(order.int())
            groups.append([g.int() for g in group_levels(chosen, config.levels)])
        self._order = torch.stack(orders, 1)
        self._groups = [torch.stack(level, 1) for level in zip(*groups, strict=True)]

    def __len__(self) -> int:
        """Number of grasps G."""
        return len(self._part)

    def epoch(self, size: int, generator: torch.Generator) -> list[Tensor]:
        """Indices of one epoch's batches: every grasp once, in random order."""
        return list(torch.randperm(len(self), generator=generator).split(size))

    def draw(self, grasps: Tensor, generator: torch.Generator) -> Batch:
        """The grasps of these indices (B,), each turned by its own random yaw and tilt."""
        turn = random_turns(len(grasps), self._tilt, generator)
        variant = torch.randint(self._order.shape[1], (len(grasps),), generator=generator)
        return self._turned(grasps.to(self._device), turn.to(self._device), variant)

    def _turned(self, grasps: Tensor, turn: Tensor, variant: Tensor) -> Batch:
        part, cluster = self._part[grasps], self._cluster[grasps]
        variant = variant.to(self._device)
        back = turn.transpose(1, 2)
        condition = make_condition(
            self._points[part] @ back,
            self._normals[part] @ back,
            (turn @ self._rest[part][..., None])[..., 0],
            cluster,
            order=self._order[part, variant].long(),
            groups=[level[part, variant].long() for level in self._groups],
        )
        moved = (turn @ self._translation[grasps][..., None])[..., 0]
        return Batch(
            condition=condition,
            translation=moved - condition.centre,
            rotation=turn @ self._rotation[grasps],
            hand_vertices=self._hand_vertices[cluster],
            hand_normals=self._hand_normals[cluster],
        )

    def measure_normalisation(self, generator: torch.Generator, passes: int = 4) -> Normalisation:
        """Mean and spread of T, V, S and the scale over augmented passes through the set."""
        batches = [
            self.draw(grasps, generator)
            for _ in range(passes)
            for grasps in self.epoch(256, generator)
        ]
        conditions = [batch.condition for batch in batches]
        return Normalisation(
            translation=Affine.of(torch.cat([batch.translation for batch in batches])),
            rest=Affine.of(torch.cat([condition.rest for condition in conditions])),
            size=Affine.of(torch.cat([condition.size for condition in conditions])),
            scale=Affine.of(torch.cat([condition.points[:, 0, 6:] for condition in conditions])),
        )


def random_turns(n: int, tilt: float, generator: torch.Generator) -> Tensor:
    """Augmenting rotations (n, 3, 3): uniform yaw about z, then a tilt about a horizontal axis.

    tilt: standard deviation in radians of each of the tilt vector's two components. Ours.
    """
    yaw = torch.zeros(n, 3)
    yaw[:, 2] = torch.rand(n, generator=generator) * 2 * math.pi
    lean = torch.zeros(n, 3)
    lean[:, :2] = torch.randn(n, 2, generator=generator) * tilt
    return axis_angle_to_matrix(lean) @ axis_angle_to_matrix(yaw)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
