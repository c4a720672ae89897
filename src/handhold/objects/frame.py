"""How the user's coordinates and handhold's object frame relate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
UP_AXES = ("x", "y", "z")

# Proper rotations that bring the user's up axis to +z.
_UP_ROTATIONS = {
    "x": ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    "y": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)),
    "z": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}


def up_rotation(up: str) -> NDArray[np.float64]:
    """Rotation (3, 3) that takes the user's `up` axis ("x", "y" or "z") to +z."""
    if up not in _UP_ROTATIONS:
        raise InputError(f"The up axis '{up}' is not known.", "Allowed: x, y, z (--up).")
    return np.array(_UP_ROTATIONS[up])


@dataclass(frozen=True, eq=False)
class UserFrame:
    """The user's frame: p_object = rotation @ (scale_to_metres * p_user) - offset.

    unit: name of the user's unit (m, cm, mm, in, or a length such as "0.06 m"); scale_to_metres:
    metres per user's unit; up: the user's up axis; rotation (3, 3) takes it to +z; offset (3,)
    metres, after the rotation; stated: whether the user gave the unit or scale (False: it was
    assumed from the size).
    """

    unit: str = "m"
    scale_to_metres: float = 1.0
    up: str = "z"
    rotation: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    offset: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    stated: bool = True

    def points_to_object(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (..., 3) in the user's unit and frame -> metres in the object frame."""
        return (np.asarray(points) * self.scale_to_metres) @ self.rotation.T - self.offset

    def points_to_user(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (..., 3) in metres in the object frame -> the user's unit and frame."""
        return (np.asarray(points) + self.offset) @ self.rotation / self.scale_to_metres

    def pose_to_object(
        self, rotation: NDArray[np.float64], translation: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(R (..., 3, 3), t (..., 3) in the user's unit) -> (R, t in metres), object frame."""
        return self.rotation @ np.asarray(rotation), self.points_to_object(translation)

    def pose_to_user(
        self, rotation: NDArray[np.float64], translation: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(R (..., 3, 3), t (..., 3) metres) in the object frame -> the user's, t in its unit."""
        return self.rotation.T @ np.asarray(rotation), self.points_to_user(translation)
