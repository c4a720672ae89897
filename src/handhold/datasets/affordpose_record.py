"""What an AffordPose record (JSON) says: meshes as lines of OBJ, labels and names.

Read by the judge (`affordpose`) and by the importer of the whole set (`readers.affordpose`). The
labels and their names are those of the owners' own script that splits an object into its parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.geometry.named_geometry import labels_of_faces
from handhold.grasps.json_reading import JsonNode, shown
from handhold.objects import ObjectAsset, UserFrame, up_rotation

MAX_BYTES = 64 * 1024**2  # ours: a record of the dataset has about 2 MB
MAX_LABEL = 1000  # ours: the dataset has labels up to 9
MESHES = ("rhand_mesh", "object_mesh")
KEYS = (*MESHES, "afford_name", "class_name")
PART_LABELS: Mapping[int, str] = MappingProxyType(
    {
        0: "no_affordance",
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
AFFORDANCE: Mapping[str, str] = MappingProxyType(
    {
        "Handle-grasp": "handle-grip",
        "Press": "press",
        "Wrap-grasp": "wrap-around-grip",
        "Twist": "twist",
        "Support": "base-support",
    }
)
TRIGGERS = frozenset(
    {"dispenser", "spraybottle", "sprayer", "triggersprayer", "powerdrill", "drill", "gun"}
)
"""Classes (letters only) whose lever is a trigger, ours: in AffordPose that is `dispenser`."""
_LEVER = "Lever"
_UP = "y"
_TOLERANCE = 1e-6


def known_affordance(text: str) -> str | None:
    """The data set's own spelling of one of its eight affordances, None for any other word."""
    found = {name.lower(): name for number, name in PART_LABELS.items() if number}
    return found.get(text.strip().lower())


def affordance_of(name: str, category: str) -> str:
    """Which of AFFORDANCES an affordance of the data set is on a class of objects, else "".

    Ours. A lever is `trigger-squeeze` where it is a trigger (see TRIGGERS), and else, as on a
    faucet, nothing of ours: it is swung with the whole hand. Lift and pull say what is done with
    the part, not one way of holding it. Nothing in the data set is `point`.
    """
    known = known_affordance(name) or ""
    if known == _LEVER:
        letters = "".join(letter for letter in category.lower() if letter.isalpha())
        return "trigger-squeeze" if letters in TRIGGERS else ""
    return AFFORDANCE.get(known, "")


@dataclass(frozen=True, eq=False)
class ObjText:
    """vertices (V, 3), faces (F, 3) counted from 0, labels (V,) where there were four columns."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    labels: NDArray[np.int64]


def obj_text(node: JsonNode, columns: int) -> ObjText:
    """A list of OBJ lines, vertices of 3 or 4 numbers (the fourth is a label) and triangles.

    Raises InputError naming the line.
    """
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
    return ObjText(points[:, :3], corners, labels.astype(np.int64))


def labelled_asset(name: str, body: ObjText, file: str = "") -> ObjectAsset:
    """The object of a record, metres with y up in the file, a part per label."""
    frame = UserFrame(up=_UP, rotation=up_rotation(_UP))
    whole = TriMesh(frame.points_to_object(body.vertices), body.faces)
    labels = labels_of_faces(body.labels, body.faces)
    parts = [
        (PART_LABELS.get(label, f"label_{label}"), whole.submesh(labels == label))
        for label in np.unique(labels).tolist()
    ]
    asset = ObjectAsset.from_parts(name, parts)
    return replace(asset, frame=replace(frame, offset=asset.frame.offset), file=file)


def require_at_origin(root: JsonNode) -> None:
    """The meshes share a frame where the object was not moved, which is all we have seen."""
    moved = np.abs(root["trans_obj"].numbers(3)).max() > _TOLERANCE
    turned = abs(abs(root["quat_obj"].numbers(4)[0]) - 1) > _TOLERANCE
    if moved or turned:
        raise InputError(
            f"'{root.path}': its object was moved (trans_obj, quat_obj), and it is not known "
            "whether the meshes of such a record share a frame.",
            "Give a record with the object at the origin, or the two meshes with --hand-mesh.",
        )
