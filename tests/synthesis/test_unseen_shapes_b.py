"""Brooms, tools, sprays, dryers, lamps and remotes: closed, of real sizes, with open triggers."""

from __future__ import annotations

import zlib
from functools import cache
from types import ModuleType

import numpy as np
import pytest
from manifold3d import Manifold, Mesh64

from handhold.geometry import TriMesh, signed_distance
from handhold.grasps.affordances import AFFORDANCES
from handhold.synthesis.shapes import (
    broom,
    flashlight,
    hair_dryer,
    hammer,
    power_drill,
    remote,
    screwdriver,
    spray_bottle,
)
from handhold.synthesis.shapes.sample import ShapeSample, realise

MODULES: dict[str, ModuleType] = {
    "broom": broom,
    "flashlight": flashlight,
    "hair-dryer": hair_dryer,
    "hammer": hammer,
    "power-drill": power_drill,
    "remote": remote,
    "screwdriver": screwdriver,
    "spray-bottle": spray_bottle,
}
PARTS = {
    "broom": {"head", "bristles"},
    "flashlight": {"head", "button"},
    "hair-dryer": {"handle", "barrel", "nozzle", "switch"},
    "hammer": {"handle", "head"},
    "power-drill": {"handle", "trigger", "body", "chuck"},
    "remote": {"body", "buttons", "power"},
    "screwdriver": {"handle", "shaft", "tip"},
    "spray-bottle": {"body", "trigger", "neck", "nozzle"},
}
SERVED = {  # what every shape of the family can be asked for
    "broom": {"handle-grip"},
    "flashlight": {"handle-grip", "press"},
    "hair-dryer": {"handle-grip", "press"},
    "hammer": {"handle-grip"},
    "power-drill": {"trigger-squeeze", "handle-grip", "twist"},
    "remote": {"wrap-around-grip", "press", "point"},
    "screwdriver": {"handle-grip", "twist"},
    "spray-bottle": {"trigger-squeeze", "wrap-around-grip", "twist"},
}
LARGEST_CM = {
    "broom": (24, 145),
    "flashlight": (12, 27),
    "hair-dryer": (18, 30),
    "hammer": (24, 38),
    "power-drill": (18, 37),
    "remote": (10, 23),
    "screwdriver": (8, 31),
    "spray-bottle": (18, 31),
}
EVERY_CASE = pytest.mark.parametrize(
    ("family", "seed"), [(family, seed) for family in MODULES for seed in range(8)]
)
EVERY_FAMILY = pytest.mark.parametrize("family", MODULES)


def made(family: str, seed: int) -> ShapeSample:
    """The shape as `make_shape` makes it."""
    module = MODULES[family]
    style = module.STYLES[seed % len(module.STYLES)]
    rng = np.random.default_rng([zlib.crc32(family.encode()), seed])
    return realise(module.build(style, rng), family, seed, style)


shape = cache(made)


def is_closed(mesh: TriMesh) -> bool:
    """Every directed edge is met exactly once, and once the other way round."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    count = len(mesh.vertices)
    forward = np.sort(edges[:, 0] * count + edges[:, 1])
    backward = np.sort(edges[:, 1] * count + edges[:, 0])
    return bool((np.diff(forward) > 0).all() and np.array_equal(forward, backward))


def solid(mesh: TriMesh) -> Manifold:
    return Manifold(Mesh64(np.array(mesh.vertices), np.array(mesh.faces, dtype=np.uint64)))


@EVERY_CASE
def test_whole_and_parts_are_closed_and_fill_one_body_on_zero(family: str, seed: int) -> None:
    sample = shape(family, seed)
    whole = solid(sample.mesh)
    parts = [solid(mesh) for _, mesh in sample.parts]
    for mesh in (sample.mesh, *(mesh for _, mesh in sample.parts)):
        assert is_closed(mesh)
    assert min(part.volume() for part in parts) > 0
    assert sum(part.volume() for part in parts) == pytest.approx(whole.volume(), rel=1e-6)
    assert len(whole.decompose()) == 1
    # The parts are stood on zero before edges shorter than 1e-5 m are collapsed.
    assert sample.mesh.bounds[0, 2] == pytest.approx(0.0, abs=1e-5)


@EVERY_CASE
def test_every_part_is_named_once_and_shows_on_the_surface(family: str, seed: int) -> None:
    sample = shape(family, seed)
    assert set(sample.part_names) >= PARTS[family]
    assert len(set(sample.part_names)) == len(sample.part_names)
    assert 2 <= len(sample.parts) <= 6
    assert np.bincount(sample.face_parts, minlength=len(sample.parts)).min() >= 30


@EVERY_CASE
def test_sizes_are_those_of_real_objects_and_meshes_are_moderate(family: str, seed: int) -> None:
    sample = shape(family, seed)
    lower, upper = LARGEST_CM[family]
    assert lower < 100 * sample.mesh.extents.max() < upper
    assert 1_000 <= len(sample.mesh.faces) <= 12_000


@EVERY_CASE
def test_affordances_are_known_and_serve_the_family(family: str, seed: int) -> None:
    sample = shape(family, seed)
    served = {use for uses in sample.affordances.values() for use in uses}
    assert set(sample.affordances) == set(sample.part_names)
    assert SERVED[family] <= served <= set(AFFORDANCES)


@EVERY_CASE
def test_a_finger_fits_before_or_behind_every_trigger_and_handle(family: str, seed: int) -> None:
    sample = shape(family, seed)
    assert ("trigger" in sample.part_names) == ("trigger" in sample.loops)
    for part, points in sample.loops.items():
        assert signed_distance(sample.mesh, points).min() > 0.0085
        assert np.abs(signed_distance(sample.part(part), points)).max() < 0.06


@EVERY_FAMILY
def test_the_same_seed_makes_the_same_shape_and_another_another(family: str) -> None:
    first, again = shape(family, 1), made(family, 1)
    assert np.array_equal(first.mesh.vertices, again.mesh.vertices)
    assert np.array_equal(first.mesh.faces, again.mesh.faces)
    assert np.array_equal(first.face_parts, again.face_parts)
    other = shape(family, 1 + len(MODULES[family].STYLES))
    assert other.style == first.style
    proportions = [sample.mesh.extents / sample.mesh.extents.max() for sample in (first, other)]
    assert np.abs(proportions[0] - proportions[1]).max() > 1e-3


@EVERY_FAMILY
def test_styles_differ_in_shape(family: str) -> None:
    styles = MODULES[family].STYLES
    assert 3 <= len(set(styles)) == len(styles)
    shapes = [shape(family, seed) for seed in range(len(styles))]
    assert [sample.style for sample in shapes] == list(styles)
    fills = [solid(sample.mesh).volume() / sample.mesh.extents.prod() for sample in shapes]
    assert np.diff(np.sort(fills)).min() > 1e-4


@pytest.mark.parametrize(
    ("family", "part"),
    [("screwdriver", "handle"), ("hammer", "handle"), ("power-drill", "handle")],
)
@pytest.mark.parametrize("seed", range(4))
def test_fingers_fit_round_grips(family: str, part: str, seed: int) -> None:
    sample = shape(family, seed)
    grip = sample.part(part)
    # The deepest point inside is half the thickness of the bar.
    middle = grip.vertices.mean(axis=0)
    spread = np.linalg.svd(grip.vertices - middle, full_matrices=False)[2][0]
    along = np.linspace(-0.3, 0.3, 13)[:, None] * np.ptp(grip.vertices @ spread) * spread
    assert 0.005 < -signed_distance(grip, middle + along).min() < 0.021
