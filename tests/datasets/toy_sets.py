"""Small files in the foreign formats, and hands that have nothing but joints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
import trimesh

from handhold.datasets.shadow import SHADOW_JOINTS
from handhold.hands import Hand

TOY_JOINTS = ("toy:A1", "toy:A0", "toy:B0")
POSE_COLUMNS = ("WRJRx", "WRJRy", "WRJRz", "WRJTx", "WRJTy", "WRJTz")
OLD_SHADOW_JOINTS = tuple(f"robot0:{name[:3]}{int(name[3:]) - 1}" for name in SHADOW_JOINTS)


def toy_hand(joints: Sequence[str] = TOY_JOINTS, side: str = "right") -> Hand:
    """Only what readers look at: names, side and limits (-1 to 1 rad)."""
    limits = torch.ones(len(joints))
    spec = SimpleNamespace(joint_lower=-limits, joint_upper=limits, side=side)
    return cast(Hand, SimpleNamespace(name="toy", joint_names=tuple(joints), spec=spec))


def write_cube(path: Path, centre: Sequence[float] = (0, 0, 0)) -> Path:
    """A cube with sides of one unit."""
    cube = trimesh.creation.box((1.0, 1.0, 1.0))
    cube.apply_translation(centre)
    path.parent.mkdir(parents=True, exist_ok=True)
    cube.export(path)
    return path


def write_dexgraspnet(
    folder: Path, rows: Sequence[dict[str, float]], scales: Sequence[float], **changes: Any
) -> Path:
    """cube.npz with one row per dict of columns (others 0), and its mesh, centred at x = 1."""
    write_cube(folder / "meshes" / "cube.obj", (1, 0, 0))
    names = (*TOY_JOINTS, *POSE_COLUMNS)
    qpos = np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float32)
    arrays = {
        "joint_names": np.array(names),
        "qpos": qpos.reshape(-1, len(names)),
        "scale": np.array(scales, dtype=np.float32),
    }
    kept = {name: value for name, value in (arrays | changes).items() if value is not None}
    np.savez(folder / "cube.npz", **kept)
    return folder / "cube.npz"


def write_dexgraspbench(folder: Path, n: int = 2, **changes: Any) -> Path:
    """some.npz with n grasps of a cube at the origin, at rest, and its mesh."""
    write_cube(folder / "meshes" / "cube" / "normalized.obj")
    rest = np.zeros((n, 29), dtype=np.float32)
    rest[:, 3] = 1
    standing = np.zeros((n, 7))
    standing[:, 3] = 1
    arrays = {
        "object_name": np.array(["cube"] * n),
        "obj_scale": np.full(n, 0.1),
        "obj_pose": standing,
        "grasp_qpos": rest,
        "pregrasp_qpos": rest,
        "squeeze_qpos": rest,
    }
    np.savez(folder / "some.npz", **(arrays | changes))
    return folder / "some.npz"
