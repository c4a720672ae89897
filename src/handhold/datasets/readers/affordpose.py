"""AffordPose (Jian et al. 2023): 26.7 thousand grasps by affordance, on parts with labels.

As distributed: ``<class>/<object>/<object>_<affordance>/<n>.json``, a record per file (the layout
of the owners' README; formats and frames in `datasets.affordpose_record`). The affordances become
ours by `affordance_of`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.affordpose_record import (
    MAX_BYTES,
    PART_LABELS,
    ObjText,
    affordance_of,
    known_affordance,
    labelled_asset,
    obj_text,
    require_at_origin,
)
from handhold.datasets.category import category_name, role_of
from handhold.datasets.mesh_pair import HAND_SIZE
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.retargeted import HumanGrasp, human_records
from handhold.datasets.readers.root import folders, require_root
from handhold.datasets.record import ObjectGrasps
from handhold.datasets.rows import MAX_DISTANCE, QUATERNION_TOLERANCE
from handhold.errors import InputError
from handhold.geometry.named_geometry import labels_of_faces
from handhold.grasps.json_reading import JsonNode, parse_json, shown
from handhold.hands.graspit import GraspitHand, keypoints_of_mesh, read_graspit_hand
from handhold.objects import ObjectAsset

DOFS = 16
LARGEST = 3.0  # metres, ours: no object of the data set is larger
_SAME = 1e-4  # metres, ours: meshes of the records of one object agree to this
_SKIN_GAP = 0.02  # metres, ours: from a joint by the angles to where the skin's pieces meet
_MM = 1e-3


@dataclass(frozen=True)
class AffordPoseReader:
    """Units are objects, ``<class>/<object>``. Grasps of the hand `human`, retargeted.

    The key points of the data set's own hand come from its angles and the user's ManoHand folder
    (`ReadOptions.hand_folder`), else from the skin in each record, a few millimetres less exact.
    """

    name: str = "affordpose"
    title: str = "AffordPose"
    licence: str = "CC BY-NC-ND 4.0, for research; the hand's shape derives from MANO"
    where: str = "Its owners offer it on the page of the AffordPose project."

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """An object each; see `Reader.units`."""
        expected = "<class>/<object>/<object>_<affordance>/<n>.json"
        require_root(root, self.title, expected, _is_root, where=self.where)
        if options.hand_folder is not None:
            read_graspit_hand(
                options.hand_folder
            )  # to refuse another folder before the work begins
        units = [
            Unit(f"{kind.name}/{each.name}", each)
            for kind in folders(root)
            for each in folders(kind)
        ]
        return chosen_units(root, units, options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The object of a unit with its grasps."""
        hand = None if options.hand_folder is None else read_graspit_hand(options.hand_folder)
        if hand is None:
            problems.note(
                "AffordPose's hand was located by its skin, a few millimetres less exact than by "
                "its angles: give the project's ManoHand folder with --hand-folder"
            )
        scene = _Scene(unit)
        files = sorted(
            unit.path.glob("*/*.json"), key=lambda file: (file.parent.name, _order(file))
        )
        if not files:
            with problems.entry(unit.key):
                raise InputError("it holds no records.", "Expected <affordance>/<n>.json.")
        grasps = []
        for file in files:
            entry = f"{unit.key}/{file.relative_to(unit.path).as_posix()}"
            with problems.entry(entry):
                grasps.append(scene.grasp(entry, parse_json(file, MAX_BYTES), hand))
        if scene.asset is None:
            return
        for sentence in scene.notes:
            problems.note(sentence)
        records = human_records(grasps, self.title, problems)
        problems.read += len(records)
        yield ObjectGrasps(
            asset=scene.asset,
            category=scene.category,
            grasps=records,
            role=role_of(scene.category),
            origin=unit.key,
        )


