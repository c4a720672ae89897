"""The camera against its own closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from handhold.render import Camera


def test_the_centre_looked_at_is_the_middle_of_the_picture() -> None:
    centre = np.array([0.1, -0.2, 0.3])
    camera = Camera.look_at(centre, 0.5, 0.7, 0.4)
    assert np.allclose(camera.project(centre, 640, 480), [320, 240])
    assert np.linalg.norm(camera.eye - centre) == pytest.approx(0.5)


@pytest.mark.parametrize("elevation", [-1.2, 0.0, 0.6, math.pi / 2])
def test_up_is_up_and_left_is_left(elevation: float) -> None:
    camera = Camera.look_at(np.zeros(3), 1.0, 0.0, elevation)
    assert np.allclose(camera.axes @ camera.axes.T, np.eye(3))
    assert np.linalg.det(camera.axes) == pytest.approx(1.0)
    middle, above, beside = camera.project([[0, 0, 0], [0, 0, 0.1], [0, 0.1, 0]], 100, 100)
    assert above[1] < middle[1]
    assert beside[0] > middle[0]


def test_rays_pass_through_the_pixels_they_are_named_after() -> None:
    camera = Camera.look_at([0.2, 0.1, 0.0], 0.8, 2.0, 0.3)
    rays = camera.rays(7, 5).reshape(5, 7, 3)
    for row, column in ((0, 0), (2, 3), (4, 6)):
        point = camera.eye + 0.6 * rays[row, column]
        expected = [column + 0.5, row + 0.5]
        assert np.allclose(camera.project(point, 7, 5), expected, atol=1e-4)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("azimuth", [0.0, 1.0, 4.0])
def test_framing_holds_all_points_and_touches_the_margin(aspect: float, azimuth: float) -> None:
    points = np.random.default_rng(1).normal(size=(200, 3)) * [0.1, 0.02, 0.3] + 0.5
    camera = Camera.framing(points, azimuth, 0.3, aspect=aspect, margin=1.1)
    pixels = camera.project(points, round(200 * aspect), 200) / [200 * aspect, 200]
    offset = np.abs(pixels - 0.5).max()
    assert offset == pytest.approx(0.5 / 1.1, rel=1e-6)
