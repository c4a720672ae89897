"""Every seen family: closed parts that make up the object, real sizes, open loops, fixed seeds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from manifold3d import Manifold, Mesh64

from handhold.errors import InputError
from handhold.geometry import TriMesh, signed_distance
from handhold.grasps.affordances import AFFORDANCES
from handhold.synthesis.shapes import FAMILIES, SEEN, ShapeSample, make_shape, styles

CASES = [(family, seed) for family in SEEN for seed in range(len(styles(family)))]
EVERY_CASE = pytest.mark.parametrize(("family", "seed"), CASES)

PARTS = {
    "bag": {"body", "handle"},
    "bottle": {"body", "neck", "cap"},
    "dispenser": {"body", "neck"},
    "earphone": {"band", "earcups"},
    "faucet": {"base", "spout", "handle"},
    "handle-bottle": {"body", "handle"},
    "jar": {"body", "lid"},
    "keyboard": {"base", "keys"},
    "knife": {"handle", "blade"},
    "laptop": {"base", "screen", "keys"},
    "mug": {"body", "handle"},
    "pot": {"body", "handle"},
    "scissors": {"handles", "blades"},
}
LARGEST_CM = {
    "bag": (18, 48),
    "bottle": (16, 34),
    "dispenser": (12, 32),
    "earphone": (14, 24),
    "faucet": (10, 38),
    "handle-bottle": (18, 38),
    "jar": (7, 19),
    "keyboard": (26, 50),
    "knife": (18, 38),
    "laptop": (22, 40),
    "mug": (9, 15),
    "pot": (22, 42),
    "scissors": (12, 24),
}


@cache
def shape(family: str, seed: int) -> ShapeSample:
    return make_shape(family, seed)


def volume(mesh: TriMesh) -> float:
    """Signed volume by the divergence theorem."""
    first, second, third = mesh.triangles.transpose(1, 0, 2)
    return float(np.einsum("ij,ij->", first, np.cross(second, third)) / 6)


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
def test_parts_and_whole_are_closed_and_turned_outwards(family: str, seed: int) -> None:
    sample = shape(family, seed)
    for mesh in (sample.mesh, *(mesh for _, mesh in sample.parts)):
        assert is_closed(mesh)
        assert volume(mesh) > 0


@EVERY_CASE
def test_parts_share_no_volume_and_fill_the_whole(family: str, seed: int) -> None:
    sample = shape(family, seed)
    parts = [mesh for _, mesh in sample.parts]
    whole = volume(sample.mesh)
    for index, mesh in enumerate(parts):
        for other in parts[:index]:
            assert abs((solid(mesh) ^ solid(other)).volume()) < 1e-4 * whole
    assert sum(map(volume, parts)) == pytest.approx(whole, rel=1e-6)


@EVERY_CASE
def test_every_part_is_named_once_and_shows_on_the_surface(family: str, seed: int) -> None:
    sample = shape(family, seed)
    assert set(sample.part_names) >= PARTS[family]
    assert len(set(sample.part_names)) == len(sample.part_names)
    assert sorted(set(sample.face_parts.tolist())) == list(range(len(sample.parts)))


@EVERY_CASE
def test_labelled_faces_lie_on_the_surface_of_their_part(family: str, seed: int) -> None:
    sample = shape(family, seed)
    for index, (_, part) in enumerate(sample.parts):
        centres = sample.mesh.face_centres[sample.face_parts == index][::61]
        assert np.abs(signed_distance(part, centres)).max() < 1e-4


@EVERY_CASE
def test_the_object_is_one_body_that_stands_on_zero(family: str, seed: int) -> None:
    sample = shape(family, seed)
    assert sample.mesh.bounds[0, 2] == pytest.approx(0.0, abs=1e-6)
    assert len(solid(sample.mesh).decompose()) == 1


@EVERY_CASE
def test_sizes_are_those_of_real_objects(family: str, seed: int) -> None:
    sample = shape(family, seed)
    lower, upper = LARGEST_CM[family]
    assert lower < 100 * sample.mesh.extents.max() < upper
    assert 1_000 <= len(sample.mesh.faces) <= 15_000


@EVERY_CASE
def test_a_finger_fits_through_every_loop(family: str, seed: int) -> None:
    sample = shape(family, seed)
    for part, points in sample.loops.items():
        room = 0.0075 if part == "trigger" else 0.009
        assert signed_distance(sample.mesh, points).min() > room
        assert np.abs(signed_distance(sample.part(part), points)).max() < 0.11


@EVERY_CASE
def test_affordances_are_known_and_belong_to_parts(family: str, seed: int) -> None:
    sample = shape(family, seed)
    assert set(sample.affordances) == set(sample.part_names)
    assert {use for uses in sample.affordances.values() for use in uses} <= set(AFFORDANCES)


def test_every_affordance_is_served_by_two_families_or_more() -> None:
    served = {
        (use, family)
        for family, seed in CASES
        for uses in shape(family, seed).affordances.values()
        for use in uses
    }
    for affordance in AFFORDANCES:
        assert sum(use == affordance for use, _ in served) >= 2, affordance


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_makes_the_same_shape_and_another_another(family: str) -> None:
    first, again = shape(family, 1), make_shape(family, 1)
    assert np.array_equal(first.mesh.vertices, again.mesh.vertices)
    assert np.array_equal(first.mesh.faces, again.mesh.faces)
    assert np.array_equal(first.face_parts, again.face_parts)
    other = make_shape(family, 1 + len(styles(family)))
    assert other.style == first.style
    # Shapes differ in proportion, not in scale alone.
    proportions = [s.mesh.extents / s.mesh.extents.max() for s in (first, other)]
    assert np.abs(proportions[0] - proportions[1]).max() > 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_a_mug_is_hollow_and_its_handle_stays_outside(seed: int) -> None:
    sample = shape("mug", seed)
    lower, upper = sample.part("body").bounds
    middle = (lower + upper) / 2
    assert signed_distance(sample.mesh, middle[None])[0] > 0.02
    handle = sample.part("handle").vertices
    assert np.linalg.norm(handle[:, :2], axis=1).min() > 0.02


@pytest.mark.parametrize("family", ["mug", "jar", "scissors"])
def test_an_asset_carries_parts_and_maps_back_to_the_table(family: str) -> None:
    sample = shape(family, 0)
    asset = sample.asset()
    assert asset.part_names == sample.part_names
    assert asset.mesh.centre == pytest.approx(np.zeros(3), abs=1e-9)
    assert asset.frame.points_to_user(asset.mesh.vertices) == pytest.approx(sample.mesh.vertices)
    assert not asset.parts_provisional and asset.has_solid


def test_unknown_families_and_negative_seeds_are_explained() -> None:
    with pytest.raises(InputError, match="Families: bag, bottle"):
        make_shape("spoon", 0)
    with pytest.raises(InputError, match="0 or more"):
        make_shape("mug", -1)
