"""Files are told apart by what they hold; folders are read whole."""

from __future__ import annotations

import json
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


def test_the_unknown_is_answered_with_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    for path in (tmp_path / "x.json", tmp_path, write_cube(tmp_path / "cube.obj")):
        with pytest.raises(InputError, match=r"Known: grasps\.json of handhold; DexGraspNet NPZ"):
            read_any(path)


def test_a_folder_of_pickles_says_how_to_convert_them(tmp_path: Path) -> None:
    np.save(tmp_path / "old.npy", np.array([None]), allow_pickle=True)
    with pytest.raises(InputError, match=r"never opens.*savez"):
        read_any(tmp_path)


def test_robot_grasps_need_their_hand(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"DexGraspNet need the hand.*--hand"):
        read_any(write_dexgraspnet(tmp_path, [{}], [0.1]))
    reading = read_any(write_dexgraspbench(tmp_path), hand=toy_hand(OLD_SHADOW_JOINTS))
    assert {group.source for group in reading.groups} == {"DexGraspBench"}
