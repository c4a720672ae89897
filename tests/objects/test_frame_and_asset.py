"""The user's frame there and back, and an object's parts."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from handhold.errors import InputError
from handhold.geometry import TriMesh, inside
from handhold.objects import METRES_PER_UNIT, ObjectAsset, UserFrame, up_rotation
from handhold.objects.units import choose_frame


def box(sides: tuple[float, ...], centre: tuple[float, ...] = (0.0, 0.0, 0.0)) -> TriMesh:
    made = trimesh.creation.box(sides)
    return TriMesh(made.vertices + np.array(centre), made.faces)


def frame(unit: str, up: str) -> UserFrame:
    return UserFrame(unit, METRES_PER_UNIT[unit], up, up_rotation(up), np.array([0.1, -0.2, 0.3]))


@pytest.mark.parametrize("up", ["x", "y", "z"])
def test_the_up_axis_turns_to_z_without_mirroring(up: str) -> None:
    rotation = up_rotation(up)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(rotation @ np.eye(3)["xyz".index(up)], [0, 0, 1])


@pytest.mark.parametrize("unit", METRES_PER_UNIT)
@pytest.mark.parametrize("up", ["x", "y", "z"])
def test_points_and_poses_return_to_the_user_unchanged(unit: str, up: str) -> None:
    generator = np.random.default_rng(0)
    points = generator.normal(size=(4, 5, 3))
    turns = Rotation.random(7, random_state=0).as_matrix()
    moves = generator.normal(size=(7, 3))
    between = frame(unit, up)
    np.testing.assert_allclose(between.points_to_user(between.points_to_object(points)), points)
    rotation, translation = between.pose_to_user(*between.pose_to_object(turns, moves))
    np.testing.assert_allclose(rotation, turns, atol=1e-12)
    np.testing.assert_allclose(translation, moves)


def test_a_pose_moves_its_own_points_alike_in_both_frames() -> None:
    between = frame("mm", "y")
    turn, move = Rotation.random(random_state=1).as_matrix(), np.array([10.0, 20.0, 30.0])
    local = np.array([1.0, 2.0, 3.0])  # in the hand, user's unit
    rotation, translation = between.pose_to_object(turn, move)
    np.testing.assert_allclose(
        between.points_to_object(turn @ local + move),
        rotation @ (local * between.scale_to_metres) + translation,
    )


@pytest.mark.parametrize(
    ("side", "unit"), [(0.03, "m"), (1.5, "m"), (0.2, "m"), (30.0, "mm"), (1500.0, "mm")]
)
def test_the_unit_is_judged_from_the_size_and_said(side: float, unit: str) -> None:
    found, notes = choose_frame(np.array([[0, 0, 0], [side, side / 2, side / 3]]), None, "z", False)
    assert found.unit == unit
    assert not found.stated
    assert any(f"taken to be {unit}" in note for note in notes)


@pytest.mark.parametrize(
    ("side", "flag"), [(10.0, "--unit cm"), (2.0, "--unit m"), (2000, "--unit mm")]
)
def test_a_size_that_fits_no_guess_is_refused_with_the_flag(side: float, flag: str) -> None:
    with pytest.raises(InputError, match=flag):
        choose_frame(np.array([[0, 0, 0], [side, 0.1, 0.1]]), None, "auto", False)


def test_stated_units_reach_three_metres_and_no_farther() -> None:
    three = np.array([[0, 0, 0], [3.0, 1, 1]])
    assert choose_frame(three, "m", "auto", False)[0].stated
    with pytest.raises(InputError, match="largest side is 3.3 m"):
        choose_frame(three * 1.1, "m", "auto", False)
    with pytest.raises(InputError, match="3000 m"):
        choose_frame(three * 1000, "m", "auto", False)
    with pytest.raises(InputError, match="No unit"):
        choose_frame(three * 1e6, None, "auto", False)
    with pytest.raises(InputError, match="zero size"):
        choose_frame(three * 0, "m", "auto", False)


def test_unknown_units_and_axes_list_the_known_ones() -> None:
    bounds = np.array([[0, 0, 0], [0.1, 0.1, 0.1]])
    with pytest.raises(InputError, match="m, cm, mm, in"):
        choose_frame(bounds, "furlong", "z", False)
    with pytest.raises(InputError, match="x, y, z, auto"):
        choose_frame(bounds, "m", "w", False)


def test_auto_up_is_y_for_gltf_and_z_else() -> None:
    bounds = np.array([[0, 0, 0], [0.1, 0.1, 0.1]])
    assert choose_frame(bounds, "m", "auto", True)[0].up == "y"
    assert choose_frame(bounds, "m", "auto", False)[0].up == "z"


def mug() -> ObjectAsset:
    return ObjectAsset.from_parts(
        "mug",
        [
            ("body", box((0.08, 0.08, 0.1), (1.0, 0.0, 0.0))),
            ("handle", box((0.04, 0.01, 0.06), (1.05, 0.0, 0.0))),
            ("body", box((0.02, 0.02, 0.02), (1.0, 0.0, 0.0))),
        ],
    )


def test_parts_are_put_together_about_the_origin_and_map_back() -> None:
    asset = mug()
    assert asset.part_names == ("body", "handle")
    assert not asset.parts_provisional
    np.testing.assert_allclose(asset.mesh.bounds.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(
        asset.frame.points_to_user(asset.mesh.bounds), [[0.96, -0.04, -0.05], [1.07, 0.04, 0.05]]
    )
    assert inside(asset.mesh, asset.frame.points_to_object(np.array([[1.0, 0, 0]]))).all()


def test_what_is_buried_cannot_be_touched() -> None:
    asset = mug()
    assert asset.hidden_faces.sum() >= 12
    buried = asset.mesh.submesh(asset.hidden_faces)
    assert (buried.extents <= 0.061).all()
    body = asset.part_mesh("body")
    np.testing.assert_allclose(body.extents, [0.08, 0.08, 0.1])
    assert len(body.faces) == 12
    assert asset.surface.area == pytest.approx(asset.mesh.area - buried.area)


def test_a_part_and_the_rest_share_no_face() -> None:
    asset = mug()
    rest = asset.rest_mesh("handle")
    assert rest is not None
    assert asset.part_mesh("handle").area + rest.area == pytest.approx(asset.surface.area)
    whole = ObjectAsset.from_parts("box", [("all", box((0.1, 0.1, 0.1)))])
    assert whole.rest_mesh("all") is None


def test_an_unknown_part_lists_the_parts() -> None:
    assert mug().part_index(" Handle ") == 1
    with pytest.raises(InputError, match="body, handle"):
        mug().part_index("lid")


def test_the_hash_follows_shape_and_parts() -> None:
    body, lid = box((0.1, 0.1, 0.1)), box((0.1, 0.1, 0.01), (0, 0, 0.08))
    first = ObjectAsset.from_parts("a", [("body", body), ("lid", lid)])
    same = ObjectAsset.from_parts("b", [("body", body), ("lid", lid)])
    renamed = ObjectAsset.from_parts("a", [("body", body), ("cap", lid)])
    thicker = ObjectAsset.from_parts("a", [("body", body), ("lid", box((0.1, 0.1, 0.02)))])
    assert first.content_hash == same.content_hash
    assert len({first.content_hash, renamed.content_hash, thicker.content_hash}) == 3
