"""Grasps of DexGraspBench (Chen et al. 2025): a Shadow Hand with pre-grasp and squeeze."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.arrays import read_arrays, require_shape
from handhold.datasets.placing import ForeignGrasps, gather, rotations
from handhold.datasets.reading import Gathering, Reading
from handhold.datasets.rows import (
    JOINT_SLACK,
    beyond_limits,
    good_rows,
    limits_note,
    not_finite,
    not_positive,
    not_unit,
    too_far,
)
from handhold.datasets.shadow import PALM_IN_WRIST, SHADOW_JOINTS, require_right, shadow_columns
from handhold.grasps.group import HandPoses
from handhold.hands import Hand

STAGES = ("grasp_qpos", "pregrasp_qpos", "squeeze_qpos")
ARRAYS = {"object_name": "names", "obj_scale": "numbers", "obj_pose": "numbers"} | dict.fromkeys(
    STAGES, "numbers"
)
_MESH_FOLDER = "meshes"
_MESHES = ("{0}/normalized.obj", "{0}/mesh/normalized.obj", "{0}.obj")


def read_dexgraspbench(
    path: str | Path,
    *,
    hand: Hand,
    mesh_root: str | Path | None = None,
    keep_going: bool = False,
    joint_slack: float = JOINT_SLACK,
) -> Reading:
    """Grasps of many objects, a group per object and scale, with pre-grasp and squeeze.

    An NPZ with `object_name` (n,), `obj_scale` (n,), `obj_pose` (n, 7) and `grasp_qpos`,
    `pregrasp_qpos`, `squeeze_qpos` (n, 29): position in metres, quaternion wxyz, then the 22
    joints of SHADOW_JOINTS. A pose is that of the wrist, 34 mm behind the palm body; `hand` is
    a Shadow Hand in either numbering (see `shadow`), posed by its palm. The object is
    ``<mesh_root>/<name>/normalized.obj`` times its scale (``meshes/`` beside the file by
    default). joint_slack: how far outside the hand's limits a joint may be, radians (ours).
    Raises InputError naming the entry, ``<file>[row]``; `keep_going` lists it instead.
    """
    file = Path(path)
    require_right(hand, "DexGraspBench")
    columns, signs = shadow_columns(hand)
    arrays = read_arrays(file, ARRAYS)
    names = tuple(str(name) for name in arrays["object_name"].reshape(-1))
    n = len(names)
    scale = require_shape(file, "obj_scale", arrays["obj_scale"], (n,))
    standing = require_shape(file, "obj_pose", arrays["obj_pose"], (n, 7))
    width = 7 + len(SHADOW_JOINTS)
    stages = [require_shape(file, stage, arrays[stage], (n, width)) for stage in STAGES]
    joints = [stage[:, 7:][:, columns] * signs for stage in stages]
    gathering = Gathering(keep_going)
    entries = [f"{file.stem}[{row}]" for row in range(n)]
    good = good_rows(
        gathering,
        entries,
        not_finite(np.column_stack([scale, standing, *stages])),
        not_positive(scale),
        *(not_unit(pose[:, 3:7]) for pose in (standing, *stages)),
        *(too_far(_apart(standing, pose)) for pose in stages),
        *(beyond_limits(hand, angles, joint_slack) for angles in joints),
    )
    gathering.notes.extend(limits_note(hand, joints[0][good]))
    poses = [
        _on_object(standing[good], stage[good], angles[good])
        for stage, angles in zip(stages, joints, strict=True)
    ]
    grasps = ForeignGrasps(
        source="DexGraspBench",
        hand=hand,
        entry=tuple(entries[row] for row in good.tolist()),
        object_name=tuple(names[row] for row in good.tolist()),
        scale=scale[good],
        joint_slack=joint_slack,
        poses=poses[0],
        pregrasp=poses[1],
        squeeze=poses[2],
    )
    root = Path(mesh_root) if mesh_root is not None else file.parent / _MESH_FOLDER
    gather(gathering, grasps, lambda name: [root / place.format(name) for place in _MESHES])
    return gathering.finish(str(path))


def _apart(standing: NDArray[np.float64], wrist: NDArray[np.float64]) -> NDArray[np.float64]:
    """From object to wrist, in the world; infinite where that is too large for a number."""
    with np.errstate(over="ignore", invalid="ignore"):
        return wrist[:, :3] - standing[:, :3]


def _on_object(
    standing: NDArray[np.float64], wrist: NDArray[np.float64], joints: NDArray[np.float64]
) -> HandPoses:
    """Palm poses in the object's axes, from poses of object and wrist in the world."""
    to_object = rotations(standing[:, 3:7]).transpose(0, 2, 1)
    turned = rotations(wrist[:, 3:7])
    palm = wrist[:, :3] + turned @ PALM_IN_WRIST
    return HandPoses(
        np.einsum("bij,bj->bi", to_object, palm - standing[:, :3]), to_object @ turned, joints
    )
