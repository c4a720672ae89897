"""Convex pieces of object and hand, their mass, and how they shrink."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from two_plates import CUBE, block, cube

from handhold.cache import DiskCache
from handhold.errors import InputError
from handhold.geometry import TriMesh, convex_decomposition, convex_pieces, hull_planes, overhang
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset
from handhold.physics import (
    PROTOCOLS,
    ObmanProtocol,
    hand_body,
    object_body,
    protocol,
    shrunk,
    towards_palm,
)

OBMAN = PROTOCOLS["obman/1"]
OFF = DiskCache(None)


def _ball(radius: float) -> TriMesh:
    return TriMesh.from_trimesh(trimesh.creation.icosphere(3, radius))


def _depth(piece: TriMesh, points: np.ndarray) -> np.ndarray:
    planes = hull_planes(piece)
    assert planes is not None
    return (points @ planes[:, :3].T + planes[:, 3]).max(axis=1)


def test_a_box_shrinks_exactly() -> None:
    less = shrunk(block((0.04, 0.06, 0.02), (0.1, 0.2, 0.3)), 0.002)
    np.testing.assert_allclose(less.extents, [0.036, 0.056, 0.016], atol=1e-9)
    np.testing.assert_allclose(less.centre, [0.1, 0.2, 0.3], atol=1e-9)


def test_a_thin_piece_keeps_a_fifth_of_its_thickness() -> None:
    less = shrunk(block((0.04, 0.06, 0.002), (0, 0, 0)), 0.002)
    np.testing.assert_allclose(less.extents, [0.0384, 0.0584, 0.0004], atol=1e-9)


def test_every_plane_moves_in_by_the_same() -> None:
    ball = _ball(0.01)
    less = shrunk(ball, 0.002)
    assert _depth(ball, less.vertices).max() == pytest.approx(-0.002, abs=1e-6)
    assert shrunk(ball, 0.0) is ball


def test_pieces_of_a_ball_and_a_box_hardly_stand_out() -> None:
    for mesh in (_ball(0.03), block((0.1, 0.05, 0.02), (0, 0, 0))):
        found = convex_decomposition(mesh, cache=OFF)
        assert found.overhang.largest_mm < 0.05
        assert found.seconds > 0 and found.overhang.samples > 1000


def test_a_larger_piece_stands_out_by_as_much_as_it_is_larger() -> None:
    found = overhang(block((0.04,) * 3, (0, 0, 0)), [block((0.044,) * 3, (0, 0, 0))])
    assert found.largest == pytest.approx(0.002 * np.sqrt(3), rel=0.1)
    assert 0.002 <= found.mean < 0.0025


def test_what_is_inside_another_piece_does_not_stand_out() -> None:
    pieces = [block((0.04,) * 3, (0, 0, 0)), block((0.01,) * 3, (0, 0, 0))]
    found = overhang(block((0.04,) * 3, (0, 0, 0)), pieces)
    assert found.largest == pytest.approx(0, abs=1e-9)


def test_the_pieces_of_an_open_surface_are_drawn_in_onto_it(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    box = block((0.04, 0.06, 0.08), (0, 0, 0))
    lidless = box.submesh(box.face_normals[:, 2] < 0.5)
    drawn, plain = (
        convex_decomposition(lidless, draw_in=how, cache=cache) for how in (True, False)
    )
    assert drawn.overhang.mean < 0.5 * plain.overhang.mean


def test_overhang_and_seconds_are_kept_with_the_pieces(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    mesh = block((0.1, 0.05, 0.02), (0, 0, 0))
    first, again = (convex_decomposition(mesh, cache=cache) for _ in range(2))
    assert again.seconds == first.seconds and again.overhang == first.overhang
    for one, other in zip(first.pieces, again.pieces, strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)
    assert len(convex_pieces(mesh, cache=cache)) == len(first.pieces)


def test_a_cube_has_the_mass_and_inertia_of_the_textbook() -> None:
    mass = object_body(cube(), OBMAN, OFF).mass
    assert mass.mass == 1.0
    np.testing.assert_allclose(mass.centre, 0, atol=1e-12)
    np.testing.assert_allclose(mass.inertia, np.eye(3) * CUBE**2 / 6, atol=1e-12)


def test_flipped_faces_change_nothing() -> None:
    mesh = cube().mesh
    inside_out = ObjectAsset.from_parts(
        "cube", [("all", TriMesh(mesh.vertices, mesh.faces[:, ::-1]))]
    )
    np.testing.assert_allclose(
        object_body(inside_out, OBMAN, OFF).mass.inertia,
        object_body(cube(), OBMAN, OFF).mass.inertia,
    )


def test_the_mass_of_an_open_surface_is_spread_over_its_pieces_and_says_so() -> None:
    box = block((0.04, 0.06, 0.08), (0, 0, 0))
    lidless = ObjectAsset.from_parts("box", [("all", box.submesh(box.face_normals[:, 2] < 0.5))])
    body = object_body(lidless, OBMAN, OFF)
    assert body.mass.mass == 1.0 and "not closed" in body.notes[0]


def test_the_pieces_of_the_human_hand_cover_its_skin_and_stay_near_it() -> None:
    hand = load_hand()
    body = hand_body(hand, OBMAN)
    owner = hand.spec.weights.argmax(dim=1).numpy()
    skin = hand.spec.vertices.double().numpy()
    for link, pieces in enumerate(body.links):
        depth = np.min([_depth(piece, skin[owner == link]) for piece in pieces], axis=0)
        assert depth.max() < 1e-6
    hulls = [TriMesh(*_hull_arrays(skin[owner == link])) for link in range(len(body.links))]
    whole = overhang(TriMesh(skin, hand.spec.faces.numpy()), hulls)
    assert body.overhang.largest < 0.6 * whole.largest, "the hollow of the palm is not filled"
    assert body.overhang.largest_mm < 5 and body.overhang.mean_mm < 0.5


def _without_skin(link: int) -> Hand:
    """The human hand whose palm has taken over the skin of a link."""
    spec = load_hand().spec
    weights = spec.weights.clone()
    weights[:, 0] += weights[:, link]
    weights[:, link] = 0.0
    return Hand(replace(spec, weights=weights))


def test_a_finger_that_ends_in_nothing_is_noted_by_its_joint_and_a_hub_is_not() -> None:
    hand = load_hand()
    tree = hand.spec.tree
    entry = int(tree.link.argmax())
    end = int(tree.link[entry])
    hub = int(tree.link[tree.parent[entry]])
    assert not hand_body(_without_skin(hub), OBMAN).notes
    joint = hand.joint_names[int(tree.dof[entry])]
    assert hand_body(_without_skin(end), OBMAN).notes == (
        f"no skin on the links that these joints move: {joint}",
    )


def _hull_arrays(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hull = trimesh.convex.convex_hull(points)
    return np.array(hull.vertices), np.array(hull.faces)


def test_a_shrunk_hand_lies_within_the_hand() -> None:
    body = hand_body(load_hand(), OBMAN)
    thin = body.shrunk(0.002)
    assert thin.shrink == 0.002 and body.shrink == 0
    for link, less in zip(body.links, thin.links, strict=True):
        for piece, core in zip(link, less, strict=True):
            assert _depth(piece, core.vertices).max() < -1e-4


def test_protocols_are_found_by_name_with_or_without_version() -> None:
    assert protocol("obman") is protocol("obman/1") is OBMAN
    assert protocol("six-axis").name == "six-axis/1"
    with pytest.raises(InputError, match="six-axis/1"):
        protocol("obman/9")


def test_settings_hold_every_number() -> None:
    assert isinstance(OBMAN, ObmanProtocol)
    settings = OBMAN.settings()
    assert settings["object_mass"] == 1.0 and settings["contacts"]["friction"] == 3.0  # type: ignore[index]
    assert settings["free_fall_cm"] == pytest.approx(10.72, abs=0.005)


def test_the_palm_is_pressed_along_the_nearest_axis() -> None:
    assert towards_palm(np.array([0.1, -0.2, -0.97]), OBMAN.directions) == 4
    assert OBMAN.directions[4] == "+z"
