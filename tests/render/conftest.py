"""A mug of two parts, and an overview of it."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from block_hand import HAND

from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset
from handhold.render import GraspPicture, OverviewData, PriorPicture


@pytest.fixture(scope="session")
def mug() -> ObjectAsset:
    body = trimesh.creation.cylinder(radius=0.04, height=0.09, sections=24)
    handle = trimesh.creation.torus(0.025, 0.006, major_sections=16, minor_sections=8)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    handle.apply_translation([0.06, 0, 0])
    parts = [("body", TriMesh.from_trimesh(body)), ("handle", TriMesh.from_trimesh(handle))]
    return ObjectAsset.from_parts("mug", parts)


@pytest.fixture(scope="session")
def overview(mug: ObjectAsset) -> OverviewData:
    prior = PriorPicture(HAND.vertices, HAND.faces, np.linspace(0, 1, 8), ("handle-grip/2",))
    grasps = tuple(
        GraspPicture(
            HAND.vertices + [0.09, 0.01 * k, 0], f"#{k + 1} handle", ("depth 0.1 cm",), k < 2
        )
        for k in range(3)
    )
    return OverviewData(
        instruction="drink <b>tea</b> & relax",
        summary="handle-grip of the handle",
        object_mesh=mug.mesh,
        contact_faces=mug.face_parts == mug.part_index("handle"),
        hand_faces=HAND.faces,
        object_caption=("handle",),
        prior=prior,
        grasps=grasps,
    )
