"""Grasps of DexGraspNet (Wang et al. 2023): a Shadow Hand, joints by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from handhold.datasets.arrays import read_arrays, require_shape
from handhold.datasets.dictionaries import number, read_dictionaries, table
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
DICTIONARY_WORDS = ("qpos", "scale", "WRJTx")
"""Strings that stand near the start of every pickled file of the owners."""
_TRANSLATION = ("WRJTx", "WRJTy", "WRJTz")
_ANGLES = ("WRJRx", "WRJRy", "WRJRz")
_MESH_FOLDERS = ("meshes", "../meshdata")  # beside the file, in the samples and the owners' layout
_MESHES = ("{0}.obj", "{0}/coacd/decomposed.obj")


def read_dexgraspnet(
    path: str | Path,
    *,
    hand: Hand,
    mesh_root: str | Path | None = None,
    keep_going: bool = False,
    joint_slack: float = JOINT_SLACK,
) -> Reading:
    """Grasps of one object, a group per scale, from ``<object>.npz`` or the owners' ``.npy``.

    The NPZ holds `joint_names` (6 + D), `qpos` (n, 6 + D) and `scale` (n,). The owners' NPY is a
    pickled array of n dictionaries with `qpos`, itself a dictionary of the 6 + D numbers by name,
    and `scale`; whatever else they hold is ignored, and a pickle that holds more than plain
    values and arrays is refused.

    The hand is in metres: WRJTx, y, z is where its pose frame is, WRJRx, y, z turns it by Euler
    angles about the static axes x, then y, then z; the joints are matched to those of `hand` by
    name. The object is ``<mesh_root>/<object>.obj`` or ``<object>/coacd/decomposed.obj`` there,
    times the grasp's scale (by default ``meshes/`` beside the file or ``meshdata/`` beside its
    folder). joint_slack: how far outside the hand's limits a joint may be, radians (ours).
    Raises InputError naming the entry, ``<object>[row]``; `keep_going` lists it instead.
    """
    file = Path(path)
    require_right(hand, "DexGraspNet")
    gathering = Gathering(keep_going)
    rows = _pickled(file, hand, gathering) if file.suffix.lower() == ".npy" else _plain(file, hand)
    translation, angles, joints = np.split(rows.qpos, [3, 6], axis=1)
    good = good_rows(
        gathering,
        rows.entries,
        not_finite(np.column_stack([rows.qpos, rows.scale])),
        not_positive(rows.scale),
        too_far(translation),
        beyond_limits(hand, joints, joint_slack),
    )
    gathering.notes.extend(limits_note(hand, joints[good]))
    rotation = Rotation.from_euler("xyz", angles[good]).as_matrix()  # lower case: static axes
    grasps = ForeignGrasps(
        source="DexGraspNet",
        hand=hand,
        entry=tuple(rows.entries[row] for row in good.tolist()),
        object_name=(file.stem,) * len(good),
        scale=rows.scale[good],
        joint_slack=joint_slack,
        poses=HandPoses(translation[good], rotation.reshape(-1, 3, 3), joints[good]),
    )
    roots = [file.parent / folder for folder in _MESH_FOLDERS]
    if mesh_root is not None:
        roots = [Path(mesh_root)]
    gather(
        gathering,
        grasps,
        lambda name: [root / place.format(name) for root in roots for place in _MESHES],
    )
    return gathering.finish(str(path))


@dataclass(frozen=True, eq=False)
class _Rows:
    """n grasps: entries; qpos (n, 6 + D): translation, angles, the hand's joints; scale (n,)."""

    entries: list[str]
    qpos: NDArray[np.float64]
    scale: NDArray[np.float64]


def _plain(file: Path, hand: Hand) -> _Rows:
    arrays = read_arrays(file, ARRAYS)
    names = [str(name) for name in arrays["joint_names"].reshape(-1)]
    qpos = require_shape(file, "qpos", arrays["qpos"], (-1, len(names)))
    scale = require_shape(file, "scale", arrays["scale"], (len(qpos),))
    expected = _expected(hand)
    _require_joints(f"The joints of '{file}'", names, expected)
    columns = [names.index(name) for name in expected]
    return _Rows([f"{file.stem}[{row}]" for row in range(len(qpos))], qpos[:, columns], scale)


def _pickled(file: Path, hand: Hand, gathering: Gathering) -> _Rows:
    expected = _expected(hand)
    entries, qpos, scale = [], [], []
    for row, values in enumerate(read_dictionaries(file)):
        entry = f"{file.stem}[{row}]"
        with gathering.entry(entry):
            joints = table(values, "qpos")
            _require_joints("the joints of field 'qpos'", list(joints), expected)
            numbers = [number(joints, name) for name in expected]
            scale.append(number(values, "scale"))
            qpos.append(numbers)
            entries.append(entry)
    shape = (len(qpos), len(expected))
    return _Rows(entries, np.array(qpos, dtype=np.float64).reshape(shape), np.array(scale))


def _expected(hand: Hand) -> tuple[str, ...]:
    return (*_TRANSLATION, *_ANGLES, *hand.joint_names)


def _require_joints(what: str, names: Sequence[str], expected: Sequence[str]) -> None:
    """InputError unless the names are those expected, in any order."""
    missing = [name for name in expected if name not in names]
    extra = [name for name in names if name not in expected]
    if missing or extra or len(names) != len(expected):
        said = [
            f"{label} {', '.join(found)}"
            for label, found in (("missing", missing), ("unknown", extra))
            if found
        ]
        raise InputError(
            f"{what} are not those of the hand ({'; '.join(said) or 'repeated'}).",
            "Give the hand they were made for with --hand.",
        )
