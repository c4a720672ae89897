"""The unit and the up axis of a file, stated or assumed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.objects.frame import METRES_PER_UNIT, UP_AXES, UserFrame, up_rotation

# Largest side of the object, metres. All ours.
ASSUMED_METRES = (0.03, 1.5)
ASSUMED_MILLIMETRES = (30.0, 1500.0)
STATED_LIMITS = (0.002, 3.0)


def choose_frame(
    bounds: NDArray[np.float64],
    unit: str | None,
    up: str,
    y_up_format: bool,
    scale: float | None = None,
) -> tuple[UserFrame, list[str]]:
    """The user's frame for an object with `bounds` (2, 3) in the file, and what was assumed.

    `scale`: metres per unit of the file, instead of a unit's name. Raises InputError (with the
    flag to give) for a size that no unit explains.
    """
    largest = float((bounds[1] - bounds[0]).max())
    if not largest > 0:
        raise InputError(
            "The object has zero size: all its vertices are in one place.",
            "Give a mesh with an extent.",
        )
    stated = unit is not None or scale is not None
    if scale is None:
        chosen, notes = _unit(largest, unit)
        metres = METRES_PER_UNIT[chosen]
    else:
        chosen, notes = _scaled(largest, unit, scale)
        metres = scale
    axis, up_note = _up(up, y_up_format)
    rotation = up_rotation(axis)
    centre = (bounds.mean(axis=0) * metres) @ rotation.T
    frame = UserFrame(chosen, metres, axis, rotation, centre, stated=stated)
    return frame, [*notes, up_note]


def _unit(largest: float, unit: str | None) -> tuple[str, list[str]]:
    if unit is not None:
        if unit not in METRES_PER_UNIT:
            raise InputError(
                f"The unit '{unit}' is not known.",
                f"Allowed: {', '.join(METRES_PER_UNIT)} (--unit).",
            )
        metres = largest * METRES_PER_UNIT[unit]
        if not _within(metres, STATED_LIMITS):
            raise InputError(
                f"The object's largest side is {metres:.4g} m in the unit '{unit}'.",
                f"A hand can grasp from {STATED_LIMITS[0]:g} to {STATED_LIMITS[1]:g} m"
                f"{_fitting(largest)}.",
            )
        return unit, [f"unit {unit} (as stated): largest side {metres:.3g} m"]
    if _within(largest, ASSUMED_METRES):
        return "m", [f"unit taken to be m: largest side {largest:.3g} m (--unit to change)"]
    if _within(largest, ASSUMED_MILLIMETRES):
        return "mm", [f"unit taken to be mm: largest side {largest:.4g} mm (--unit to change)"]
    raise InputError(
        f"The unit cannot be guessed: the object's largest side is {largest:.4g} "
        f"(taken as metres from {ASSUMED_METRES[0]:g} to {ASSUMED_METRES[1]:g}, as millimetres "
        f"from {ASSUMED_MILLIMETRES[0]:g} to {ASSUMED_MILLIMETRES[1]:g}).",
        _unit_advice(largest),
    )


def _scaled(largest: float, unit: str | None, scale: float) -> tuple[str, list[str]]:
    if unit is not None:
        raise InputError(
            f"Both the unit '{unit}' and a scale of {scale:g} m were given.", "Give one of them."
        )
    metres = largest * scale
    if not _within(metres, STATED_LIMITS):  # also where the scale is nan or not positive
        raise InputError(
            f"The object's largest side is {metres:.4g} m at a scale of {scale:g} m per unit.",
            f"A hand can grasp from {STATED_LIMITS[0]:g} to {STATED_LIMITS[1]:g} m.",
        )
    names = [name for name, value in METRES_PER_UNIT.items() if value == scale]
    note = f"{scale:g} m per unit (as stated): largest side {metres:.3g} m"
    return names[0] if names else f"{scale:g} m", [note]


def _unit_advice(largest: float) -> str:
    fitting = _fitting(largest)
    if fitting:
        return f"State it{fitting}."
    return (
        f"No unit brings it between {STATED_LIMITS[0]:g} and {STATED_LIMITS[1]:g} m: "
        "scale the object first, then give --unit m."
    )


def _fitting(largest: float) -> str:
    """The flags that would make the size acceptable, as the tail of a sentence."""
    sizes = {name: largest * metres for name, metres in METRES_PER_UNIT.items()}
    possible = [name for name, size in sizes.items() if _within(size, STATED_LIMITS)]
    possible.sort(key=lambda name: not _within(sizes[name], ASSUMED_METRES))  # likely ones first
    flags = [f"--unit {name} ({sizes[name]:.3g} m)" for name in possible[:3]]
    return f": {' or '.join(flags)}" if flags else ""


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _up(up: str, y_up_format: bool) -> tuple[str, str]:
    if up == "auto":
        axis = "y" if y_up_format else "z"
        why = "glTF's standard" if y_up_format else "assumed"
        return axis, f"up axis {axis} ({why}; --up to change)"
    if up not in UP_AXES:
        raise InputError(f"The up axis '{up}' is not known.", "Allowed: x, y, z, auto (--up).")
    return up, f"up axis {up} (as stated)"
