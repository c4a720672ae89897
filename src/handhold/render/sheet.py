"""Many grasps on one page, a picture and a few words each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handhold.geometry import TriMesh
from handhold.render.camera import Camera
from handhold.render.canvas import Canvas, wrap
from handhold.render.palette import FAINT_INK
from handhold.render.raycast import RayScene
from handhold.render.scenes import skin, with_contact_part
from handhold.render.shading import render_scene
from handhold.render.together import draw_together
from handhold.render.viewpoints import grasp_frame, grasp_views

_GAP = 12
_CAPTION = 70


@dataclass(frozen=True, eq=False)
class SheetGrasp:
    """A grasp to draw: object with contact_faces (F,) bool, hand as vertices and faces, words.

    Everything in the object frame, metres. The title is one line, the caption two at most.
    """

    object_mesh: TriMesh
    contact_faces: NDArray[np.bool_]
    hand_vertices: NDArray[np.float64]
    hand_faces: NDArray[np.int64]
    title: str
    caption: str = ""


def grasp_sheet(
    grasps: Sequence[SheetGrasp], *, columns: int = 6, tile: int = 260, supersample: int = 2
) -> Image.Image:
    """A page of grasps, each from the side that shows most of it, row by row."""
    pictures = draw_together([partial(_tile, grasp, tile, supersample) for grasp in grasps])
    columns = max(1, min(columns, len(grasps)))
    rows = -(-len(grasps) // columns)
    step = tile + _CAPTION
    canvas = Canvas(columns * (tile + _GAP) + _GAP, rows * step + _GAP)
    for index, (grasp, picture) in enumerate(zip(grasps, pictures, strict=True)):
        x, y = _GAP + (index % columns) * (tile + _GAP), _GAP + (index // columns) * step
        canvas.picture(x, y, picture)
        canvas.text(x + 2, y + tile + 4, grasp.title, 14, width=tile - 4, bold=True)
        for line, words in enumerate(wrap(grasp.caption, 12, tile - 4, 2)):
            canvas.text(x + 2, y + tile + 24 + 17 * line, words, 12, FAINT_INK, width=tile)
    return canvas.image


def _tile(grasp: SheetGrasp, tile: int, supersample: int) -> Image.Image:
    hand = skin(grasp.hand_vertices, grasp.hand_faces)
    scene = RayScene([hand, with_contact_part(grasp.object_mesh, grasp.contact_faces)])
    view = grasp_views(scene, hand.mesh, grasp.object_mesh, grasp.contact_faces)[0]
    points = grasp_frame([grasp.hand_vertices], grasp.object_mesh, wide=False)
    camera = Camera.framing(points, view.azimuth, view.elevation)
    return render_scene(scene, camera, (tile, tile), supersample=supersample)
