"""Shapes and questions for the part segmenter: labelled right, nothing unseen, resumable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.grounding.point_features import FEATURES
from handhold.synthesis import SEEN, make_shape
from handhold.synthesis.shapes.inventions import KINDS, invent
from handhold.train import segmenter_cache
from handhold.train.segmenter_cache import prepare_shapes, read_shapes
from handhold.train.segmenter_queries import (
    OWN_NAMES,
    QueryMix,
    draw_queries,
    names_of,
    vocabulary,
)
from handhold.train.segmenter_shapes import ShapeMix, draw_shape

PLAIN = ShapeMix(
    invented=0, hybrid_invented=0, hybrid=0, partial=0, scanned=0, simplified=0, any_way_up=0,
    tilt_degrees=0,
)  # fmt: skip


def test_a_shape_is_the_same_for_the_same_number_and_of_nothing_unseen() -> None:
    first, second = draw_shape(6), draw_shape(6)
    assert np.array_equal(first.surface.points, second.surface.points)
    assert np.array_equal(first.labels, second.labels)
    drawn = [draw_shape(number) for number in range(20)]
    assert set().union(*(shape.family.split("+") for shape in drawn)) <= {*SEEN, *KINDS}
    assert set().union(*(shape.names for shape in drawn)) <= set(OWN_NAMES)


def test_inventions_are_drawn_as_often_as_asked_for() -> None:
    every = [draw_shape(k, mix=replace(PLAIN, invented=1.0)) for k in range(6)]
    assert {shape.family for shape in every} <= set(KINDS)
    assert draw_shape(0, mix=PLAIN).family == SEEN[0]


def test_every_part_of_an_invention_has_names() -> None:
    words = vocabulary()
    for index in range(60):
        shape = invent(index)
        for part in shape.part_names:
            assert part in words.own
            assert part in names_of(part, shape.style, words)


def test_labels_are_of_the_parts_that_the_points_lie_on() -> None:
    mug = draw_shape(SEEN.index("mug"), mix=PLAIN)
    assert set(mug.names) == {"body", "handle"}
    off_axis = np.linalg.norm(
        mug.surface.points[:, :2] - np.median(mug.surface.points[:, :2], 0), axis=1
    )
    handle = mug.labels == mug.names.index("handle")
    assert off_axis[handle].mean() > off_axis[~handle].mean()
    assert 0.02 < handle.mean() < 0.4


@pytest.mark.parametrize("kind", ["hybrid", "partial", "scanned", "simplified"])
def test_every_kind_of_shape_has_labels_for_its_points(kind: str) -> None:
    shape = draw_shape(3, mix=ShapeMix(**{**PLAIN.__dict__, kind: 1.0}))
    assert len(shape.labels) == len(shape.surface) > 200
    assert shape.labels.max() == len(shape.names) - 1
    assert shape.labels.min() >= -1
    assert ("+" in shape.family) == (kind == "hybrid")


def test_validation_draws_other_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[str, int]] = []

    def remember(family: str, number: int) -> object:
        drawn.append((family, number))
        return make_shape(family, number)

    monkeypatch.setattr("handhold.train.segmenter_shapes.make_shape", remember)
    for number in range(3):
        draw_shape(number, validation=True)
    assert all(number % ShapeMix().kept_out == 0 for _, number in drawn)
    drawn.clear()
    for number in range(3):
        draw_shape(number)
    assert not any(number % ShapeMix().kept_out == 0 for _, number in drawn)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(segmenter_cache, "CHUNK", 2)
    yield


@pytest.mark.usefixtures("small_chunks")
def test_prepared_shapes_are_made_once_and_read_back(tmp_path: Path) -> None:
    assert prepare_shapes(tmp_path, 3, mix=PLAIN) == 4
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert prepare_shapes(tmp_path, 4, mix=PLAIN) == 4
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    shapes = read_shapes(tmp_path, mix=PLAIN)
    assert shapes.features.shape == (4, 2048, len(FEATURES))
    assert shapes.families == SEEN[:4]
    assert len(read_shapes(tmp_path, mix=PLAIN, limit=2)) == 2
    with pytest.raises(InputError, match="no prepared shapes"):
        read_shapes(tmp_path, mix=PLAIN, seed=1)
    next(tmp_path.iterdir()).write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(InputError, match="holds no prepared shapes"):
        read_shapes(tmp_path, mix=PLAIN)


def test_every_part_of_a_seen_shape_has_names() -> None:
    words = vocabulary()
    for family in SEEN:
        for part in make_shape(family, 0).part_names:
            assert part in names_of(part, family, words)
    assert set(names_of("body", "mug", words)) >= {"cup", "container"}
    assert len(set(words.names)) == len(words.names)


def test_questions_mean_the_parts_that_are_called_so() -> None:
    words = vocabulary()
    parts = ("body", "handle")
    suits = {"body": ("wrap-around-grip", "base-support"), "handle": ("handle-grip",)}
    rng = np.random.default_rng(0)
    names_seen: set[str] = set()
    for _ in range(200):
        queries = draw_queries(parts, suits, "mug", words, rng, QueryMix())
        assert queries.wanted[0, 0] and queries.wanted[1, 1]
        for row, hot, wanted in zip(
            queries.names, queries.affordances, queries.wanted, strict=True
        ):
            if row < 0:
                meant = AFFORDANCES[int(hot.argmax())]
                assert list(wanted) == [meant in suits[part] for part in parts]
                continue
            name = words.names[row]
            names_seen.add(name)
            assert list(wanted) == [name in names_of(part, "mug", words) for part in parts]
    assert {"grip", "cup", "trigger", "blade"} <= names_seen
    assert not {"bottom", "rim"} & names_seen
