"""The picture with nameable colours, for a model that sees."""

from __future__ import annotations

import colorsys
import io
from dataclasses import replace

import numpy as np
from PIL import Image

from handhold.objects import ObjectAsset
from handhold.render.parts_view import NAMED_COLORS, SHARED_COLOR, drawn_colors, parts_view

SIDE = 96


def test_two_square_views_and_a_colour_for_every_part(mug: ObjectAsset) -> None:
    view = parts_view(mug, side=SIDE)
    with Image.open(io.BytesIO(view.png)) as picture:
        assert picture.format == "PNG" and picture.size == (2 * SIDE, SIDE)
    assert tuple(view.legend) == mug.part_names
    assert len(set(view.legend.values())) == 2


def test_the_legend_is_true(mug: ObjectAsset) -> None:
    """Most coloured pixels have the hue of one of the two named colours, and both are there."""
    view = parts_view(mug, side=SIDE)
    named = dict(NAMED_COLORS)
    hues = {word: colorsys.rgb_to_hsv(*named[word])[0] for word in view.legend.values()}
    with Image.open(io.BytesIO(view.png)) as picture:
        pixels = np.asarray(picture.convert("HSV"), dtype=float).reshape(-1, 3) / 255
    vivid = pixels[pixels[:, 1] > 0.5, 0]
    away = {word: np.abs((vivid - hue + 0.5) % 1 - 0.5) for word, hue in hues.items()}
    near = np.stack(list(away.values())) < 0.06
    assert near.any(axis=0).mean() > 0.9 and (near.sum(axis=1) > 40).all()


def test_the_same_object_makes_the_same_picture_and_another_one_other_colours(
    mug: ObjectAsset,
) -> None:
    first, second = parts_view(mug, side=SIDE), parts_view(mug, side=SIDE)
    assert first.png == second.png and first.legend == second.legend
    drawn = {tuple(word for word, _ in drawn_colors(3, f"{k:064x}"[::-1])) for k in range(40)}
    assert len(drawn) == 6  # every order of three colours


def test_more_parts_than_colours_share_one(mug: ObjectAsset) -> None:
    count = len(NAMED_COLORS) + 5
    names = tuple(f"part {index}" for index in range(count))
    many = replace(mug, face_parts=np.arange(len(mug.mesh.faces)) % count, part_names=names)
    words = list(parts_view(many, side=24).legend.values())
    assert words.count(SHARED_COLOR[0]) == 5 and len(set(words)) == len(NAMED_COLORS) + 1


def test_no_two_named_colours_look_alike() -> None:
    colors = np.array([color for _, color in (*NAMED_COLORS, SHARED_COLOR)])
    apart = np.linalg.norm(_lab(colors)[:, None] - _lab(colors)[None], axis=2)
    assert apart[np.triu_indices(len(colors), 1)].min() > 20
    first = apart[:8, :8][np.triu_indices(8, 1)]
    assert first.min() > 34


def _lab(srgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of sRGB 0..1."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = linear @ np.array(to_xyz).T / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )
