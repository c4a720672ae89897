"""Mass, centre and inertia of uniform solids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray

from handhold.geometry import TriMesh


@dataclass(frozen=True, eq=False)
class MassProperties:
    """mass kg, centre (3,) metres, inertia (3, 3) kg m2 about the centre, in the mesh's frame."""

    mass: float
    centre: NDArray[np.float64]
    inertia: NDArray[np.float64]


def mass_of_solid(mesh: TriMesh, mass: float) -> MassProperties | None:
    """A closed, outward mesh filled evenly with `mass` kg; None where it encloses nothing."""
    return _filled(mesh.triangles, mass)


def mass_of_pieces(pieces: Sequence[TriMesh], mass: float) -> MassProperties:
    """Convex pieces filled evenly with `mass` kg in all; where they overlap they count twice."""
    found = _filled(np.concatenate([piece.triangles for piece in pieces]), mass)
    if found is not None:
        return found
    points = np.concatenate([piece.vertices for piece in pieces])
    spread = np.cov(points.T, bias=True) + 1e-8 * np.eye(3)
    inertia = mass * (np.trace(spread) * np.eye(3) - spread)
    return MassProperties(mass, points.mean(axis=0), inertia)


def _filled(triangles: NDArray[np.float64], mass: float) -> MassProperties | None:
    # About a point nearby, so that a distant frame costs no digits.
    shift = triangles.mean(axis=(0, 1))
    found = trimesh.triangles.mass_properties(triangles - shift, skip_inertia=False)
    if not found.volume > 1e-12:
        return None
    inertia = np.asarray(found.inertia) * mass / found.volume
    moments = np.linalg.eigvalsh(inertia)
    if not (moments > 0).all() or moments[2] > moments[0] + moments[1]:
        return None
    return MassProperties(mass, np.asarray(found.center_mass) + shift, inertia)
