"""Anchors on solids whose axes, centres and radii are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from shapes_to_hold import (
    BAR_AXIS,
    BAR_LENGTH,
    BAR_RADIUS,
    BOX,
    JAR_HEIGHT,
    LID_HEIGHT,
    LID_RADIUS,
    RING_RADIUS,
    TUBE_RADIUS,
    bar,
    box,
    jar,
    ring_on_block,
)

from handhold.contact import build_field
from handhold.generate import Anchor, PartShape, find_anchors, part_shape
from handhold.objects import ObjectAsset

Found = tuple[ObjectAsset, PartShape]


def _measured(make: Callable[[], ObjectAsset], part: str) -> Found:
    asset = make()
    field = build_field(asset, part, spacing=0.006, points=64, reach=0.02)
    return asset, part_shape(asset, part, field)


@pytest.fixture(scope="module")
def rod() -> Found:
    return _measured(bar, "bar")


@pytest.fixture(scope="module")
def ring() -> Found:
    return _measured(ring_on_block, "ring")


@pytest.fixture(scope="module")
def lid() -> Found:
    return _measured(jar, "lid")


@pytest.fixture(scope="module")
def block() -> Found:
    return _measured(box, "box")


def _ring_centre(asset: ObjectAsset) -> np.ndarray:
    return asset.part_mesh("ring").bounds.mean(0)


def test_a_bar_is_measured(rod: Found) -> None:
    _, shape = rod
    assert abs(shape.axis @ BAR_AXIS) > 0.999
    assert shape.bar_radius == pytest.approx(BAR_RADIUS, abs=0.001)
    assert shape.outer_radius == pytest.approx(BAR_RADIUS, abs=0.001)
    np.testing.assert_allclose(shape.size, [BAR_LENGTH, 2 * BAR_RADIUS, 2 * BAR_RADIUS], atol=0.002)
    np.testing.assert_allclose(shape.to_rest, 0.0)
    radial = shape.points - np.outer(shape.points @ BAR_AXIS, BAR_AXIS)
    assert ((radial * shape.normals).sum(1) > -1e-6).all()


def test_every_anchor_of_a_bar_lies_on_its_axis(rod: Found) -> None:
    anchors = find_anchors(*rod, "cylinder")
    assert len(anchors) >= 8
    for anchor in anchors:
        along = anchor.centre @ BAR_AXIS
        assert np.linalg.norm(anchor.centre - along * BAR_AXIS) < 0.5 * BAR_RADIUS
        assert abs(along) < BAR_LENGTH / 2
        if abs(anchor.axis @ BAR_AXIS) > 0.9:
            assert abs(anchor.axis @ BAR_AXIS) > 0.97
            assert anchor.radius == pytest.approx(BAR_RADIUS, abs=0.0015)
    aligned = [a for a in anchors if abs(a.axis @ BAR_AXIS) > 0.97]
    off = [np.linalg.norm(np.cross(a.centre, BAR_AXIS)) for a in aligned]
    assert np.median(off) < 0.0015
    assert len(aligned) >= 8
    spread = np.ptp([a.centre @ BAR_AXIS for a in aligned])
    assert spread > 0.6 * BAR_LENGTH


def test_the_thickness_of_a_ring_is_that_of_its_tube(ring: Found) -> None:
    _, shape = ring
    assert shape.bar_radius == pytest.approx(TUBE_RADIUS, abs=0.001)
    assert shape.size[0] == pytest.approx(2 * (RING_RADIUS + TUBE_RADIUS), abs=0.004)


def _on_tube(asset: ObjectAsset, anchor: Anchor) -> bool:
    """Whether an anchor lies on the ring's centre line, along it, with the tube's radius."""
    offset = anchor.centre - _ring_centre(asset)
    flat = np.array([offset[0], 0.0, offset[2]])
    radial = flat / np.linalg.norm(flat)
    tangent = np.cross(radial, [0.0, 1.0, 0.0])
    near = np.linalg.norm(offset - RING_RADIUS * radial) < 0.004
    along = abs(anchor.axis @ tangent) > 0.9
    return bool(near and along and abs(anchor.radius - TUBE_RADIUS) < 0.002)


def test_a_ring_has_anchors_on_its_tube_all_round(ring: Found) -> None:
    asset = ring[0]
    found = [a for a in find_anchors(*ring, "cylinder") if _on_tube(asset, a)]
    assert len(found) >= 5
    offsets = np.array([a.centre for a in found]) - _ring_centre(asset)
    angles = np.sort(np.arctan2(offsets[:, 2], offsets[:, 0]))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    assert gaps.max() < np.radians(150)


def test_the_rest_of_a_ring_is_where_the_block_hangs(ring: Found) -> None:
    direction = ring[1].to_rest / np.linalg.norm(ring[1].to_rest)
    assert direction[2] < -0.95


def test_retrieval_feels_the_tube_of_a_handle_and_the_outside_of_a_body() -> None:
    ring = _measured(ring_on_block, "ring")[1]
    assert ring.descriptor("handle-grip").section_radius == pytest.approx(TUBE_RADIUS, abs=0.001)
    lid = _measured(jar, "lid")[1]
    assert lid.descriptor("twist").section_radius == pytest.approx(LID_RADIUS, abs=0.002)
    assert lid.descriptor("twist").size == pytest.approx(tuple(lid.size))


def test_without_a_rest_its_centroid_is_not_a_number(rod: Found, ring: Found) -> None:
    assert np.isnan(rod[1].rest_centroid).all()
    expected = [0.0, 0.0, -0.04 - RING_RADIUS]
    np.testing.assert_allclose(ring[1].rest_centroid - _ring_centre(ring[0]), expected, atol=0.003)


def test_a_lid_is_taken_from_the_side_away_from_the_jar(lid: Found) -> None:
    asset, shape = lid
    anchors = find_anchors(asset, shape, "cap")
    first = anchors[0]
    assert first.axis[2] > 0.99
    assert first.radius == pytest.approx(LID_RADIUS, abs=0.002)
    np.testing.assert_allclose(first.centre[:2], 0.0, atol=0.002)
    top = (JAR_HEIGHT + LID_HEIGHT + 0.001) / 2
    assert top - LID_HEIGHT < first.centre[2] < top + 0.004
    assert all(anchor.axis @ [0, 0, 1] > 0.25 for anchor in anchors)


def test_a_box_is_supported_from_below(block: Found) -> None:
    for anchor in find_anchors(*block, "plane"):
        np.testing.assert_allclose(anchor.axis, [0, 0, -1])
        np.testing.assert_allclose(anchor.centre, [0, 0, -BOX[2] / 2], atol=0.003)


def test_spots_lie_on_the_surface_and_look_out(block: Found) -> None:
    anchors = find_anchors(*block, "spot")
    assert len(anchors) >= 4
    for anchor in anchors:
        excess = np.abs(anchor.centre) - BOX / 2
        assert excess.max() == pytest.approx(0.0, abs=1e-6)
        assert anchor.axis @ anchor.centre > 0
        assert np.linalg.norm(anchor.axis) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["cylinder", "cap", "plane", "spot"])
def test_axes_are_unit_and_kinds_are_as_asked(block: Found, kind: str) -> None:
    for anchor in find_anchors(*block, kind):
        assert anchor.kind == kind
        assert np.linalg.norm(anchor.axis) == pytest.approx(1.0)
        assert np.isfinite(anchor.centre).all()
        assert anchor.radius >= 0


def test_measuring_twice_gives_the_same(rod: Found) -> None:
    _, again = _measured(bar, "bar")
    np.testing.assert_array_equal(again.points, rod[1].points)
    first, second = find_anchors(*rod, "cylinder"), find_anchors(rod[0], again, "cylinder")
    assert len(first) == len(second)
    assert all(np.array_equal(a.centre, b.centre) for a, b in zip(first, second, strict=True))
