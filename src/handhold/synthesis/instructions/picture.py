"""The picture that a language model is shown: the object in grey, its contact part in green."""

from __future__ import annotations

import io

import numpy as np

from handhold.objects import ObjectAsset
from handhold.render import Camera, RayScene, ShadedMesh, part_views, render_scene

GREEN = (0.13, 0.69, 0.30)  # sRGB 0..1; the papers only say green
_GREY = (0.72, 0.72, 0.72)


def part_picture(asset: ObjectAsset, part: str, *, side: int = 448) -> bytes:
    """A PNG of `side` x `side` pixels from where the part is seen best (G-DexGrasp, section 4).

    Raises InputError for a part that the object does not have.
    """
    chosen = asset.face_parts == asset.part_index(part)
    colors = np.where(chosen[:, None], GREEN, _GREY)
    scene = RayScene([ShadedMesh(asset.mesh.vertices, asset.mesh.faces, face_colors=colors)])
    view = part_views(scene, asset.mesh, chosen.astype(np.int64))[0]
    camera = Camera.framing(asset.mesh.vertices, view.azimuth, view.elevation)
    stream = io.BytesIO()
    render_scene(scene, camera, (side, side)).save(stream, "PNG")
    return stream.getvalue()
