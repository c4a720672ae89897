"""What goes into the refinement and what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch
from handhold.hands import Hand


@dataclass(frozen=True, eq=False)
class Pose:
    """A batch of hands: translation (B, 3) metres, rotation (B, 3, 3), joints (B, D) radians."""

    translation: Tensor
    rotation: Tensor
    joints: Tensor

    def __len__(self) -> int:
        return len(self.translation)

    def select(self, index: Tensor | slice) -> Pose:
        """The rows that `index` picks."""
        return Pose(self.translation[index], self.rotation[index], self.joints[index])

    @staticmethod
    def concatenate(poses: Sequence[Pose]) -> Pose:
        """Batches one after another."""
        return Pose(
            torch.cat([p.translation for p in poses]),
            torch.cat([p.rotation for p in poses]),
            torch.cat([p.joints for p in poses]),
        )


@dataclass(frozen=True, eq=False)
class Task:
    """Hands to fit to one object: its field, a prior per hand, and their coarse poses in the
    object frame."""

    field: ObjectField
    priors: PriorBatch
    start: Pose


@dataclass(frozen=True, eq=False)
class Refined:
    """What came out.

    Attributes:
        start, extrinsic, final: hands before, after the first and after the second stage.
        energies: (B,) unweighted value of each term at the end, and the weighted "total".
        codes: per grasp "converged", "moving" (its last steps still changed the sum by more
            than 2 %), or "diverged" (a number was not finite; the pose means nothing).
    """

    start: Pose
    extrinsic: Pose
    final: Pose
    energies: dict[str, Tensor]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """One descent: Adam with cosine decay.

    Attributes:
        weights: of the terms that count, by name.
        steps, rate: of Adam.
        refresh: steps between new hand-object correspondences.
        slack: metres of penetration that cost nothing.
        object_points: how many of the object's samples look for the hand.
        everything: whether the joints move, not only translation and rotation.
    """

    weights: dict[str, float]
    steps: int
    rate: float
    refresh: int
    slack: float
    object_points: int
    everything: bool


@dataclass(frozen=True, eq=False)
class Descended:
    """Hands after a stage, and a code for each as in `Refined`."""

    pose: Pose
    codes: tuple[str, ...]


Engine = Callable[[Hand, Sequence[Task], Stage, Callable[[float], None]], list[Descended]]
"""How a stage is run on a hand's tasks; it is told whom to tell the share that is done."""


LAST_RATE = 0.02
"""Share of a stage's rate that the cosine ends at (ours)."""


def cosine(rate: float, step: int, steps: int) -> float:
    """The learning rate of a step: from `rate` down along half a cosine."""
    return rate * (LAST_RATE + (1.0 - LAST_RATE) * 0.5 * (1.0 + math.cos(math.pi * step / steps)))


def code_of(sound: bool, totals: Tensor) -> str:
    """The code of one grasp, from its weighted sums (steps,)."""
    if not sound:
        return "diverged"
    tail = totals[-max(1, len(totals) // 20) :]
    moving = (tail[0] - tail[-1]).abs() > 0.02 * tail[-1].abs().clamp(min=1e-6)
    return "moving" if bool(moving) else "converged"
