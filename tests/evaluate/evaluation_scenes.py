"""Groups of grasps and made-up evaluations."""

from __future__ import annotations

from functools import cache

import numpy as np
import trimesh
from numpy.typing import NDArray

from handhold.evaluate import Evaluation, GraspRow, profile
from handhold.geometry import TriMesh
from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset, UserFrame


@cache
def human() -> Hand:
    return load_hand("human")


def asset_of(mesh: TriMesh, name: str = "thing", *, has_solid: bool = True) -> ObjectAsset:
    """Two parts: "left" (x < 0) and "right"."""
    parts = (mesh.face_centres[:, 0] > 0).astype(np.int64)
    return ObjectAsset(
        name, mesh, parts, ("left", "right"), False, UserFrame(), has_solid=has_solid
    )


def capsule() -> TriMesh:
    """3 cm thick, 13 cm long, along y."""
    shape = trimesh.creation.capsule(radius=0.03, height=0.07, count=[24, 24])
    shape.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1.0, 0.0, 0.0]))
    return TriMesh.from_trimesh(shape)


def poses_over_the_capsule(n: int, seed: int = 0) -> HandPoses:
    """Half-closed human hands with the palm on the capsule, a little different each."""
    generator = np.random.default_rng(seed)
    translation = np.array([-0.06, 0.0, 0.06]) + 0.004 * generator.standard_normal((n, 3))
    joints = np.tile([0.0, 0.6, 0.5] * 4 + [0.8, 0.2, 0.3, 0.3], (n, 1))
    joints = joints + 0.05 * generator.standard_normal(joints.shape)
    spec = human().spec
    joints = np.clip(joints, spec.joint_lower.numpy(), spec.joint_upper.numpy())
    return HandPoses(translation, np.tile(np.eye(3), (n, 1, 1)), joints)


def group_of(
    n: int = 4, asset: ObjectAsset | None = None, part: str | None = "right", seed: int = 0
) -> GraspGroup:
    return GraspGroup(
        asset=asset or asset_of(capsule()),
        hand=human(),
        poses=poses_over_the_capsule(n, seed),
        entry=tuple(f"grasp {index}" for index in range(n)),
        source="a test",
        part=(part,) * n,
    )


def moved(group: GraspGroup, turn: NDArray[np.float64], shift: NDArray[np.float64]) -> GraspGroup:
    """The whole scene somewhere else."""
    assert group.poses is not None
    poses = HandPoses(
        group.poses.translation @ turn.T + shift,
        turn @ group.poses.rotation,
        group.poses.joints,
    )
    old = group.asset
    asset = ObjectAsset(
        old.name,
        old.mesh.transformed(turn, shift),
        old.face_parts,
        old.part_names,
        False,
        UserFrame(),
    )
    return GraspGroup(
        asset=asset,
        hand=group.hand,
        poses=poses,
        entry=group.entry,
        source=group.source,
        part=group.part,
    )


def made_up(
    values: dict[str, NDArray[np.float64]],
    *,
    name: str = "six-axis",
    entries: tuple[str, ...] | None = None,
    source: str = "made up",
) -> Evaluation:
    """An evaluation with given numbers; other metrics of the profile are 0."""
    chosen = profile(name)
    n = len(next(iter(values.values())))
    rows = []
    for index in range(n):
        metrics = dict.fromkeys(chosen.grasp_metrics, 0.0)
        metrics |= {key: float(column[index]) for key, column in values.items()}
        rows.append(
            GraspRow(
                entry=entries[index] if entries else f"grasp {index}",
                object="thing",
                part="",
                affordance="",
                hash=f"{index:04x}",
                metrics=metrics,
                reasons={key: "it flew away" for key, v in metrics.items() if np.isnan(v)},
            )
        )
    return Evaluation(
        profile=chosen.name,
        settings=chosen.settings(),
        seed=0,
        hand="human",
        source=source,
        objects=(),
        rows=tuple(rows),
        sets=dict.fromkeys(chosen.set_metrics, 1.0),
        set_reasons={},
    )
