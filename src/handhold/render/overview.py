"""One picture of a whole answer: the object, the prior and the best grasps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handhold.geometry import TriMesh
from handhold.render.camera import Camera
from handhold.render.canvas import Canvas, wrap
from handhold.render.palette import BAD_INK, FAINT_INK, GOOD_INK, Ink, heat, to_ink
from handhold.render.raycast import RayScene
from handhold.render.scenes import contact_map, skin, with_contact_part
from handhold.render.shaded_mesh import ShadedMesh
from handhold.render.shading import render_scene
from handhold.render.together import draw_together
from handhold.render.viewpoints import grasp_frame, grasp_views, part_views

_GAP = 16
_CAPTION = 58
_PALM_VIEW = (math.radians(-14.0), math.radians(8.0))


Pair = tuple[Image.Image, Image.Image]


@dataclass(frozen=True, eq=False)
class PriorPicture:
    """The prior as a hand: vertices (V, 3) metres in the PALM frame at the prior's angles,
    faces (F, 3), contact (V,) 0..1 (1 touches), and what to write below (one string a line)."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    contact: NDArray[np.float64]
    caption: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class GraspPicture:
    """A grasp to draw: hand vertices (V, 3) metres in the OBJECT frame, a title, short caption
    lines (metrics), and whether it is acceptable."""

    vertices: NDArray[np.float64]
    title: str
    caption: tuple[str, ...] = ()
    acceptable: bool = True


@dataclass(frozen=True, eq=False)
class OverviewData:
    """What the overview shows. Everything in the object frame, metres, z up.

    instruction: the sentence; summary: one line below it (affordance, part, counts).
    object_mesh with contact_faces (F,) bool; hand_faces (G, 3) of every grasp; grasps best first.
    """

    instruction: str
    summary: str
    object_mesh: TriMesh
    contact_faces: NDArray[np.bool_]
    hand_faces: NDArray[np.int64]
    object_caption: tuple[str, ...] = ()
    prior: PriorPicture | None = None
    grasps: tuple[GraspPicture, ...] = field(default=())


@dataclass(frozen=True, eq=False)
class OverviewTiles:
    """The single pictures of an overview: the object from two sides, the prior's contact map
    (None without a prior), and two views per grasp, one close and one of the whole object."""

    object: Pair
    prior: Image.Image | None
    grasps: tuple[Pair, ...]


def overview_tiles(
    data: OverviewData, *, tile: int = 320, limit: int = 4, supersample: int = 2
) -> OverviewTiles:
    """Render the pictures of an overview once, for the page and for the report.

    tile: side in pixels; limit: how many grasps; supersample: see render.
    """
    target = with_contact_part(data.object_mesh, data.contact_faces)
    grasps = data.grasps[:limit]
    tasks: list[Callable[[], tuple[Image.Image, ...]]] = [
        partial(_grasp_tiles, data, grasp, target, tile, supersample) for grasp in grasps
    ]
    tasks.append(partial(_object_tiles, data, target, tile, supersample))
    if data.prior is not None:
        tasks.append(partial(_prior_tile, data.prior, tile, supersample))
    drawn = draw_together(tasks)
    pairs = [(first, second) for first, second in drawn[: len(grasps) + 1]]
    prior = None if data.prior is None else drawn[-1][0]
    return OverviewTiles(pairs[-1], prior, tuple(pairs[:-1]))


def _grasp_tiles(
    data: OverviewData, grasp: GraspPicture, target: ShadedMesh, tile: int, supersample: int
) -> Pair:
    hand = skin(grasp.vertices, data.hand_faces)
    scene = RayScene([hand, target])
    views = grasp_views(scene, hand.mesh, data.object_mesh, data.contact_faces)
    pair = []
    for view, wide in zip(views, (False, True), strict=True):
        points = grasp_frame([grasp.vertices], data.object_mesh, wide=wide)
        camera = Camera.framing(points, view.azimuth, view.elevation)
        pair.append(render_scene(scene, camera, (tile, tile), supersample=supersample))
    return pair[0], pair[1]


