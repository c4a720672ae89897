"""DexGraspBench as its owners distribute it: values, frames, and what can be wrong."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import formats_dexgraspbench as bench
import numpy as np
import pytest

from handhold.datasets.readers.dexgraspbench import READER
from handhold.datasets.readers.reader import Problems, ReadOptions
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError

DATA = os.environ.get("HANDHOLD_DEV_DATA", "")
SAMPLE = Path(DATA) / "grasps" / "robot" / "dexgraspbench"
NO_OPTIONS = ReadOptions()


def require_shadow() -> None:
    if importlib.util.find_spec("gymnasium_robotics") is None:
        pytest.skip("the Shadow Hand is not installed (handhold[shadow])")


QUARTER = np.sqrt(0.5)
ENTRY = f"{bench.OBJECT}/scale010_pose000/0"


def read(root: Path, *, strict: bool = False) -> tuple[list[ObjectGrasps], Problems]:
    require_shadow()
    problems = Problems(strict=strict)
    units = READER.units(root, NO_OPTIONS)
    found = [each for unit in units for each in READER.read(unit, NO_OPTIONS, problems)]
    return found, problems


def posed(position: list[float], quaternion: list[float]) -> np.ndarray:
    return np.concatenate([position, quaternion, np.zeros(22)])


def test_the_palm_lies_beyond_the_wrist_in_the_frame_of_the_object(tmp_path: Path) -> None:
    hand = posed([0.4, 0.2, 0.3], [QUARTER, QUARTER, 0, 0])  # z of the wrist is -y of the world
    standing = [0.4, 0.0, 0.3, QUARTER, 0, 0, QUARTER]  # a quarter turn about z
    bench.write_grasp(tmp_path, bench.grasp(grasp_qpos=hand, obj_pose=standing))
    bench.write_mesh(tmp_path, centre=(0, 0, 1))
    (found,), problems = read(tmp_path / bench.GRASPS)
    assert (problems.read, problems.skipped) == (1, [])
    assert (found.category, found.role) == ("bottle", "seen")
    np.testing.assert_allclose(found.asset.mesh.extents, [0.1, 0.1, 0.1])
    (record,) = found.grasps
    assert (record.entry, record.hand, record.source) == (ENTRY, "shadow", "DexGraspBench")
    # From the object the palm, 34 mm from the wrist, is at y = 0.2 - 0.034 in the world, which is
    # x for the object; its middle is 0.1 m above its origin.
    np.testing.assert_allclose(record.translation, [0.166, 0, -0.1], atol=1e-9)


def test_grasps_of_all_folders_are_joined_by_scale(tmp_path: Path) -> None:
    bench.write_mesh(tmp_path)
    for place, scale in (("scale006_pose000", 0.06), ("scale008_pose000", 0.08)):
        for number in range(2):
            bench.write_grasp(tmp_path, bench.grasp(obj_scale=scale), number, place)
    found, problems = read(tmp_path / bench.GRASPS)
    assert [len(each.grasps) for each in found] == [2, 2]
    assert [each.origin for each in found] == [f"{bench.OBJECT} x {s} m" for s in (0.06, 0.08)]
    assert "pre-grasps and squeezes are left out" in problems.notes[0]


def test_a_wrong_root_says_which_level_is_right(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        READER.units(tmp_path / "none", NO_OPTIONS)
    with pytest.raises(InputError, match="is empty"):
        READER.units(tmp_path, NO_OPTIONS)
    root = bench.write_grasp(tmp_path, bench.grasp()).parents[2]
    assert [unit.key for unit in READER.units(root, NO_OPTIONS)] == [bench.OBJECT]
    with pytest.raises(InputError, match="is the parent of the root of DexGraspBench.*graspdata"):
        READER.units(root.parent, NO_OPTIONS)
    with pytest.raises(InputError, match="is inside the root of DexGraspBench.*graspdata"):
        READER.units(root / bench.OBJECT, NO_OPTIONS)


HAND = bench.grasp()["grasp_qpos"]
BAD: dict[str, tuple[Any, str]] = {
    "no pose": (bench.grasp(squeeze_qpos=None), "it has no field 'squeeze_qpos'"),
    "no object": (bench.grasp(obj_path=None), "it has no field 'obj_path'"),
    "an object without a name": (bench.grasp(obj_path="/"), "'obj_path' names no object"),
    "no text": (bench.grasp(obj_path=3), "field 'obj_path' is no text"),
    "an arm": (
        bench.grasp(grasp_qpos=np.zeros(35)),
        "'grasp_qpos' has shape .35,.",
    ),
    "text": (bench.grasp(obj_scale="big"), "field 'obj_scale' is no number"),
    "words": (bench.grasp(obj_pose=["a"] * 7), "field 'obj_pose' holds no numbers"),
    "not finite": (bench.grasp(grasp_qpos=HAND + np.inf), "numbers that are not finite"),
    "no rotation": (bench.grasp(grasp_qpos=np.zeros(29)), "a quaternion of it has length 0"),
    "far away": (bench.grasp(grasp_qpos=posed([1e9, 0, 0], [1, 0, 0, 0])), "m from the object"),
    "degrees": (bench.grasp(grasp_qpos=HAND + 90 * (np.arange(29) > 7)), "rad, its limits"),
    "a scale below 0": (bench.grasp(obj_scale=-1.0), "its scale is -1"),
    "no dictionary": ([1, 2], "no dictionaries of grasps"),
}


@pytest.mark.parametrize(("bad", "said"), BAD.values(), ids=BAD)
def test_a_bad_grasp_is_listed_or_fatal_with_its_name(tmp_path: Path, bad: Any, said: str) -> None:
    bench.write_mesh(tmp_path)
    root = bench.write_grasp(tmp_path, np.array(bad, dtype=object)).parents[2]
    bench.write_grasp(tmp_path, bench.grasp(), number=1)
    (found,), problems = read(root)
    assert len(found.grasps) == 1
    (skip,) = problems.skipped
    assert skip.entry == ENTRY
    with pytest.raises(InputError, match=said) as error:
        read(root, strict=True)
    assert ENTRY in str(error.value)


def test_grasps_that_share_a_file_are_told_apart(tmp_path: Path) -> None:
    bench.write_mesh(tmp_path)
    several = np.array([bench.grasp(), bench.grasp(obj_scale="big"), bench.grasp()])
    root = bench.write_grasp(tmp_path, several).parents[2]
    (found,), problems = read(root)
    assert [record.entry for record in found.grasps] == [f"{ENTRY}[0]", f"{ENTRY}[2]"]
    assert [skip.entry for skip in problems.skipped] == [f"{ENTRY}[1]"]


def _code(file: Path) -> None:
    class Opens:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return os.mkdir, (str(file.parent / "made"),)

    np.save(file, {"grasp_qpos": Opens()}, allow_pickle=True)  # type: ignore[arg-type]


def test_a_file_that_would_run_code_is_refused_and_not_run(tmp_path: Path) -> None:
    bench.write_mesh(tmp_path)
    file = bench.write_grasp(tmp_path, bench.grasp())
    _code(file)
    bench.write_grasp(tmp_path, bench.grasp(), number=1)
    (found,), problems = read(file.parents[2])
    assert len(found.grasps) == 1
    assert "mkdir" in problems.skipped[0].why
    assert not (file.parent / "made").exists()
    file.write_bytes(file.read_bytes()[:100])
    _, problems = read(file.parents[2])
    assert problems.skipped[0].entry == ENTRY


def test_a_missing_mesh_is_a_problem_of_its_grasps(tmp_path: Path) -> None:
    root = bench.write_grasp(tmp_path, bench.grasp()).parents[2]
    found, problems = read(root)
    assert not found
    assert "mesh/normalized.obj" in problems.skipped[0].why
    with pytest.raises(InputError, match="the mesh of 'core_bottle.*is missing"):
        read(root, strict=True)


@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
def test_real_grasps_are_the_same_in_both_formats(tmp_path: Path) -> None:
    arrays = np.load(SAMPLE / "shadow_bottle_can.npz")
    numbers = [key for key in arrays.files if key != "object_name"]
    for row in range(0, 80, 8):
        values = {key: arrays[key][row] for key in numbers}
        bench.write_grasp(
            tmp_path, bench.grasp(**values), row, f"scale{values['obj_scale'] * 100:03.0f}_pose000"
        )
    mesh = tmp_path / bench.MESHES / bench.OBJECT
    mesh.mkdir(parents=True)
    (mesh / "mesh").symlink_to(SAMPLE / "meshes" / bench.OBJECT)
    pickled, problems = read(tmp_path / bench.GRASPS)
    assert problems.read == 10
    whole, _ = read(SAMPLE)
    plain = {record.entry: record for each in whole for record in each.grasps}
    assert len(plain) == 160
    assert {each.category for each in whole} == {"bottle", "can"}
    for record in (record for each in pickled for record in each.grasps):
        other = plain[f"shadow_bottle_can[{Path(record.entry).name}]"]
        np.testing.assert_allclose(record.translation, other.translation, atol=1e-9)
        np.testing.assert_allclose(record.quaternion, other.quaternion, atol=1e-9)
        np.testing.assert_allclose(record.joints, other.joints, atol=1e-9)
