"""The skin: normals, gripping side and size of the human hand."""

from __future__ import annotations

import numpy as np
import torch
import trimesh

from handhold.hands import load_hand

HAND = load_hand("human").to(dtype=torch.float64)


def _posed() -> torch.Tensor:
    joints = torch.stack([torch.zeros(16), 0.4 * torch.ones(16)]).double()
    return HAND.local(HAND.clamp(joints)).vertices


def test_vertex_normals_are_the_area_weighted_means_of_face_normals() -> None:
    vertices = _posed()
    got = HAND.vertex_normals(vertices).numpy()
    for row in range(2):
        expected = np.zeros_like(got[row])
        for face in HAND.faces.numpy():
            a, b, c = vertices[row, face].numpy()
            expected[face] += np.cross(b - a, c - a)
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(got[row], expected, atol=1e-9)


def test_vertex_normals_look_where_those_of_trimesh_look() -> None:
    vertices = _posed()
    got = HAND.vertex_normals(vertices).numpy()
    for row in range(2):
        mesh = trimesh.Trimesh(vertices[row].numpy(), HAND.faces.numpy(), process=False)
        cosine = (got[row] * mesh.vertex_normals).sum(1)
        assert np.quantile(cosine, 0.05) > 0.95
        assert cosine.min() > 0.0


def test_the_hand_has_the_size_of_a_human_hand() -> None:
    lower, upper = HAND.spec.vertices.min(0).values, HAND.spec.vertices.max(0).values
    assert 0.16 < float((upper - lower)[0]) < 0.21
    mesh = trimesh.Trimesh(HAND.spec.vertices.numpy(), HAND.faces.numpy(), process=False)
    assert 200e-6 < mesh.volume < 450e-6


def test_the_gripping_side_faces_away_from_the_back() -> None:
    normals = HAND.vertex_normals(HAND.spec.vertices[None])[0]
    palm = HAND.spec.vertex_part == 0
    assert normals[HAND.spec.palmar & palm, 2].mean() < -0.5
    assert normals[~HAND.spec.palmar & palm, 2].mean() > 0.0
