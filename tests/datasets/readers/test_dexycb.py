"""DexYCB and D-Grasp's labels of it: frames, the frame that is chosen, and what can be wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import formats_dexycb as ycb
import numpy as np
import pytest
import torch

from handhold.datasets.readers.dexycb import READER
from handhold.datasets.readers.dexycb_joints import holds
from handhold.datasets.readers.dexycb_meta import read_meta
from handhold.datasets.readers.reader import Problems, ReadOptions
from handhold.datasets.readers.root import require_root
from handhold.datasets.readers.ycb import YCB_CATEGORIES, YCB_NAMES
from handhold.datasets.record import GraspRecord, ObjectGrasps
from handhold.errors import InputError
from handhold.geometry import closest_points
from handhold.hands import load_hand
from handhold.spatial import quaternion_to_matrix

DATA = os.environ.get("HANDHOLD_DEV_DATA", "")
SAMPLE = Path(DATA) / "grasps" / "human" / "dexycb"
MESHES = Path(DATA) / "objects" / "plain" / "ycb_dexycb"
NO_OPTIONS = ReadOptions()
ENTRY = f"{ycb.SUBJECT}/{ycb.SEQUENCE}"


def read(
    root: Path, options: ReadOptions = NO_OPTIONS, *, strict: bool = False
) -> tuple[list[ObjectGrasps], Problems]:
    problems = Problems(strict=strict)
    units = READER.units(root, options)
    return [each for unit in units for each in READER.read(unit, options, problems)], problems


def posed(record: GraspRecord) -> np.ndarray:
    """Key points (21, 3) of the hand `human` at the record's pose."""
    translation, joints = (
        torch.from_numpy(np.array(each))[None].float()
        for each in (record.translation, record.joints)
    )
    turn = quaternion_to_matrix(torch.from_numpy(np.array(record.quaternion)))[None].float()
    points: np.ndarray = load_hand("human").pose(translation, turn, joints).keypoints[0].numpy()
    return points


