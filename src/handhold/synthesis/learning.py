"""Grasps of a data set as priors and networks learn from them: part by part, with contact maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.cache import content_hash
from handhold.contact import Prior, build_field, contact_map
from handhold.datasets.store import GraspStore, Where, joint_column, pose_columns
from handhold.errors import InputError
from handhold.generate import Anchor, PartShape, find_anchors, part_shape
from handhold.geometry import TriMesh, closest_points, signed_distance
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset
from handhold.priors import GraspRecords, template_priors
from handhold.processes import run_all
from handhold.spatial import quaternion_to_matrix

Array = NDArray[np.float64]
KIND = "grasped-part"
_VERSION = "1"
_FIELD_SPACING = 0.01
"""Metres, ours: the field only tells outward from inward here."""
_NEAR = 0.004
"""Metres: a skin vertex this near is asked whether it is inside, where its distance counts as 0."""


@dataclass(frozen=True, eq=False)
class GraspedPart:
    """One contact part and its grasps, object frame, metres.

    object: content hash; category, part: names. points, normals: (n, 3) samples of the part.
    rest: (3,) centroid of the rest of the object, nan without one. translation: (G, 3), rotation:
    (G, 3, 3): palm poses. records: the rest of each grasp.
    """

    object: str
    category: str
    part: str
    points: Array
    normals: Array
    rest: Array
    translation: Array
    rotation: Array
    records: GraspRecords


@dataclass(frozen=True, eq=False)
class LearningSet:
    """Grasped parts of a data set, in its order. name: of the data set."""

    name: str
    parts: tuple[GraspedPart, ...]

    def __len__(self) -> int:
        """Number of grasps."""
        return sum(len(part.records) for part in self.parts)

    def __str__(self) -> str:
        names, counts = np.unique(self.records().affordance, return_counts=True)
        each = ", ".join(f"{n} {c}" for n, c in zip(names, counts, strict=True))
        objects = len({part.object for part in self.parts})
        return f"{len(self)} grasps of {len(self.parts)} parts of {objects} objects ({each})"

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories of the objects, sorted."""
        return tuple(sorted({part.category for part in self.parts}))

    def records(self) -> GraspRecords:
        """All grasps as one table."""
        return GraspRecords.concatenate([part.records for part in self.parts])


@dataclass(frozen=True, eq=False)
class _Task:
    """A part with its grasps' rows."""

    object: str
    category: str
    part: str
    affordance: tuple[str, ...]
    prior: tuple[str, ...]
    translation: Array
    quaternion: Array
    joints: Array

    def key(self) -> str:
        names = "\n".join((*self.affordance, *self.prior))
        return content_hash(
            KIND, _VERSION, self.object, self.part, names,
            self.translation, self.quaternion, self.joints,
        )  # fmt: skip


def learning_set(
    store: GraspStore,
    where: Where | None = None,
    *,
    workers: int | None = None,
    on_progress: Callable[[str, float, str], None] | None = None,
) -> LearningSet:
    """The chosen grasps of the hand `human` that have an affordance and a part.

    where: None takes those of seen categories, if the set tells seen from unseen, else all.

    What is worked out about a part (samples, contact maps) is kept beside the data. workers:
    processes, all cores if None; the result does not depend on it. Raises InputError where
    nothing is chosen.
    """
    chosen = Where(role=("seen",) if store.manifest.unseen else ()) if where is None else where
    tasks = list(_tasks(store, replace(chosen, hand=("human",))))
    if not tasks:
        raise InputError(
            f"'{store.folder}' has no grasps to learn from (hand human, with affordance and part).",
            "Choose other categories, or another data set.",
        )
    parts = []
    for part in run_all(partial(_work_out, store.folder), tasks, workers, in_order=True):
        parts.append(part)
        if on_progress is not None:
            on_progress("contact maps", len(parts) / len(tasks), f"{len(parts)} parts")
    return LearningSet(store.manifest.name, tuple(parts))


def _tasks(store: GraspStore, where: Where) -> Iterator[_Task]:
    columns = (
        "object", "category", "part", "affordance", "prior", "translation", "quaternion", "joints",
    )  # fmt: skip
    table = store.table(columns, where)
    texts = table.select(columns[:5]).to_pylist()
    translation, quaternion = pose_columns(table)
    joints = joint_column(table)
    width = load_hand("human").joint_count
    if len(joints) and joints.shape[1] != width:
        raise InputError(
            f"The grasps of '{store.folder}' have {joints.shape[1]} joints, the hand has {width}.",
            "'handhold data check' says where.",
        )
    groups: dict[tuple[str, str], list[int]] = {}
    for row, text in enumerate(texts):
        if text["affordance"] and text["part"]:
            groups.setdefault((text["object"], text["part"]), []).append(row)
    for (digest, part), rows in groups.items():
        yield _Task(
            digest, texts[rows[0]]["category"], part,
            tuple(texts[row]["affordance"] for row in rows),
            tuple(texts[row]["prior"] for row in rows),
            translation[rows], quaternion[rows], joints[rows],
        )  # fmt: skip


def _work_out(folder: Path, task: _Task) -> GraspedPart:
    store = GraspStore(folder)
    key = task.key()
    arrays = store.caches.load(KIND, key)
    if arrays is None:
        arrays = _packed(_grasped_part(store.object(task.object), task))
        store.caches.store(KIND, key, arrays)
    return _unpacked(task, arrays)


