"""Grasps as the library needs them: plain arrays, one row per grasp."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GraspRecords:
    """N grasps of one hand.

    Attributes:
        affordance: (N,) strings.
        part_size: (N, 3) metres, longest first. section_radius: (N,) metres.
        joints: (N, D) radians.
        contact, part_contact: (N, V) contact maps to the object and to the contact part alone.
        kind: (N,) strings; axis (N, 3), centre (N, 3), radius (N,): what each hand closed on, in
            its palm frame.
    """

    affordance: NDArray[np.str_]
    part_size: Array
    section_radius: Array
    joints: Array
    contact: Array
    part_contact: Array
    kind: NDArray[np.str_]
    axis: Array
    centre: Array
    radius: Array

    def __len__(self) -> int:
        return len(self.affordance)

    def select(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> GraspRecords:
        """The rows that `rows` picks."""
        return GraspRecords(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @staticmethod
    def concatenate(parts: list[GraspRecords]) -> GraspRecords:
        """Records one after another."""
        return GraspRecords(
            **{
                f.name: np.concatenate([getattr(p, f.name) for p in parts])
                for f in fields(GraspRecords)
            }
        )
