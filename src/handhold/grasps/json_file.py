"""grasps.json: a batch of grasps as a file.

UTF-8 JSON, described by ``grasps.schema.json`` (JSON Schema 2020-12) in this folder. Lengths
are in the user's unit, angles in radians, quaternions ``wxyz``; floats are written so that
they read back to the same bit. In `energies` and `metrics`, ``null`` means that the value could
not be measured (nan inside); nowhere else is null allowed.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from handhold.errors import InputError
from handhold.grasps.affordances import AFFORDANCES
from handhold.grasps.batch import ORIGINS, GraspBatch
from handhold.grasps.files import write_atomically
from handhold.grasps.json_reading import JsonNode, parse_json, shown
from handhold.hands import hand_names, load_hand
from handhold.objects import UserFrame

FORMAT = "handhold-grasps"
VERSION = 1
MAX_FILE_BYTES = 64 * 1024**2  # ours: some 40,000 grasps

_UP_AXES = ("x", "y", "z")
_TABLES = ("energies", "metrics")
_TEXTS = ("affordance", "part", "prior_cluster", "origin", "result_code", "reason")


def grasps_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of grasps.json."""
    text = resources.files("handhold.grasps").joinpath("grasps.schema.json").read_text("utf-8")
    schema: dict[str, object] = json.loads(text)
    return schema


