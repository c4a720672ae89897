"""A simulated trial as pictures: a strip of moments, or an animation."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.grasps import write_atomically
from handhold.render.camera import Camera
from handhold.render.raycast import RayScene
from handhold.render.scenes import skin, with_contact_part
from handhold.render.shading import render_scene
from handhold.render.together import draw_together
from handhold.render.viewpoints import grasp_frame, grasp_views

STILL, MOVING = (".png",), (".gif", ".webp")


@dataclass(frozen=True, eq=False)
class FilmScene:
    """What moves in a film: hand vertices (T, V, 3) and faces, the object's mesh at rest with its
    pose (T, 3, 4) relative to that, metres, one frame; times (T,) seconds."""

    times: NDArray[np.float64]
    hand_vertices: NDArray[np.float64]
    hand_faces: NDArray[np.int64]
    object_mesh: TriMesh
    object_poses: NDArray[np.float64]
    contact_faces: NDArray[np.bool_]


def film_frames(
    scene: FilmScene, *, size: int = 320, supersample: int = 2
) -> tuple[Image.Image, ...]:
    """One picture of `size` pixels per moment, all from where the first is seen best."""
    still = with_contact_part(scene.object_mesh, scene.contact_faces)
    first = skin(scene.hand_vertices[0], scene.hand_faces)
    view = grasp_views(
        RayScene([first, still]), first.mesh, scene.object_mesh, scene.contact_faces
    )[0]
    points = grasp_frame([scene.hand_vertices[0]], scene.object_mesh, wide=True)
    camera = Camera.framing(points, view.azimuth, view.elevation)

    def draw(vertices: NDArray[np.float64], pose: NDArray[np.float64]) -> Image.Image:
        moved = with_contact_part(
            scene.object_mesh.transformed(pose[:, :3], pose[:, 3]), scene.contact_faces
        )
        picture = RayScene([skin(vertices, scene.hand_faces), moved])
        return render_scene(picture, camera, (size, size), supersample=supersample)

    moments = zip(scene.hand_vertices, scene.object_poses, strict=True)
    return tuple(draw_together([partial(draw, *moment) for moment in moments]))


def checked_film(path: Path) -> Path:
    """`path`, if a film can be written under that name: .png (strip), .gif or .webp (moving)."""
    if path.suffix.lower() not in STILL + MOVING:
        raise InputError(
            f"A film cannot be written as '{path.name}'.",
            "Use .png for a strip of frames, .gif or .webp for an animation.",
        )
    return path


def write_film(
    path: Path, frames: Sequence[Image.Image], *, seconds_per_frame: float = 0.08
) -> Path:
    """Write an animation (.gif, .webp), whole or not at all."""
    stream = io.BytesIO()
    frames[0].save(
        stream,
        format=checked_film(path).suffix[1:].upper(),
        save_all=True,
        append_images=list(frames[1:]),
        duration=round(1000 * seconds_per_frame),
        loop=0,
    )
    return write_atomically(path, stream.getvalue())
