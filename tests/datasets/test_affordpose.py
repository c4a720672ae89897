"""AffordPose records: parts by label, the hand as it stands in the file."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from toy_sets import toy_hand

from handhold.datasets import read_affordpose, read_any
from handhold.errors import InputError

BODY = trimesh.creation.box((0.06, 0.1, 0.06))  # y up: the long side
CAP = trimesh.creation.box((0.03, 0.02, 0.03))
CAP.apply_translation([0, 0.1, 0])
HAND = trimesh.creation.box((0.02, 0.02, 0.18))
HAND.apply_translation([0.05, 0.0, 0.0])


def lines(mesh: trimesh.Trimesh, label: str = "", first: int = 1) -> list[str]:
    vertices = [f"v {x} {y} {z} {label}\n" for x, y, z in mesh.vertices]
    return vertices + [f"f {a} {b} {c}\n" for a, b, c in mesh.faces + first]


def write_record(path: Path, **changes: Any) -> Path:
    record = {
        "rhand_mesh": lines(HAND),
        "dofs": [0.0] * 16,
        "rhand_trans": [0, 0, 0],
        "rhand_quat": [1, 0, 0, 0],
        "object_mesh": lines(BODY, "5") + lines(CAP, "6", first=9),
        "trans_obj": [0, 0, 0],
        "quat_obj": [1, 0, 0, 0],
        "afford_name": "Wrap-grasp",
        "class_name": "bottle",
    }
    path.write_text(json.dumps(record | changes))
    return path


def test_labels_become_parts_and_the_record_names_the_one_asked_for(tmp_path: Path) -> None:
    (group,) = read_affordpose(write_record(tmp_path / "7.json")).groups
    assert group.entry == ("7[0]",)
    assert set(group.asset.part_names) == {"Wrap-grasp", "Twist"}
    assert (group.part, group.affordance) == (("Wrap-grasp",), ("wrap-around-grip",))
    assert group.hand is None
    np.testing.assert_allclose(sorted(group.asset.part_mesh("Twist").extents), [0.02, 0.03, 0.03])


def test_object_and_hand_come_into_one_frame_with_z_up(tmp_path: Path) -> None:
    (group,) = read_affordpose(write_record(tmp_path / "7.json")).groups
    np.testing.assert_allclose(group.asset.mesh.extents, [0.06, 0.06, 0.16], atol=1e-9)
    np.testing.assert_allclose(group.asset.mesh.centre, [0, 0, 0], atol=1e-9)
    back = group.asset.frame.points_to_user(group.skins[0].vertices)
    np.testing.assert_allclose(back.mean(axis=0), [0.05, 0.0, 0.0], atol=1e-9)
    assert group.skins[0].to_trimesh().volume == pytest.approx(HAND.volume)


def test_a_part_nobody_labelled_is_noted_and_not_asked_for(tmp_path: Path) -> None:
    reading = read_affordpose(write_record(tmp_path / "7.json", afford_name="Pull"))
    assert reading.groups[0].part == (None,)
    assert reading.groups[0].affordance == ("",)
    assert "Pull" in " ".join(reading.notes)


def test_a_hand_given_besides_the_records_is_noted(tmp_path: Path) -> None:
    file = write_record(tmp_path / "7.json")
    assert not read_any(file).notes
    (note,) = read_any(file, hand=toy_hand()).notes
    assert "'toy' is not used" in note


BAD = {
    "no hand": ({"rhand_mesh": []}, "rhand_mesh: it holds no mesh"),
    "no label": ({"object_mesh": lines(BODY)}, r"object_mesh\[0\]: it has 3 numbers"),
    "a broken label": ({"object_mesh": lines(BODY, "5.5")}, "whole number"),
    "not a number": ({"rhand_mesh": ["v a b c"]}, r"rhand_mesh\[0\]: this is no line of numbers"),
    "nan": ({"rhand_mesh": ["v nan 0 0", *lines(HAND)]}, "not finite"),
    "a vertex too far": ({"rhand_mesh": [*lines(HAND), "f 1 2 99"]}, "not there"),
    "a vertex past all numbers": ({"rhand_mesh": [*lines(HAND), f"f 1 2 {10**30}"]}, "not there"),
    "a huge label": ({"object_mesh": lines(BODY, "1e300")}, "whole number up to 1000"),
    "another line": ({"rhand_mesh": ["vn 0 0 1"]}, "got 'vn'"),
    "millimetres": ({"rhand_mesh": lines(HAND.copy().apply_scale(1000))}, "180 m long"),
    "a moved object": ({"trans_obj": [0, 0, 5]}, "moved"),
    "a turned object": ({"quat_obj": [0, 1, 0, 0]}, "moved"),
    "no name": ({"afford_name": 3}, "afford_name: expected a string"),
}


@pytest.mark.parametrize(("changes", "said"), BAD.values(), ids=BAD)
def test_a_bad_record_names_the_place(tmp_path: Path, changes: dict, said: str) -> None:
    with warnings.catch_warnings(), pytest.raises(InputError, match=said):
        warnings.simplefilter("error")
        read_affordpose(write_record(tmp_path / "7.json", **changes))
