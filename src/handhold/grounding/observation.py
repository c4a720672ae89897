"""What is seen of an object from one side: a picture, and where on the object each pixel is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

NOTHING = -1


@dataclass(frozen=True, eq=False)
class Observation:
    """One view of an object, pixel by pixel (H rows, W columns).

    image (H, W, 3): sRGB, uint8. depth (H, W): metres along the viewing axis, inf where nothing
    is seen. points (H, W, 3): what is seen there, metres, object frame; nan where nothing is.
    part_ids, face_ids (H, W): index of the part and of the face of the object, -1 for nothing.
    """

    image: NDArray[np.uint8]
    depth: NDArray[np.float32]
    points: NDArray[np.float32]
    part_ids: NDArray[np.int32]
    face_ids: NDArray[np.int32]

    def __post_init__(self) -> None:
        shape = self.part_ids.shape
        planes = {
            "image": (*shape, 3),
            "depth": shape,
            "points": (*shape, 3),
            "face_ids": shape,
        }
        for name, expected in planes.items():
            if getattr(self, name).shape != expected:
                got = getattr(self, name).shape
                raise ValueError(f"{name} has shape {expected} beside part_ids {shape}, got {got}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.part_ids.shape[1], self.part_ids.shape[0]

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """(H, W): where the object is seen."""
        return self.part_ids != NOTHING

    @cached_property
    def extent(self) -> float:
        """Diagonal, in metres, of the box round all points that are seen; 0 if there are none."""
        seen = self.points[self.shown]
        return float(np.linalg.norm(np.ptp(seen, axis=0))) if len(seen) else 0.0

    def pixels_of_parts(self, count: int) -> NDArray[np.int64]:
        """How many pixels (count,) show each of the first `count` parts."""
        return np.bincount(self.part_ids[self.shown], minlength=count)[:count]