def overview_picture(
    data: OverviewData, tiles: OverviewTiles | None = None, *, tile: int = 320, limit: int = 4
) -> Image.Image:
    """The page: object and prior on the left, the best grasps from two views each on the right.

    tiles: pictures made before by overview_tiles (of the same data).
    """
    shown = tiles or overview_tiles(data, tile=tile, limit=limit)
    side = shown.object[0].width
    columns = 1 if len(shown.grasps) <= 1 else 2
    rows = max(2 if shown.prior else 1, -(-len(shown.grasps) // columns))
    card = 2 * side + 6
    width = side + 2 * _GAP + columns * (card + _GAP) if shown.grasps else side + 2 * _GAP
    width = max(width, 2 * side)
    title = wrap(data.instruction or "(no instruction)", 26, width - 2 * _GAP, 2)
    head = 20 + 34 * len(title) + 34
    step = side + _CAPTION
    canvas = Canvas(width, head + rows * step + 4)
    for index, line in enumerate(title):
        canvas.text(_GAP, 16 + 34 * index, line, 26, bold=True)
    canvas.text(_GAP, head - 30, data.summary, 16, FAINT_INK, width=width - 2 * _GAP)
    _draw_left(canvas, data, shown, head, rows, step)
    for index, pair in enumerate(shown.grasps):
        x = side + 2 * _GAP + (index % columns) * (card + _GAP)
        _draw_card(canvas, data.grasps[index], pair, x, head + (index // columns) * step)
    return canvas.image


def _draw_left(
    canvas: Canvas, data: OverviewData, tiles: OverviewTiles, head: int, rows: int, step: int
) -> None:
    cells: list[tuple[Image.Image, tuple[str, ...]]] = [(tiles.object[0], data.object_caption)]
    if tiles.prior is not None and data.prior is not None:
        cells.append((tiles.prior, data.prior.caption))
    if rows > len(cells):
        cells.append((tiles.object[1], ()))
    for index, (picture, caption) in enumerate(cells):
        top = head + index * step
        canvas.picture(_GAP, top, picture)
        _draw_caption(canvas, _GAP + 2, top + picture.height + 7, caption, picture.width - 4)


def _draw_card(
    canvas: Canvas, grasp: GraspPicture, pair: tuple[Image.Image, Image.Image], x: int, y: int
) -> None:
    side = pair[0].width
    canvas.picture(x, y, pair[0])
    canvas.picture(x + side + 6, y, pair[1])
    ink = GOOD_INK if grasp.acceptable else BAD_INK
    title = grasp.title if grasp.acceptable else f"{grasp.title} (not acceptable)"
    _draw_caption(canvas, x + 2, y + side + 7, (title, *grasp.caption), 2 * side, ink)


def _draw_caption(
    canvas: Canvas, x: int, y: int, lines: tuple[str, ...], width: int, ink: Ink | None = None
) -> None:
    for index, line in enumerate(lines[:2]):
        if index == 0 and ink is not None:
            canvas.text(x, y, line, 16, ink, width=width, bold=True)
        elif index == 0:
            canvas.text(x, y, line, 16, width=width, bold=True)
        else:
            canvas.text(x, y + 22, line, 14, FAINT_INK, width=width)


def _object_tiles(data: OverviewData, target: ShadedMesh, tile: int, supersample: int) -> Pair:
    scene = RayScene([target])
    views = part_views(scene, data.object_mesh, data.contact_faces.astype(np.int64))
    first, second = (
        render_scene(
            scene,
            Camera.framing(data.object_mesh.vertices, view.azimuth, view.elevation),
            (tile, tile),
            supersample=supersample,
        )
        for view in views
    )
    return first, second


def _prior_tile(prior: PriorPicture, tile: int, supersample: int) -> tuple[Image.Image]:
    """The palm side of the hand as a heat map, with its scale below."""
    shaded = contact_map(prior.vertices, prior.faces, prior.contact)
    camera = Camera.framing(shaded.vertices, *_PALM_VIEW, margin=1.22)
    canvas = Canvas(tile, tile)
    picture = render_scene(RayScene([shaded]), camera, (tile, tile), supersample=supersample)
    canvas.image.paste(picture)
    colors = [to_ink(color) for color in heat(np.linspace(0, 1, 64))]
    width = min(150, tile // 2)
    canvas.text(12, tile - 25, "no contact", 12, FAINT_INK)
    canvas.ramp((tile - width) // 2 + 6, tile - 21, width, 8, colors)
    canvas.text((tile + width) // 2 + 14, tile - 25, "contact", 12, FAINT_INK)
    return (canvas.image,)
