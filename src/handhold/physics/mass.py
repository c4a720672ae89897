"""Mass, centre and inertia of uniform solids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
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
    return _filled(*_moments(mesh), mass)


def mass_of_pieces(pieces: Sequence[TriMesh], mass: float) -> MassProperties:
    """Convex pieces filled evenly with `mass` kg in all; where they overlap they count twice."""
    parts = [_moments(piece) for piece in pieces]
    volume = sum(part[0] for part in parts)
    first = np.sum([part[1] for part in parts], axis=0)
    second = np.sum([part[2] for part in parts], axis=0)
    found = _filled(volume, first, second, mass)
    if found is not None:
        return found
    points = np.concatenate([piece.vertices for piece in pieces])
    spread = np.cov(points.T, bias=True) + 1e-8 * np.eye(3)
    inertia = mass * (np.trace(spread) * np.eye(3) - spread)
    return MassProperties(mass, points.mean(axis=0), inertia)


def _moments(mesh: TriMesh) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Volume, integral of x (3,) and of x x^T (3, 3), exact, by tetrahedra from the origin."""
    corners = mesh.triangles
    volumes = np.einsum("fi,fi->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    total = corners.sum(axis=1)
    first = (volumes[:, None] * total).sum(axis=0) / 4
    own = np.einsum("f,fci,fcj->ij", volumes, corners, corners)
    mixed = np.einsum("f,fi,fj->ij", volumes, total, total)
    return float(volumes.sum()), first, (own + mixed) / 20


def _filled(
    volume: float, first: NDArray[np.float64], second: NDArray[np.float64], mass: float
) -> MassProperties | None:
    if not volume > 1e-12:
        return None
    centre = first / volume
    spread = second / volume - np.outer(centre, centre)
    inertia = mass * (np.trace(spread) * np.eye(3) - spread)
    if not (np.linalg.eigvalsh(spread) > 0).all():
        return None
    return MassProperties(mass, centre, inertia)
