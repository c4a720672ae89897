"""One sample per pixel, and more on edges, look like many samples in every pixel."""

from __future__ import annotations

import numpy as np
import pytest
from block_hand import HAND
from PIL import Image

from handhold.render import Camera, OverviewData, RayScene, ShadedMesh, render
from handhold.render.denoise import borrowed, edge_stopping_mean
from handhold.render.edges import edge_pixels
from handhold.render.palette import to_linear, to_srgb
from handhold.render.scenes import skin, with_contact_part
from handhold.render.shading import render_scene
from handhold.render.surface import Surface, visible_surface
from handhold.render.surface_image import SurfaceImage


def _sampled_everywhere(scene: RayScene, camera: Camera, side: int, times: int) -> np.ndarray:
    """The slow twin: every pixel is the mean of times x times samples with rays of their own."""
    large = render_scene(scene, camera, (times * side, times * side), supersample=1)
    light = to_linear(np.asarray(large, dtype=np.float32) / 255)
    mean = light.reshape(side, times, side, times, 3).mean(axis=(1, 3))
    return 255 * to_srgb(mean)


def _scene(overview: OverviewData) -> tuple[RayScene, np.ndarray]:
    target = with_contact_part(overview.object_mesh, overview.contact_faces)
    hand = skin(HAND.vertices + [0.09, 0.0, 0.0], HAND.faces)
    return RayScene([hand, target]), np.concatenate([hand.vertices, target.vertices])


@pytest.mark.parametrize("azimuth", [0.3, 2.0, 4.1])
def test_a_picture_is_that_of_many_samples_in_every_pixel(
    overview: OverviewData, azimuth: float
) -> None:
    scene, points = _scene(overview)
    camera = Camera.framing(points, azimuth, 0.4)
    picture = render_scene(scene, camera, (160, 160), supersample=2)
    apart = np.abs(np.asarray(picture) - _sampled_everywhere(scene, camera, 160, 2)).max(axis=2)
    assert apart.mean() < 1.0
    assert np.quantile(apart, 0.99) < 16
    coarse = render_scene(scene, camera, (160, 160), supersample=1)
    jagged = np.abs(np.asarray(coarse) - _sampled_everywhere(scene, camera, 160, 2)).max(axis=2)
    assert np.quantile(apart, 0.995) < 0.5 * np.quantile(jagged, 0.995)


def test_an_outline_is_as_smooth_as_its_samples() -> None:
    square = ShadedMesh(
        np.array([[0.0, -1.0, -1.0], [0.0, 1.0, -1.0], [0.0, 1.0, 1.0], [0.0, -1.0, 1.0]]),
        np.array([[0, 1, 2], [0, 2, 3]]),
        color=(0.2, 0.2, 0.2),
    )
    camera = Camera.look_at([0.0, 0.0, 0.0], 10.0, 0.4, 0.3)
    shades = {
        times: len(_grey_values(render([square], camera, (60, 60), supersample=times)))
        for times in (1, 2, 4)
    }
    assert shades[1] < shades[2] < shades[4]


def _grey_values(picture: Image.Image) -> set[int]:
    return set(np.asarray(picture)[:, :, 1].reshape(-1).tolist())


def _seen(scene: RayScene, camera: Camera, side: int) -> tuple[Surface, SurfaceImage, np.ndarray]:
    rays = camera.rays(side, side)
    hits = scene.cast(camera.eye, rays)
    surface = visible_surface(scene, camera.eye, rays, hits)
    return surface, SurfaceImage(surface, hits.ray, (side, side)), hits.ray


def _neighbour_mean(surface: Surface, values: np.ndarray, rows: dict, step: float) -> np.ndarray:
    """The slow twin of a pass of edge_stopping_mean; rows: which row is at (line, place)."""
    result = values.copy()
    for (line, place), row in rows.items():
        total, count = values[row].copy(), 1.0
        for apart, weight in ((-2, 0.5), (-1, 1.0), (1, 1.0), (2, 0.5)):
            other = rows.get((line, place + apart))
            if other is None or surface.mesh[other] != surface.mesh[row]:
                continue
            if abs(surface.distance[other] - surface.distance[row]) >= step:
                continue
            if surface.normal[other] @ surface.normal[row] <= 0.85:
                continue
            total += weight * values[other]
            count += weight
        result[row] = total / count
    return result


def test_the_mean_stops_at_edges_as_sample_by_sample(overview: OverviewData) -> None:
    scene, points = _scene(overview)
    surface, image, pixel = _seen(scene, Camera.framing(points, 0.3, 0.4), 40)
    values = np.random.default_rng(0).random((len(pixel), 2)).astype(np.float32)
    step = 0.03 * scene.radius
    fast = image.rows(edge_stopping_mean(image, image.planes(values), step))
    places = [divmod(int(index), 40) for index in pixel]
    slow = _neighbour_mean(surface, values, {(y, x): k for k, (y, x) in enumerate(places)}, step)
    slow = _neighbour_mean(surface, slow, {(x, y): k for k, (y, x) in enumerate(places)}, step)
    np.testing.assert_allclose(fast, slow, atol=1e-5)


def test_samples_borrow_from_their_own_surface_only(overview: OverviewData) -> None:
    scene, points = _scene(overview)
    surface, image, pixel = _seen(scene, Camera.framing(points, 0.3, 0.4), 40)
    planes = image.planes(np.stack([surface.mesh, surface.mesh + 5], axis=1).astype(np.float32))
    values, found = borrowed(image, planes, surface, pixel, 0.03 * scene.radius)
    assert found.all(), "each finds itself"
    np.testing.assert_allclose(values[:, 0], surface.mesh, atol=1e-6)
    np.testing.assert_allclose(values[:, 1], surface.mesh + 5, atol=1e-6)
    far = image.planes(np.ones((len(pixel), 1), np.float32))
    assert not borrowed(image, far, surface, pixel, 0.0)[1].any()


def test_edges_are_outlines_and_borders_and_nothing_inside(overview: OverviewData) -> None:
    scene, points = _scene(overview)
    _, image, pixel = _seen(scene, Camera.framing(points, 0.3, 0.4), 80)
    edge = np.zeros((80, 80), dtype=bool)
    edge.reshape(-1)[edge_pixels(image, 0.005 * scene.radius)] = True
    shown = np.zeros((80, 80), dtype=bool)
    shown.reshape(-1)[pixel] = True
    across = shown[:, 1:] != shown[:, :-1]
    assert edge[:, 1:][across].all() and edge[:, :-1][across].all()
    assert (edge & shown).sum() < 0.5 * shown.sum()
    flat = ShadedMesh(
        np.array([[0.0, -9.0, -9.0], [0.0, 9.0, -9.0], [0.0, 0.0, 9.0]]), np.array([[0, 1, 2]])
    )
    whole = RayScene([flat])
    filled = _seen(whole, Camera.look_at([0.0, 0.0, 0.0], 1.0, 0.2, 0.1), 20)[1]
    assert not len(edge_pixels(filled, 0.005 * whole.radius))
