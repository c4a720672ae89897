"""A sequence of DexYCB: the last frame in which the hand holds, from the labels of one camera.

``<subject>/<sequence>/meta.yml`` and ``<subject>/<sequence>/<camera>/labels_<frame>.npz``, of
which `pose_y` (n, 3, 4), from the frame of each object's mesh to the camera, and `joint_3d`
(1, 21, 3), in the camera, are read, both in metres. A pose is 0 and the joints are -1 throughout
where the project has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.arrays import read_arrays, require_shape
from handhold.datasets.readers.dexycb_joints import HELD_WITHIN, holds, require_hand
from handhold.datasets.readers.dexycb_meta import SequenceMeta, read_meta
from handhold.datasets.readers.reader import Problems
from handhold.datasets.readers.root import files, folders
from handhold.datasets.readers.ycb import YCB_NAMES
from handhold.datasets.record import KEYPOINTS
from handhold.errors import InputError
from handhold.objects import ObjectAsset

META = "meta.yml"
ARRAYS = {"pose_y": "numbers", "joint_3d": "numbers"}
_LABELS = "labels_"
_NO_HAND = -1.0
_TOLERANCE = 1e-2  # ours: how far a matrix may be from a rotation


@dataclass(frozen=True)
class CapturedSequence:
    """A sequence of a right hand that takes the object `name`."""

    entry: str
    name: str
    folder: Path
    meta: SequenceMeta

    def keypoints(self, asset: ObjectAsset, problems: Problems) -> NDArray[np.float64]:
        """Joints (21, 3) in the frame of `asset` where the hand holds it, late in the sequence.

        The frame is the last in which thumb and a finger are within HELD_WITHIN of the object
        (ours); cameras are tried in turn, as the same frames may lack labels in some. A camera with
        a label file that cannot be read is a problem of its own, if another one serves. Raises
        InputError where there is no such frame.
        """
        seen = False
        damaged: dict[str, InputError] = {}
        for camera in folders(self.folder):
            try:
                for joints in self._seen_by(camera):
                    seen = True
                    points = asset.frame.points_to_object(joints)
                    if holds(points, asset):
                        self._report(damaged, problems)
                        return points
            except InputError as error:
                if problems.strict:
                    raise
                damaged[camera.name] = error
        if damaged:
            raise next(iter(damaged.values()))
        if not seen:
            raise InputError("no camera has labels of the hand and the object.")
        raise InputError(f"thumb and fingers are never within {HELD_WITHIN * 100:g} cm of it.")

    def _seen_by(self, camera: Path) -> Iterator[NDArray[np.float64]]:
        """Joints as in `_joints`, of the frames of a camera that have some, the last first."""
        for file in reversed(files(camera, (".npz",))):
            joints = self._joints(file) if file.name.startswith(_LABELS) else None
            if joints is not None:
                yield joints

    def _report(self, damaged: Mapping[str, InputError], problems: Problems) -> None:
        for camera, error in damaged.items():
            with problems.entry(f"{self.entry}/{camera}"):
                raise error

    def _joints(self, file: Path) -> NDArray[np.float64] | None:
        """Joints (21, 3) in the frame of the object's mesh; None where there are no labels."""
        arrays = read_arrays(file, ARRAYS)
        poses = require_shape(file, "pose_y", arrays["pose_y"], (len(self.meta.ycb_ids), 3, 4))
        joints = require_shape(file, "joint_3d", arrays["joint_3d"], (1, KEYPOINTS, 3))[0]
        pose = poses[self.meta.grasped]
        if not pose.any() or (joints == _NO_HAND).all():
            return None
        try:
            turn = _rotation(pose[:, :3])
            require_hand(joints)
            if not np.isfinite(pose).all():
                raise InputError("'pose_y' holds numbers that are not finite.")
        except InputError as error:
            where = "/".join(file.parts[-2:])
            raise InputError(f"{where}: {error.message}", error.advice) from None
        placed: NDArray[np.float64] = (joints - pose[:, 3]) @ turn
        return placed


def is_subject(folder: Path) -> bool:
    """Whether a folder holds sequences."""
    return any((sequence / META).is_file() for sequence in folders(folder))


def sequences_of(subject: Path, problems: Problems) -> tuple[list[CapturedSequence], int]:
    """The sequences of a person's right hand, and how many there are of the left one."""
    metas = list(_metas(subject, problems))
    right = [sequence for sequence in metas if sequence.meta.side == "right"]
    return right, len(metas) - len(right)


def _metas(subject: Path, problems: Problems) -> Iterator[CapturedSequence]:
    for folder in folders(subject):
        if (folder / META).is_file():
            found = _sequence(f"{subject.name}/{folder.name}", folder, problems)
            if found is not None:
                yield found


def _sequence(entry: str, folder: Path, problems: Problems) -> CapturedSequence | None:
    with problems.entry(entry):
        meta = read_meta(folder / META)
        if meta.ycb_id not in YCB_NAMES:
            raise InputError(f"{META}: DexYCB has no object {meta.ycb_id}.", "It has 1 to 21.")
        return CapturedSequence(entry, YCB_NAMES[meta.ycb_id], folder, meta)
    return None


def _rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    off = float(np.abs(matrix @ matrix.T - np.eye(3)).max())
    if not off <= _TOLERANCE or np.linalg.det(matrix) < 0:
        raise InputError("'pose_y' is no rotation.", "Its first three columns must be one.")
    return matrix
