"""Depth and ids against closed forms, and pictures that light what they should."""

from __future__ import annotations

import math

import numpy as np
import pytest
import trimesh

from handhold.render import Camera, ShadedMesh, render, render_buffers

SPHERE = trimesh.creation.icosphere(subdivisions=4, radius=0.05)
BOX = trimesh.creation.box((0.04, 0.04, 0.04))


def _shaded(
    mesh: trimesh.Trimesh, shift: tuple[float, float, float] = (0, 0, 0), **options: object
) -> ShadedMesh:
    return ShadedMesh(np.array(mesh.vertices) + shift, np.array(mesh.faces), **options)


def test_depth_of_a_sphere_is_the_closed_form() -> None:
    camera = Camera.look_at(np.zeros(3), 0.4, 0.3, 0.5)
    buffers = render_buffers([_shaded(SPHERE)], camera, (61, 61))
    rays = camera.rays(61, 61).astype(np.float64)
    along = -(rays @ camera.eye)
    inner = along**2 - (camera.eye @ camera.eye - 0.05**2)
    # Near the silhouette the facets and the sphere part ways.
    well_inside = inner.reshape(61, 61) > 0.02**2
    expected = (along - np.sqrt(np.maximum(inner, 0))).reshape(61, 61)
    assert np.abs(buffers.depth - expected)[well_inside].max() < 3e-4
    assert np.isinf(buffers.depth[0, 0]) and buffers.mesh[0, 0] == -1 and buffers.face[0, 0] == -1


def test_ids_name_the_mesh_in_front_and_its_own_faces() -> None:
    meshes = [_shaded(SPHERE), _shaded(BOX, (0.2, 0, 0))]
    front = render_buffers(meshes, Camera.look_at(np.zeros(3), 0.6, 0.0, 0.0), (41, 41))
    behind = render_buffers(meshes, Camera.look_at(np.zeros(3), 0.6, math.pi, 0.0), (41, 41))
    assert front.mesh[20, 20] == 1 and behind.mesh[20, 20] == 0
    assert front.face[front.mesh == 1].max() < len(BOX.faces)
    assert front.depth[20, 20] == pytest.approx(0.6 - 0.22, abs=1e-5)


def test_an_empty_scene_is_only_background() -> None:
    camera = Camera.look_at(np.zeros(3), 1, 0, 0)
    assert (render_buffers([], camera, (4, 3)).mesh == -1).all()
    picture = np.asarray(render([], camera, (4, 3), background=(1, 0, 0)))
    assert picture.shape == (3, 4, 3)
    assert (picture == [255, 0, 0]).all()


def test_colours_are_those_of_the_faces_seen() -> None:
    colors = np.where(BOX.face_normals[:, :1] > 0.5, [[0.8, 0.1, 0.1]], [[0.1, 0.1, 0.8]])
    box = _shaded(BOX, face_colors=colors)
    ahead = np.asarray(render([box], Camera.look_at(np.zeros(3), 0.3, 0, 0), (15, 15)))[7, 7]
    side = np.asarray(render([box], Camera.look_at(np.zeros(3), 0.3, 1.57, 0), (15, 15)))[7, 7]
    assert ahead[0] > 2 * ahead[2]
    assert side[2] > 2 * side[0]


def test_an_inside_out_mesh_looks_like_any_other() -> None:
    camera = Camera.look_at(np.zeros(3), 0.3, 0.4, 0.3)
    right = render([_shaded(SPHERE)], camera, (40, 40))
    flipped = ShadedMesh(np.array(SPHERE.vertices), np.array(SPHERE.faces)[:, ::-1])
    difference = np.abs(
        np.asarray(right, int) - np.asarray(render([flipped], camera, (40, 40)), int)
    )
    assert np.median(difference) <= 1 and difference.mean() < 2


def test_something_above_casts_a_shadow() -> None:
    floor = _shaded(trimesh.creation.box((0.3, 0.3, 0.01)))
    camera = Camera.look_at(np.zeros(3), 0.8, 0, 1.0)
    lid = _shaded(trimesh.creation.box((0.06, 0.06, 0.005)), (0, 0, 0.06))
    free = np.asarray(render([floor], camera, (48, 48)), float)
    shaded_picture = np.asarray(render([floor, lid], camera, (48, 48)), float)
    only_floor = render_buffers([floor, lid], camera, (48, 48)).mesh == 0
    darker = (free - shaded_picture).mean(axis=2)[only_floor]
    assert darker.max() > 30
    assert (darker > -3).mean() > 0.98


def test_pictures_are_the_same_each_time() -> None:
    camera = Camera.look_at(np.zeros(3), 0.3, 0.4, 0.3)
    pictures = [render([_shaded(SPHERE), _shaded(BOX)], camera, (30, 20)) for _ in range(2)]
    assert pictures[0].tobytes() == pictures[1].tobytes()
    assert pictures[0].size == (30, 20)


def test_normals_are_round_on_a_sphere_and_sharp_on_a_box() -> None:
    sphere = _shaded(SPHERE)
    outward = sphere.mesh.triangles / 0.05
    assert np.abs(sphere.corner_normals - outward).max() < 0.02
    box = _shaded(BOX)
    assert np.allclose(box.corner_normals, BOX.face_normals[:, None, :], atol=1e-6)


def test_a_soup_of_triangles_is_shaded_like_the_joined_mesh() -> None:
    soup = ShadedMesh(
        np.array(SPHERE.triangles).reshape(-1, 3), np.arange(len(SPHERE.faces) * 3).reshape(-1, 3)
    )
    assert np.allclose(soup.corner_normals, _shaded(SPHERE).corner_normals, atol=1e-5)


def test_colours_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(ValueError, match="vertex_colors has shape"):
        _ = _shaded(BOX, vertex_colors=np.zeros((3, 3))).corner_colors
