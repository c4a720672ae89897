"""The sixteen angles and the pose of an AffordPose record give the hand mesh it holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from graspit_hand import link_poses, pose
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

DATA = Path(os.environ.get("HANDHOLD_DEV_DATA", ""))
pytestmark = pytest.mark.skipif(
    not os.environ.get("HANDHOLD_DEV_DATA"), reason="HANDHOLD_DEV_DATA is not set"
)
HAND = DATA / "hands" / "affordpose_manohand"
RECORD = DATA / "grasps" / "human" / "affordpose" / "data.json"


def vertices_of(lines: list[str]) -> NDArray[np.float64]:
    return np.array([line.split()[1:4] for line in lines if line.startswith("v ")], dtype=float)


def largest_gap_mm(quaternion: list[float], dofs: list[float]) -> float:
    """Largest distance between the record's vertices and the hand posed from its numbers."""
    record = json.loads(RECORD.read_text())
    base = pose(Rotation.from_quat(quaternion).as_matrix(), record["rhand_trans"])
    placed = []
    for name, place in link_poses(HAND / "hand.xml", dofs, base).items():
        points = vertices_of((HAND / "off" / f"{name}.obj").read_text().splitlines())
        placed.append(points @ place[:3, :3].T + place[:3, 3])
    gap = np.concatenate(placed) - 1000 * vertices_of(record["rhand_mesh"])
    return float(np.linalg.norm(gap, axis=1).max())


def test_angles_and_pose_reproduce_the_mesh() -> None:
    record = json.loads(RECORD.read_text())
    w, x, y, z = record["rhand_quat"]
    assert largest_gap_mm([x, y, z, w], record["dofs"]) < 1e-3
    assert largest_gap_mm([w, x, y, z], record["dofs"]) > 10
    assert largest_gap_mm([x, y, z, w], record["dofs"][::-1]) > 10
