"""Objects without a unit, brought to a stated size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset, UserFrame, up_rotation

MAX_FACES_READ = 2_000_000  # ours: more is no object for a hand, and slow
SIZES = (1e-6, 1e6)  # units of the file, ours: beyond these a longest side is a mistake


def rescaled(
    name: str,
    parts: Sequence[tuple[str, TriMesh]],
    *,
    longest_side: float,
    up: str,
    file: str = "",
    provisional: bool = False,
    notes: Sequence[str] = (),
) -> ObjectAsset:
    """(part name, mesh in the unit and axes of a file) as one object of that size, in metres.

    longest_side: metres, of the bounding box of what faces use. Meshes of one name are one part.
    `frame` maps from the file's coordinates and says the scale, which nobody stated. provisional:
    the names mean nothing. Raises InputError for an object without an extent, of absurd size or
    with too many faces.
    """
    faces = sum(len(mesh.faces) for _, mesh in parts)
    if faces > MAX_FACES_READ:
        raise InputError(
            f"'{name}' has {faces} faces.", f"At most {MAX_FACES_READ} are read: simplify it first."
        )
    used = [mesh.vertices[np.unique(mesh.faces)] for _, mesh in parts]
    points = np.concatenate(used) if used else np.zeros((0, 3))
    largest = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    if not SIZES[0] <= largest <= SIZES[1]:
        raise InputError(
            f"'{name}' has a longest side of {largest:.4g} units.",
            f"Expected {SIZES[0]:g} to {SIZES[1]:g}: it is empty, or damaged.",
        )
    scale = longest_side / largest
    frame = UserFrame(
        unit=f"{scale:.6g} m",
        scale_to_metres=scale,
        up=up,
        rotation=up_rotation(up),
        stated=False,
    )
    asset = ObjectAsset.from_parts(
        name,
        [
            (part, TriMesh(frame.points_to_object(mesh.vertices), mesh.faces))
            for part, mesh in parts
        ],
        notes=(f"no unit: taken to be {longest_side:g} m along its longest side (ours)", *notes),
    )
    return replace(
        asset,
        frame=replace(frame, offset=asset.frame.offset),
        file=file,
        parts_provisional=provisional,
    )
