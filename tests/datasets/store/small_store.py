"""A data set of a few boxes and made-up grasps, written by the real code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import trimesh

from handhold.datasets.record import GraspRecord, ObjectGrasps
from handhold.datasets.store import About, GraspStore, WorkFolder, assemble
from handhold.geometry import TriMesh
from handhold.hands import load_hand
from handhold.objects import ObjectAsset

SOURCE, LICENCE = "boxes", "made for tests"
CATEGORIES = (("mug", "seen"), ("pot", "seen"), ("kettle", "unseen"))
PER_OBJECT = 4


def box_object(number: int, category: str = "mug", role: str = "") -> ObjectGrasps:
    """A body with a handle beside it, a little larger for each number, and its grasps."""
    side = 0.05 + 0.002 * number
    body = trimesh.creation.box((side, side, 0.1))
    handle = trimesh.creation.box((0.02, 0.02, 0.06))
    handle.apply_translation((side / 2 + 0.01, 0, 0))
    parts = [("body", TriMesh.from_trimesh(body)), ("handle", TriMesh.from_trimesh(handle))]
    return ObjectGrasps(
        asset=ObjectAsset.from_parts(f"{category}-{number}", parts),
        category=category,
        role=role,
        origin=f"box {number}",
        grasps=tuple(grasp(number, row) for row in range(PER_OBJECT)),
    )


def grasp(number: int, row: int, **changes: object) -> GraspRecord:
    """A made-up grasp that is unlike any other."""
    rng = np.random.default_rng([number, row])
    quaternion = rng.normal(size=4)
    hand = load_hand("human").spec
    lower, upper = hand.joint_lower.double().numpy(), hand.joint_upper.double().numpy()
    values: dict[str, object] = {
        "id": "",
        "object": "",
        "category": "",
        "hand": "human",
        "translation": rng.uniform(-0.1, 0.1, 3),
        "quaternion": quaternion / np.linalg.norm(quaternion),
        "joints": lower + rng.uniform(size=16) * (upper - lower),
        "affordance": ("handle-grip", "wrap-around-grip")[row % 2],
        "part": ("handle", "body")[row % 2],
        "instructions": (f"Take number {number}.", f"Row {row}, please."),
        "prior": "handle-grip/power-9",
        "keypoints": rng.normal(size=(21, 3)) if row == 0 else np.zeros((0, 3)),
        "measures": {"penetration_depth_cm": 0.1 * row},
    }
    return GraspRecord(**{**values, **changes})  # type: ignore[arg-type]


def make_store(
    folder: Path,
    objects: Sequence[ObjectGrasps] | None = None,
    per_category: int = 3,
    hands: Mapping[str, tuple[str, ...]] | None = None,
) -> GraspStore:
    """A finished data set of `per_category` objects of each of CATEGORIES, or of those given.

    hands: joint orders of more hands than the human one.
    """
    found = objects or [
        box_object(10 * place + number, category, role)
        for number in range(per_category)
        for place, (category, role) in enumerate(CATEGORIES)
    ]
    work = WorkFolder(folder, "stamp")
    keys = [each.asset.name for each in found]
    for key, each in zip(keys, found, strict=True):
        work.put(key, [each], source=SOURCE, licence=LICENCE, tally={"read": len(each.grasps)})
    joints = load_hand("human").joint_names
    about = About(
        name="boxes", source=SOURCE, licence=LICENCE, hands={"human": joints, **(hands or {})}
    )
    assemble(work, keys, about)
    return GraspStore(folder)
