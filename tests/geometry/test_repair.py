"""Simplification of meshes of several bodies."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from handhold.geometry import TriMesh
from handhold.geometry.repair import simplified


def test_a_body_that_resists_simplification_does_not_cost_another_its_faces() -> None:
    """Spikes everywhere cannot be collapsed; the smooth ring beside them must stay a ring."""
    generator = np.random.default_rng(0)
    rough = trimesh.creation.icosphere(subdivisions=5, radius=0.1)
    rough.vertices = rough.vertices * (1 + 0.3 * generator.random((len(rough.vertices), 1)))
    ring = trimesh.creation.torus(0.05, 0.01, major_sections=60, minor_sections=30)
    ring.apply_translation([0.3, 0.0, 0.0])
    both = TriMesh.from_trimesh(trimesh.util.concatenate([rough, ring]))
    simple = simplified(both, 3000)
    beside = simple.face_centres[:, 0] > 0.2
    assert beside.sum() >= 200
    area = simple.face_areas[beside].sum()
    assert area == pytest.approx(ring.area, rel=0.05)