def test_joints_come_from_the_camera_to_the_object(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    ycb.write_sequence(tmp_path, [ycb.held()])
    (found,), problems = read(tmp_path)
    assert (problems.read, problems.skipped, problems.notes) == (1, [], [])
    assert (found.asset.name, found.category, found.origin) == (ycb.BOX, "box", ycb.BOX)
    np.testing.assert_allclose(found.asset.mesh.extents, ycb.SIDES, atol=1e-9)
    (record,) = found.grasps
    assert (record.entry, record.source, record.hand) == (ENTRY, "DexYCB", "human")
    assert (record.affordance, record.part) == ("", "")
    # The box's middle is the origin of the object frame, and its axes are those of its file.
    np.testing.assert_allclose(record.keypoints, ycb.pinch() - ycb.CENTRE, atol=1e-6)
    # The joints were those of our own hand: fitted again, they are where they were.
    np.testing.assert_allclose(posed(record), record.keypoints, atol=1e-4)
    assert record.measure("retarget_worst_mm") < 0.1
    assert record.measure("retarget_mm") <= record.measure("retarget_worst_mm")
    assert np.isfinite(record.measure("retarget_fingertip_mm"))


def test_the_last_frame_that_holds_is_taken(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    frames = [ycb.held(0.05), ycb.held(0.02), ycb.held(0.3), {}]  # holds, holds, released, unseen
    ycb.write_sequence(tmp_path, frames)
    (found,), _ = read(tmp_path)
    expected = ycb.pinch(0.02) - ycb.CENTRE
    np.testing.assert_allclose(found.grasps[0].keypoints, expected, atol=1e-6)


def test_another_camera_is_asked_where_the_first_shows_nothing(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    unknown = np.zeros((2, 3, 4), dtype=np.float32)
    ycb.write_sequence(tmp_path, [ycb.held() | {"pose_y": unknown}, {}])
    _, problems = read(tmp_path)
    assert problems.skipped[0].why == "no camera has labels of the hand and the object."
    ycb.write_sequence(tmp_path, [ycb.held(), {}], serial=ycb.SERIALS[1])
    (found,), problems = read(tmp_path)
    assert len(found.grasps) == 1
    assert not problems.skipped


def test_a_hand_that_never_holds_is_a_problem(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    ycb.write_sequence(tmp_path, [ycb.held(0.2)])
    (found,), problems = read(tmp_path)
    assert not found.grasps
    assert problems.skipped[0].entry == ENTRY
    assert "never within 2 cm" in problems.skipped[0].why


def test_left_hands_are_left_out_with_a_note_even_when_strict(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    ycb.write_sequence(tmp_path, [ycb.held()])
    ycb.write_sequence(tmp_path, [ycb.held()], side="left", sequence="20200709_150000")
    (found,), problems = read(tmp_path, strict=True)
    assert len(found.grasps) == 1
    assert "left hands are left out" in problems.notes[0]


def test_sequences_of_one_person_are_joined_by_object(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    for number in range(3):
        ycb.write_sequence(tmp_path, [ycb.held(number / 100)], sequence=f"20200709_15000{number}")
    (found,), problems = read(tmp_path)
    assert [record.entry[-1] for record in found.grasps] == ["0", "1", "2"]
    assert problems.read == 3


FLOW = "mano_sides: [right]\nycb_ids: [ 5, 2 ]  # in view\nycb_grasp_ind: 1\n"
QUOTED = "mano_sides:\n  - \"right\"\nycb_ids:\n  - '5'\n  - 2\nother:\n  a: 1\nycb_grasp_ind: 1"


@pytest.mark.parametrize("text", [ycb.META.format(side="right"), FLOW, QUOTED])
def test_meta_is_read_in_either_style(tmp_path: Path, text: str) -> None:
    (tmp_path / "meta.yml").write_text(text)
    meta = read_meta(tmp_path / "meta.yml")
    assert (meta.ycb_ids, meta.grasped, meta.side, meta.ycb_id) == ((5, 2), 1, "right", 2)


BAD_META = {
    "nothing": ("", "meta.yml: it has no field 'ycb_ids'"),
    "a list too short": (FLOW.replace("ind: 1", "ind: 2"), "'ycb_grasp_ind': 2, but there are 2"),
    "no number": (FLOW.replace("2 ]", "two ]"), "field 'ycb_ids': 'two' is no whole number"),
    "no index": (FLOW.replace("ind: 1", "ind:"), "'ycb_grasp_ind': '' is no whole number"),
    "two hands": (FLOW.replace("[right]", "[right, left]"), "'mano_sides': 'right, left'"),
    "a foot": (FLOW.replace("right", "foot"), "'mano_sides': 'foot'"),
    "no such object": (FLOW.replace("2 ]", "22 ]"), "DexYCB has no object 22"),
    "a program": ("!!python/object/apply:os.mkdir [made]", "it has no field 'ycb_ids'"),
    "too large": ("#" * 70_000, "over 64 KB"),
}


@pytest.mark.parametrize(("text", "said"), BAD_META.values(), ids=BAD_META)
def test_bad_meta_is_a_problem_of_its_sequence(tmp_path: Path, text: str, said: str) -> None:
    ycb.write_box(tmp_path)
    ycb.write_sequence(tmp_path, [ycb.held()], meta=text)
    found, problems = read(tmp_path)
    assert not found
    assert problems.skipped[0].entry == ENTRY
    with pytest.raises(InputError, match=said) as error:
        read(tmp_path, strict=True)
    assert str(error.value).startswith(f"{ENTRY}: ")


JOINTS = ycb.in_camera(ycb.pinch())[None]
SHEARED = np.stack([np.zeros((3, 4)), ycb.CAMERA * [1, 1, 1.2, 1]])
MIRRORED = np.stack([np.zeros((3, 4)), ycb.CAMERA * [1, 1, -1, 1]])
BAD_FRAMES: dict[str, tuple[dict[str, Any], str]] = {
    "no joints": ({"joint_3d": None}, "has no array 'joint_3d'"),
    "20 joints": ({"joint_3d": np.zeros((1, 20, 3))}, r"'joint_3d' .* has shape \(1, 20, 3\)"),
    "another object": ({"pose_y": np.zeros((3, 3, 4))}, r"'pose_y' .* has shape \(3, 3, 4\)"),
    "words": ({"joint_3d": np.full((1, 21, 3), "a")}, "'joint_3d' .* holds <U1"),
    "millimetres": ({"joint_3d": JOINTS * 1000}, "its hand is 1[0-9.]* m long"),
    "one point": ({"joint_3d": np.ones((1, 21, 3))}, "its hand is 0 m long"),
    "not finite": ({"joint_3d": JOINTS + np.nan}, "joints hold numbers that are not finite"),
    "huge": ({"joint_3d": JOINTS * 1e300}, "its hand is .* m long"),
    "no rotation": ({"pose_y": SHEARED, "joint_3d": JOINTS}, "'pose_y' is no rotation"),
    "a mirror": ({"pose_y": MIRRORED, "joint_3d": JOINTS}, "'pose_y' is no rotation"),
    "a pose of nan": ({"pose_y": SHEARED * np.nan, "joint_3d": JOINTS}, "'pose_y'"),
    "nowhere": ({"pose_y": SHEARED * 0 + ycb.CAMERA * [1, 1, 1, np.inf], "joint_3d": JOINTS},
                "'pose_y' holds numbers that are not finite"),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "said"), BAD_FRAMES.values(), ids=BAD_FRAMES)
def test_a_bad_frame_is_a_problem_of_its_sequence(
    tmp_path: Path, frame: dict[str, Any], said: str
) -> None:
    ycb.write_box(tmp_path)
    ycb.write_sequence(tmp_path, [frame])
    (found,), problems = read(tmp_path)
    assert not found.grasps
    (skip,) = problems.skipped
    assert skip.entry == ENTRY
    with pytest.raises(InputError, match=said) as error:
        read(tmp_path, strict=True)
    assert "labels_000000.npz" in str(error.value)


def test_a_damaged_camera_is_named_while_another_serves(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    folder = ycb.write_sequence(tmp_path, [ycb.held()])
    (file,) = folder.glob("*/*.npz")
    file.write_bytes(file.read_bytes()[:-50])
    ycb.write_sequence(tmp_path, [ycb.held()], serial=ycb.SERIALS[1])
    (found,), problems = read(tmp_path)
    assert [record.entry for record in found.grasps] == [ENTRY]
    (skip,) = problems.skipped
    assert skip.entry == f"{ENTRY}/{ycb.SERIALS[0]}" and "labels_000000.npz" in skip.why
    with pytest.raises(InputError, match=rf"^{ENTRY}: .*labels_000000.npz"):
        read(tmp_path, strict=True)


def test_a_listed_person_who_is_not_there_is_a_problem(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    ycb.write_sequence(tmp_path, [ycb.held()])
    listed = tmp_path / "list.txt"
    listed.write_text(f"{ycb.SUBJECT}\n20200813-subject-02\n")
    (found,), problems = read(tmp_path, ReadOptions(object_list=listed))
    assert len(found.grasps) == 1
    (skip,) = problems.skipped
    assert skip.entry == "20200813-subject-02" and "take it off the list" in skip.why


def test_labels_cut_off_are_a_problem_of_their_sequence(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    folder = ycb.write_sequence(tmp_path, [ycb.held()])
    (file,) = folder.glob("*/*.npz")
    file.write_bytes(file.read_bytes()[:-50])
    _, problems = read(tmp_path)
    assert "labels_000000.npz" in problems.skipped[0].why
    file.unlink()
    _, problems = read(tmp_path)
    assert problems.skipped[0].why == "no camera has labels of the hand and the object."


def test_a_wrong_root_says_which_level_is_right(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder.* the page of the DexYCB project"):
        READER.units(tmp_path / "none", NO_OPTIONS)
    with pytest.raises(InputError, match="is empty.*a folder per subject.*the DexYCB project"):
        READER.units(tmp_path, NO_OPTIONS)
    root = tmp_path / "dex-ycb"
    ycb.write_sequence(root, [ycb.held()])
    with pytest.raises(InputError, match="is the parent of the root of DexYCB.*dex-ycb'"):
        READER.units(tmp_path, NO_OPTIONS)
    with pytest.raises(InputError, match="is inside the root of DexYCB.*dex-ycb'"):
        READER.units(root / ycb.SUBJECT, NO_OPTIONS)
    with pytest.raises(InputError, match="models' is missing.*The DexYCB project offers them"):
        READER.units(root, NO_OPTIONS)
    ycb.write_box(root)
    assert [unit.key for unit in READER.units(root, NO_OPTIONS)] == [ycb.SUBJECT]


def test_only_two_folders_above_are_looked_at_and_no_folder_of_everything(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "d").mkdir()
    looked: list[Path] = []
    for root in (deep, Path("/usr/bin")):
        with pytest.raises(InputError, match="is not the root"):
            require_root(root, "X", "x", lambda folder: bool(looked.append(folder)))
    assert [each for each in looked if each in deep.parents] == [deep.parent, deep.parent.parent]
    assert not {Path("/usr"), Path("/")} & set(looked)


def test_a_missing_mesh_is_a_problem_of_its_object(tmp_path: Path) -> None:
    ycb.write_sequence(tmp_path, [ycb.held()])
    (tmp_path / "models").mkdir()
    found, problems = read(tmp_path)
    assert not found
    assert problems.skipped[0].entry == f"{ycb.SUBJECT}: {ycb.BOX}"
    assert f"{ycb.BOX}/textured_simple.obj" in problems.skipped[0].why


def test_the_objects_are_those_of_the_toolkit() -> None:
    assert len(YCB_NAMES) == 21
    assert (YCB_NAMES[1], YCB_NAMES[21]) == ("002_master_chef_can", "061_foam_brick")
    assert set(YCB_CATEGORIES) == set(YCB_NAMES.values())


def test_pickled_labels_are_read_in_the_frame_of_the_mesh(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    joints = np.stack([ycb.pinch(), ycb.pinch(0.05)])
    ycb.write_labels(tmp_path, {2: ycb.block(joints)})
    (found,), problems = read(tmp_path)
    assert (problems.read, problems.skipped) == (2, [])
    assert found.origin == ycb.BOX
    for record, points in zip(found.grasps, joints, strict=True):
        np.testing.assert_allclose(record.keypoints, points - ycb.CENTRE, atol=1e-6)
    entries = [record.entry for record in found.grasps]
    assert entries == [f"dexycb_train_labels, object 2[{row}]" for row in range(2)]


def _code(root: Path) -> dict[int, Any]:
    class Opens:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return os.mkdir, (str(root / "made"),)

    return {2: Opens()}


BAD_LABELS: dict[str, tuple[Callable[[Path], object], str]] = {
    "code": (_code, "mkdir.*If joblib wrote it"),
    "no dictionary": (lambda _: [1, 2], "is no dictionary of objects"),
    "no such object": (lambda _: {22: ycb.block(np.zeros((1, 21, 3)))}, "has no object 22"),
    "an object with a name": (lambda _: {"box": {}}, "has no object box"),
    "no joints": (lambda _: {2: {}}, "has no field 'final_ee_rel'"),
    "20 joints": (lambda _: {2: {"final_ee_rel": np.zeros((3, 60))}}, r"shape \(3, 60\)"),
    "a hand of no size": (lambda _: {2: ycb.block(np.zeros((1, 21, 3)))}, "is 0 m long"),
    "millimetres": (lambda _: {2: ycb.block(ycb.pinch()[None] * 1e3)}, "its hand is"),
}


@pytest.mark.parametrize(("make", "said"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels_are_problems_with_a_name(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    ycb.write_box(tmp_path)
    ycb.write_labels(tmp_path, make(tmp_path))
    found, problems = read(tmp_path)
    assert not any(each.grasps for each in found)
    assert problems.skipped
    with pytest.raises(InputError, match=said):
        read(tmp_path, strict=True)
    assert not (tmp_path / "made").exists()


def test_labels_cut_off_or_of_another_format_are_problems(tmp_path: Path) -> None:
    ycb.write_box(tmp_path)
    file = ycb.write_labels(tmp_path, {2: ycb.block(ycb.pinch()[None])})
    file.write_bytes(file.read_bytes()[:-40])
    _, problems = read(tmp_path)
    assert problems.skipped[0].entry == file.name


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
def test_the_real_grasps_touch_and_are_fitted_closely(tmp_path: Path) -> None:
    whole = np.load(SAMPLE / "dexycb_train_dev.npz")
    raw = {name: whole[name][::6] for name in whole.files}
    np.savez(tmp_path / "some.npz", **raw)
    found, problems = read(tmp_path, ReadOptions(mesh_root=MESHES))
    assert problems.read == len(raw["object_name"]) == 51
    assert not problems.skipped
    assert len(found) == 16
    nearest, touching = [], 0
    for each in found:
        for record in each.grasps:
            row = int(record.entry.partition("[")[2][:-1])
            assert raw["object_name"][row] == each.origin
            # Wrist and object in the world, independent of the joints relative to the object.
            place, turn = np.split(raw["final_obj_pos"][row].astype(float), [3])
            matrix = quaternion_to_matrix(torch.from_numpy(turn)[None])[0].numpy()
            wrist = matrix @ (record.keypoints[0] + each.asset.frame.offset) + place
            np.testing.assert_allclose(wrist, raw["final_qpos"][row][:3], atol=1e-5)
            nearest.append(closest_points(each.asset.mesh, posed(record)).distance.min())
            touching += holds(np.array(record.keypoints), each.asset)
    mean, tips = (
        np.mean([record.measure(name) for each in found for record in each.grasps])
        for name in ("retarget_mm", "retarget_fingertip_mm")
    )
    print(f"retarget {mean:.2f} mm, fingertips {tips:.2f} mm, touching {touching} of 51")
    assert np.median(nearest) < 0.005
    assert touching >= 48, "the rule by which frames of a sequence are chosen fits real grasps"
    assert mean < 6
    assert tips < 6
