"""A rod in a closed hand, as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
import trimesh

from handhold.contact import close_hand
from handhold.grasps import GraspBatch
from handhold.hands import load_hand
from handhold.objects import load_object

RADIUS = 0.018
PALM = np.array([-0.055, 0.0, 0.036])  # the rod lies under the first finger bones


def write_rod(path: Path) -> Path:
    """A capsule of 18 mm radius and 16 cm length along y, in metres, z up."""
    shape = trimesh.creation.capsule(radius=RADIUS, height=0.12, count=[16, 16])
    shape.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1.0, 0.0, 0.0]))
    shape.export(path)
    return path


@cache
def _closed() -> np.ndarray:
    """Joints of a hand above the rod that closed on it; the palm's pose is PALM."""
    hand = load_hand("human")
    spec = hand.spec
    opened = torch.zeros(1, hand.joint_count)
    opened[0, 12] = 0.3  # the thumb a little across the palm
    bent = torch.tensor([0.0, 1.4, 1.4] * 4 + [1.2, 0.0, 0.7, 0.9])[None]
    closed = torch.minimum(torch.maximum(bent, spec.joint_lower), spec.joint_upper)

    def signed(points: torch.Tensor) -> torch.Tensor:
        along = points[..., 1].clamp(-0.06, 0.06)
        axis = torch.stack([torch.zeros_like(along), along, torch.zeros_like(along)], -1)
        return (points - axis).norm(dim=-1) - RADIUS

    at, turn = torch.from_numpy(PALM)[None].float(), torch.eye(3)[None]
    return close_hand(hand, signed, at, turn, opened, closed, steps=60)[0].double().numpy()


def write_grasps(
    path: Path, mesh: Path, n: int = 3, change: Callable[[GraspBatch], GraspBatch] | None = None
) -> Path:
    """n grasps of the rod in `mesh`, each a little to the side of the one before."""
    asset = load_object(mesh, unit="m", up="z")
    shift = np.array([[0.0, 0.004 * row, 0.0] for row in range(n)]).reshape(n, 3)
    batch = GraspBatch.from_object_frame(
        asset.frame,
        PALM + shift,
        np.tile(np.eye(3), (n, 1, 1)),
        joints=np.tile(_closed(), (n, 1)),
        hand="human",
        joint_names=load_hand("human").joint_names,
        object_file=str(mesh),
        object_name=asset.name,
        object_hash=asset.content_hash,
        instruction="hold the rod",
        affordance=("wrap-around-grip",) * n,
        part=(asset.part_names[0],) * n,
        prior_cluster=("",) * n,
        origin=("rule",) * n,
        acceptable=np.ones(n, dtype=bool),
        reason=("",) * n,
        result_code=("done",) * n,
    )
    return (batch if change is None else change(batch)).save(path)


def moved_up(batch: GraspBatch) -> GraspBatch:
    """The same hands 30 cm above: they touch nothing."""
    return replace(batch, translation=batch.translation + np.array([0.0, 0.0, 0.3]))
