"""The region that a hand is sent to, and the parts that it keeps off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handhold.geometry import TriMesh
from handhold.grasps import CONTACT_PART, OBJECT_GREY, RGB
from handhold.render.camera import Camera
from handhold.render.canvas import Canvas, wrap
from handhold.render.palette import FAINT_INK, to_ink
from handhold.render.raycast import RayScene
from handhold.render.shaded_mesh import ShadedMesh
from handhold.render.shading import render_scene
from handhold.render.viewpoints import part_views

AVOIDED: RGB = (0.80, 0.18, 0.16)
_GAP, _HEAD, _LINE = 14, 46, 22
_MOST_LINES = 6


def region_picture(
    mesh: TriMesh,
    region: NDArray[np.bool_],
    title: str,
    lines: Sequence[str] = (),
    *,
    avoided: NDArray[np.bool_] | None = None,
    tile: int = 460,
    supersample: int = 2,
) -> Image.Image:
    """The object from the two sides that show the region best, with words below.

    region, avoided (F,): faces in the colour of the contact part and in red. lines: sentences.
    tile: side of each view in pixels.
    """
    off = np.zeros(len(region), dtype=bool) if avoided is None else avoided
    colors = np.where(region[:, None], CONTACT_PART, OBJECT_GREY)
    colors = np.where(off[:, None], AVOIDED, colors)
    scene = RayScene([ShadedMesh(mesh.vertices, mesh.faces, face_colors=colors)])
    width = 2 * tile + 3 * _GAP
    told = [row for line in lines for row in wrap(line, 14, width - 2 * _GAP, _MOST_LINES)]
    canvas = Canvas(width, _HEAD + tile + 2 * _GAP + _LINE * (len(told) + 1))
    canvas.text(_GAP + 2, 12, title, 20, width=width - 2 * _GAP, bold=True)
    for index, view in enumerate(part_views(scene, mesh, region.astype(np.int64))):
        camera = Camera.framing(mesh.vertices, view.azimuth, view.elevation)
        picture = render_scene(scene, camera, (tile, tile), supersample=supersample)
        canvas.picture(_GAP + index * (tile + _GAP), _HEAD, picture)
    top = _HEAD + tile + _GAP
    canvas.swatch(_GAP + 2, top + 2, 13, to_ink(np.asarray(CONTACT_PART)))
    canvas.text(_GAP + 22, top, "where the hand goes", 14)
    if off.any():
        canvas.swatch(_GAP + 222, top + 2, 13, to_ink(np.asarray(AVOIDED)))
        canvas.text(_GAP + 242, top, "what it keeps off", 14)
    for row, line in enumerate(told):
        canvas.text(_GAP + 2, top + _LINE * (row + 1), line, 14, FAINT_INK)
    return canvas.image
