"""The parts that handhold sees in an object, with their names and sizes."""

from __future__ import annotations

from PIL import Image

from handhold.geometry import TriMesh, oriented_box
from handhold.objects import ObjectAsset
from handhold.render.camera import Camera
from handhold.render.canvas import Canvas
from handhold.render.palette import FAINT_INK, part_colors, to_ink
from handhold.render.raycast import RayScene
from handhold.render.scenes import with_parts
from handhold.render.shading import render_scene
from handhold.render.viewpoints import part_views

_ROWS = 18
_ROW = 27
_GAP = 14
_LEGEND = 330


def parts_picture(asset: ObjectAsset, *, tile: int = 460, supersample: int = 2) -> Image.Image:
    """The object with its parts coloured, from two sides, and a legend.

    tile: side of each view in pixels. Sizes in the legend are those of each part's oriented
    bounding box in cm, longest first.
    """
    count = len(asset.part_names)
    scene = RayScene([with_parts(asset.mesh, asset.face_parts, count)])
    width, height = 2 * tile + _LEGEND + 4 * _GAP, tile + 72 + _GAP
    canvas = Canvas(width, height)
    canvas.text(_GAP + 2, 14, asset.name, 22, width=2 * tile, bold=True)
    canvas.text(_GAP + 2, 44, _subtitle(asset), 14, FAINT_INK, width=2 * tile)
    for index, view in enumerate(part_views(scene, asset.mesh, asset.face_parts)):
        camera = Camera.framing(asset.mesh.vertices, view.azimuth, view.elevation)
        picture = render_scene(scene, camera, (tile, tile), supersample=supersample)
        canvas.picture(_GAP + index * (tile + _GAP), 72, picture)
    _draw_legend(canvas, asset, 2 * tile + 3 * _GAP + 4, 72, (tile - 10) // _ROW)
    return canvas.image


def size_in_cm(mesh: TriMesh) -> str:
    """Sides of the oriented bounding box, as text in cm, longest first."""
    sides = 100 * oriented_box(mesh.vertices).lengths
    digits = 0 if sides[0] >= 100 else 1
    return " x ".join(f"{side:.{digits}f}" for side in sides) + " cm"


def _subtitle(asset: ObjectAsset) -> str:
    kind = (
        "parts found automatically, names are provisional" if asset.parts_provisional else "parts"
    )
    stated = "" if asset.frame.stated else " (assumed)"
    return (
        f"{len(asset.part_names)} {kind}; whole: {size_in_cm(asset.mesh)}; "
        f"unit {asset.frame.unit}{stated}, up {asset.frame.up}"
    )


def _draw_legend(canvas: Canvas, asset: ObjectAsset, x: int, y: int, room: int) -> None:
    colors = part_colors(len(asset.part_names))
    rows = max(1, min(_ROWS, room))
    names = asset.part_names if len(asset.part_names) <= rows else asset.part_names[: rows - 1]
    for index, name in enumerate(names):
        top = y + index * _ROW
        canvas.swatch(x, top + 2, 15, to_ink(colors[index]))
        canvas.text(x + 25, top, name, 15, width=130)
        size = size_in_cm(asset.mesh.submesh(asset.face_parts == index))
        canvas.text(x + 165, top + 1, size, 13, FAINT_INK)
    hidden = len(asset.part_names) - len(names)
    if hidden:
        canvas.text(x + 25, y + len(names) * _ROW, f"and {hidden} more", 14, FAINT_INK)
