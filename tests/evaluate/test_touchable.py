"""Only what can be touched counts: an object with another part buried in it."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_scenes import box

from handhold.evaluate import (
    ContactRule,
    PosedHands,
    judge,
    link_contacts,
    measure_hand,
)
from handhold.geometry import TriMesh, closest_points, concatenate, read_solid

TOP = 0.03
DEEP = 0.003  # of the finger; the core lies 1 mm deeper


def filled_box() -> tuple[TriMesh, np.ndarray]:
    """A box of 6 cm in part 1 around a core of part 0, whose faces come first."""
    core, outer = box((0.052, 0.052, 0.052), (0, 0, 0)), box((0.06, 0.06, 0.06), (0, 0, 0))
    mesh = concatenate([core, outer])
    assert read_solid(mesh).hidden.tolist() == [True] * 12 + [False] * 12
    return mesh, np.repeat([0, 1], 12)


def finger() -> PosedHands:
    """A box of two links that dips 3 mm into the top face."""
    skin = box((0.01, 0.02, 0.03), (0.003, 0.002, TOP - DEEP + 0.015))
    link = (skin.vertices[:, 1] > 0.002).astype(np.int64)
    return PosedHands(skin.vertices[None], skin.faces, None, vertex_link=link)


@pytest.mark.parametrize("has_solid", [True, False])
def test_contacts_are_with_the_outer_faces(has_solid: bool) -> None:
    mesh, parts = filled_box()
    hand = finger()
    found = measure_hand(mesh, hand.vertices, reach=0.005, has_solid=has_solid)
    dipped = hand.vertices[0, :, 2] < TOP
    assert (closest_points(mesh, hand.vertices[0, dipped]).face < 12).all(), "the core is nearer"
    assert (found.face[0, dipped] >= 12).all() and (found.face[0, ~dipped] == -1).all()
    normals = mesh.face_normals[found.face[0, dipped]]
    np.testing.assert_allclose(normals, np.tile([0, 0, 1], (4, 1)), atol=1e-12)
    np.testing.assert_allclose(np.abs(found.distance[0, dipped]), DEEP, rtol=1e-9)
    judgement = judge(mesh, parts, 1, hand, has_solid=has_solid)
    assert judgement.part_accuracy[0] == judgement.contact_share_on_part[0] == 1.0


@pytest.mark.parametrize("has_solid", [True, False])
def test_contacts_of_q1_lie_on_the_outer_faces(has_solid: bool) -> None:
    mesh, _ = filled_box()
    hand = finger()
    on_surface = measure_hand(mesh, hand.vertices, reach=0.01, has_solid=has_solid)
    contacts = link_contacts(mesh, hand, on_surface, ContactRule())[0]
    np.testing.assert_allclose(contacts.points[:, 2], TOP, atol=1e-12)
    if has_solid:
        np.testing.assert_allclose(contacts.normals, np.tile([0, 0, -1], (2, 1)), atol=1e-9)
