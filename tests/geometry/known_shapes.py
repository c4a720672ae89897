"""Meshes with known insides."""

from __future__ import annotations

import numpy as np
import trimesh

from handhold.geometry import TriMesh, concatenate


def box(
    sides: tuple[float, float, float], centre: tuple[float, float, float] = (0, 0, 0)
) -> TriMesh:
    made = trimesh.creation.box(sides)
    return TriMesh(made.vertices + np.array(centre), made.faces)


def cylinder(radius: float, height: float, sections: int = 64) -> TriMesh:
    made = trimesh.creation.cylinder(radius, height, sections=sections)
    return TriMesh.from_trimesh(made)


def sphere(radius: float, subdivisions: int = 4) -> TriMesh:
    return TriMesh.from_trimesh(trimesh.creation.icosphere(subdivisions, radius))


def cup(radius: float = 0.04, height: float = 0.1, wall: float = 0.004) -> TriMesh:
    """A closed cup, open upwards, with a wall of two layers; its base at z = 0."""
    line = [
        (0, 0), (radius, 0), (radius, height), (radius - wall, height), (radius - wall, wall),
        (0, wall),
    ]  # fmt: skip
    return TriMesh.from_trimesh(trimesh.creation.revolve(np.array(line), sections=48))


def single_layer_cup(radius: float = 0.04, height: float = 0.1) -> TriMesh:
    """The outer skin of `cup` only."""
    line = np.array([(0, 0), (radius, 0), (radius, height)])
    return TriMesh.from_trimesh(trimesh.creation.revolve(line, sections=48))


def bottle() -> TriMesh:
    """A single-layer bottle with an open mouth of 10 mm radius at z = 0.25."""
    line = np.array([(0, 0), (0.04, 0), (0.04, 0.15), (0.01, 0.19), (0.01, 0.25)])
    return TriMesh.from_trimesh(trimesh.creation.revolve(line, sections=48))


def double_sided(mesh: TriMesh) -> TriMesh:
    return concatenate([mesh, TriMesh(mesh.vertices, mesh.faces[:, ::-1])])


def without_some_faces(mesh: TriMesh, share: float, seed: int = 0) -> TriMesh:
    kept = np.random.default_rng(seed).random(len(mesh.faces)) >= share
    return mesh.submesh(kept)


def shuffled_winding(mesh: TriMesh, seed: int = 0) -> TriMesh:
    turned = np.random.default_rng(seed).random(len(mesh.faces)) < 0.5
    return TriMesh(mesh.vertices, np.where(turned[:, None], mesh.faces[:, ::-1], mesh.faces))
