"""DexGraspNet's files: poses, names, scales, and everything that can be wrong with them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from toy_sets import POSE_COLUMNS, TOY_JOINTS, toy_hand, write_cube, write_dexgraspnet

from handhold.datasets import read_dexgraspnet
from handhold.datasets.arrays import MAX_UNPACKED_BYTES
from handhold.datasets.placing import load_scaled
from handhold.datasets.reading import NothingLeftError
from handhold.errors import InputError


def about(axis: int, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    turn = np.eye(3)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
    return turn


def test_the_hand_stays_in_metres_and_only_the_object_is_scaled(tmp_path: Path) -> None:
    file = write_dexgraspnet(tmp_path, [{"WRJTx": 0.3, "WRJTz": 0.2}], [0.1])
    (group,) = read_dexgraspnet(file, hand=toy_hand()).groups
    np.testing.assert_allclose(group.asset.mesh.extents, [0.1, 0.1, 0.1])
    assert group.poses is not None
    # The cube's middle, at x = 1 in its file, is the origin of the object frame.
    np.testing.assert_allclose(group.poses.translation, [[0.2, 0.0, 0.2]], atol=1e-7)


def test_euler_angles_turn_about_static_axes_x_first(tmp_path: Path) -> None:
    angles = {"WRJRx": 0.3, "WRJRy": -0.8, "WRJRz": 2.0}
    file = write_dexgraspnet(tmp_path, [angles], [0.1])
    (group,) = read_dexgraspnet(file, hand=toy_hand()).groups
    assert group.poses is not None
    expected = about(2, 2.0) @ about(1, -0.8) @ about(0, 0.3)
    np.testing.assert_allclose(group.poses.rotation[0], expected, atol=1e-6)


def test_joints_are_matched_by_name_not_by_place(tmp_path: Path) -> None:
    file = write_dexgraspnet(tmp_path, [{"toy:A1": 0.1, "toy:A0": 0.2, "toy:B0": 0.3}], [0.1])
    (group,) = read_dexgraspnet(file, hand=toy_hand(TOY_JOINTS[::-1])).groups
    assert group.poses is not None
    np.testing.assert_allclose(group.poses.joints, [[0.3, 0.2, 0.1]], atol=1e-7)


def test_each_scale_is_a_group_and_entries_keep_their_rows(tmp_path: Path) -> None:
    rows = [{"toy:A1": i / 10} for i in range(4)]
    file = write_dexgraspnet(tmp_path, rows, [0.06, 0.1, 0.05999999, 0.1])
    reading = read_dexgraspnet(file, hand=toy_hand())
    assert [group.entry for group in reading.groups] == [
        ("cube[0]", "cube[2]"),
        ("cube[1]", "cube[3]"),
    ]
    sides = [group.asset.mesh.extents[0] for group in reading.groups]
    np.testing.assert_allclose(sides, [0.06, 0.1])
    assert [group.asset.frame.unit for group in reading.groups] == ["0.06 m", "0.1 m"]
    assert len(reading) == 4
    assert {group.source for group in reading.groups} == {"DexGraspNet"}


BAD_ROWS = {
    "nan": ({"toy:B0": float("nan")}, 0.1, "not finite"),
    "infinite pose": ({"WRJTx": float("inf")}, 0.1, "not finite"),
    "no scale": ({}, 0.0, "scale is 0"),
    "far away": ({"WRJTy": -101.0}, 0.1, "its hand is 101 m from the object, more than 100 m"),
    "farther": ({"WRJTx": 3e38, "WRJTy": 3e38}, 0.1, "more than 100 m"),
    "degrees": ({"toy:A0": 45.0}, 0.1, "'toy:A0' is 45 rad, its limits are -1 to 1"),
}


@pytest.mark.parametrize(("row", "scale", "said"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_entry_is_named_or_left_out(
    tmp_path: Path, row: dict[str, float], scale: float, said: str
) -> None:
    file = write_dexgraspnet(tmp_path, [{}, row, {}], [0.1, scale, 0.1])
    with pytest.raises(InputError, match=r"^cube\[1\]: ") as error:
        read_dexgraspnet(file, hand=toy_hand())
    assert said in str(error.value)
    assert str(error.value).endswith("Correct it, or use --keep-going to judge the others.")
    reading = read_dexgraspnet(file, hand=toy_hand(), keep_going=True)
    assert reading.groups[0].entry == ("cube[0]", "cube[2]")
    (skipped,) = reading.skipped
    assert said in skipped
    assert "--keep-going" not in skipped


def test_small_excess_over_the_limits_is_kept_and_noted(tmp_path: Path) -> None:
    file = write_dexgraspnet(tmp_path, [{"toy:A0": 1.3}, {}], [0.1, 0.1])
    reading = read_dexgraspnet(file, hand=toy_hand())
    assert len(reading) == 2
    said = "1 of the 2 grasps of the file leave the joint limits of 'toy', by up to 0.3 rad"
    assert reading.notes[0].startswith(said)
    with pytest.raises(InputError, match=r"cube\[0\]"):
        read_dexgraspnet(file, hand=toy_hand(), joint_slack=0.1)


def test_nothing_left_is_an_error_even_when_going_on(tmp_path: Path) -> None:
    bad = {"toy:B0": float("nan")}
    file = write_dexgraspnet(tmp_path, [bad, bad], [0.1, 0.1])
    with pytest.raises(InputError, match=r"None of the grasps .* \(2 problems\).* cube\[0\]"):
        read_dexgraspnet(file, hand=toy_hand(), keep_going=True)
    file = write_dexgraspnet(tmp_path, [bad], [0.1])
    with pytest.raises(InputError, match=r"^cube\[0\]: it holds numbers that are not finite\.$"):
        read_dexgraspnet(file, hand=toy_hand(), keep_going=True)
    with pytest.raises(InputError, match="holds no grasps"):
        read_dexgraspnet(write_dexgraspnet(tmp_path, [], []), hand=toy_hand())


def test_a_missing_mesh_names_the_entries_and_where_it_was_looked_for(tmp_path: Path) -> None:
    file = write_dexgraspnet(tmp_path, [{}, {}], [0.1, 0.1])
    with pytest.raises(InputError, match=r"cube\[0\] and 1 more") as error:
        read_dexgraspnet(file, hand=toy_hand(), mesh_root=tmp_path / "elsewhere")
    assert str(tmp_path / "elsewhere" / "cube.obj") in str(error.value)
    with pytest.raises(NothingLeftError) as left:
        read_dexgraspnet(file, hand=toy_hand(), mesh_root=tmp_path / "elsewhere", keep_going=True)
    assert [said.partition(":")[0] for said in left.value.skipped] == ["cube[0]", "cube[1]"]
    reading = read_dexgraspnet(file, hand=toy_hand(), mesh_root=tmp_path / "meshes")
    assert len(reading) == 2


def test_a_scale_no_hand_could_hold_names_the_entry(tmp_path: Path) -> None:
    file = write_dexgraspnet(tmp_path, [{}, {}], [0.1, 40.0])
    with pytest.raises(InputError, match=r"cube\[1\].* 40 m"):
        read_dexgraspnet(file, hand=toy_hand())
    assert len(read_dexgraspnet(file, hand=toy_hand(), keep_going=True)) == 1


NAMES = np.array([*TOY_JOINTS, *POSE_COLUMNS])
BAD_FILES = {
    "no scales": ({"scale": None}, "no array 'scale'"),
    "a scale too few": ({"scale": np.ones(1)}, "'scale' .* has shape"),
    "a column too many": ({"qpos": np.zeros((2, 10))}, "'qpos' .* has shape"),
    "text for numbers": ({"qpos": np.array([["a"] * 9] * 2)}, "'qpos' .* holds <U1"),
    "objects": ({"qpos": np.array([[None] * 9] * 2)}, "pickled objects"),
    "numbers for names": ({"joint_names": np.arange(9)}, "'joint_names' .* holds int"),
    "a strange joint": ({"joint_names": np.char.replace(NAMES, "toy:B0", "C7")},
                        "missing toy:B0; unknown C7"),
    "a joint twice": ({"joint_names": np.append(NAMES, "toy:A0"), "qpos": np.zeros((2, 10))},
                      "repeated"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_one_clear_sentence(tmp_path: Path, changes: dict, said: str) -> None:
    file = write_dexgraspnet(tmp_path, [{}, {}], [0.1, 0.1], **changes)
    with pytest.raises(InputError, match=said) as error:
        read_dexgraspnet(file, hand=toy_hand(), keep_going=True)
    assert "\n" not in str(error.value)


def test_a_left_hand_is_refused(tmp_path: Path) -> None:
    file = write_dexgraspnet(tmp_path, [{}], [0.1])
    with pytest.raises(
        InputError, match="'toy' is a left hand, the grasps of DexGraspNet .* right"
    ):
        read_dexgraspnet(file, hand=toy_hand(side="left"))
    assert len(read_dexgraspnet(file, hand=toy_hand(side="unknown"))) == 1


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"], ids=["long", "null"])
def test_an_impossible_name_is_a_missing_mesh(name: str) -> None:
    with pytest.raises(InputError, match="is missing") as error:
        load_scaled(name, [Path(f"{name}.obj")], 0.1)
    assert len(str(error.value)) < 600
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["", ".", "..", "../cube", "/etc/cube", "a/cube", "a\\cube", "a/"])
def test_a_name_that_leads_to_another_folder_is_refused(tmp_path: Path, name: str) -> None:
    cube = write_cube(tmp_path / "cube.obj")
    with pytest.raises(InputError, match="is no name of an object"):
        load_scaled(name, [cube], 0.1)


def test_a_pickle_of_anything_but_grasps_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "old.npy"
    np.save(file, np.array([{"qpos": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"^old\[0\]: field 'qpos' is no dictionary") as error:
        read_dexgraspnet(file, hand=toy_hand())
    assert "allow_pickle" not in str(error.value), "nor is anybody told to"
    np.save(file, np.array([Path], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="old.npy is not read: it names pathlib"):
        read_dexgraspnet(file, hand=toy_hand())


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    file = write_dexgraspnet(tmp_path, [{}, {}], [0.1, 0.1])
    whole = file.read_bytes()
    for broken in (whole[: len(whole) // 2], b"", b"not a zip"):
        file.write_bytes(broken)
        with pytest.raises(InputError, match="cannot be read as NPZ"):
            read_dexgraspnet(file, hand=toy_hand())
    with pytest.raises(InputError, match="There is no file"):
        read_dexgraspnet(tmp_path / "none.npz", hand=toy_hand())


def test_bombs_are_refused_by_what_they_declare(tmp_path: Path) -> None:
    header = b"\x93NUMPY\x01\x00v\x00"
    said = "{'descr': '<f8', 'fortran_order': False, 'shape': (900000000000, 9)}"
    lying = header + said.ljust(117).encode() + b"\n" + bytes(80)
    file = write_dexgraspnet(tmp_path, [{}], [0.1])
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for qpos, message in (
        (lying, "cut off"),
        (bytes(MAX_UNPACKED_BYTES + 1), "unpacks to"),
    ):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (parts | {"qpos.npy": qpos}).items():
                archive.writestr(name, data)
        with pytest.raises(InputError, match=message):
            read_dexgraspnet(file, hand=toy_hand())
