"""Pictures of meshes by rays on the CPU.

One sample is taken at the centre of each pixel, and several only where it lies on an edge. A
sample sends few rays towards the light; what they meet is then averaged over its neighbours on
the same surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handhold.render.camera import Camera
from handhold.render.denoise import borrowed, edge_stopping_mean
from handhold.render.edges import edge_pixels
from handhold.render.light import light, visibility
from handhold.render.palette import to_linear, to_srgb
from handhold.render.raycast import RayScene
from handhold.render.shaded_mesh import ShadedMesh
from handhold.render.surface import visible_surface
from handhold.render.surface_image import Floats, Rows, SurfaceImage

BACKGROUND_TOP = (0.975, 0.976, 0.980)
BACKGROUND_BOTTOM = (0.905, 0.911, 0.922)

_SAME_DISTANCE = 0.03  # of the scene's radius: neighbours that share what they see of the light
_SAME_PLANE = 0.005  # of the scene's radius: neighbours that need no sample in between


def render(
    meshes: Sequence[ShadedMesh],
    camera: Camera,
    size: tuple[int, int] = (640, 640),
    *,
    supersample: int = 2,
    background: tuple[float, float, float] | None = None,
) -> Image.Image:
    """An RGB picture of meshes, `size` (width, height) pixels; see render_scene."""
    return render_scene(
        RayScene(meshes), camera, size, supersample=supersample, background=background
    )


def render_scene(
    scene: RayScene,
    camera: Camera,
    size: tuple[int, int] = (640, 640),
    *,
    supersample: int = 2,
    background: tuple[float, float, float] | None = None,
) -> Image.Image:
    """An RGB picture of `size` (width, height) pixels of a scene that is used more than once.

    supersample: samples per axis of a pixel on an edge. background: one sRGB colour 0..1; None
    is a light neutral gradient.
    """
    width, height = size
    behind = _background(width, height, background)
    directions = camera.rays(width, height)
    hits = scene.cast(camera.eye, directions)
    if not len(hits.ray):
        return _picture(behind, size)
    surface = visible_surface(scene, camera.eye, directions, hits)
    image = SurfaceImage(surface, hits.ray, (height, width))
    row, column = np.divmod(hits.ray, width)
    own = visibility(scene, surface, camera, column, row)
    seen = edge_stopping_mean(image, image.planes(own), _SAME_DISTANCE * scene.radius)
    colors = behind.copy()
    colors[hits.ray] = light(surface, image.rows(seen), camera)
    if supersample > 1:
        pixels = edge_pixels(image, _SAME_PLANE * scene.radius)
        samples = _Samples.within(pixels, size, supersample)
        colors[pixels] = _sampled(scene, camera, samples, behind[pixels], image, seen)
    return _picture(colors, size)


@dataclass(frozen=True, eq=False)
class _Samples:
    """`share` samples within each of some pixels, flat indices (P,) in a picture of `size`.

    column, row (P * share,): where a sample is in the picture of all samples; x, y (P * share,):
    where it is in the picture, in pixels.
    """

    pixels: Rows
    share: int
    column: Rows
    row: Rows
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: tuple[int, int]

    @classmethod
    def within(cls, pixels: Rows, size: tuple[int, int], supersample: int) -> _Samples:
        """supersample x supersample samples evenly spread over each pixel of a picture."""
        row, column = np.divmod(pixels, size[0])
        down, right = np.divmod(np.arange(supersample**2), supersample)
        rows = (row[:, None] * supersample + down).reshape(-1)
        columns = (column[:, None] * supersample + right).reshape(-1)
        x, y = (columns + 0.5) / supersample, (rows + 0.5) / supersample
        return cls(pixels, supersample**2, columns, rows, x, y, size)


def _sampled(
    scene: RayScene,
    camera: Camera,
    samples: _Samples,
    behind: Floats,
    image: SurfaceImage,
    seen: Floats,
) -> Floats:
    """Linear colours (P, 3): the means of the samples within each pixel.

    behind (P, 3): the background there. Samples take what they see of the light from the planes
    `seen` (2, h, w) of the `image`, and send rays of their own where nothing near is like them.
    """
    directions = camera.rays_through(samples.x, samples.y, *samples.size)
    hits = scene.cast(camera.eye, directions)
    surface = visible_surface(scene, camera.eye, directions, hits)
    pixel = samples.pixels[hits.ray // samples.share]
    visible, found = borrowed(image, seen, surface, pixel, _SAME_DISTANCE * scene.radius)
    alone = np.flatnonzero(~found)
    if len(alone):
        ray = hits.ray[alone]
        visible[alone] = visibility(
            scene, surface.select(alone), camera, samples.column[ray], samples.row[ray]
        )
    colors = np.repeat(behind, samples.share, axis=0)
    colors[hits.ray] = light(surface, visible, camera)
    return colors.reshape(len(behind), samples.share, 3).mean(axis=1)


def _picture(colors: Floats, size: tuple[int, int]) -> Image.Image:
    pixels = to_srgb(colors.reshape(size[1], size[0], 3))
    return Image.fromarray((pixels * 255 + 0.5).astype(np.uint8), "RGB")


def _background(width: int, height: int, color: tuple[float, float, float] | None) -> Floats:
    if color is not None:
        return np.tile(to_linear(np.asarray(color, np.float32)), (width * height, 1))
    blend = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    rows = (1 - blend) * np.array(BACKGROUND_TOP, np.float32)
    rows += blend * np.array(BACKGROUND_BOTTOM, np.float32)
    return np.repeat(to_linear(rows), width, axis=0)
