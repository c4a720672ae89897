"""The importer of OakInk-Shape: MANO poses on aligned meshes, intents, parts of OakBase."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import formats_oakink as fmt
import numpy as np
import pytest
import torch
import trimesh
from scipy.spatial.transform import Rotation

from handhold.datasets.readers.oakbase import OakPart
from handhold.datasets.readers.oakink import READER, affordance_of
from handhold.datasets.readers.reader import Problems, ReadOptions
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError
from handhold.hands import load_hand
from handhold.hands.keypoint_names import KEYPOINT_NAMES, MANO_NAMES
from handhold.hands.mano import TIP_VERTICES

BODY = trimesh.creation.box((0.08, 0.08, 0.1))
HANDLE = trimesh.creation.box((0.02, 0.04, 0.08))
HANDLE.apply_translation([0.05, 0.0, 0.0])
OFF_CENTRE = np.array([0.3, -0.2, 0.5])
GRASP = "0cc013118e"
PLAIN = ReadOptions()


@pytest.fixture(scope="module")
def mano_points() -> np.ndarray:
    """Key points of the toy MANO hand at rest, which are those of the hand `human`."""
    hand = load_hand("human")
    assert hand.spec.keypoint_names == KEYPOINT_NAMES
    return hand.spec.keypoints.double().numpy()


@pytest.fixture(scope="module")
def mano(tmp_path_factory: pytest.TempPathFactory, mano_points: np.ndarray) -> Path:
    """A file like MANO_RIGHT.pkl whose hand has the joints of the hand `human`."""
    count = 778
    template, regressor, weights = (
        np.zeros((count, 3)),
        np.zeros((16, count)),
        np.zeros((count, 16)),
    )
    for joint, name in enumerate(MANO_NAMES[:16]):
        template[joint] = mano_points[KEYPOINT_NAMES.index(name)]
        regressor[joint, joint] = 1
    weights[:, 0] = 1
    for vertex, name in zip(TIP_VERTICES, MANO_NAMES[16:], strict=True):
        template[vertex] = mano_points[KEYPOINT_NAMES.index(name)]
        weights[vertex] = np.eye(16)[MANO_NAMES.index(name.replace("tip", "distal"))]
    parents = [4294967295, *(0 if joint % 3 == 1 else joint - 1 for joint in range(1, 16))]
    values = {
        "v_template": template,
        "shapedirs": np.zeros((count, 3, 10)),
        "posedirs": np.zeros((count, 3, 135)),
        "weights": weights,
        "J_regressor": regressor,
        "kintree_table": np.array([parents, range(16)], dtype=np.uint32),
        "hands_mean": np.full(45, 0.7),  # must not be added: zero is the flat hand
        "hands_components": np.eye(45),
    }
    path = tmp_path_factory.mktemp("mano") / "MANO_RIGHT.pkl"
    path.write_bytes(pickle.dumps(values))
    return path


def write_mug(root: Path, **values: Any) -> Path:
    """A mug whose mesh and parts stand away from the origin, with one grasp; its pickle."""
    whole = trimesh.util.concatenate([BODY, HANDLE])
    fmt.write_object(root, "A10012", "mug_1", whole.copy().apply_translation(OFF_CENTRE))
    fmt.write_parts(
        root,
        "mug",
        "mug_1",
        {
            "mug_body": (BODY.copy().apply_translation(OFF_CENTRE), ["contain_sth"]),
            "mug_handle": (HANDLE.copy().apply_translation(OFF_CENTRE), ["held_by_hand"]),
        },
    )
    return fmt.write_grasp(root, "mug", "A10012", GRASP, fmt.hand_values(**values))


def read(root: Path, options: ReadOptions = PLAIN) -> tuple[list[ObjectGrasps], Problems]:
    problems = Problems()
    found: list[ObjectGrasps] = []
    for unit in READER.units(root, options):
        found += READER.read(unit, options, problems)
    return found, problems


def test_units_are_objects_captured_and_transferred(tmp_path: Path) -> None:
    write_mug(tmp_path)
    fmt.write_grasp(tmp_path, "mug", "A10012", GRASP, fmt.hand_values(), other="s10101")
    fmt.write_grasp(tmp_path, "mug", "A10012", "ffffffffff", fmt.hand_values(), other="s10102")
    keys = [unit.key for unit in READER.units(tmp_path, PLAIN)]
    assert keys == ["mug/A10012", "mug/s10101", "mug/s10102"]


def test_the_wrist_lies_at_tsl_and_the_hand_is_turned_about_it(
    tmp_path: Path, mano: Path, mano_points: np.ndarray
) -> None:
    turn, tsl = np.array([0.3, -0.5, 0.8]), np.array([0.02, -0.01, 0.12])
    write_mug(tmp_path, pose=np.concatenate([turn, np.zeros(45)]), tsl=tsl)
    ((found,), problems) = read(tmp_path, ReadOptions(mano=mano))
    assert not problems.skipped and problems.read == 1
    (record,) = found.grasps
    rotation = Rotation.from_rotvec(turn).as_matrix()
    expected = (mano_points - mano_points[0]) @ rotation.T + tsl
    # The frame of the grasps has its origin at the centre of the box, whose middle is not BODY's.
    np.testing.assert_allclose(record.keypoints, expected, atol=1e-5)
    assert record.measure("retarget_mm") < 1
    assert (record.hand, record.source_affordance) == ("human", "use")
    assert record.entry == f"mug/A10012/{GRASP}/hand_param.pkl"


def test_a_joint_of_the_pose_turns_what_hangs_on_it(
    tmp_path: Path, mano: Path, mano_points: np.ndarray
) -> None:
    turn = np.array([0.0, 0.6, 0.0])
    pose = np.zeros((16, 3))
    pose[MANO_NAMES.index("index_middle")] = turn
    write_mug(tmp_path, pose=pose.reshape(-1))
    ((found,), _) = read(tmp_path, ReadOptions(mano=mano))
    (record,) = found.grasps
    expected = mano_points - mano_points[0] + [0.0, 0.0, 0.1]
    joint, below = KEYPOINT_NAMES.index("index_middle"), [7, 8]
    rotation = Rotation.from_rotvec(turn).as_matrix()
    expected[below] = (expected[below] - expected[joint]) @ rotation.T + expected[joint]
    np.testing.assert_allclose(record.keypoints, expected, atol=1e-6)
    assert record.measure("retarget_mm") < 3
    bent = dict(zip(load_hand("human").joint_names, record.joints.tolist(), strict=True))
    assert bent["index_middle"] > 0.2
    assert abs(bent["ring_middle"]) < 0.1


def test_the_object_is_centred_and_has_the_parts_of_oakbase(tmp_path: Path) -> None:
    write_mug(tmp_path)
    ((found,), _) = read(tmp_path)
    assert (found.category, found.asset.name) == ("mug", "model_align")
    np.testing.assert_allclose(found.asset.mesh.centre, 0, atol=1e-9)
    np.testing.assert_allclose(found.asset.mesh.extents, [0.1, 0.08, 0.1], atol=1e-9)
    assert set(found.asset.part_names) == {"mug_body", "mug_handle"}
    assert found.asset.part_mesh("mug_handle").centre[0] > 0.03


def test_parts_that_are_centred_already_fit_too(tmp_path: Path) -> None:
    write_mug(tmp_path)
    centre = trimesh.util.concatenate([BODY, HANDLE]).bounds.mean(axis=0)
    parts = {
        "body": (BODY.copy().apply_translation(-centre), []),
        "handle": (HANDLE.copy().apply_translation(-centre), []),
    }
    for file in (tmp_path / "OakBase" / "mug" / "mug_1").iterdir():
        file.unlink()
    fmt.write_parts(tmp_path, "mug", "mug_1", parts)
    ((found,), problems) = read(tmp_path)
    assert set(found.asset.part_names) == {"body", "handle"}
    assert all("OakBase" not in skip.entry for skip in problems.skipped)


def test_parts_are_found_under_oakbases_own_name_of_the_category(tmp_path: Path) -> None:
    fmt.write_object(tmp_path, "A26001", "pan", BODY)
    fmt.write_parts(tmp_path, "frying_pan", "pan", {"pan_all": (BODY, ["held_by_hand"])})
    fmt.write_grasp(tmp_path, "fryingpan", "A26001", GRASP, fmt.hand_values())
    ((found,), _) = read(tmp_path)
    assert found.asset.part_names == ("pan_all",)


def test_a_transferred_grasp_is_one_of_the_other_object(tmp_path: Path, mano: Path) -> None:
    write_mug(tmp_path)
    other = trimesh.creation.box((0.05, 0.05, 0.05))
    fmt.write_object(tmp_path, "s10101", "mug_v", other, virtual=True)
    fmt.write_grasp(
        tmp_path, "mug", "A10012", GRASP, fmt.hand_values(), intent="0003", other="s10101"
    )
    found, problems = read(tmp_path, ReadOptions(mano=mano))
    assert not problems.skipped
    assert [each.origin for each in found] == ["mug/A10012", "mug/s10101"]
    (record,) = found[1].grasps
    assert record.entry == f"mug/A10012/{GRASP}/s10101/hand_param.pkl"
    assert record.source_affordance == "lift-up"
    np.testing.assert_allclose(found[1].asset.mesh.extents, 0.05, atol=1e-9)


def test_the_hand_that_takes_the_object_over_is_marked(tmp_path: Path, mano: Path) -> None:
    write_mug(tmp_path)
    source = "pass1/A10012_0004_0001_0002/2021-10-12-17-13-00/dom_alt.pkl"
    fmt.write_grasp(tmp_path, "mug", "A10012", GRASP, fmt.hand_values(), source=source)
    ((found,), _) = read(tmp_path, ReadOptions(mano=mano))
    (record,) = found.grasps
    assert record.source_affordance == "handover"
    assert record.entry.endswith("(the receiver's hand)")


def test_without_mano_the_objects_are_read_and_each_grasp_says_why(tmp_path: Path) -> None:
    write_mug(tmp_path)
    ((found,), problems) = read(tmp_path)
    assert not found.grasps
    ((skip),) = problems.skipped
    assert skip.entry == f"mug/A10012/{GRASP}/hand_param.pkl"
    for word in ("MANO_RIGHT.pkl", "--mano", "registered users", "MANO project"):
        assert word in skip.why
    with pytest.raises(InputError, match="MANO_RIGHT"):
        list(READER.read(READER.units(tmp_path, PLAIN)[0], PLAIN, Problems(strict=True)))


def test_a_mano_file_that_is_none_is_refused_at_once(tmp_path: Path) -> None:
    write_mug(tmp_path)
    with pytest.raises(InputError, match="MANO_RIGHT.pkl"):
        READER.units(tmp_path, ReadOptions(mano=tmp_path / "MANO_RIGHT.pkl"))


def part(name: str, *attributes: str) -> OakPart:
    return OakPart(name, frozenset(attributes), ())


TRIGGER = part("trigger_sprayer_trigger", "trigger_sth", "pressed/unpressed_by_hand")
PUMP = part("lotion_pump_head", "pressed/unpressed_by_hand")
CAP = part("bottle_cap", "screwed/unscrewed_by_hand", "cover_sth")
RULES = [
    ("use", part("mug_handle", "held_by_hand"), None, "handle-grip"),
    ("hold", part("knife_handle"), None, "handle-grip"),
    ("hold", part("unhandled_body"), None, ""),
    ("use", part("bottle_body"), TRIGGER, "trigger-squeeze"),
    ("hold", part("bottle_body"), TRIGGER, ""),
    ("use", part("bottle_body"), PUMP, "press"),
    ("use", CAP, None, "twist"),
    ("lift-up", CAP, None, ""),
    ("use", None, None, ""),
]


@pytest.mark.parametrize(("intent", "touched", "under_index", "ours"), RULES)
def test_the_touched_part_decides_the_affordance(
    intent: str, touched: OakPart | None, under_index: OakPart | None, ours: str
) -> None:
    assert affordance_of(intent, touched, under_index) == ours


def test_the_part_under_most_of_the_fingers_is_the_contact_part(
    tmp_path: Path, mano: Path, mano_points: np.ndarray
) -> None:
    centre = trimesh.util.concatenate([BODY, HANDLE]).bounds.mean(axis=0)
    over_handle = np.array([0.055, 0.0, 0.045]) - centre
    middle = mano_points[9:13].mean(axis=0) - mano_points[0]
    write_mug(tmp_path, tsl=over_handle - middle)
    ((found,), _) = read(tmp_path, ReadOptions(mano=mano))
    (record,) = found.grasps
    assert record.part in found.asset.part_names
    write_mug(tmp_path, tsl=np.array([0, 0, 0.9]))
    ((found,), _) = read(tmp_path, ReadOptions(mano=mano))
    assert found.grasps[0].part == ""


NAN = np.full(48, np.nan)
BAD = {
    "too few angles": (fmt.hand_values(pose=np.zeros(45)), "'pose': 45 numbers"),
    "no pose": (fmt.hand_values(pose=None), "'pose' is missing"),
    "nan": (fmt.hand_values(pose=NAN), "'pose': numbers that are not finite"),
    "words": (fmt.hand_values(shape=["wide"] * 10), "'shape' holds no numbers"),
    "a hand on the moon": (fmt.hand_values(tsl=np.array([4e8, 0, 0])), "'tsl': 4e"),
    "a list": ([1, 2, 3], "it holds no mapping"),
    "no pickle": (b"not a pickle", "hand_param.pkl"),
    "cut off": (pickle.dumps(fmt.hand_values())[:-30], "hand_param.pkl"),
    "a program": (b"cos\nsystem\n(S'true'\ntR.", "hand_param.pkl"),
}


@pytest.mark.parametrize(("values", "said"), BAD.values(), ids=BAD)
def test_a_bad_grasp_is_named_and_the_others_are_read(
    tmp_path: Path, mano: Path, values: Any, said: str
) -> None:
    write_mug(tmp_path)
    fmt.write_grasp(tmp_path, "mug", "A10012", "ffffffffff", values)
    options = ReadOptions(mano=mano)
    ((found,), problems) = read(tmp_path, options)
    assert len(found.grasps) == 1
    assert [skip.entry for skip in problems.skipped] == ["mug/A10012/ffffffffff/hand_param.pkl"]
    with pytest.raises(InputError, match=said):
        list(READER.read(READER.units(tmp_path, options)[0], options, Problems(strict=True)))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "'source.txt': ''"),
        ("pass1/A10012_0009_0001/2021/dom.pkl", "an intent of 0001"),
        ("pass1/B10012_0001_0001/2021/dom.pkl", "a grasp of 'B10012' below 'A10012'"),
    ],
)
def test_a_source_that_says_nothing_is_named(
    tmp_path: Path, mano: Path, source: str, said: str
) -> None:
    write_mug(tmp_path)
    fmt.write_grasp(tmp_path, "mug", "A10012", GRASP, fmt.hand_values(), source=source)
    _, problems = read(tmp_path, ReadOptions(mano=mano))
    assert said in problems.skipped[0].why


def test_what_is_wrong_with_an_object_is_named(tmp_path: Path) -> None:
    write_mug(tmp_path)
    meta = tmp_path / fmt.META / "object_id.json"
    mesh = tmp_path / "shape" / "OakInkObjectsV2" / "mug_1" / "align" / "model_align.obj"
    whole = meta.read_text()
    for change, said in (
        (lambda: meta.write_text("{}"), "has no name"),
        (lambda: meta.write_text(whole[:-5]), "is not JSON"),
        (lambda: meta.write_text('{"A10012": {"name": "../../etc"}}'), "no name of a folder"),
        (lambda: meta.write_text('{"A10012": {"name": 3}}'), "expected a string"),
        (lambda: trimesh.creation.box((5, 5, 5)).export(mesh), "largest side|5 m"),
        (mesh.unlink, "the mesh of 'mug_1' is missing"),
    ):
        meta.write_text(whole)
        change()
        found, problems = read(tmp_path)
        assert not found
        assert problems.skipped[0].entry == "mug/A10012"
        assert any(word in problems.skipped[0].why for word in said.split("|"))
        meta.write_text(whole)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"attr": []}', "'name' is missing"),
        ('{"name": " ", "attr": []}', "the part has no name"),
        ('{"name": "a", "attr": [1]}', r"attr[0]: expected a string"),
        ('{"name": "a", "attr"', "is not JSON"),
    ],
)
def test_parts_that_say_nothing_are_named_and_the_object_stays_whole(
    tmp_path: Path, text: str, said: str
) -> None:
    write_mug(tmp_path)
    (tmp_path / "OakBase" / "mug" / "mug_1" / "part_01.json").write_text(text)
    ((found,), problems) = read(tmp_path)
    assert found.asset.part_names == ("object",)
    assert problems.skipped[0].entry == "OakBase/mug/mug_1"
    assert said in problems.skipped[0].why


def test_parts_of_another_object_are_not_taken(tmp_path: Path) -> None:
    write_mug(tmp_path)
    far = {"ball": (trimesh.creation.icosphere(radius=0.01), ["held_by_hand"])}
    for file in (tmp_path / "OakBase" / "mug" / "mug_1").iterdir():
        file.unlink()
    fmt.write_parts(tmp_path, "mug", "mug_1", far)
    ((found,), problems) = read(tmp_path)
    assert found.asset.part_names == ("object",)
    assert "m from the mesh" in problems.skipped[0].why


def test_a_root_that_is_not_there_or_off_by_a_level(tmp_path: Path) -> None:
    root = tmp_path / "OakInk"
    write_mug(root)
    (tmp_path / "empty").mkdir()
    for path, said in (
        (tmp_path / "nowhere", "no folder"),
        (tmp_path / "empty", "empty"),
        (tmp_path, "parent of the root of OakInk-Shape.*OakInk'"),
        (root / "shape", "inside the root of OakInk-Shape.*parent"),
    ):
        with pytest.raises(InputError, match=said):
            READER.units(path, PLAIN)
    (root / fmt.META / "virtual_object_id.json").unlink()
    with pytest.raises(InputError, match="lacks 'virtual_object_id.json'"):
        READER.units(root, PLAIN)


def test_many_grasps_are_placed_at_once_as_one_by_one(tmp_path: Path, mano: Path) -> None:
    generator = torch.Generator().manual_seed(3)
    write_mug(tmp_path)
    for number in range(5):
        pose = np.zeros(48)
        pose[:3] = torch.randn(3, generator=generator).numpy()
        values = fmt.hand_values(pose=pose, tsl=np.array([0.01 * number, 0, 0.1]))
        fmt.write_grasp(tmp_path, "mug", "A10012", f"{number:010d}", values)
    ((found,), _) = read(tmp_path, ReadOptions(mano=mano))
    assert len(found.grasps) == 6
    assert max(record.measure("retarget_mm") for record in found.grasps) < 1
