"""Grasps of DexGraspBench (Chen et al. 2025): a Shadow Hand with pre-grasp and squeeze."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.arrays import read_arrays, require_shape
from handhold.datasets.dictionaries import number, read_dictionaries, text, vector
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
from handhold.errors import InputError
from handhold.grasps.group import HandPoses
from handhold.hands import Hand

STAGES = ("grasp_qpos", "pregrasp_qpos", "squeeze_qpos")
ARRAYS = {"object_name": "names", "obj_scale": "numbers", "obj_pose": "numbers"} | dict.fromkeys(
    STAGES, "numbers"
)
DICTIONARY_WORDS = ("obj_scale", "obj_path", *STAGES)
"""Strings that stand near the start of every pickled file of the owners."""
_WIDTH = 7 + len(SHADOW_JOINTS)
_MESH_FOLDER = "meshes"
_OWNERS_MESHES = Path("assets", "DGNObj")
_MESHES = ("{0}/normalized.obj", "{0}/mesh/normalized.obj", "{0}.obj")


def read_dexgraspbench(
    path: str | Path | Sequence[str | Path],
    *,
    hand: Hand,
    mesh_root: str | Path | None = None,
    keep_going: bool = False,
    joint_slack: float = JOINT_SLACK,
) -> Reading:
    """Grasps of many objects, a group per object and scale, with pre-grasp and squeeze.

    path: an NPZ, or one or more of the owners' NPY files. An NPZ has `object_name` (n,),
    `obj_scale` (n,), `obj_pose` (n, 7) and `grasp_qpos`, `pregrasp_qpos`, `squeeze_qpos` (n, 29):
    position in metres, quaternion wxyz, then the 22 joints of SHADOW_JOINTS. A pose is that of
    the wrist, 34 mm behind the palm body; `hand` is a Shadow Hand in either numbering (see
    `shadow`), posed by its palm. An owners' file is a pickled dictionary of one grasp, with the
    same fields without the n, and `obj_path`, whose last part is the object's name, for
    `object_name`; a pickle that holds more than plain values and arrays is refused.

    The object is ``<mesh_root>/<name>/normalized.obj``, or ``<name>/mesh/normalized.obj`` there,
    times its scale (by default ``meshes/`` beside the file or ``assets/DGNObj/`` of the owners'
    repository). joint_slack: how far outside the hand's limits a joint may be, radians (ours).
    Raises InputError naming the entry, ``<file>[row]`` or ``<object>/<scale and pose>/<number>``;
    `keep_going` lists it instead.
    """
    require_right(hand, "DexGraspBench")
    columns, signs = shadow_columns(hand)
    files = [Path(path)] if isinstance(path, str | Path) else [Path(each) for each in path]
    gathering = Gathering(keep_going)
    rows = _joined([_read(file, gathering) for file in files])
    joints = [stage[:, 7:][:, columns] * signs for stage in rows.stages]
    good = good_rows(
        gathering,
        rows.entries,
        not_finite(np.column_stack([rows.scale, rows.standing, *rows.stages])),
        not_positive(rows.scale),
        *(not_unit(pose[:, 3:7]) for pose in (rows.standing, *rows.stages)),
        *(too_far(_apart(rows.standing, pose)) for pose in rows.stages),
        *(beyond_limits(hand, angles, joint_slack) for angles in joints),
    )
    gathering.notes.extend(limits_note(hand, joints[0][good]))
    poses = [
        _on_object(rows.standing[good], stage[good], angles[good])
        for stage, angles in zip(rows.stages, joints, strict=True)
    ]
    grasps = ForeignGrasps(
        source="DexGraspBench",
        hand=hand,
        entry=tuple(rows.entries[row] for row in good.tolist()),
        object_name=tuple(rows.names[row] for row in good.tolist()),
        scale=rows.scale[good],
        joint_slack=joint_slack,
        poses=poses[0],
        pregrasp=poses[1],
        squeeze=poses[2],
    )
    roots = _mesh_roots(files[0]) if mesh_root is None else [Path(mesh_root)]
    gather(
        gathering,
        grasps,
        lambda name: [root / place.format(name) for root in roots for place in _MESHES],
    )
    return gathering.finish(", ".join(map(str, files[:3])))


@dataclass(frozen=True, eq=False)
class _Rows:
    """n grasps: entries, names of objects; scale (n,), standing (n, 7) the object's pose, stages
    (n, 29) each in the order of STAGES."""

    entries: list[str]
    names: list[str]
    scale: NDArray[np.float64]
    standing: NDArray[np.float64]
    stages: list[NDArray[np.float64]]


def _read(file: Path, gathering: Gathering) -> _Rows:
    return _pickled(file, gathering) if file.suffix.lower() == ".npy" else _plain(file)


def _plain(file: Path) -> _Rows:
    arrays = read_arrays(file, ARRAYS)
    names = [str(name) for name in arrays["object_name"].reshape(-1)]
    n = len(names)
    return _Rows(
        entries=[f"{file.stem}[{row}]" for row in range(n)],
        names=names,
        scale=require_shape(file, "obj_scale", arrays["obj_scale"], (n,)),
        standing=require_shape(file, "obj_pose", arrays["obj_pose"], (n, 7)),
        stages=[require_shape(file, stage, arrays[stage], (n, _WIDTH)) for stage in STAGES],
    )


def _pickled(file: Path, gathering: Gathering) -> _Rows:
    """The grasp of a file, called as its folders and file, object/scale/number; or several."""
    rows: list[_Rows] = []
    found: list[Mapping[str, Any]] = []
    entry = "/".join([*file.parts[-3:-1], file.stem])
    with gathering.entry(entry):
        found = read_dictionaries(file)
    for row, values in enumerate(found):
        name = entry if len(found) == 1 else f"{entry}[{row}]"
        with gathering.entry(name):
            rows.append(_one(name, values))
    return _joined(rows)


def _one(entry: str, values: Mapping[str, Any]) -> _Rows:
    name = PurePosixPath(text(values, "obj_path").replace("\\", "/")).name
    if not name:
        raise InputError("field 'obj_path' names no object.")
    return _Rows(
        entries=[entry],
        names=[name],
        scale=np.array([number(values, "obj_scale")]),
        standing=vector(values, "obj_pose", 7)[None],
        stages=[vector(values, stage, _WIDTH)[None] for stage in STAGES],
    )


def _no_rows() -> _Rows:
    empty = np.zeros((0, _WIDTH))
    return _Rows([], [], np.zeros(0), np.zeros((0, 7)), [empty] * len(STAGES))


def _joined(parts: Sequence[_Rows]) -> _Rows:
    parts = [_no_rows(), *parts]
    return _Rows(
        entries=[entry for part in parts for entry in part.entries],
        names=[name for part in parts for name in part.names],
        scale=np.concatenate([part.scale for part in parts]),
        standing=np.concatenate([part.standing for part in parts]),
        stages=[
            np.concatenate([part.stages[stage] for part in parts]) for stage in range(len(STAGES))
        ],
    )


def _mesh_roots(file: Path) -> list[Path]:
    """Where meshes may be: beside the file, or in the owners' repository that it is in."""
    above = list(file.absolute().parents)[2:6]  # graspdata, its experiment, output, repository
    return [file.parent / _MESH_FOLDER, *(folder / _OWNERS_MESHES for folder in above)]


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
