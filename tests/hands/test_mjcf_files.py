"""Models that need help are read, what is no hand is refused with advice."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from robot_models import box_obj, plain_hand, plain_urdf, written

from handhold.errors import InputError
from handhold.hands import hand_from_mjcf, hand_names, load_hand, loading, mjcf_file


def test_a_path_loads_like_a_name(tmp_path: Path) -> None:
    path = written(tmp_path, plain_hand())
    assert load_hand(path).name == load_hand(str(path)).name == "hand"
    assert hand_from_mjcf(path, name="mine").name == "mine"


def test_what_ships_is_listed_without_the_installed_ones() -> None:
    assert "human" in hand_names()
    assert "shadow" not in hand_names()


def test_a_missing_shadow_hand_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"handhold\[shadow\].*any MJCF"):
        load_hand("shadow")


def test_the_shadow_package_without_its_model_is_refused_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_SHADOW_MODEL", Path("no", "such.xml"))
    with pytest.raises(InputError, match="not installed"):
        load_hand("shadow")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.xml cannot be read"):
        load_hand(tmp_path / "none.xml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not XML"),
        ("solid cube", "not XML"),
        ("<mujoco><worldbody>", "not XML"),
        ("<html/>", "MuJoCo cannot read hand.xml: XML Error.*html"),
        ("<mujoco><worldbody><body colour='red'/></worldbody></mujoco>", "colour"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><mujoco/>", "entities"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        load_hand(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mjcf_file, "MAX_MODEL_BYTES", 100)
    with pytest.raises(InputError, match="at most"):
        load_hand(written(tmp_path, plain_hand()))


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_fingers_are_no_hand(tmp_path: Path, count: int) -> None:
    with pytest.raises(InputError, match="two or more fingers"):
        load_hand(written(tmp_path, plain_hand(fingers=count)))


def test_too_many_fingers_or_joints_are_refused(tmp_path: Path) -> None:
    many = tuple(f"f{n}" for n in range(7))
    with pytest.raises(InputError, match="7 fingers"):
        load_hand(written(tmp_path, plain_hand(fingers=7, names=many)))
    many = tuple(f"f{n}" for n in range(33))
    with pytest.raises(InputError, match="66 joints"):
        load_hand(written(tmp_path, plain_hand(fingers=33, names=many)))


def test_an_unknown_root_is_refused_with_the_bodies(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no body 'paw'.*palm, ff_a"):
        hand_from_mjcf(written(tmp_path, plain_hand()), root="paw")
    with pytest.raises(InputError, match="No joint lies below"):
        hand_from_mjcf(written(tmp_path, plain_hand()), root="ff_b")


def test_an_unknown_skin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'fur'"):
        hand_from_mjcf(written(tmp_path, plain_hand()), skin="fur")  # type: ignore[arg-type]


def test_a_hand_without_shape_is_refused(tmp_path: Path) -> None:
    text = plain_hand().replace('type="capsule" size="0.008 0.016"', 'size="0.0005"')
    text = text.replace('type="capsule" size="0.007 0.012"', 'size="0.0005"')
    text = text.replace('type="box" size="0.042 0.012 0.045"', 'size="0.001"')
    with pytest.raises(InputError, match="no shape"):
        load_hand(written(tmp_path, text))


def test_settings_of_another_version_are_ignored_and_noted(tmp_path: Path) -> None:
    before = '<option apirate="200" iterations="20" old="1"/>'
    hand = load_hand(written(tmp_path, plain_hand(before=before)))
    assert "'apirate' of <option>" in hand.spec.provenance
    assert "'old' of <option>" in hand.spec.provenance


def test_included_files_are_read_and_mended_too(tmp_path: Path) -> None:
    written(tmp_path, '<mujoco><option apirate="200"/></mujoco>', "parts/shared.xml")
    hand = load_hand(written(tmp_path, plain_hand(before='<include file="parts/shared.xml"/>')))
    assert "apirate" in hand.spec.provenance


def test_a_missing_include_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.xml"):
        load_hand(written(tmp_path, plain_hand(before='<include file="gone.xml"/>')))


def test_sensors_tendons_and_textures_do_not_matter(tmp_path: Path) -> None:
    before = (
        '<asset><texture name="t" type="2d" file="gone.png"/>'
        '<material name="m" texture="t"/></asset>'
        '<default><geom material="m"/></default>'
    )
    after = (
        '<contact><pair geom1="gone" geom2="lost"/></contact>'
        '<tendon><fixed name="t"><joint joint="ff_1" coef="1"/></fixed></tendon>'
        '<equality><tendon tendon1="t"/></equality>'
        '<actuator><position joint="gone"/></actuator>'
    )
    assert load_hand(written(tmp_path, plain_hand(before=before, after=after))).joint_count == 10


def _mesh_hand(file: str, meshdir: str) -> str:
    before = f'<asset><mesh name="m" file="{file}"/><mesh file="nowhere/unused.stl"/></asset>'
    text = plain_hand(before=before).replace(
        '<geom type="box" size="0.042 0.012 0.045" pos="0 0 0.04"/>',
        '<geom type="mesh" mesh="m" pos="0 0 0.04"/>',
    )
    return text.replace('angle="radian"', f'angle="radian" meshdir="{meshdir}"')


@pytest.mark.parametrize(
    ("file", "meshdir", "place"),
    [
        ("palm.obj", "meshes", "meshes/palm.obj"),
        ("a/palm.obj", "", "a/palm.obj"),
        ("palm.obj", "./old/place/meshes/", "meshes/palm.obj"),
        ("palm.obj", "../other/meshes", "palm.obj"),
    ],
)
def test_meshes_are_found_where_the_model_says_or_nearby(
    tmp_path: Path, file: str, meshdir: str, place: str
) -> None:
    written(tmp_path, box_obj((0.042, 0.012, 0.045)), place)
    hand = load_hand(written(tmp_path, _mesh_hand(file, meshdir)))
    assert (hand.vertex_part == 0).any()


def test_a_missing_mesh_is_named_with_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'palm\.obj' of hand\.xml is missing.*meshes"):
        load_hand(written(tmp_path, _mesh_hand("palm.obj", "meshes")))


def test_a_huge_mesh_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mjcf_file, "MAX_MESH_BYTES", 100)
    written(tmp_path, box_obj(), "palm.obj")
    with pytest.raises(InputError, match=r"palm\.obj has .* at most"):
        load_hand(written(tmp_path, _mesh_hand("palm.obj", "")))


def test_a_urdf_finds_the_meshes_of_its_package(tmp_path: Path) -> None:
    written(tmp_path, box_obj(), "my_hand/meshes/finger.obj")
    hand = load_hand(written(tmp_path, plain_urdf(), "my_hand/urdf/hand.urdf"))
    assert hand.joint_names == ("j0", "j1", "j2", "j3", "j4")
    assert "visual" in hand.spec.provenance


def test_meshes_of_a_kind_that_mujoco_cannot_read_give_way_to_collision_geometry(
    tmp_path: Path,
) -> None:
    text = plain_urdf("meshes/finger.dae")
    bare = text.replace('<box size="0.09 0.03 0.03"/>', '<mesh filename="palm.dae"/>')
    with pytest.raises(InputError, match=r"no shape.*\.dae.*\.stl"):
        load_hand(written(tmp_path, bare, "hand.urdf"))
    collision = '<collision><geometry><box size="0.02 0.02 0.05"/></geometry></collision></link>'
    hand = load_hand(written(tmp_path, text.replace("</link>", collision), "hand.urdf"))
    assert "MuJoCo cannot read" in hand.spec.provenance
    assert "collision" in hand.spec.provenance


def test_nothing_is_printed_or_left_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    # Texture indices that lead nowhere make MuJoCo warn.
    text = box_obj((0.042, 0.012, 0.045)).replace("f 1 2 4 3", "vt 0 0\nf 1/7 2/7 4/7 3/7")
    written(tmp_path, text, "palm.obj")
    load_hand(written(tmp_path, _mesh_hand("palm.obj", "")))
    assert not list(here.iterdir())
    assert capfd.readouterr() == ("", "")
