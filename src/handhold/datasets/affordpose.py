"""Grasps of AffordPose (Jian et al. 2023): a rigid human hand on an object with labelled parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.mesh_pair import hand_skin
from handhold.datasets.reading import Reading
from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.geometry.named_geometry import labels_of_faces
from handhold.grasps.group import GraspGroup
from handhold.grasps.json_reading import JsonNode, parse_json, shown
from handhold.objects import ObjectAsset, UserFrame, up_rotation

MAX_BYTES = 64 * 1024**2  # ours: a record of the dataset has about 2 MB
MAX_LABEL = 1000  # ours: the dataset has labels up to 9
MESHES = ("rhand_mesh", "object_mesh")
KEYS = (*MESHES, "afford_name", "class_name")
PART_LABELS: Mapping[int, str] = MappingProxyType(
    {
        1: "Handle-grasp",
        3: "Press",
        4: "Lift",
        5: "Wrap-grasp",
        6: "Twist",
        7: "Support",
        8: "Pull",
        9: "Lever",
    }
)
# Lift, pull and lever name what is done with the part, not one way of holding it (ours).
AFFORDANCE: Mapping[str, str] = MappingProxyType(
    {
        "Handle-grasp": "handle-grip",
        "Press": "press",
        "Wrap-grasp": "wrap-around-grip",
        "Twist": "twist",
        "Support": "base-support",
    }
)
_UP = "y"
_TOLERANCE = 1e-6


def read_affordpose(path: str | Path) -> Reading:
    """The grasp of one AffordPose record (JSON), as the rigid hand mesh that the file holds.

    `rhand_mesh` and `object_mesh` are lines of OBJ in metres, in one frame with y up; the fourth
    number of an object's vertex is the label of its part. The part asked for is that of the
    record's `afford_name`, the affordance ours where it has one. Raises InputError naming
    the place in the file. A folder of records: `read_any`.
    """
    file = Path(path)
    root = parse_json(file, MAX_BYTES)
    _require_at_origin(root)
    body, hand = _mesh(root["object_mesh"], columns=4), _mesh(root["rhand_mesh"], columns=3)
    asset = _asset(file, root["class_name"].text(), body)
    asked = root["afford_name"].text()
    part = next((name for name in asset.part_names if name.lower() == asked.lower()), None)
    notes: tuple[str, ...] = ()
    if part is None:
        notes = (f"no vertex of the object carries the label of '{shown(asked)}'",)
    group = GraspGroup(
        asset=asset,
        hand=None,
        poses=None,
        entry=(f"{file.stem}[0]",),
        source="AffordPose",
        part=(part,),
        affordance=(AFFORDANCE.get(asked, ""),),
        skins=(hand_skin(file.stem, asset, TriMesh(hand.vertices, hand.faces)),),
    )
    return Reading((group,), notes=notes)


@dataclass(frozen=True, eq=False)
class _ObjText:
    """vertices (V, 3), faces (F, 3) counted from 0, labels (V,) where there were four columns."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    labels: NDArray[np.int64]


def _mesh(node: JsonNode, columns: int) -> _ObjText:
    vertices: list[list[float]] = []
    faces: list[list[int]] = []
    for line in node.items():
        kind, *numbers = line.text().split() or [""]
        try:
            if kind == "v":
                vertices.append([float(number) for number in numbers])
            elif kind == "f":
                faces.append([int(number.partition("/")[0]) - 1 for number in numbers])
            else:
                line.refuse(f"expected a vertex or a face, got '{shown(kind, 20)}'")
        except ValueError:
            line.refuse("this is no line of numbers")
        if len(numbers) != (columns if kind == "v" else 3):
            line.refuse(f"it has {len(numbers)} numbers")
    points = np.array(vertices, dtype=np.float64).reshape(-1, columns)
    if not vertices or not faces:
        node.refuse("it holds no mesh")
    if min(map(min, faces)) < 0 or max(map(max, faces)) >= len(vertices):
        node.refuse("a face uses a vertex that is not there")
    corners = np.array(faces, dtype=np.int64)
    if not np.isfinite(points).all():
        node.refuse("it holds numbers that are not finite")
    labels = points[:, 3] if columns == 4 else np.zeros(len(points))
    if (labels != np.round(labels)).any() or np.abs(labels).max() > MAX_LABEL:
        node.refuse(
            "the fourth number of a vertex is the label of its part, a whole number up to "
            f"{MAX_LABEL}"
        )
    return _ObjText(points[:, :3], corners, labels.astype(np.int64))


def _asset(path: Path, name: str, body: _ObjText) -> ObjectAsset:
    frame = UserFrame(up=_UP, rotation=up_rotation(_UP))
    whole = TriMesh(frame.points_to_object(body.vertices), body.faces)
    labels = labels_of_faces(body.labels, body.faces)
    parts = [
        (PART_LABELS.get(label, f"label_{label}"), whole.submesh(labels == label))
        for label in np.unique(labels).tolist()
    ]
    asset = ObjectAsset.from_parts(name or path.stem, parts)
    return replace(asset, frame=replace(frame, offset=asset.frame.offset), file=str(path))


def _require_at_origin(root: JsonNode) -> None:
    """The meshes share a frame where the object was not moved, which is all we have seen."""
    moved = np.abs(root["trans_obj"].numbers(3)).max() > _TOLERANCE
    turned = abs(abs(root["quat_obj"].numbers(4)[0]) - 1) > _TOLERANCE
    if moved or turned:
        raise InputError(
            f"'{root.path}': its object was moved (trans_obj, quat_obj), and it is not known "
            "whether the meshes of such a record share a frame.",
            "Give a record with the object at the origin, or the two meshes with --hand-mesh.",
        )