def save_grasps(batch: GraspBatch, path: str | Path) -> Path:
    """Write a batch atomically; raises InputError where the place cannot be written."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "instruction": batch.instruction,
        "object": {
            "file": batch.object_file,
            "name": batch.object_name,
            "hash": batch.object_hash,
        },
        "frame": {
            "unit": batch.frame.unit,
            "scale_to_metres": float(batch.frame.scale_to_metres),
            "up": batch.frame.up,
            "stated": bool(batch.frame.stated),
            "rotation_to_object": np.asarray(batch.frame.rotation, dtype=np.float64).tolist(),
            "offset_metres": np.asarray(batch.frame.offset, dtype=np.float64).tolist(),
        },
        "hand": {"name": batch.hand, "joint_names": list(batch.joint_names)},
        "notes": list(batch.notes),
        **({"avoid": list(batch.avoid)} if batch.avoid else {}),
        "grasps": [_grasp_to_json(batch, index) for index in range(len(batch))],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return write_atomically(path, (text + "\n").encode())


def load_grasps(
    path: str | Path,
    *,
    joint_names: Sequence[str] | None = None,
    bad: dict[int, str] | None = None,
) -> GraspBatch:
    """Read a batch that `GraspBatch.save` wrote; equal to it, to the bit.

    joint_names: the joints expected, in order; a file with others is refused. Without it the
    hand of that name decides, where handhold has one. bad: filled with what is wrong with each
    grasp (by its row) that is left out; without it the first such grasp is an error. Raises
    InputError for a file that is missing, too large, not JSON, of another format or version, or
    not as the schema says.
    """
    root = parse_json(Path(path), MAX_FILE_BYTES)
    _require_format(root)
    root.allow_only(
        "format", "version", "instruction", "object", "frame", "hand", "notes", "avoid", "grasps"
    )
    hand, about = root["hand"], root["object"]
    hand.allow_only("name", "joint_names")
    about.allow_only("file", "name", "hash")
    name, names = hand["name"].text(), tuple(item.text() for item in hand["joint_names"].items())
    _require_joints(root, name, names, joint_names)
    nodes, columns = root["grasps"].items(), []
    usual = {key: _usual_names(nodes, key) for key in _TABLES}
    for row, node in enumerate(nodes):
        try:
            columns.append(_grasp_from_json(node, len(names), usual))
        except InputError as error:
            if bad is None:
                raise
            bad[row] = str(error)
    return GraspBatch(
        hand=name,
        joint_names=names,
        frame=_frame_from_json(root["frame"]),
        object_file=about["file"].text(),
        object_name=about["name"].text(),
        object_hash=about["hash"].text(),
        instruction=root["instruction"].text(),
        notes=tuple(item.text() for item in root["notes"].items()),
        avoid=_avoided(root),
        translation=np.array([column["translation"] for column in columns], dtype=np.float64),
        quaternion=np.array([column["quaternion_wxyz"] for column in columns], dtype=np.float64),
        joints=np.array([column["joints"] for column in columns], dtype=np.float64),
        acceptable=np.array([column["acceptable"] for column in columns], dtype=bool),
        energies=_table(columns, "energies", usual),
        metrics=_table(columns, "metrics", usual),
        **{key: tuple(str(column[key]) for column in columns) for key in _TEXTS},
    )


def _avoided(root: JsonNode) -> tuple[str, ...]:
    """Parts to be avoided; files of grasps that may go anywhere do not name any."""
    if "avoid" not in root.mapping():
        return ()
    return tuple(item.text() for item in root["avoid"].items())


def _grasp_to_json(batch: GraspBatch, index: int) -> dict[str, object]:
    return {
        "translation": batch.translation[index].tolist(),
        "quaternion_wxyz": batch.quaternion[index].tolist(),
        "joints": batch.joints[index].tolist(),
        "affordance": batch.affordance[index],
        "part": batch.part[index],
        "prior_cluster": batch.prior_cluster[index],
        "origin": batch.origin[index],
        "result_code": batch.result_code[index],
        "acceptable": bool(batch.acceptable[index]),
        "reason": batch.reason[index],
        "energies": _row_to_json(batch.energies, index),
        "metrics": _row_to_json(batch.metrics, index),
    }


def _row_to_json(table: Mapping[str, np.ndarray], index: int) -> dict[str, float | None]:
    row = {name: float(column[index]) for name, column in table.items()}
    return {name: None if math.isnan(value) else value for name, value in row.items()}


def _require_format(root: JsonNode) -> None:
    kind = root["format"].text()
    if kind != FORMAT:
        root.refuse(
            f"its format is '{shown(kind)}', not '{FORMAT}'", "Give a grasps.json of handhold."
        )
    version = root["version"].integer()
    if version > VERSION:
        root.refuse(
            f"it has version {version} of {FORMAT}; this handhold reads version {VERSION}",
            "Install a newer handhold.",
        )
    if version != VERSION:
        root.refuse(
            f"{FORMAT} has no version {version}; this handhold reads version {VERSION}",
            "Make the file again with `handhold grasp`.",
        )


def _require_joints(
    root: JsonNode, hand: str, names: tuple[str, ...], expected: Sequence[str] | None
) -> None:
    if expected is None and hand in hand_names():
        expected = load_hand(hand).joint_names
    if expected is not None and names != tuple(expected):
        root.refuse(
            f"its joints are not those of the hand '{hand}', in order (got {', '.join(names)})",
            f"Expected: {', '.join(expected)}.",
        )


def _frame_from_json(node: JsonNode) -> UserFrame:
    node.allow_only(
        "unit", "scale_to_metres", "up", "stated", "rotation_to_object", "offset_metres"
    )
    scale = node["scale_to_metres"].number()
    if scale <= 0:
        node["scale_to_metres"].refuse(f"a scale is larger than 0, got {scale}")
    rows = node["rotation_to_object"].items(3)
    rotation = np.array([row.numbers(3) for row in rows])
    square = np.clip(rotation, -2, 2)  # of larger numbers the products may be too large
    if np.abs(square @ square.T - np.eye(3)).max() > 1e-6 or np.linalg.det(square) < 0:
        node["rotation_to_object"].refuse("this is not a rotation matrix")
    return UserFrame(
        unit=node["unit"].text(),
        scale_to_metres=scale,
        up=node["up"].choice(_UP_AXES),
        rotation=rotation,
        offset=np.array(node["offset_metres"].numbers(3)),
        stated=node["stated"].boolean(),
    )


def _grasp_from_json(
    node: JsonNode, joints: int, usual: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    node.allow_only(
        "translation", "quaternion_wxyz", "joints", "acceptable", "energies", "metrics", *_TEXTS
    )
    quaternion = node["quaternion_wxyz"].numbers(4)
    if abs(math.hypot(*quaternion) - 1) > 1e-4:
        node["quaternion_wxyz"].refuse(f"a rotation has length 1, got {math.hypot(*quaternion)}")
    values: dict[str, Any] = {key: node[key].text() for key in _TEXTS}
    values["affordance"] = node["affordance"].choice(AFFORDANCES)
    values["origin"] = node["origin"].choice(ORIGINS)
    values["translation"] = node["translation"].numbers(3)
    values["quaternion_wxyz"] = quaternion
    values["joints"] = node["joints"].numbers(joints)
    values["acceptable"] = node["acceptable"].boolean()
    for key in _TABLES:
        if set(node[key].mapping()) != set(usual[key]):
            node[key].refuse(f"every grasp has the same {key}; most have {', '.join(usual[key])}")
        values[key] = {name: node[key][name].number_or_nan() for name in usual[key]}
    return values


def _usual_names(grasps: Sequence[JsonNode], key: str) -> tuple[str, ...]:
    """The names that most grasps have in a table, in the order of the first of them."""
    tables = [grasp.value.get(key) for grasp in grasps if isinstance(grasp.value, dict)]
    found = [tuple(table) for table in tables if isinstance(table, dict)]
    if not found:
        return ()
    most = Counter(map(frozenset, found)).most_common(1)[0][0]
    return next(names for names in found if most == set(names))


def _table(
    columns: Sequence[Mapping[str, Any]], key: str, usual: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    if not columns:
        return {}
    return {
        name: np.array([column[key][name] for column in columns], dtype=np.float64)
        for name in usual[key]
    }
