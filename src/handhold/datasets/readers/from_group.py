"""From groups of grasps, as a judge reads them, to records of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.datasets.category import category_name, role_of
from handhold.datasets.readers.reader import Problems, Skip, Unit
from handhold.datasets.reading import NothingLeftError, Reading
from handhold.datasets.record import GraspRecord, ObjectGrasps
from handhold.datasets.rows import JOINT_SLACK
from handhold.errors import InputError
from handhold.grasps.group import GraspGroup, HandPoses
from handhold.hands import Hand
from handhold.hands.keypoint_names import KEYPOINT_NAMES
from handhold.spatial import matrix_to_quaternion

_LIMITS = (
    f"grasps may leave their hand's joint limits by up to {JOINT_SLACK:g} rad (kept as they are)"
)


def records_of(
    group: GraspGroup, *, source_affordance: Sequence[str] = ()
) -> tuple[GraspRecord, ...]:
    """The grasps of a group with a posed hand, a record each, in the frame of its object.

    source_affordance: the source's own word for each grasp, if it has any. `entry`, `part`,
    `affordance` and `source` are the group's; `keypoints` are those of its hand, nan where that
    has none. Pre-grasps and squeezes have no place in a record. Raises ValueError for a group
    without poses, InputError naming the entry for a grasp that no record can hold.
    """
    if group.hand is None or group.poses is None:
        raise ValueError("these grasps are meshes of a hand, without poses")
    words = tuple(source_affordance) or ("",) * len(group)
    if len(words) != len(group):
        raise ValueError(f"{len(words)} words for {len(group)} grasps")
    quaternions = matrix_to_quaternion(torch.from_numpy(group.poses.rotation)).numpy()
    points = keypoints_of(group.hand, group.poses)
    return tuple(
        GraspRecord(
            id=entry,
            object="",
            category="",
            hand=group.hand.name,
            translation=group.poses.translation[row],
            quaternion=quaternions[row],
            joints=group.poses.joints[row],
            affordance=group.affordance[row],
            source_affordance=words[row],
            part=group.part[row] or "",
            entry=entry,
            source=group.source,
            keypoints=points[row],
        )
        for row, entry in enumerate(group.entry)
    )


def scaled_objects(
    groups: Sequence[GraspGroup],
    unit: Unit,
    problems: Problems,
    category_of: Callable[[str], str],
) -> Iterator[ObjectGrasps]:
    """The object of each group, once per scale; its category as stated, else by its name."""
    for group in groups:
        records = records_of(group)
        problems.read += len(records)
        name = group.asset.name
        category = category_name(unit.detail) or category_of(name)
        yield ObjectGrasps(
            asset=group.asset,
            category=category,
            grasps=records,
            role=role_of(category),
            origin=f"{name} x {group.asset.frame.scale_to_metres:g} m",
        )


def keypoints_of(hand: Hand, poses: HandPoses) -> NDArray[np.float64]:
    """Key points (B, 21, 3) of posed hands, in the order of KEYPOINT_NAMES, nan where none is."""
    points = np.full((len(poses), len(KEYPOINT_NAMES), 3), np.nan)
    own = [name for name in KEYPOINT_NAMES if name in hand.spec.keypoint_names]
    if not len(poses) or not own:
        return points
    values = (poses.translation, poses.rotation, poses.joints)
    with torch.no_grad():
        posed = hand.pose(*(torch.from_numpy(np.array(each)).float() for each in values))
    found = posed.keypoints.double().numpy()
    columns = [hand.spec.keypoint_names.index(name) for name in own]
    points[:, [KEYPOINT_NAMES.index(name) for name in own]] = found[:, columns]
    return points


def groups_read(
    key: str, read: Callable[[], Reading], problems: Problems
) -> tuple[GraspGroup, ...]:
    """The groups of what `read` gives with its `keep_going`; what was left out to `problems`.

    key: the unit, named where all of it is unreadable. Where problems are fatal, the first entry
    that was left out is raised. Notes about single files become one about all.
    """
    reading = Reading(())
    with problems.entry(key):
        try:
            reading = read()
        except NothingLeftError as error:
            reading = replace(reading, skipped=error.skipped)
    for sentence in reading.skipped:
        entry, _, why = sentence.partition(": ")
        if problems.strict:
            raise InputError(f"{key}: {sentence}")
        problems.skipped.append(Skip(entry, why))
    if reading.notes:
        problems.note(_LIMITS)
    return reading.groups
