"""Grasps of one hand on one object: what a judge reads, whoever made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from handhold.geometry import TriMesh
from handhold.hands import Hand
from handhold.objects import ObjectAsset


@dataclass(frozen=True, eq=False)
class HandPoses:
    """B poses of a hand in the object frame.

    translation (B, 3) metres and rotation (B, 3, 3) of the hand's pose frame (the palm frame of
    the human hand, the palm body of a hand from MJCF); joints (B, D) radians, in its order.
    """

    translation: NDArray[np.float64]
    rotation: NDArray[np.float64]
    joints: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.translation)
        shapes = {"translation": (n, 3), "rotation": (n, 3, 3), "joints": (n, self.joints.shape[1])}
        for name, shape in shapes.items():
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.shape != shape:
                raise ValueError(f"{name} has shape {shape}, got {values.shape}")
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.translation)

    def select(self, rows: Sequence[int] | NDArray[np.int64]) -> HandPoses:
        """The poses of those rows."""
        index = np.asarray(rows, dtype=np.int64)
        return HandPoses(self.translation[index], self.rotation[index], self.joints[index])


@dataclass(frozen=True, eq=False, kw_only=True)
class GraspGroup:
    """B grasps of one hand on one object at one scale.

    asset: the object; everything else is in its frame. hand with poses, or, without a hand,
    skins: B closed rigid meshes of the hand. pregrasp, squeeze: B poses each, where the source
    has them. part: the part asked for, None where none was. affordance: one of AFFORDANCES, or
    "". avoid: names of the object's parts that each grasp is to keep off. entry: the name of each
    grasp in tables and messages. source: where they came from. joint_slack: radians by
    which the source is known to leave the hand's joint limits.
    """

    asset: ObjectAsset
    hand: Hand | None
    poses: HandPoses | None
    entry: tuple[str, ...]
    source: str
    part: tuple[str | None, ...] = ()
    affordance: tuple[str, ...] = ()
    avoid: tuple[tuple[str, ...], ...] = ()
    pregrasp: HandPoses | None = None
    squeeze: HandPoses | None = None
    skins: tuple[TriMesh, ...] = ()
    joint_slack: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.entry)
        if not self.part:
            object.__setattr__(self, "part", (None,) * n)
        if not self.affordance:
            object.__setattr__(self, "affordance", ("",) * n)
        if not self.avoid:
            object.__setattr__(self, "avoid", ((),) * n)
        if (self.hand is None) != (self.poses is None):
            raise ValueError("a hand comes with poses, poses with a hand")
        if self.hand is None and not self.skins and n:
            raise ValueError("give a hand with poses, or the hand's meshes")
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, tuple | HandPoses) and item.name != "skins" and len(value) != n:
                raise ValueError(f"{item.name} has {len(value)} values for {n} grasps")
        if self.skins and len(self.skins) != n:
            raise ValueError(f"{len(self.skins)} hand meshes for {n} grasps")

    def __len__(self) -> int:
        return len(self.entry)

    def select(self, rows: Sequence[int] | NDArray[np.int64]) -> GraspGroup:
        """The grasps of those rows."""
        index = [int(row) for row in rows]
        changed: dict[str, object] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, HandPoses):
                changed[item.name] = value.select(index)
            elif isinstance(value, tuple):
                changed[item.name] = tuple(value[row] for row in index) if value else ()
        return replace(self, **changed)  # type: ignore[arg-type]
