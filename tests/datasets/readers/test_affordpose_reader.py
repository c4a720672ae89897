"""The importer of AffordPose: objects with parts, and the hand `human` on its key points."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import formats_affordpose as fmt
import numpy as np
import pytest
import torch
import trimesh

from handhold.datasets import read_affordpose
from handhold.datasets.affordpose_record import affordance_of
from handhold.datasets.readers.affordpose import READER
from handhold.datasets.readers.reader import Problems, ReadOptions
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError
from handhold.geometry import closest_points
from handhold.hands import load_hand
from handhold.objects import up_rotation
from handhold.spatial import quaternion_to_matrix

DATA = Path(os.environ.get("HANDHOLD_DEV_DATA", ""))
REAL = DATA / "grasps" / "human" / "affordpose" / "data.json"
MANO_HAND = DATA / "hands" / "affordpose_manohand"
real = pytest.mark.skipif(
    not os.environ.get("HANDHOLD_DEV_DATA"), reason="HANDHOLD_DEV_DATA is not set"
)
JOINTS = [0.1, 0.5, 0.6, 0.0, 0.6, 0.7, -0.1, 0.7, 0.6, -0.2, 0.8, 0.5, 0.6, -0.1, 0.3, 0.4]
PLAIN = ReadOptions()


@pytest.fixture(scope="module")
def keypoints() -> np.ndarray:
    """Key points of a grasping human hand, in metres in the axes of a record (y up)."""
    hand = load_hand("human")
    posed = hand.pose(
        torch.tensor([[0.0, -0.09, 0.02]]), torch.eye(3)[None], torch.tensor([JOINTS])
    )
    return posed.keypoints[0].double().numpy() @ up_rotation("y")


def read(root: Path, options: ReadOptions = PLAIN) -> tuple[list[ObjectGrasps], Problems]:
    problems = Problems()
    found: list[ObjectGrasps] = []
    for unit in READER.units(root, options):
        found += READER.read(unit, options, problems)
    return found, problems


def posed_keypoints(record: Any) -> np.ndarray:
    """Key points of the record's own hand at the record's pose, in the object frame."""
    rotation = quaternion_to_matrix(torch.tensor(record.quaternion)[None]).float()
    posed = load_hand("human").pose(
        torch.tensor(record.translation)[None].float(),
        rotation,
        torch.tensor(record.joints)[None].float(),
    )
    return posed.keypoints[0].double().numpy()


def test_units_are_object_folders_with_keys_below_the_root(tmp_path: Path, keypoints: Any) -> None:
    for name in ("9", "10"):
        fmt.write(tmp_path, fmt.record(keypoints), name=name)
    fmt.write(tmp_path, fmt.record(keypoints, class_name="jar"), name="4118")
    units = READER.units(tmp_path, PLAIN)
    assert [unit.key for unit in units] == ["bottle/10", "bottle/9", "jar/4118"]
    assert len(READER.units(tmp_path, ReadOptions(limit=2))) == 2


def test_the_hand_is_put_on_the_key_points(tmp_path: Path, keypoints: Any) -> None:
    fmt.write(tmp_path, fmt.record(keypoints))
    ((found,), problems) = read(tmp_path)
    (record,) = found.grasps
    assert not problems.skipped and problems.read == 1
    expected = found.asset.frame.points_to_object(keypoints)
    np.testing.assert_allclose(record.keypoints[1:], expected[1:], atol=1e-6)
    gap = np.linalg.norm(posed_keypoints(record) - expected, axis=1)
    assert gap[1:].max() < 0.0005  # the wrist is where no piece ends, and only guessed
    points = np.linalg.norm(posed_keypoints(record) - record.keypoints, axis=1)
    assert record.measure("retarget_mm") == pytest.approx(1000 * points.mean(), abs=0.01)
    assert record.measure("retarget_worst_mm") == pytest.approx(1000 * points.max(), abs=0.01)
    np.testing.assert_allclose(record.joints, JOINTS, atol=0.05)
    assert (record.hand, record.source) == ("human", "AffordPose")
    assert record.entry == "bottle/3415/3415_Wrap-grasp/1.json"


def test_the_object_has_its_parts_metres_and_z_up(tmp_path: Path, keypoints: Any) -> None:
    fmt.write(tmp_path, fmt.record(keypoints))
    ((found,), _) = read(tmp_path)
    assert (found.category, found.role, found.asset.name) == ("bottle", "seen", "3415")
    assert set(found.asset.part_names) == {"Wrap-grasp", "Twist"}
    np.testing.assert_allclose(found.asset.mesh.extents, [0.06, 0.06, 0.18], atol=1e-9)
    assert found.asset.part_mesh("Twist").centre[2] > 0.07
    assert found.grasps[0].part == "Wrap-grasp"


def test_all_records_of_a_folder_are_grasps_of_one_object(tmp_path: Path, keypoints: Any) -> None:
    for number in (10, 2):
        fmt.write(tmp_path, fmt.record(keypoints), number)
    fmt.write(tmp_path, fmt.record(keypoints, afford_name="Twist"))
    ((found,), _) = read(tmp_path)
    assert [record.entry.partition("_")[2] for record in found.grasps] == [
        "Twist/1.json", "Wrap-grasp/2.json", "Wrap-grasp/10.json",
    ]  # fmt: skip
    assert [record.affordance for record in found.grasps] == ["twist", *["wrap-around-grip"] * 2]


AFFORDANCES = [
    ("Handle-grasp", "mug", "handle-grip"),
    ("wrap-grasp", "bottle", "wrap-around-grip"),
    ("Twist", "bottle", "twist"),
    ("Support", "laptop", "base-support"),
    ("Press", "dispenser", "press"),
    ("Lever", "dispenser", "trigger-squeeze"),
    ("Lever", "Trigger_Sprayer", "trigger-squeeze"),
    ("Lever", "faucet", ""),
    ("Lift", "bag", ""),
    ("Pull", "bag", ""),
    ("Stroke", "cat", ""),
    ("no_affordance", "mug", ""),
]


@pytest.mark.parametrize(("name", "category", "ours"), AFFORDANCES)
def test_affordances_of_the_data_set_become_ours(name: str, category: str, ours: str) -> None:
    assert affordance_of(name, category) == ours


def test_judge_and_importer_agree(tmp_path: Path, keypoints: Any) -> None:
    record = fmt.record(keypoints, afford_name="Lever", class_name="dispenser")
    file = fmt.write(tmp_path, record)
    ((found,), problems) = read(tmp_path)
    (group,) = read_affordpose(file).groups
    assert group.affordance == (found.grasps[0].affordance,) == ("trigger-squeeze",)
    assert group.part == (None,) and found.grasps[0].part == ""
    assert found.grasps[0].source_affordance == "Lever"
    assert any("label" in note for note in problems.notes)


def nan_vertex(points: Any) -> dict[str, Any]:
    return {"rhand_mesh": ["v nan 0 0", *fmt.hand_lines(points)]}


BAD: dict[str, tuple[Callable[[Any], dict[str, Any]], str]] = {
    "too few angles": (lambda _: {"dofs": [0.0] * 15}, "dofs: expected 16 items"),
    "no angles": (lambda _: {"dofs": None}, "'dofs' is missing"),
    "an angle that is none": (lambda _: {"dofs": [float("nan")] * 16}, r"dofs\[0\].*not finite"),
    "a rotation of zero": (lambda _: {"rhand_quat": [0, 0, 0, 0]}, "rhand_quat: its length is 0"),
    "a hand on the moon": (lambda _: {"rhand_trans": [4e11, 0, 0]}, "rhand_trans: the hand is"),
    "another hand": (
        lambda _: {"rhand_mesh": ["v 0 0 0", "v 0.2 0 0", "v 0 0.1 0", "f 1 2 3"]},
        "rhand_mesh: The hand's mesh is of 1 pieces",
    ),
    "a hand in millimetres": (
        lambda p: {"rhand_mesh": fmt.hand_lines(1000 * p)},
        "rhand_mesh: the hand is .* m long",
    ),
    "a vertex that is none": (nan_vertex, "rhand_mesh: it holds numbers that are not finite"),
    "a label without a name": (
        lambda _: {"object_mesh": fmt.object_lines({2: trimesh.creation.box((0.1, 0.1, 0.1))})},
        "no name for the label 2",
    ),
    "an object as a house": (
        lambda _: {"object_mesh": fmt.object_lines({5: trimesh.creation.box((9, 9, 9))})},
        "object_mesh: its largest side is 9 m",
    ),
    "an object that is a line": (
        lambda _: {
            "object_mesh": ["v 0 0 0 5", "v 0 0.1 0 5", "v 0 0.2 0 5", "f 1 2 3", "f 1 1 1"]
        },
        "object_mesh",
    ),
    "no object": (lambda _: {"object_mesh": []}, "object_mesh: it holds no mesh"),
    "an affordance that is none": (lambda _: {"afford_name": "Stroke"}, "none of the data set's"),
    "a moved object": (lambda _: {"trans_obj": [0, 0, 5]}, "moved"),
}


@pytest.mark.parametrize(("change", "said"), BAD.values(), ids=BAD)
def test_a_bad_record_is_named_and_the_others_are_read(
    tmp_path: Path, keypoints: Any, change: Callable[[Any], dict[str, Any]], said: str
) -> None:
    bad = fmt.record(keypoints, **change(keypoints))
    fmt.write(tmp_path, bad | {"afford_name": "Twist"}).write_text(json.dumps(bad))
    fmt.write(tmp_path, fmt.record(keypoints))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ((found,), problems) = read(tmp_path)
    assert len(found.grasps) == 1
    ((skip),) = problems.skipped
    assert skip.entry == "bottle/3415/3415_Twist/1.json"
    with pytest.raises(InputError, match=said) as raised:
        list(READER.read(READER.units(tmp_path, PLAIN)[0], PLAIN, Problems(strict=True)))
    assert "3415_Twist/1.json" in str(raised.value)


def test_a_record_that_was_cut_off_is_named(tmp_path: Path, keypoints: Any) -> None:
    file = fmt.write(tmp_path, fmt.record(keypoints))
    file.write_text(file.read_text()[:-40])
    found, problems = read(tmp_path)
    assert not found
    assert "is not JSON" in problems.skipped[0].why


def test_a_folder_without_records_is_named(tmp_path: Path, keypoints: Any) -> None:
    fmt.write(tmp_path, fmt.record(keypoints))
    (tmp_path / "bottle" / "3416").mkdir()
    found, problems = read(tmp_path)
    assert len(found) == 1
    assert [skip.entry for skip in problems.skipped] == ["bottle/3416"]


def test_an_object_that_differs_between_records_is_named(tmp_path: Path, keypoints: Any) -> None:
    other = fmt.object_lines({5: trimesh.creation.box((0.06, 0.2, 0.06))})
    fmt.write(tmp_path, fmt.record(keypoints))
    fmt.write(tmp_path, fmt.record(keypoints, object_mesh=other), 2)
    ((found,), problems) = read(tmp_path)
    assert len(found.grasps) == 1
    assert "not the object of the other records" in problems.skipped[0].why


def test_a_root_that_is_not_there_or_off_by_a_level(tmp_path: Path, keypoints: Any) -> None:
    root = tmp_path / "AffordPose"
    fmt.write(root, fmt.record(keypoints))
    (tmp_path / "empty").mkdir()
    for path, said in (
        (tmp_path / "nowhere", "no folder"),
        (tmp_path / "empty", "empty"),
        (tmp_path, "parent of the root of AffordPose.*AffordPose'"),
        (root / "bottle", "inside the root of AffordPose.*parent"),
    ):
        with pytest.raises(InputError, match=said):
            READER.units(path, PLAIN)


def test_a_folder_that_is_no_manohand_is_refused_at_once(tmp_path: Path, keypoints: Any) -> None:
    fmt.write(tmp_path, fmt.record(keypoints))
    with pytest.raises(InputError, match="hand.xml"):
        READER.units(tmp_path, ReadOptions(hand_folder=tmp_path))


@pytest.fixture(scope="module")
def real_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real record in the layout of the whole set."""
    root = tmp_path_factory.mktemp("real")
    folder = root / "bottle" / "3415" / "3415_Wrap-grasp"
    folder.mkdir(parents=True)
    (folder / "1.json").symlink_to(REAL)
    return root