@lru_cache(maxsize=1)
def _tools() -> tuple[Hand, Mapping[str, Prior]]:
    hand = load_hand("human")
    return hand, {prior.cluster: prior for prior in template_priors(hand)}


def _grasped_part(asset: ObjectAsset, task: _Task) -> GraspedPart:
    hand, templates = _tools()
    distances = build_field(asset, task.part, spacing=_FIELD_SPACING, points=64)
    shape = part_shape(asset, task.part, distances)
    rotation = quaternion_to_matrix(torch.from_numpy(task.quaternion.copy())).numpy()
    posed = hand.to(dtype=torch.float64).pose(
        *(torch.from_numpy(a.copy()) for a in (task.translation, rotation, task.joints))
    )
    skin = posed.vertices.numpy()
    priors = [_prior_of(task, row, templates) for row in range(len(task.joints))]
    anchors = {
        kind: find_anchors(asset, shape, kind) for kind in {p.primitive.kind for p in priors}
    }
    held = [
        _held(prior, task.translation[row], rotation[row], anchors)
        for row, prior in enumerate(priors)
    ]
    radii = [shape.descriptor(affordance).section_radius for affordance in task.affordance]
    records = GraspRecords(
        affordance=np.array(task.affordance),
        part_size=np.tile(shape.size, (len(held), 1)),
        section_radius=np.array(radii),
        joints=task.joints,
        contact=_map_to(asset.mesh, asset.mesh, skin),
        part_contact=_map_to(asset.part_mesh(task.part), asset.mesh, skin),
        kind=np.array([anchor.kind for anchor in held]),
        axis=np.array([anchor.axis for anchor in held]),
        centre=np.array([anchor.centre for anchor in held]),
        radius=np.array([anchor.radius for anchor in held]),
    )
    return _put_together(task, shape, rotation, records)


def _put_together(
    task: _Task, shape: PartShape, rotation: Array, records: GraspRecords
) -> GraspedPart:
    return GraspedPart(
        task.object, task.category, task.part, shape.points, shape.normals, shape.rest_centroid,
        task.translation, rotation, records,
    )  # fmt: skip


def _map_to(surface: TriMesh, solid: TriMesh, skin: Array) -> Array:
    """Contact maps (G, V) of skin (G, V, 3) to a surface; 1 inside the solid, near that surface."""
    points = skin.reshape(-1, 3)
    distance = closest_points(surface, points).distance
    near = distance < _NEAR
    if near.any():
        inside = signed_distance(solid, points[near]) < 0
        distance[near] = np.where(inside, 0.0, distance[near])
    values = contact_map(torch.from_numpy(distance)).numpy()
    return np.asarray(values.reshape(skin.shape[:2]))


def _prior_of(task: _Task, row: int, templates: Mapping[str, Prior]) -> Prior:
    """The template that a grasp was made from, or the one of its affordance most like it."""
    known = templates.get(task.prior[row])
    if known is not None:
        return known
    joints = torch.from_numpy(task.joints[row].copy())
    own = [p for p in templates.values() if p.affordance == task.affordance[row]]
    return min(own, key=lambda prior: float((prior.joints.double() - joints).norm()))


def _held(
    prior: Prior, translation: Array, rotation: Array, anchors: Mapping[str, list[Anchor]]
) -> Anchor:
    """The anchor that a hand ended up on, in its palm frame; else what its prior closed on."""
    primitive = prior.primitive
    axis = rotation @ primitive.axis.double().numpy()
    centre = rotation @ primitive.centre.double().numpy() + translation
    own = Anchor(primitive.kind, axis, centre, primitive.radius)

    def mismatch(anchor: Anchor) -> float:
        turned = abs(axis @ anchor.axis) if anchor.kind == "cylinder" else axis @ anchor.axis
        return float(np.linalg.norm(anchor.centre - centre) + 0.03 * (1.0 - turned))

    best = min(anchors[primitive.kind], key=mismatch, default=own)
    sign = -1.0 if best.kind == "cylinder" and axis @ best.axis < 0 else 1.0
    along = best.axis * ((centre - best.centre) @ best.axis) if best.kind == "cylinder" else 0.0
    return Anchor(
        best.kind,
        rotation.T @ (sign * best.axis),
        rotation.T @ (best.centre + along - translation),
        best.radius,
    )


def _packed(part: GraspedPart) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {
        name: np.asarray(getattr(part, name), dtype=np.float32)
        for name in ("points", "normals", "rest", "rotation")
    }
    for f in fields(GraspRecords):
        values = getattr(part.records, f.name)
        small = np.float16 if "contact" in f.name else np.float32
        arrays[f"records/{f.name}"] = values if values.dtype.kind == "U" else values.astype(small)
    return arrays


def _unpacked(task: _Task, arrays: Mapping[str, np.ndarray]) -> GraspedPart:
    wide: dict[str, Any] = {
        name: values if values.dtype.kind == "U" else values.astype(np.float64)
        for name, values in arrays.items()
    }
    records = GraspRecords(**{f.name: wide[f"records/{f.name}"] for f in fields(GraspRecords)})
    return GraspedPart(
        task.object, task.category, task.part, wide["points"], wide["normals"], wide["rest"],
        task.translation, wide["rotation"], records,
    )  # fmt: skip
