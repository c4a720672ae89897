"""Objects whose anchors are known: a bar, a ring on a block, a lidded jar, a box. Metres."""

from __future__ import annotations

import numpy as np
import trimesh

from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset

BAR_RADIUS, BAR_LENGTH = 0.012, 0.12
BAR_AXIS = np.array([0.8, 0.6, 0.0])
RING_RADIUS, TUBE_RADIUS = 0.03, 0.006
LID_RADIUS, JAR_HEIGHT, LID_HEIGHT = 0.03, 0.08, 0.02
BOX = np.array([0.1, 0.06, 0.04])


def _turned(mesh: trimesh.Trimesh, axis: np.ndarray) -> trimesh.Trimesh:
    mesh.apply_transform(trimesh.geometry.align_vectors([0, 0, 1], axis))
    return mesh


def _part(mesh: trimesh.Trimesh) -> TriMesh:
    return TriMesh.from_trimesh(mesh)


def bar() -> ObjectAsset:
    """A cylinder along `BAR_AXIS` about the origin."""
    made = trimesh.creation.cylinder(BAR_RADIUS, BAR_LENGTH, sections=48)
    return ObjectAsset.from_parts("bar", [("bar", _part(_turned(made, BAR_AXIS)))])


def ring_on_block() -> ObjectAsset:
    """A ring in the xz plane with a block hanging under it."""
    ring = trimesh.creation.torus(RING_RADIUS, TUBE_RADIUS, major_sections=48, minor_sections=16)
    _turned(ring, np.array([0.0, 1.0, 0.0]))
    ring.apply_translation([0, 0, RING_RADIUS])
    block = trimesh.creation.box((0.06, 0.06, 0.06))
    block.apply_translation([0, 0, -0.04])
    return ObjectAsset.from_parts("ring", [("ring", _part(ring)), ("block", _part(block))])


def jar() -> ObjectAsset:
    """A jar with a lid on top; the lid is the part."""
    body = trimesh.creation.cylinder(0.035, JAR_HEIGHT, sections=48)
    lid = trimesh.creation.cylinder(LID_RADIUS, LID_HEIGHT, sections=48)
    lid.apply_translation([0, 0, (JAR_HEIGHT + LID_HEIGHT) / 2 + 0.001])
    return ObjectAsset.from_parts("jar", [("body", _part(body)), ("lid", _part(lid))])


def box() -> ObjectAsset:
    """A box about the origin."""
    return ObjectAsset.from_parts("box", [("box", _part(trimesh.creation.box(BOX)))])
