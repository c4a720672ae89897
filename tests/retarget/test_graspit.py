"""Key points of the GraspIt hand of AffordPose, by its own file and by the mesh alone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from handhold.errors import InputError
from handhold.hands import load_hand
from handhold.hands.graspit import (
    keypoints_of_mesh,
    parse_plain_xml,
    read_graspit_hand,
)
from handhold.hands.keypoint_names import KEYPOINT_NAMES
from handhold.retarget import name_keypoints, retarget

DATA = Path(os.environ.get("HANDHOLD_DEV_DATA", ""))
HAND = DATA / "hands" / "affordpose_manohand"
RECORD = DATA / "grasps" / "human" / "affordpose" / "data.json"
needs_data = pytest.mark.skipif(
    not os.environ.get("HANDHOLD_DEV_DATA"), reason="HANDHOLD_DEV_DATA is not set"
)


def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def mesh() -> tuple[np.ndarray, np.ndarray]:
    lines = [line.split() for line in record()["rhand_mesh"]]
    vertices = np.array([words[1:4] for words in lines if words[0] == "v"], dtype=float)
    faces = [
        [int(w.partition("/")[0]) - 1 for w in words[1:]] for words in lines if words[0] == "f"
    ]
    return vertices, np.array(faces)


def by_file() -> np.ndarray:
    data = record()
    hand = read_graspit_hand(HAND)
    return hand.keypoints(data["rhand_trans"], data["rhand_quat"], data["dofs"])[0]


@needs_data
def test_key_points_lie_in_the_recorded_mesh() -> None:
    vertices, _ = mesh()
    points = by_file()
    gap = np.linalg.norm(points[:, None] - vertices[None], axis=-1).min(axis=1)
    tips = [k for k, name in enumerate(KEYPOINT_NAMES) if name.endswith("tip")]
    assert gap[tips].max() < 0.003 and gap.max() < 0.025


@needs_data
def test_joints_are_those_of_the_other_reader_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "datasets"))
    from graspit_hand import link_poses, pose
    from scipy.spatial.transform import Rotation

    data = record()
    w, x, y, z = data["rhand_quat"]
    base = pose(Rotation.from_quat([x, y, z, w]).as_matrix(), data["rhand_trans"])
    links = link_poses(HAND / "hand.xml", data["dofs"], base)
    points = dict(zip(KEYPOINT_NAMES, 1000 * by_file(), strict=True))
    for ours, theirs in (("index", "index"), ("middle", "mid"), ("little", "pinky")):
        assert np.abs(points[f"{ours}_middle"] - links[f"{theirs}1"][:3, 3]).max() < 1e-6
        assert np.abs(points[f"{ours}_distal"] - links[f"{theirs}2"][:3, 3]).max() < 1e-6


@needs_data
def test_the_wrist_is_near_the_joint_of_mano() -> None:
    origin = json.loads((HAND / "kinematics.json").read_text())["origin"]
    assert np.linalg.norm(read_graspit_hand(HAND).wrist - origin) < 0.012


@needs_data
def test_the_mesh_alone_is_within_millimetres() -> None:
    gap = 1000 * np.linalg.norm(by_file() - keypoints_of_mesh(*mesh()), axis=1)
    assert gap.mean() < 2.0 and gap.max() < 5.1


@needs_data
def test_the_recorded_hand_becomes_ours() -> None:
    human = load_hand("human")
    for points in (by_file(), keypoints_of_mesh(*mesh())):
        got = retarget(human, name_keypoints(points[None], "handhold"))
        assert got.error_mm[0] < 8 and got.fingertip_mm[0] < 8


@needs_data
def test_a_batch_is_its_records() -> None:
    data, hand = record(), read_graspit_hand(HAND)
    both = hand.keypoints(
        [data["rhand_trans"], [0, 0, 0]], [data["rhand_quat"], [1, 0, 0, 0]], [data["dofs"]] * 2
    )
    assert np.allclose(both[0], by_file())
    assert np.allclose(both[1, 0], hand.wrist)


@needs_data
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<theta>d0</theta>", "<theta>__import__('os')</theta>"),
        ("<theta>d0</theta>", "<theta>d99</theta>"),
        ("<a>0</a>", "<a>nan</a>"),
        ("<a>0</a>", ""),
        ("index1.xml", "../../index1.xml"),
        ("-90 x", "-90 w"),
        ('"Universal"', '"Prismatic"'),
        ('<robot type="Hand"', '<!DOCTYPE robot [<!ENTITY a "b">]><robot type="Hand"'),
        ("</robot>", ""),
    ],
)
def test_another_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(HAND / "off", tmp_path / "off")
    text = (HAND / "hand.xml").read_text()
    assert old in text
    (tmp_path / "hand.xml").write_text(text.replace(old, new, 1))
    with pytest.raises(InputError):
        read_graspit_hand(tmp_path)


def test_entities_are_refused_in_any_encoding() -> None:
    text = '<?xml version="1.0" encoding="{}"?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(InputError, match="document type"):
            parse_plain_xml(text.format(encoding).encode(encoding), "hand.xml")
    with pytest.raises(InputError, match="is not XML"):
        parse_plain_xml(b"<r>", "hand.xml")
    assert parse_plain_xml(b"<r/>", "hand.xml").tag == "r"


def test_missing_and_large_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_graspit_hand(tmp_path)
    (tmp_path / "hand.xml").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(InputError, match="MB"):
        read_graspit_hand(tmp_path)


def test_a_mesh_of_other_pieces_is_refused() -> None:
    with pytest.raises(InputError, match="1 pieces"):
        keypoints_of_mesh(np.eye(3), np.array([[0, 1, 2]]))


def strip_of_pieces() -> tuple[np.ndarray, np.ndarray]:
    """A hand of bars: a palm behind five fingers of three bars each, 30 mm long."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
    solid = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6]]
    boxes = [((-0.1, 0, 0), (0.1, 0.1, 0.01))]
    boxes += [((0.03 * k, 0.02 * n, 0), (0.03, 0.01, 0.01)) for n in range(5) for k in range(3)]
    vertices = [np.array(start) + corners * np.array(size) for start, size in boxes]
    faces = [8 * k + np.array(solid) for k in range(len(boxes))]
    return np.concatenate(vertices), np.concatenate(faces)


def test_joints_lie_where_bars_meet() -> None:
    points = dict(zip(KEYPOINT_NAMES, keypoints_of_mesh(*strip_of_pieces()), strict=True))
    assert np.allclose(points["index_middle"], [0.03, 0.005, 0.005])
    assert np.allclose(points["thumb_distal"], [0.06, 0.085, 0.005])
    assert np.allclose(points["little_tip"], [0.09, 0.065, 0.005])
    assert -0.1 < points["wrist"][0] < -0.08
    assert torch.tensor(points["wrist"]).isfinite().all()
