"""The picture for a model that sees: the object with each part in a colour that has a name.

As G-DexGrasp shows objects to its multimodal model (section 3.1, "parts randomly coloured"); the
colours and the two sides are ours. No word is drawn, so that no part's name can speak from it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handhold.grasps import RGB
from handhold.language import PartsView
from handhold.objects import ObjectAsset
from handhold.render.camera import Camera
from handhold.render.raycast import RayScene
from handhold.render.shaded_mesh import ShadedMesh
from handhold.render.shading import render_scene
from handhold.render.viewpoints import part_views

NAMED_COLORS: tuple[tuple[str, RGB], ...] = (
    ("red", (0.86, 0.08, 0.10)),
    ("blue", (0.05, 0.22, 0.92)),
    ("yellow", (1.00, 0.88, 0.05)),
    ("green", (0.08, 0.62, 0.16)),
    ("orange", (1.00, 0.50, 0.00)),
    ("purple", (0.62, 0.16, 0.78)),
    ("turquoise", (0.10, 0.82, 0.80)),
    ("pink", (1.00, 0.58, 0.78)),
    ("brown", (0.43, 0.24, 0.10)),
    ("black", (0.07, 0.07, 0.08)),
    ("light green", (0.66, 0.94, 0.42)),
    ("light blue", (0.55, 0.76, 1.00)),
    ("magenta", (0.93, 0.06, 0.68)),
    ("dark green", (0.04, 0.30, 0.12)),
    ("dark red", (0.46, 0.02, 0.08)),
    ("beige", (0.93, 0.82, 0.64)),
    ("olive", (0.50, 0.50, 0.06)),
    ("dark blue", (0.05, 0.07, 0.38)),
)
"""sRGB 0..1, the easiest to tell apart first."""

SHARED_COLOR: tuple[str, RGB] = ("grey, like other parts", (0.62, 0.62, 0.64))
_PAPER = (1.0, 1.0, 1.0)
_SEED_DIGITS = 16


def parts_view(asset: ObjectAsset, *, side: int = 448) -> PartsView:
    """A PNG of 2 `side` x `side` pixels, the object from two sides, and the legend.

    The sides are those that show its parts best (`part_views`). Which part has which colour is
    drawn at random from a seed that is the object's content, so that the same object always
    makes the same picture. From the 19th part on all are grey.
    """
    colors = drawn_colors(len(asset.part_names), asset.content_hash)
    faces = np.array([color for _, color in colors])[asset.face_parts]
    scene = RayScene([_painted(asset, faces)])
    page = Image.new("RGB", (2 * side, side))
    for index, view in enumerate(part_views(scene, asset.mesh, asset.face_parts)):
        camera = Camera.framing(asset.mesh.vertices, view.azimuth, view.elevation)
        picture = render_scene(scene, camera, (side, side), background=_PAPER)
        page.paste(picture, (index * side, 0))
    stream = io.BytesIO()
    page.save(stream, "PNG")
    words = [word for word, _ in colors]
    return PartsView(stream.getvalue(), dict(zip(asset.part_names, words, strict=True)))


def drawn_colors(count: int, content_hash: str) -> Sequence[tuple[str, RGB]]:
    """A colour with its name for each of `count` parts, in an order drawn by a hash (hex)."""
    random = np.random.default_rng(int(content_hash[:_SEED_DIGITS], 16))
    own = min(count, len(NAMED_COLORS))
    colors = [*NAMED_COLORS[:own], *[SHARED_COLOR] * (count - own)]
    return [colors[index] for index in random.permutation(count)]


def _painted(asset: ObjectAsset, face_colors: NDArray[np.float64]) -> ShadedMesh:
    return ShadedMesh(asset.mesh.vertices, asset.mesh.faces, face_colors=face_colors, gloss=0.0)
