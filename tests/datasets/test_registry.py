"""Files are told apart by what they hold; folders are read whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from toy_sets import (
    OLD_SHADOW_JOINTS,
    toy_hand,
    write_cube,
    write_dexgraspbench,
    write_dexgraspnet,
)

from handhold.datasets import format_of, read_any
from handhold.errors import InputError

RECORD = {"rhand_mesh": [], "object_mesh": [], "afford_name": "", "class_name": ""}


def test_each_format_is_recognised_by_content(tmp_path: Path) -> None:
    assert format_of(write_dexgraspnet(tmp_path, [{}], [0.1])) == "dexgraspnet"
    assert format_of(write_dexgraspbench(tmp_path)) == "dexgraspbench"
    files = {
        "record.json": (json.dumps(RECORD), "affordpose"),
        "ours.json": ('{"format": "handhold-grasps"}', "handhold"),
        "notes.json": ("{}", None),
        "damaged.npz": ("PK", None),
        "readme.txt": ('{"format": "handhold-grasps"}', None),
    }
    for name, (text, expected) in files.items():
        (tmp_path / name).write_text(text)
        assert format_of(tmp_path / name) == expected
    np.savez(tmp_path / "cloud.npz", points=np.zeros((60, 3)))
    assert format_of(tmp_path / "cloud.npz") is None


def test_a_folder_is_read_with_all_below_and_nothing_else(tmp_path: Path) -> None:
    write_dexgraspnet(tmp_path / "a", [{}], [0.1])
    write_dexgraspnet(tmp_path / "b", [{}, {}], [0.1, 0.2])
    (tmp_path / "b" / "info.json").write_text("{}")
    reading = read_any(tmp_path, hand=toy_hand())
    assert [group.entry for group in reading.groups] == [("cube[0]",), ("cube[0]",), ("cube[1]",)]


def test_files_that_fail_are_raised_or_listed(tmp_path: Path) -> None:
    good = write_dexgraspnet(tmp_path, [{}], [0.1])
    bad = tmp_path / "old.npy"
    np.save(bad, np.array([None]), allow_pickle=True)
    (tmp_path / "empty").mkdir()
    others = {
        bad: "never opens",
        tmp_path / "none.npz": "There is no file",
        tmp_path / "empty": "holds no file of grasps",
    }
    for other, said in others.items():
        with pytest.raises(InputError, match=said):
            read_any([other, good], hand=toy_hand())
        reading = read_any([other, good], hand=toy_hand(), keep_going=True)
        assert len(reading) == 1
        assert said in reading.skipped[0]


OURS = '{\n "format": "handhold-grasps",\n "version": 1'


def _corrupt(folder: Path) -> Path:
    file = write_dexgraspnet(folder, [{}], [0.1])
    data = file.read_bytes()
    start = data.index("toy".encode("utf-32-le"))  # in the names of the joints
    file.write_bytes(data[:start] + b"X" + data[start + 1 :])
    return file


def _cut(folder: Path) -> Path:
    file = write_dexgraspnet(folder, [{}], [0.1])
    file.write_bytes(file.read_bytes()[:-40])
    return file


def _pickle(folder: Path) -> Path:
    np.save(folder / "old.npy", np.array([None]), allow_pickle=True)
    return folder / "old.npy"


def _text(text: str, name: str = "some.json") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


DAMAGED = {
    "npz cut off": (_cut, "cannot be read as NPZ.*cut off"),
    "npz empty": (_text("", "x.npz"), "cannot be read as NPZ.*cut off"),
    "npz corrupt": (_corrupt, "CRC.*damaged"),
    "pickled": (_pickle, "never opens"),
    "ours cut off": (_text(OURS), "is not JSON.*cut off"),
    "AffordPose cut off": (_text('{"rhand_mesh": ["v 0 0'), "is not JSON.*cut off"),
    "json empty": (_text(""), "is not JSON.*cut off"),
}


@pytest.mark.parametrize(("write", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused_given_or_found(
    tmp_path: Path, write: Callable[[Path], Path], said: str
) -> None:
    write_dexgraspnet(tmp_path / "good", [{}], [0.1])
    (tmp_path / "bad").mkdir()
    bad = write(tmp_path / "bad")
    for path in (bad, tmp_path, tmp_path / "bad"):
        with pytest.raises(InputError, match=rf"'{bad}' .*{said}"):
            read_any(path, hand=toy_hand())
    reading = read_any(tmp_path, hand=toy_hand(), keep_going=True)
    assert len(reading) == 1
    (skipped,) = reading.skipped
    assert str(bad) in skipped
    assert not reading.notes


def test_whole_files_of_other_kinds_are_left_alone_and_counted(tmp_path: Path) -> None:
    write_dexgraspnet(tmp_path, [{}], [0.1])
    np.save(tmp_path / "cloud.npy", np.zeros((3, 3)))
    note = "left alone"
    reading = read_any(tmp_path, hand=toy_hand())
    assert reading.notes == (f"1 other .json/.npz/.npy file {note}",)
    (tmp_path / "notes.json").write_text("{ /* not ours */ }")
    (tmp_path / "old.evaluation.json").write_text(EVALUATED)
    (tmp_path / "folder.npz").mkdir()
    reading = read_any(tmp_path, hand=toy_hand())
    assert reading.notes == (f"3 other .json/.npz/.npy files {note}",)
    assert not reading.skipped


EVALUATED = '{"format": "handhold-evaluation", "version": 1, "rows": []}'


def test_an_evaluation_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(EVALUATED)
    with pytest.raises(InputError, match="is an evaluation.*judged already.*`handhold compare`"):
        read_any(tmp_path / "a.json")


def test_notes_name_their_file_once_and_only_where_there_are_more(tmp_path: Path) -> None:
    row = {"toy:A0": 1.3}
    files = [write_dexgraspnet(tmp_path / name, [row], [0.1]) for name in "ab"]
    (note,) = read_any(files[0], hand=toy_hand()).notes
    assert note.startswith("1 of the 1 grasps of the file")
    notes = read_any(tmp_path, hand=toy_hand()).notes
    assert notes == (f"a/cube.npz: {note}", f"b/cube.npz: {note}")
    notes = read_any(files, hand=toy_hand()).notes
    assert notes == tuple(f"{file}: {note}" for file in files)


def test_problems_of_several_files_are_counted_by_entry_and_told_once(tmp_path: Path) -> None:
    bad = {"toy:B0": float("nan")}
    one = write_dexgraspnet(tmp_path / "a", [bad], [0.1])
    with pytest.raises(InputError, match=r"^cube\[0\]: it holds numbers that are not finite\.$"):
        read_any(one, hand=toy_hand(), keep_going=True)
    write_dexgraspnet(tmp_path / "b", [bad, bad], [0.1, 0.1])
    with pytest.raises(InputError, match=r"\(3 problems\)\. The first: cube\[0\]") as error:
        read_any(tmp_path, hand=toy_hand(), keep_going=True)
    assert str(error.value).count("None of the grasps") == 1
    write_dexgraspnet(tmp_path / "c", [{}], [0.1])
    assert len(read_any(tmp_path, hand=toy_hand(), keep_going=True).skipped) == 3


@pytest.mark.parametrize("path", ["a\0b", "a\0b.json", "x" * 5000], ids=["null", "json", "long"])
def test_an_impossible_path_is_a_missing_file(path: str) -> None:
    with pytest.raises(InputError, match="There is no file") as error:
        read_any(path)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("option", ["mesh", "parts"])
def test_options_for_our_own_grasps_are_refused_with_others(tmp_path: Path, option: str) -> None:
    (tmp_path / "record.json").write_text(json.dumps(RECORD))
    bench, net = write_dexgraspbench(tmp_path), write_dexgraspnet(tmp_path, [{}], [0.1])
    for file, hand in (
        (bench, toy_hand(OLD_SHADOW_JOINTS)),
        (net, toy_hand()),
        (tmp_path / "record.json", None),
    ):
        with pytest.raises(InputError, match=f"^--{option} is for handhold's own grasps"):
            read_any(file, hand=hand, **{option: tmp_path / "x"})


def test_the_unknown_is_answered_with_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    for path in (tmp_path / "x.json", tmp_path, write_cube(tmp_path / "cube.obj")):
        with pytest.raises(InputError, match=r"Known: grasps\.json of handhold; DexGraspNet NPZ"):
            read_any(path)


def test_a_folder_of_pickles_says_what_to_get_instead(tmp_path: Path) -> None:
    np.save(tmp_path / "old.npy", np.array([None]), allow_pickle=True)
    with pytest.raises(InputError, match=r"never opens.*NPZ.*joint_names"):
        read_any(tmp_path)


def test_robot_grasps_need_their_hand(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"DexGraspNet need the hand.*--hand shadow"):
        read_any(write_dexgraspnet(tmp_path, [{}], [0.1]))
    reading = read_any(write_dexgraspbench(tmp_path), hand=toy_hand(OLD_SHADOW_JOINTS))
    assert {group.source for group in reading.groups} == {"DexGraspBench"}
