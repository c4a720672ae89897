"""The segmenter that ships: small, of seen categories alone, and able to find a handle."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from handhold.grounding.segment import find_region
from handhold.grounding.segmenter_file import shipped_segmenter
from handhold.grounding.surface_points import points_of_mesh
from handhold.synthesis import SEEN, UNSEEN, make_shape

MAX_BYTES = 4_000_000
KEPT_OUT = 10  # a number that training never drew


def test_it_is_small_and_learned_from_seen_categories_alone() -> None:
    weights = files("handhold.grounding").joinpath("weights", "part_segmenter.safetensors")
    assert len(weights.read_bytes()) < MAX_BYTES
    assert set(shipped_segmenter().categories) == set(SEEN)
    assert not set(shipped_segmenter().categories) & set(UNSEEN)


def test_it_knows_common_names_without_the_text_encoder() -> None:
    segmenter = shipped_segmenter()
    assert all(map(segmenter.was_taught, ("handle", "grip", "body", "lid", "trigger", "button")))
    assert {"handle", "spout", "screen", "pedal"} <= set(segmenter.names)
    assert segmenter.was_taught("wheel") and not segmenter.was_taught("pedal")


@pytest.mark.parametrize("category", ["mug", "knife", "pot"])
def test_it_finds_the_handle_of_a_shape_kept_out_of_its_training(category: str) -> None:
    shape = make_shape(category, KEPT_OUT)
    truth = shape.face_parts == shape.part_names.index("handle")
    for name in ("handle", "grip"):
        region = find_region(shape.mesh, name)
        areas = shape.mesh.face_areas
        both = areas[region.chosen & truth].sum()
        assert both > 0.6 * areas[region.chosen | truth].sum()


def test_it_finds_a_handle_in_a_cloud() -> None:
    shape = make_shape("mug", KEPT_OUT)
    surface = points_of_mesh(shape.mesh, 1500)
    truth = shape.face_parts[surface.source] == shape.part_names.index("handle")
    chosen = find_region(surface.points, "handle").chosen
    assert (chosen & truth).sum() > 0.4 * (chosen | truth).sum()
    assert np.isfinite(find_region(surface.points, "handle").scores).all()
