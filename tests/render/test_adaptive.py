"""Few samples where a picture is smooth, many where it is not: like many everywhere."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from handhold.render import Camera, ShadedMesh, render, shading
from handhold.render.surface_image import Rows, SurfaceImage

SIZE = (120, 90)


def _everywhere(image: SurfaceImage, step: float) -> Rows:
    """The slow twin of `edge_pixels`: every pixel that shows something, or has it beside."""
    del step
    shown = np.pad(image.mesh >= 0, 1)
    near = shown[1:-1, 1:-1] | shown[:-2, 1:-1] | shown[2:, 1:-1]
    near |= shown[1:-1, :-2] | shown[1:-1, 2:]
    return image.pixels(near)


def _pixels(meshes: list[ShadedMesh], camera: Camera, supersample: int) -> NDArray[np.float64]:
    picture = render(meshes, camera, SIZE, supersample=supersample)
    return np.asarray(picture.convert("RGB"), dtype=np.float64)


@pytest.fixture(scope="module")
def scene() -> tuple[list[ShadedMesh], Camera]:
    """A ball before a box, which shades it."""
    ball = trimesh.creation.icosphere(subdivisions=3, radius=0.03)
    box = trimesh.creation.box((0.1, 0.02, 0.08))
    box.apply_translation([0.01, 0.05, 0.0])
    meshes = [
        ShadedMesh(ball.vertices, ball.faces, color=(0.8, 0.3, 0.2)),
        ShadedMesh(box.vertices, box.faces, color=(0.3, 0.5, 0.8)),
    ]
    points = np.concatenate([mesh.vertices for mesh in meshes])
    return meshes, Camera.framing(points, -1.2, 0.4)


def test_a_picture_is_that_of_many_samples_everywhere(
    scene: tuple[list[ShadedMesh], Camera],
) -> None:
    adaptive = _pixels(*scene, supersample=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shading, "edge_pixels", _everywhere)
        full = _pixels(*scene, supersample=3)
    assert np.abs(adaptive - full).mean() < 0.5
    assert np.percentile(np.abs(adaptive - full), 99) < 6


def test_edges_are_smoothed(scene: tuple[list[ShadedMesh], Camera]) -> None:
    """Against one sample per pixel only a small share of the picture changes, and it does."""
    changed = (np.abs(_pixels(*scene, 3) - _pixels(*scene, 1)) > 12).any(-1)
    assert 0.005 < changed.mean() < 0.15


def test_an_empty_view_is_the_background(scene: tuple[list[ShadedMesh], Camera]) -> None:
    meshes, camera = scene
    away = Camera(camera.eye + 10.0 * camera.axes[2], -camera.axes, camera.fov)
    picture = _pixels(meshes, away, 2)
    assert (picture == picture[:, :1]).all()
