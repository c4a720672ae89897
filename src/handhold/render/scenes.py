"""Hands and objects dressed for a picture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from handhold.geometry import TriMesh
from handhold.grasps import CONTACT_PART, HAND_SKIN, OBJECT_GREY
from handhold.render.palette import heat, part_colors
from handhold.render.shaded_mesh import ShadedMesh

_SKIN_CREASE = math.radians(75.0)  # ours: round everywhere but at the cut wrist

# Fingers up, palm to the viewer at azimuth 0: palm (x, y, z) -> world (-z, y, x).
_PALM_TO_WORLD = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def skin(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> ShadedMesh:
    """A hand in its own colour."""
    return ShadedMesh(
        np.asarray(vertices, dtype=np.float64),
        faces,
        color=HAND_SKIN,
        crease=_SKIN_CREASE,
        gloss=0.10,
    )


def with_contact_part(mesh: TriMesh, contact_faces: NDArray[np.bool_]) -> ShadedMesh:
    """A grey object with the contact part coloured."""
    colors = np.where(contact_faces[:, None], CONTACT_PART, OBJECT_GREY)
    return ShadedMesh(mesh.vertices, mesh.faces, face_colors=colors)


def with_parts(mesh: TriMesh, face_parts: NDArray[np.int64], count: int) -> ShadedMesh:
    """An object with one colour per part."""
    return ShadedMesh(mesh.vertices, mesh.faces, face_colors=part_colors(count)[face_parts])


def contact_map(
    vertices_palm: NDArray[np.float64],
    faces: NDArray[np.int64],
    contact: NDArray[np.float64],
) -> ShadedMesh:
    """A hand given in its palm frame, turned fingers up and palm to azimuth 0, as a heat map."""
    return ShadedMesh(
        np.asarray(vertices_palm, dtype=np.float64) @ _PALM_TO_WORLD.T,
        faces,
        vertex_colors=heat(contact),
        crease=_SKIN_CREASE,
        gloss=0.06,
    )
