"""How a grasp came about: the same camera, one picture per step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handhold.geometry import TriMesh
from handhold.render.camera import Camera
from handhold.render.canvas import Canvas
from handhold.render.palette import FAINT_INK
from handhold.render.raycast import RayScene
from handhold.render.scenes import skin, with_contact_part
from handhold.render.shading import render_scene
from handhold.render.viewpoints import grasp_frame, grasp_views

_GAP = 10


@dataclass(frozen=True, eq=False)
class Step:
    """One step: its name ("initial"), hand vertices (V, 3) metres in the object frame, and a
    line of numbers."""

    name: str
    vertices: NDArray[np.float64]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class GraspSteps:
    """The steps of one grasp in order (initial, extrinsic-refined, refined) under a title."""

    title: str
    steps: tuple[Step, ...]


def grasp_strip(
    steps: GraspSteps,
    object_mesh: TriMesh,
    contact_faces: NDArray[np.bool_],
    hand_faces: NDArray[np.int64],
    *,
    tile: int = 300,
    supersample: int = 2,
) -> Image.Image:
    """The steps side by side, all seen from where the last one is seen best.

    object_mesh (object frame) with contact_faces (F,) bool; hand_faces (G, 3); tile: pixels.
    """
    target = with_contact_part(object_mesh, contact_faces)
    last = skin(steps.steps[-1].vertices, hand_faces)
    view = grasp_views(RayScene([last, target]), last.mesh, object_mesh, contact_faces)[0]
    points = grasp_frame([step.vertices for step in steps.steps], object_mesh)
    camera = Camera.framing(points, view.azimuth, view.elevation)

    pictures = []
    for step in steps.steps:
        scene = RayScene([skin(step.vertices, hand_faces), target])
        pictures.append(render_scene(scene, camera, (tile, tile), supersample=supersample))
    return labelled_strip(pictures, [(step.name, step.caption) for step in steps.steps])


def labelled_strip(
    pictures: Sequence[Image.Image], labels: Sequence[tuple[str, str]]
) -> Image.Image:
    """Square pictures of one size side by side, a name and a line of numbers under each."""
    tile = pictures[0].width
    canvas = Canvas(len(pictures) * (tile + _GAP) - _GAP, tile + 50)
    for index, (picture, (name, caption)) in enumerate(zip(pictures, labels, strict=True)):
        x = index * (tile + _GAP)
        canvas.picture(x, 0, picture)
        canvas.text(x + 2, tile + 7, name, 15, width=tile - 4, bold=True)
        canvas.text(x + 2, tile + 28, caption, 13, FAINT_INK, width=tile - 4)
    return canvas.image
