"""A block that stands for a hand."""

from __future__ import annotations

import trimesh

from handhold.geometry import TriMesh

HAND = TriMesh.from_trimesh(trimesh.creation.box((0.09, 0.03, 0.08)))
