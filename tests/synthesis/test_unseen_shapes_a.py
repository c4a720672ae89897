"""Kettle, pan, bowl, suitcase, coffee machine, umbrella, bucket, can: closed, named, real sizes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pytest
from manifold3d import Manifold, Mesh64

from handhold.geometry import TriMesh
from handhold.grasps.affordances import AFFORDANCES
from handhold.synthesis.shapes import (
    bowl,
    bucket,
    coffee_machine,
    frying_pan,
    kettle,
    suitcase,
    umbrella,
    watering_can,
)
from handhold.synthesis.shapes.sample import Blueprint, ShapeSample, realise

Builder = Callable[[str, np.random.Generator], Blueprint]
BUILDERS: Mapping[str, tuple[tuple[str, ...], Builder]] = {
    "bowl": (bowl.STYLES, bowl.build),
    "bucket": (bucket.STYLES, bucket.build),
    "coffee-machine": (coffee_machine.STYLES, coffee_machine.build),
    "frying-pan": (frying_pan.STYLES, frying_pan.build),
    "kettle": (kettle.STYLES, kettle.build),
    "suitcase": (suitcase.STYLES, suitcase.build),
    "umbrella": (umbrella.STYLES, umbrella.build),
    "watering-can": (watering_can.STYLES, watering_can.build),
}
PARTS = {
    "bowl": {"rim", "bowl", "foot"},
    "bucket": {"body", "rim", "handle", "lugs"},
    "coffee-machine": {"body", "buttons"},
    "frying-pan": {"pan", "handle"},
    "kettle": {"body", "handle", "spout", "lid"},
    "suitcase": {"body", "handle"},
    "umbrella": {"handle", "canopy", "shaft", "tip", "button", "strap"},
    "watering-can": {"body", "handle", "spout"},
}
LARGEST_CM = {
    "bowl": (7, 28),
    "bucket": (20, 52),
    "coffee-machine": (22, 50),
    "frying-pan": (33, 57),
    "kettle": (18, 32),
    "suitcase": (38, 75),
    "umbrella": (21, 102),
    "watering-can": (20, 52),
}
CASES = [(family, seed) for family in BUILDERS for seed in range(8)]
EVERY_CASE = pytest.mark.parametrize(("family", "seed"), CASES)
EVERY_FAMILY = pytest.mark.parametrize("family", sorted(BUILDERS))


def built(family: str, seed: int) -> ShapeSample:
    styles, build = BUILDERS[family]
    style = styles[seed % len(styles)]
    rng = np.random.default_rng([zlib.crc32(family.encode()), seed])
    return realise(build(style, rng), family, seed, style)


shape = cache(built)


def is_closed(mesh: TriMesh) -> bool:
    """Every directed edge is met exactly once, and once the other way round."""
    start, end = mesh.faces.ravel(), np.roll(mesh.faces, -1, axis=1).ravel()
    ahead = np.unique(start * len(mesh.vertices) + end)
    back = np.unique(end * len(mesh.vertices) + start)
    return len(ahead) == len(start) and np.array_equal(ahead, back)


def solid(mesh: TriMesh) -> Manifold:
    return Manifold(Mesh64(np.array(mesh.vertices), np.array(mesh.faces, dtype=np.uint64)))


@EVERY_CASE
def test_parts_and_whole_are_closed_and_the_whole_is_one_body(family: str, seed: int) -> None:
    sample = shape(family, seed)
    for mesh in (sample.mesh, *(mesh for _, mesh in sample.parts)):
        assert is_closed(mesh)
    assert len(solid(sample.mesh).decompose()) == 1
    assert sample.mesh.bounds[0, 2] == pytest.approx(0.0, abs=1e-6)


@EVERY_CASE
def test_two_to_six_parts_each_show_on_the_surface(family: str, seed: int) -> None:
    sample = shape(family, seed)
    assert 2 <= len(sample.parts) <= 6
    assert set(sample.part_names) >= PARTS[family]
    counts = np.bincount(sample.face_parts, minlength=len(sample.parts))
    assert len(counts) == len(sample.parts)
    assert counts.min() >= 30


@EVERY_CASE
def test_sizes_are_those_of_real_objects(family: str, seed: int) -> None:
    sample = shape(family, seed)
    lower, upper = LARGEST_CM[family]
    assert lower < 100 * sample.mesh.extents.max() < upper
    assert 1_500 <= len(sample.mesh.faces) <= 12_000


@EVERY_CASE
def test_affordances_are_known_and_something_can_be_held(family: str, seed: int) -> None:
    sample = shape(family, seed)
    assert set(sample.affordances) == set(sample.part_names)
    uses = {use for uses in sample.affordances.values() for use in uses}
    assert uses
    assert uses <= set(AFFORDANCES)


@EVERY_CASE
def test_what_a_hand_wraps_is_narrow_enough(family: str, seed: int) -> None:
    sample = shape(family, seed)
    for name, uses in sample.affordances.items():
        if "wrap-around-grip" in uses:
            assert np.sort(sample.part(name).extents)[1] <= 0.091


@EVERY_CASE
def test_a_finger_fits_through_every_loop(family: str, seed: int) -> None:
    sample = shape(family, seed)
    whole, finger = solid(sample.mesh), Manifold.sphere(0.0105, 32)
    for part, points in sample.loops.items():
        for at in points:
            assert (whole ^ finger.translate(tuple(map(float, at)))).is_empty()
            assert np.linalg.norm(sample.part(part).vertices - at, axis=1).min() < 0.11


@EVERY_FAMILY
def test_same_seed_gives_the_same_shape(family: str) -> None:
    again, sample = built(family, 1), shape(family, 1)
    assert np.array_equal(again.mesh.vertices, sample.mesh.vertices)
    assert np.array_equal(again.mesh.faces, sample.mesh.faces)
    assert np.array_equal(again.face_parts, sample.face_parts)


@EVERY_FAMILY
def test_seeds_and_styles_differ(family: str) -> None:
    samples = [shape(family, seed) for seed in range(8)]
    assert len({sample.style for sample in samples}) == len(BUILDERS[family][0]) >= 3
    sizes = {tuple(np.round(sample.mesh.extents, 5)) for sample in samples}
    assert len(sizes) == len(samples)
