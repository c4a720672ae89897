"""Invented objects: closed, labelled, repeatable, varied, and of no unseen category's own parts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from handhold.geometry.topology import is_closed
from handhold.grasps import AFFORDANCES
from handhold.synthesis.shapes import fittings
from handhold.synthesis.shapes.inventions import KINDS, invent
from handhold.train.segmenter_shapes import ShapeMix

SOME = range(40)
ONLY_UNSEEN = {"battery", "bristles", "canopy", "chuck", "portafilter", "rose", "tailcap", "wand"}


@pytest.mark.parametrize("index", SOME)
def test_an_invention_is_closed_and_every_face_has_a_part(index: int) -> None:
    shape = invent(index)
    assert is_closed(shape.mesh.faces)
    assert len(shape.face_parts) == len(shape.mesh.faces)
    assert set(np.unique(shape.face_parts)) == set(range(len(shape.parts)))
    assert shape.mesh.vertices[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    assert 0.02 < shape.mesh.extents.max() < 1.5
    assert all(set(suits) <= set(AFFORDANCES) for suits in shape.affordances.values())


def test_the_same_seed_makes_the_same_object_and_another_another() -> None:
    first, again, other = invent(5), invent(5), invent(5 + len(KINDS))
    assert np.array_equal(first.mesh.vertices, again.mesh.vertices)
    assert first.mesh.vertices.shape != other.mesh.vertices.shape


def test_there_is_variety_in_kinds_and_parts() -> None:
    shapes = [invent(index) for index in SOME]
    assert set(Counter(shape.style for shape in shapes)) == set(KINDS)
    assert len({name for shape in shapes for name in shape.part_names}) > 15
    assert len({shape.part_names for shape in shapes}) > 25
    assert not ONLY_UNSEEN & {name for shape in shapes for name in shape.part_names}


def test_validation_and_training_get_every_kind() -> None:
    for kept_out in (True, False):
        chosen = [k for k in range(60) if (k % ShapeMix().kept_out == 0) == kept_out][:6]
        assert {invent(k).style for k in chosen} == set(KINDS)


@pytest.mark.parametrize("kind", fittings.ANYWHERE)
def test_a_fitting_reaches_through_its_foot_and_out(kind: str) -> None:
    for seed in range(6):
        fitting = fittings.ANYWHERE[kind](np.random.default_rng(seed))
        low, high = fitting.solid.bounding_box()[2], fitting.solid.bounding_box()[5]
        assert low < 0 < high
        assert 0 < fitting.reach < 0.4
        assert set(fitting.affordances) <= set(AFFORDANCES)
