"""DexGraspNet as its owners distribute it: values, frames, and what can be wrong."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import formats_dexgraspnet as net
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from handhold.datasets.readers.dexgraspnet import READER, category_of
from handhold.datasets.readers.reader import Problems, ReadOptions
from handhold.datasets.record import GraspRecord, ObjectGrasps
from handhold.errors import InputError
from handhold.geometry import signed_distance
from handhold.hands import Hand, load_hand
from handhold.hands.keypoint_names import KEYPOINT_NAMES
from handhold.spatial import quaternion_to_matrix

DATA = os.environ.get("HANDHOLD_DEV_DATA", "")
SAMPLE = Path(DATA) / "grasps" / "robot" / "dexgraspnet"
BOTTLE = "sem-Bottle-437678d4bc6be981c8724d5673a063a6"
NO_OPTIONS = ReadOptions()


def require_shadow() -> None:
    if importlib.util.find_spec("gymnasium_robotics") is None:
        pytest.skip("the Shadow Hand is not installed (handhold[shadow])")


@pytest.fixture(scope="module")
def hand() -> Hand:
    require_shadow()
    return load_hand("shadow")


def read(root: Path, *, strict: bool = False) -> tuple[list[ObjectGrasps], Problems]:
    require_shadow()
    problems = Problems(strict=strict)
    units = READER.units(root, NO_OPTIONS)
    found = [each for unit in units for each in READER.read(unit, NO_OPTIONS, problems)]
    return found, problems


def test_a_grasp_is_the_owners_in_the_frame_of_the_object(tmp_path: Path, hand: Hand) -> None:
    values = {"WRJTx": 0.3, "WRJTz": 0.2, "WRJRx": 0.3, "WRJRy": -0.8, "WRJRz": 2.0}
    net.write_grasps(tmp_path, [net.grasp(0.1, J_FFJ3=0.2, J_THJ0=-0.4, **values)])
    net.write_mesh(tmp_path)
    (found,), problems = read(tmp_path)
    assert problems.read == 1
    assert not problems.skipped
    assert (found.category, found.role) == ("mug", "seen")
    np.testing.assert_allclose(found.asset.mesh.extents, [0.1, 0.1, 0.1])
    (record,) = found.grasps
    assert (record.hand, record.source) == ("shadow", "DexGraspNet")
    assert (record.affordance, record.part) == ("", "")
    # The cube's middle, at x = 1 in its file and 0.1 m in the world, is the origin.
    np.testing.assert_allclose(record.translation, [0.2, 0, 0.2], atol=1e-12)
    turned = Rotation.from_quat(np.roll(record.quaternion, -1))
    expected = (
        Rotation.from_rotvec([0, 0, 2.0])
        * Rotation.from_rotvec([0, -0.8, 0])
        * Rotation.from_rotvec([0.3, 0, 0])
    )
    assert (turned * expected.inv()).magnitude() < 1e-9
    joints = dict(zip(hand.joint_names, record.joints, strict=True))
    assert joints["robot0:FFJ3"] == 0.2
    assert joints["robot0:THJ0"] == -0.4
    assert sum(value != 0 for value in joints.values()) == 2


def test_keypoints_are_the_hands_own_at_the_grasp(tmp_path: Path, hand: Hand) -> None:
    net.write_grasps(tmp_path, [net.grasp(0.1, WRJTx=0.1, WRJRz=1.0, J_MFJ2=0.7)])
    net.write_mesh(tmp_path, centre=(0, 0, 0))
    (found,), _ = read(tmp_path)
    record = found.grasps[0]
    assert hand.spec.keypoint_names == KEYPOINT_NAMES
    joints = torch.zeros(1, 22)
    joints[0, hand.joint_names.index("robot0:MFJ2")] = 0.7
    local = hand.local(joints).keypoints[0].double().numpy()
    cos, sin = np.cos(1.0), np.sin(1.0)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    np.testing.assert_allclose(record.keypoints, local @ turn.T + [0.1, 0, 0], atol=1e-6)


def test_each_scale_is_an_object_with_its_grasps(tmp_path: Path) -> None:
    net.write_grasps(tmp_path, [net.grasp(scale) for scale in (0.06, 0.1, 0.05999999, 0.1)])
    net.write_mesh(tmp_path)
    found, _ = read(tmp_path)
    entries = [[record.entry for record in each.grasps] for each in found]
    assert entries == [[f"{net.CODE}[0]", f"{net.CODE}[2]"], [f"{net.CODE}[1]", f"{net.CODE}[3]"]]
    assert len({each.asset.content_hash for each in found}) == 2
    assert found[0].origin == f"{net.CODE} x 0.06 m"


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("core-mug-8570d9a8d24cb0acbebd3c0c0c70fb03", "mug"),
        ("sem-Bottle-437678d4bc6be981c8724d5673a063a6", "bottle"),
        ("core_bottle_523cddb320608c09a37f3fc191551700", "bottle"),
        ("ddg-gd_banana_poisson_002", ""),
        ("mujoco-Ecoforms_Plant_Plate_S11Turquoise", ""),
        ("core", ""),
        ("", ""),
    ],
)
def test_only_codes_that_name_a_category_have_one(code: str, category: str) -> None:
    assert category_of(code) == category


def test_units_are_sorted_and_the_same_everywhere(tmp_path: Path) -> None:
    for code in ("sem-B-1", "core-a-2", "core-a-1"):
        net.write_grasps(tmp_path, [net.grasp()], code)
    keys = [unit.key for unit in READER.units(tmp_path, NO_OPTIONS)]
    assert keys == ["dataset/core-a-1", "dataset/core-a-2", "dataset/sem-B-1"]
    assert len(READER.units(tmp_path, ReadOptions(limit=2))) == 2
    (tmp_path / "dataset").rename(tmp_path / "dexgraspnet")
    assert READER.units(tmp_path, NO_OPTIONS)[0].key == "dexgraspnet/core-a-1"


def test_a_wrong_root_says_which_level_is_right(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        READER.units(tmp_path / "none", NO_OPTIONS)
    with pytest.raises(InputError, match="is empty.*'dataset' with a .npy file per object"):
        READER.units(tmp_path, NO_OPTIONS)
    net.write_grasps(tmp_path / "data", [net.grasp()])
    with pytest.raises(InputError, match="is the parent of the root of DexGraspNet.*data'"):
        READER.units(tmp_path, NO_OPTIONS)
    with pytest.raises(InputError, match="is inside the root of DexGraspNet.*its parent.*data'"):
        READER.units(tmp_path / "data" / "dataset", NO_OPTIONS)


def without(key: str) -> Any:
    return {name: value for name, value in net.grasp().items() if name != key}


def with_joints(**changes: object) -> Any:
    values = net.grasp()
    joints = {**values["qpos"], **changes}
    kept = {name: value for name, value in joints.items() if value is not None}
    return {**values, "qpos": kept}


BAD = {
    "no pose": (without("qpos"), "it has no field 'qpos'"),
    "no scale": (without("scale"), "it has no field 'scale'"),
    "a pose of numbers": ({**net.grasp(), "qpos": [0.0] * 28}, "'qpos' is no dictionary"),
    "a joint too few": (with_joints(WRJTx=None), "'qpos' are not those.*missing WRJTx"),
    "a joint too many": (with_joints(C7=0.0), "'qpos' are not those.*unknown C7"),
    "text": (with_joints(WRJTx="0"), "field 'WRJTx' is no number"),
    "not finite": (with_joints(WRJTx=float("nan")), "numbers that are not finite"),
    "far away": (with_joints(WRJTx=1e6), "1e\\+06 m from the object"),
    "degrees": (with_joints(**{"robot0:FFJ1": 45.0}), "'robot0:FFJ1' is 45 rad"),
    "a scale of 0": (net.grasp(0.0), "its scale is 0"),
    "a scale of 40 m": (net.grasp(40.0), "40 m"),
}


@pytest.mark.parametrize(("bad", "said"), BAD.values(), ids=BAD)
def test_a_bad_grasp_is_listed_or_fatal_with_its_name(tmp_path: Path, bad: Any, said: str) -> None:
    net.write_grasps(tmp_path, [net.grasp(), bad])
    net.write_mesh(tmp_path)
    (found,), problems = read(tmp_path)
    assert [record.entry for record in found.grasps] == [f"{net.CODE}[0]"]
    (skip,) = problems.skipped
    assert skip.entry == f"{net.CODE}[1]"
    with pytest.raises(InputError, match=said) as error:
        read(tmp_path, strict=True)
    assert f"{net.CODE}[1]" in str(error.value)
    assert skip.why in str(error.value)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-300])


def _code(file: Path) -> None:
    class Opens:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return os.mkdir, (str(file.parent / "made"),)

    np.save(file, np.array([Opens()], dtype=object), allow_pickle=True)


BROKEN = {
    "cut off": (_cut, "cut off"),
    "empty": (lambda file: file.write_bytes(b""), "is no .npy file"),
    "code": (_code, r"it names (posix|nt)\.mkdir"),
    "an array of numbers": (lambda file: np.save(file, np.zeros(3)), "no dictionaries"),
    "a list of numbers": (lambda file: np.save(file, np.array([None])), "no dictionaries"),
    "nothing": (lambda file: np.save(file, np.array([], dtype=object)), "holds no grasps"),
    "a number without end": (
        lambda file: np.save(file, np.array([{"scale": 10**400}], dtype=object)),
        "a whole number in it has over 127 bits",
    ),
}


@pytest.mark.parametrize(("harm", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_a_problem_with_a_name(
    tmp_path: Path, harm: Callable[[Path], object], said: str
) -> None:
    net.write_mesh(tmp_path)
    harm(net.write_grasps(tmp_path, [net.grasp()]))
    found, problems = read(tmp_path)
    assert not found
    (skip,) = problems.skipped
    assert skip.entry == f"dataset/{net.CODE}"
    with pytest.raises(InputError, match=said):
        read(tmp_path, strict=True)
    assert not (tmp_path / "dataset" / "made").exists(), "nothing in it was run"


def test_a_missing_mesh_is_a_problem_of_its_grasps(tmp_path: Path) -> None:
    net.write_grasps(tmp_path, [net.grasp()] * 3)
    found, problems = read(tmp_path)
    assert not found
    assert [skip.entry for skip in problems.skipped] == [f"{net.CODE}[{row}]" for row in range(3)]
    assert all("coacd/decomposed.obj" in skip.why for skip in problems.skipped)
    with pytest.raises(InputError, match="the mesh of 'core-mug.*is missing"):
        read(tmp_path, strict=True)


def deepest(found: ObjectGrasps, record: GraspRecord, hand: Hand) -> float:
    """Signed distance in metres from the object to the hand's nearest or deepest vertex."""
    turn = quaternion_to_matrix(torch.from_numpy(np.array(record.quaternion)))[None]
    translation, joints = (
        torch.from_numpy(np.array(each))[None].float()
        for each in (record.translation, record.joints)
    )
    vertices = hand.pose(translation, turn.float(), joints).vertices[0].double().numpy()
    return float(signed_distance(found.asset.mesh, vertices).min())


@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
def test_real_grasps_touch_and_are_the_same_in_both_formats(tmp_path: Path, hand: Hand) -> None:
    rows = list(range(20))
    mesh = SAMPLE / "meshes" / f"{BOTTLE}.obj"
    net.from_plain(SAMPLE / f"{BOTTLE}.npz", tmp_path, mesh, rows)
    pickled, problems = read(tmp_path)
    assert problems.read == 20
    units = {unit.key: unit for unit in READER.units(SAMPLE, NO_OPTIONS)}
    assert len(units) == 3
    whole = list(READER.read(units[BOTTLE], NO_OPTIONS, problems))
    plain = {record.entry: record for each in whole for record in each.grasps}
    assert len(plain) == 248
    assert {each.category for each in whole} == {"bottle"}
    distances = []
    for each in pickled:
        for record in each.grasps:
            other = plain[record.entry]
            np.testing.assert_allclose(record.translation, other.translation, atol=1e-9)
            np.testing.assert_allclose(record.quaternion, other.quaternion, atol=1e-9)
            np.testing.assert_allclose(record.joints, other.joints, atol=1e-9)
            distances.append(deepest(each, record, hand))
    assert np.mean(np.array(distances) < 0.005) >= 0.9
    assert np.mean(distances) > -0.003
