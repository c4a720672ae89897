"""Our own grasps.json, joined with the object that its grasps are for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from handhold.datasets.placing import first_file, listed
from handhold.datasets.reading import Gathering, Reading
from handhold.datasets.rows import ADVICE, beyond_limits, good_rows, too_far
from handhold.errors import InputError
from handhold.grasps.batch import GraspBatch
from handhold.grasps.group import GraspGroup, HandPoses
from handhold.grasps.json_file import load_grasps
from handhold.grasps.json_reading import shown
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset, UserFrame, load_object

FRAME_TOLERANCE = 1e-4  # metres and radians, ours
_LIMIT_SLACK = 0.01  # radians, ours: our own grasps are inside, up to rounding


def read_grasps_file(
    path: str | Path,
    *,
    hand: Hand | None = None,
    mesh: str | Path | None = None,
    mesh_root: str | Path | None = None,
    parts: str | Path | None = None,
    keep_going: bool = False,
    joint_slack: float = _LIMIT_SLACK,
) -> Reading:
    """The grasps of a grasps.json as one group.

    hand: the one they were made for, if it does not come with handhold. The object is `mesh` if
    given; else the file named in it, as written, beside the json, or in `mesh_root`; it is loaded
    with the file's own scale and up axis, and `parts` if given. joint_slack: how far outside the
    hand's limits a joint may be, radians (ours). Raises InputError for a missing mesh, an object
    of another frame and a part it does not have; one that differs in content is noted. Entries
    are ``<file>[row]``; `keep_going` lists bad ones instead.
    """
    file = Path(path)
    bad: dict[int, str] = {}
    batch = load_grasps(file, bad=bad)
    if bad and not keep_going:
        raise InputError(next(iter(bad.values())), ADVICE)
    own_hand = _hand(file, batch, hand)
    gathering = Gathering(keep_going, skipped=list(bad.values()))
    if not len(batch):
        return gathering.finish(str(path))
    asset = _object(file, batch, mesh, mesh_root, parts)
    if asset.content_hash != batch.object_hash:
        gathering.notes.append(
            f"'{asset.file}' is not exactly the object the grasps were made for "
            "(another surface or other parts)"
        )
    rows = [row for row in range(len(batch) + len(bad)) if row not in bad]
    entries = [f"{file.stem}[{row}]" for row in rows]
    translation, rotation = batch.to_object_frame()
    good = good_rows(
        gathering,
        entries,
        too_far(translation),
        _unknown_parts(asset, batch),
        beyond_limits(own_hand, batch.joints, joint_slack),
    )
    whole = GraspGroup(
        asset=asset,
        hand=own_hand,
        poses=HandPoses(translation, rotation, batch.joints),
        entry=tuple(entries),
        source="handhold",
        joint_slack=joint_slack,
        part=tuple(name or None for name in batch.part),
        affordance=batch.affordance,
        avoid=(_known(asset, batch.avoid),) * len(batch),
    )
    gathering.groups.append(whole.select(good))
    return gathering.finish(str(path))


def _known(asset: ObjectAsset, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the names that are parts of the object, as it spells them."""
    wanted = {name.lower() for name in names}
    return tuple(name for name in asset.part_names if name.lower() in wanted)


def _hand(path: Path, batch: GraspBatch, given: Hand | None) -> Hand:
    if given is not None and given.name != batch.hand:
        raise InputError(
            f"'{path}' is of the hand '{shown(batch.hand)}', not '{given.name}'.",
            "Leave --hand out, or name that one.",
        )
    hand = load_hand(batch.hand) if given is None else given
    if hand.joint_names != batch.joint_names:
        raise InputError(
            f"The joints of '{path}' are not those of the hand '{hand.name}', in order "
            f"(got {', '.join(batch.joint_names)}).",
            f"Expected: {', '.join(hand.joint_names)}.",
        )
    return hand


def _object(
    path: Path,
    batch: GraspBatch,
    mesh: str | Path | None,
    mesh_root: str | Path | None,
    parts: str | Path | None,
) -> ObjectAsset:
    found = Path(mesh) if mesh is not None else _find(path, batch, mesh_root)
    frame = batch.frame
    try:
        asset = load_object(found, scale=frame.scale_to_metres, up=frame.up, parts=parts)
    except InputError as error:
        folders = [Path.cwd(), path.parent, *([] if mesh_root is None else [Path(mesh_root)])]
        if mesh is not None or _inside(found, folders):
            raise
        # The json alone chose this file: what is in it is not repeated.
        raise InputError(
            f"'{found}', the object that '{path}' names, cannot be used.",
            "Give it with --mesh to see what is wrong, or another one.",
        ) from error
    if not _agree(asset.frame, frame):
        raise InputError(
            f"'{found}' is not the object of '{path}': the middle of its box is at "
            f"{_listed(asset.frame.offset)} m, that of the object grasped at "
            f"{_listed(frame.offset)} m.",
            "Give the mesh the grasps were made for with --mesh.",
        )
    return asset


def _find(path: Path, batch: GraspBatch, mesh_root: str | Path | None) -> Path:
    if not batch.object_file:
        raise InputError(f"'{path}' names no object.", "Give it with --mesh.")
    named = Path(batch.object_file)
    candidates = [named, path.parent / named, path.parent / named.name]
    if mesh_root is not None:
        candidates += [Path(mesh_root) / named, Path(mesh_root) / named.name]
    found = first_file(candidates)
    if found is None:
        raise InputError(
            f"The object of '{path}' is missing (looked for {listed(candidates)}).",
            "Give it with --mesh, or its folder with --mesh-root.",
        )
    return found


def _inside(file: Path, folders: Sequence[Path]) -> bool:
    return any(file.resolve().is_relative_to(folder.resolve()) for folder in folders)


def _agree(first: UserFrame, second: UserFrame) -> bool:
    return bool(
        np.abs(first.offset - second.offset).max() <= FRAME_TOLERANCE
        and np.abs(first.rotation - second.rotation).max() <= FRAME_TOLERANCE
    )


def _unknown_parts(asset: ObjectAsset, batch: GraspBatch) -> list[str]:
    known = {name.lower() for name in asset.part_names}
    return [
        f"the object has no part called '{shown(part)}' (its parts: {', '.join(asset.part_names)}; "
        "--parts to name them)"
        if part and part.lower() not in known
        else ""
        for part in batch.part
    ]


def _listed(values: np.ndarray) -> str:
    return f"({', '.join(f'{value:.4g}' for value in values)})"
