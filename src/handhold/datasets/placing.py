"""From poses in the axes of an object's file to groups of grasps in the object frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.datasets.reading import Gathering
from handhold.errors import InputError
from handhold.grasps.group import GraspGroup, HandPoses
from handhold.grasps.json_reading import shown, shown_path
from handhold.hands import Hand
from handhold.objects import ObjectAsset, load_object
from handhold.spatial import quaternion_to_matrix

_SCALE_DIGITS = 6  # float32 files hold 0.06 as 0.05999999


@dataclass(frozen=True, eq=False)
class ForeignGrasps:
    """B grasps as a dataset has them: poses in metres, in the axes of the object's file.

    object_name (B,) and scale (B,), metres per unit of the object's mesh, say which object.
    joint_slack: radians by which joints may leave the hand's limits.
    """

    source: str
    hand: Hand
    entry: tuple[str, ...]
    object_name: tuple[str, ...]
    scale: NDArray[np.float64]
    poses: HandPoses
    joint_slack: float
    pregrasp: HandPoses | None = None
    squeeze: HandPoses | None = None

    def on(self, asset: ObjectAsset, rows: NDArray[np.int64]) -> GraspGroup:
        """Those rows as grasps of `asset`."""

        def placed(poses: HandPoses | None) -> HandPoses | None:
            return None if poses is None else in_object(asset, poses.select(rows))

        return GraspGroup(
            asset=asset,
            hand=self.hand,
            poses=placed(self.poses),
            pregrasp=placed(self.pregrasp),
            squeeze=placed(self.squeeze),
            entry=tuple(self.entry[row] for row in rows.tolist()),
            source=self.source,
            joint_slack=self.joint_slack,
        )


def gather(
    gathering: Gathering, grasps: ForeignGrasps, meshes: Callable[[str], Sequence[Path]]
) -> None:
    """Add a group per object and scale; `meshes`: where the mesh of an object may be."""
    for name, scale, rows in _by_object(grasps):
        try:
            group = grasps.on(load_scaled(name, meshes(name), scale), rows)
        except InputError as error:
            _refuse(gathering, [grasps.entry[row] for row in rows.tolist()], error)
        else:
            gathering.groups.append(group)


def _refuse(gathering: Gathering, entries: Sequence[str], error: InputError) -> None:
    """Refuse all these entries for the same reason: one skip each, or one error."""
    if not gathering.keep_going and len(entries) > 1:
        entries = [f"{entries[0]} and {len(entries) - 1} more"]
    for entry in entries:
        with gathering.entry(entry):
            raise InputError(error.message, error.advice) from error


def load_scaled(name: str, candidates: Sequence[Path], scale: float) -> ObjectAsset:
    """The object called `name` from the first candidate that exists, `scale` metres per unit.

    Loaded anew for each scale, because what a mesh encloses depends on its size. Raises
    InputError with the paths looked for, and for a name that leads to another folder.
    """
    if name in ("", "..") or "\\" in name or PurePosixPath(name).name != name:
        raise InputError(
            f"'{shown(name)}' is no name of an object.", "It is a single word, without folders."
        )
    found = first_file(candidates)
    if found is None:
        raise InputError(
            f"the mesh of '{shown(name)}' is missing (looked for {listed(candidates)}).",
            "Give the folder of the meshes with --mesh-root.",
        )
    return replace(load_object(found, scale=scale, up="z", decompose=False), name=name)


def first_file(candidates: Sequence[Path]) -> Path | None:
    """The first path at which there is a file; impossible paths are as good as missing."""
    return next((path for path in candidates if os.path.isfile(path)), None)


def listed(paths: Sequence[Path]) -> str:
    """Paths as a message shows them."""
    return ", ".join(map(shown_path, dict.fromkeys(paths)))


def in_object(asset: ObjectAsset, poses: HandPoses) -> HandPoses:
    """Poses in metres in the axes of the object's file, in the object frame."""
    frame = asset.frame
    return HandPoses(
        poses.translation @ frame.rotation.T - frame.offset,
        frame.rotation @ poses.rotation,
        poses.joints,
    )


def rotations(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrices (B, 3, 3) of quaternions (B, 4) wxyz."""
    return quaternion_to_matrix(torch.from_numpy(np.array(quaternion))).numpy()


def _by_object(grasps: ForeignGrasps) -> Iterator[tuple[str, float, NDArray[np.int64]]]:
    """Object, scale and rows, in the order in which they first occur."""
    keys: dict[tuple[str, float], list[int]] = {}
    for row, (name, scale) in enumerate(zip(grasps.object_name, grasps.scale, strict=True)):
        keys.setdefault((name, float(f"{scale:.{_SCALE_DIGITS}g}")), []).append(row)
    for (name, scale), rows in keys.items():
        yield name, scale, np.array(rows, dtype=np.int64)