@dataclass
class _Scene:
    """The one object of a unit, made from its first good record."""

    unit: Unit
    asset: ObjectAsset | None = None
    category: str = ""
    notes: list[str] = field(default_factory=list)
    _body: ObjText | None = None
    _digests: set[bytes] = field(default_factory=set)

    def grasp(self, entry: str, root: JsonNode, hand: GraspitHand | None) -> HumanGrasp:
        """The grasp of a record, on `asset`. InputError naming the field."""
        require_at_origin(root)
        name = root["afford_name"].text()
        known = known_affordance(name)
        if known is None:
            root["afford_name"].refuse(f"'{shown(name)}' is none of the data set's eight")
        points = _keypoints(root, hand)
        category = category_name(root["class_name"].text() or self.unit.path.parent.name)
        self._meet(root["object_mesh"], category)
        assert self.asset is not None
        if known not in self.asset.part_names:
            self.notes.append("some grasps name a part that no vertex of their object is labelled")
        return HumanGrasp(
            entry=entry,
            keypoints=self.asset.frame.points_to_object(points),
            affordance=affordance_of(known, category),
            source_affordance=known,
            part=known if known in self.asset.part_names else "",
        )

    def _meet(self, node: JsonNode, category: str) -> None:
        """Make the object, or see that it is the same one."""
        digest = hashlib.sha256(repr(node.value).encode()).digest()
        if digest in self._digests:
            return
        body = obj_text(node, columns=4)
        if self._body is None:
            _require_named(node, body)
            size = float(np.ptp(body.vertices, axis=0).max())
            if not 0 < size <= LARGEST:
                node.refuse(f"its largest side is {size:.3g} m", f"Expected up to {LARGEST:g} m.")
            try:
                self.asset = labelled_asset(self.unit.path.name, body)
            except InputError as error:  # no surface at all
                node.refuse(error.message.rstrip("."), error.advice)
            self.category, self._body = category, body
        elif not _same(body, self._body):
            node.refuse("it is not the object of the other records in this folder")
        self._digests.add(digest)


def _keypoints(root: JsonNode, hand: GraspitHand | None) -> NDArray[np.float64]:
    """Key points (21, 3) of a record's hand, metres in the axes of its meshes."""
    dofs = root["dofs"].numbers(DOFS)
    shift = root["rhand_trans"].numbers(3)
    quaternion = root["rhand_quat"].numbers(4)
    if abs(math.hypot(*quaternion) - 1) > QUATERNION_TOLERANCE:
        root["rhand_quat"].refuse(
            f"its length is {math.hypot(*quaternion):.4g}", "A rotation is wxyz with length 1."
        )
    if math.hypot(*shift) * _MM > MAX_DISTANCE:
        root["rhand_trans"].refuse(f"the hand is {math.hypot(*shift) * _MM:.3g} m away")
    skin = obj_text(root["rhand_mesh"], columns=3)
    size = float(np.ptp(skin.vertices, axis=0).max())
    if not HAND_SIZE[0] <= size <= HAND_SIZE[1]:
        root["rhand_mesh"].refuse(f"the hand is {size:.3g} m long", "Expected metres.")
    try:
        by_skin = keypoints_of_mesh(skin.vertices, skin.faces)
    except InputError as error:
        root["rhand_mesh"].refuse(error.message.rstrip("."), error.advice)
    if hand is None:
        return by_skin
    points = hand.keypoints(shift, quaternion, dofs)[0]
    gap = float(np.linalg.norm(points - by_skin, axis=1).max())
    if gap > _SKIN_GAP:
        root["dofs"].refuse(f"the angles put a joint {gap:.2g} m from where the skin has it")
    return points


def _require_named(node: JsonNode, body: ObjText) -> None:
    labels = np.unique(labels_of_faces(body.labels, body.faces)).tolist()
    nameless = [label for label in labels if label not in PART_LABELS]
    if nameless:
        node.refuse(
            f"the data set has no name for the label {nameless[0]}",
            f"Known: {', '.join(f'{number} {name}' for number, name in PART_LABELS.items())}.",
        )


def _same(one: ObjText, other: ObjText) -> bool:
    return (
        one.vertices.shape == other.vertices.shape
        and np.array_equal(one.faces, other.faces)
        and np.array_equal(one.labels, other.labels)
        and float(np.abs(one.vertices - other.vertices).max()) <= _SAME
    )


def _is_root(folder: Path) -> bool:
    return next(folder.glob("*/*/*_*/*.json"), None) is not None


def _order(file: Path) -> tuple[int, str]:
    """Records by their number, as 2.json comes before 10.json."""
    return (int(file.stem) if file.stem.isdecimal() else -1, file.name)


READER = AffordPoseReader()
