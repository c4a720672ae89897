"""The hand's mesh as a surface with an inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry import TriMesh, read_solid, topology


def outward_faces(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """`faces` (F, 3) of a hand's skin (V, 3), wound so that they all look outwards.

    Bodies of a closed mesh that are inside out are turned. A mesh that is open or wound at
    odds is read as an object would be (`read_solid`); its inside is then where the generalised
    winding number is over 1/2. Raises InputError where it is a mere sheet.
    """
    faces = np.asarray(faces, dtype=np.int64)
    welded, joined, _ = topology.weld(np.asarray(vertices, dtype=np.float64), faces)
    if topology.is_closed(joined):
        body = topology.bodies(joined, len(welded))
        corners = (welded - welded.mean(axis=0))[joined]
        first, second, third = corners.transpose(1, 0, 2)
        sixfold = np.einsum("fi,fi->f", first, np.cross(second, third))
        turned = (np.bincount(body, weights=sixfold) < 0)[body]
    else:
        solid = read_solid(TriMesh(vertices, faces))
        if solid.shell.mean() > 0.5:
            raise InputError(
                "the hand's mesh is an open sheet, so it has no inside.",
                "Give a closed mesh of the hand.",
            )
        turned = solid.flip
    return np.where(turned[:, None], faces[:, ::-1], faces)


def piece_of_vertex(skin: TriMesh) -> NDArray[np.int64]:
    """The separate body (V,) each vertex belongs to; vertices without faces are 0."""
    welded, joined, _ = topology.weld(skin.vertices, skin.faces)
    body = topology.bodies(joined, len(welded))
    piece = np.zeros(len(skin.vertices), dtype=np.int64)
    piece[skin.faces] = body[:, None]
    return piece
