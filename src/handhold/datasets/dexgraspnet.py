"""Grasps of DexGraspNet (Wang et al. 2023): a Shadow Hand, joints by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from handhold.datasets.arrays import read_arrays, refuse_pickled, require_shape
from handhold.datasets.placing import ForeignGrasps, gather
from handhold.datasets.reading import Gathering, Reading
from handhold.datasets.rows import (
    JOINT_SLACK,
    beyond_limits,
    good_rows,
    limits_note,
    not_finite,
    not_positive,
    too_far,
)
from handhold.datasets.shadow import require_right
from handhold.errors import InputError
from handhold.grasps.group import HandPoses
from handhold.hands import Hand

ARRAYS = {"joint_names": "names", "qpos": "numbers", "scale": "numbers"}
_TRANSLATION = ("WRJTx", "WRJTy", "WRJTz")
_ANGLES = ("WRJRx", "WRJRy", "WRJRz")
_MESH_FOLDER = "meshes"


def read_dexgraspnet(
    path: str | Path,
    *,
    hand: Hand,
    mesh_root: str | Path | None = None,
    keep_going: bool = False,
    joint_slack: float = JOINT_SLACK,
) -> Reading:
    """Grasps of one object, a group per scale, from ``<object>.npz``: `joint_names` (6 + D),
    `qpos` (n, 6 + D) and `scale` (n,).

    The hand is in metres: WRJTx, y, z is where its pose frame is, WRJRx, y, z turns it by Euler
    angles about the static axes x, then y, then z; the joints are matched to those of `hand` by
    name. The object is ``<mesh_root>/<object>.obj`` times the grasp's scale (``meshes/`` beside
    the file by default). joint_slack: how far outside the hand's limits a joint may be, radians
    (ours). Raises InputError naming the entry, ``<object>[row]``; `keep_going` lists it instead.
    """
    file = Path(path)
    if file.suffix.lower() == ".npy":
        refuse_pickled(file)
    require_right(hand, "DexGraspNet")
    arrays = read_arrays(file, ARRAYS)
    names = [str(name) for name in arrays["joint_names"].reshape(-1)]
    qpos = require_shape(file, "qpos", arrays["qpos"], (-1, len(names)))
    scale = require_shape(file, "scale", arrays["scale"], (len(qpos),))
    translation, angles, joints = (
        qpos[:, columns] for columns in _columns(file, names, hand.joint_names)
    )
    gathering = Gathering(keep_going)
    entries = [f"{file.stem}[{row}]" for row in range(len(qpos))]
    good = good_rows(
        gathering,
        entries,
        not_finite(np.column_stack([qpos, scale])),
        not_positive(scale),
        too_far(translation),
        beyond_limits(hand, joints, joint_slack),
    )
    gathering.notes.extend(limits_note(hand, joints[good]))
    rotation = Rotation.from_euler("xyz", angles[good]).as_matrix()  # lower case: static axes
    grasps = ForeignGrasps(
        source="DexGraspNet",
        hand=hand,
        entry=tuple(entries[row] for row in good.tolist()),
        object_name=(file.stem,) * len(good),
        scale=scale[good],
        joint_slack=joint_slack,
        poses=HandPoses(translation[good], rotation.reshape(-1, 3, 3), joints[good]),
    )
    root = Path(mesh_root) if mesh_root is not None else file.parent / _MESH_FOLDER
    gather(gathering, grasps, lambda name: [root / f"{name}.obj"])
    return gathering.finish(str(path))


def _columns(
    path: Path, names: Sequence[str], joints: Sequence[str]
) -> tuple[list[int], list[int], list[int]]:
    """Columns of translation, angles and the hand's joints, in the hand's order."""
    expected = (*_TRANSLATION, *_ANGLES, *joints)
    missing = [name for name in expected if name not in names]
    extra = [name for name in names if name not in expected]
    if missing or extra or len(names) != len(expected):
        said = [
            f"{label} {', '.join(found)}"
            for label, found in (("missing", missing), ("unknown", extra))
            if found
        ]
        raise InputError(
            f"The joints of '{path}' are not those of the hand ({'; '.join(said) or 'repeated'}).",
            "Give the hand they were made for with --hand.",
        )
    translation, angles, own = (
        [names.index(name) for name in group] for group in (_TRANSLATION, _ANGLES, joints)
    )
    return translation, angles, own
