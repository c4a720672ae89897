"""The owners' pickled files, judged as they are: told apart, grouped, and never run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import formats_dexgraspbench as bench
import formats_dexgraspnet as net
import numpy as np
import pytest
import torch

from handhold.datasets import format_of, read_any
from handhold.errors import InputError
from handhold.hands import Hand


def shadow(side: str = "right") -> Hand:
    """Only what readers look at: names, side and limits (-2 to 2 rad)."""
    limits = torch.full((22,), 2.0)
    spec = SimpleNamespace(joint_lower=-limits, joint_upper=limits, side=side)
    return cast(Hand, SimpleNamespace(name="shadow", joint_names=net.JOINTS, spec=spec))


def test_the_owners_files_are_told_apart_by_their_keys(tmp_path: Path) -> None:
    assert format_of(net.write_grasps(tmp_path, [net.grasp()])) == "dexgraspnet-npy"
    assert format_of(bench.write_grasp(tmp_path, bench.grasp())) == "dexgraspbench-npy"
    np.save(tmp_path / "cloud.npy", np.zeros((3, 3)))
    np.save(tmp_path / "other.npy", np.array([{"scale": 1}], dtype=object), allow_pickle=True)
    assert format_of(tmp_path / "cloud.npy") is None
    assert format_of(tmp_path / "other.npy") is None


def test_a_file_of_dexgraspnet_is_read_with_the_meshes_of_its_folder(tmp_path: Path) -> None:
    file = net.write_grasps(tmp_path, [net.grasp(0.1, WRJTx=0.3), net.grasp(0.08)])
    net.write_mesh(tmp_path)
    reading = read_any(file, hand=shadow())
    assert [group.entry for group in reading.groups] == [(f"{net.CODE}[0]",), (f"{net.CODE}[1]",)]
    poses = reading.groups[0].poses
    assert poses is not None
    np.testing.assert_allclose(poses.translation, [[0.2, 0, 0]], atol=1e-12)


def test_a_folder_of_dexgraspbench_is_one_group_per_scale(tmp_path: Path) -> None:
    bench.write_mesh(tmp_path)
    for number in range(3):
        bench.write_grasp(tmp_path, bench.grasp(), number)
    bench.write_grasp(tmp_path, bench.grasp(obj_scale=0.06), 0, "scale006_pose000")
    reading = read_any(tmp_path / bench.GRASPS, hand=shadow())
    assert [len(group) for group in reading.groups] == [1, 3]
    assert reading.groups[0].entry == (f"{bench.OBJECT}/scale006_pose000/0",)
    for group in reading.groups:
        assert group.pregrasp is not None
        assert group.squeeze is not None


def test_bad_files_of_a_folder_are_raised_or_listed(tmp_path: Path) -> None:
    bench.write_mesh(tmp_path)
    bench.write_grasp(tmp_path, bench.grasp(grasp_qpos=np.zeros(29)), 0)
    bench.write_grasp(tmp_path, bench.grasp(), 1)
    root = tmp_path / bench.GRASPS
    with pytest.raises(InputError, match="scale010_pose000/0: a quaternion of it has length 0"):
        read_any(root, hand=shadow())
    reading = read_any(root, hand=shadow(), keep_going=True)
    assert len(reading) == len(reading.skipped) == 1


def test_code_among_grasps_is_refused_and_not_run(tmp_path: Path) -> None:
    class Opens:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return os.mkdir, (str(tmp_path / "made"),)

    net.write_mesh(tmp_path)
    bench.write_mesh(tmp_path)
    for file in (
        net.write_grasps(tmp_path, [net.grasp(), net.grasp() | {"extra": Opens()}]),
        bench.write_grasp(tmp_path, bench.grasp(extra=Opens())),
    ):
        with pytest.raises(InputError, match=r"it names (posix|nt)\.mkdir"):
            read_any(file, hand=shadow())
    assert not (tmp_path / "made").exists()


def test_the_hand_is_needed_and_the_right_one(tmp_path: Path) -> None:
    file = net.write_grasps(tmp_path, [net.grasp()])
    with pytest.raises(InputError, match="DexGraspNet need the hand.*--hand shadow"):
        read_any(file)
    with pytest.raises(InputError, match="is a left hand"):
        read_any(file, hand=shadow("left"))


@pytest.mark.parametrize("keep", [10, 100, 200, 500], ids=lambda keep: f"{keep} bytes")
def test_files_cut_off_are_refused(tmp_path: Path, keep: int) -> None:
    net.write_mesh(tmp_path)
    file = net.write_grasps(tmp_path, [net.grasp()] * 4)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InputError) as error:
        read_any(file, hand=shadow())
    assert file.name in str(error.value)
