"""The pictures for people: what they hold, and from where they look."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from block_hand import HAND
from PIL import Image

from handhold.errors import InputError
from handhold.hands import load_hand
from handhold.objects import ObjectAsset
from handhold.render import (
    Camera,
    GraspSteps,
    OverviewData,
    RayScene,
    Step,
    grasp_strip,
    grasp_views,
    heat,
    overview_picture,
    overview_tiles,
    part_colors,
    parts_picture,
    render_buffers,
    write_png,
)
from handhold.render.canvas import drawable, shorten, text_width, wrap
from handhold.render.palette import to_ink
from handhold.render.parts_picture import size_in_cm
from handhold.render.scenes import contact_map, skin, with_contact_part
from handhold.render.shading import render_scene
from handhold.render.together import draw_together


def _colors_near(picture: object, color: np.ndarray, tolerance: int = 2) -> int:
    pixels = np.asarray(picture, dtype=int).reshape(-1, 3)
    return int((np.abs(pixels - np.array(to_ink(color))).max(axis=1) <= tolerance).sum())


def test_the_parts_picture_has_a_swatch_for_every_part(mug: ObjectAsset) -> None:
    picture = parts_picture(mug, tile=120, supersample=1)
    for color in part_colors(2):
        assert _colors_near(picture, color) > 150


def test_many_parts_fit_the_legend(mug: ObjectAsset) -> None:
    names = tuple(f"part {index}" for index in range(60))
    many = replace(mug, face_parts=np.arange(len(mug.mesh.faces)) % 60, part_names=names)
    assert parts_picture(many, tile=100, supersample=1).height < 250


def test_sizes_are_in_centimetres_longest_first(mug: ObjectAsset) -> None:
    assert size_in_cm(mug.part_mesh("body")) == "9.0 x 7.9 x 7.9 cm"


def test_grasp_views_look_from_the_side_of_the_hand(overview: OverviewData) -> None:
    target = with_contact_part(overview.object_mesh, overview.contact_faces)
    moved = HAND.vertices + [0.10, 0.0, 0.0]
    hand = skin(moved, HAND.faces)
    views = grasp_views(
        RayScene([hand, target]), hand.mesh, overview.object_mesh, overview.contact_faces
    )
    directions = np.array([view.direction for view in views])
    assert directions[0, 0] > -0.5, "the mug must not stand before the hand"
    assert directions[0] @ directions[1] < np.cos(np.radians(65))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_overview_has_room_for_any_number_of_grasps(overview: OverviewData, count: int) -> None:
    data = replace(overview, grasps=overview.grasps[:count])
    tiles = overview_tiles(data, tile=60, supersample=1)
    assert len(tiles.grasps) == count
    picture = overview_picture(data, tiles)
    assert picture.width >= 60 and picture.height > 120
    same = overview_picture(data, tiles)
    assert same.tobytes() == picture.tobytes()


def test_an_overview_without_prior_or_contact_part_is_drawn(overview: OverviewData) -> None:
    nothing = np.zeros(len(overview.object_mesh.faces), dtype=bool)
    data = replace(overview, prior=None, contact_faces=nothing, grasps=overview.grasps[:1])
    assert overview_picture(data, overview_tiles(data, tile=40, supersample=1)).height > 40


def test_the_strip_shows_every_step_from_one_camera(overview: OverviewData) -> None:
    names = ("initial", "extrinsic-refined", "refined")
    steps = GraspSteps("#1", tuple(Step(name, HAND.vertices + [0.1, 0, 0]) for name in names))
    picture = grasp_strip(
        steps, overview.object_mesh, overview.contact_faces, HAND.faces, tile=60, supersample=1
    )
    pixels = np.asarray(picture)[:60]
    assert picture.width == 3 * 60 + 20
    assert np.array_equal(pixels[:, :60], pixels[:, 70:130]), "same pose, same picture"


def test_the_heat_map_runs_from_pale_to_dark_and_takes_nan() -> None:
    colors = heat([0.0, 0.5, 1.0, np.nan, 7.0])
    assert (np.diff(colors[:3].sum(axis=1)) < 0).all()
    assert np.array_equal(colors[3], colors[0])
    assert np.array_equal(colors[4], colors[2])


def test_the_contact_map_shows_the_palm_with_the_fingers_up() -> None:
    hand = load_hand("human")
    posed = hand.local(torch.zeros(1, hand.joint_count, dtype=hand.spec.vertices.dtype))
    palmar = hand.spec.palmar.numpy()
    mesh = contact_map(posed.vertices[0].numpy(), hand.faces.numpy(), palmar.astype(float))
    camera = Camera.framing(mesh.vertices, 0.0, 0.0)
    seen = render_buffers([mesh], camera, (80, 80))
    shown = palmar[mesh.faces[seen.face[seen.face >= 0]]].mean()
    assert shown > 0.6, "mostly the gripping side"
    points = contact_map(posed.keypoints[0].numpy(), np.zeros((0, 3)), np.zeros(21)).vertices
    wrist, thumb, middle, little = camera.project(points[[0, 4, 12, 20]], 80, 80)
    assert middle[1] < wrist[1]
    assert thumb[0] > little[0], "the thumb of a right palm is on the viewer's right"


def test_a_picture_is_written_whole(tmp_path: Path) -> None:
    picture = Image.new("RGB", (5, 4), (1, 2, 3))
    path = write_png(picture, tmp_path / "out" / "overview.png")
    assert Image.open(path).tobytes() == picture.tobytes()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_png(picture, tmp_path / "file" / "overview.png")


def test_part_colours_are_told_apart() -> None:
    colors = part_colors(24)
    apart = np.linalg.norm(colors[:, None] - colors[None], axis=2) + np.eye(24)
    assert apart.min() > 0.03
    assert np.array_equal(part_colors(3), colors[:3])


def test_long_lines_are_cut_and_wrapped_to_the_width() -> None:
    words = "a rather long instruction about a kettle that should be wrapped somewhere"
    lines = wrap(words, 16, 160, 3)
    assert len(lines) == 3 and lines[-1].endswith("...")
    assert all(text_width(line, 16) <= 160 for line in lines)
    assert " ".join(wrap(words, 16, 160, 99)) == words
    assert text_width(shorten("x" * 500, 14, 90), 14) <= 90
    assert wrap("", 16, 100, 2) == []


def test_words_are_drawn_in_characters_the_font_has() -> None:
    assert drawable("caf\u00e9 3 cm\u00b3 \u2013 2 \u00d7 4 \u8336") == "cafe 3 cm3 - 2 x 4 ?"


def test_pictures_drawn_together_are_those_drawn_alone(overview: OverviewData) -> None:
    target = with_contact_part(overview.object_mesh, overview.contact_faces)
    cameras = [Camera.framing(target.vertices, azimuth, 0.3) for azimuth in (0.0, 1.0, 2.0, 3.0)]
    scene = RayScene([target])
    tasks = [partial(render_scene, scene, camera, (40, 40)) for camera in cameras]
    alone = [task().tobytes() for task in tasks]
    assert [picture.tobytes() for picture in draw_together(tasks)] == alone
    assert draw_together([]) == []


def test_what_goes_wrong_on_a_thread_is_not_lost() -> None:
    def fails() -> None:
        raise ValueError("no light")

    with pytest.raises(ValueError, match="no light"):
        draw_together([fails])