@real
@pytest.mark.parametrize(("folder", "limit_mm"), [(MANO_HAND, 10.0), (None, 10.0)])
def test_the_real_record_gives_a_hand_on_the_body(
    real_root: Path, folder: Path | None, limit_mm: float
) -> None:
    ((found,), problems) = read(real_root, ReadOptions(hand_folder=folder))
    assert not problems.skipped
    (record,) = found.grasps
    assert (record.part, record.affordance) == ("Wrap-grasp", "wrap-around-grip")
    assert record.measure("retarget_mm") < limit_mm
    tips = record.keypoints[[4, 8, 12, 16, 20]]
    distance = closest_points(found.asset.mesh, tips).distance
    assert np.sort(distance)[:3].max() < 0.012  # the skin is up to a centimetre off the bone


@real
def test_the_skin_gives_nearly_the_key_points_of_the_angles(real_root: Path) -> None:
    ((by_skin,), _) = read(real_root)
    ((by_angles,), _) = read(real_root, ReadOptions(hand_folder=MANO_HAND))
    gap = np.linalg.norm(by_skin.grasps[0].keypoints - by_angles.grasps[0].keypoints, axis=1)
    assert np.nanmean(gap) < 0.003
    assert np.nanmax(gap) < 0.006


@real
def test_angles_that_do_not_give_the_skin_are_named(tmp_path: Path) -> None:
    values = json.loads(REAL.read_text())
    file = fmt.write(tmp_path, values | {"dofs": [0.0] * 16})
    _, problems = read(tmp_path, ReadOptions(hand_folder=MANO_HAND))
    assert file.is_file()
    assert "dofs: the angles put a joint" in problems.skipped[0].why
