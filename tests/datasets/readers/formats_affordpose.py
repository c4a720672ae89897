"""Small files in the format of AffordPose (Jian et al. 2023, "AffordPose: A Large-scale Dataset of
Hand-Object Interactions with Affordance-driven Hand Pose").

Folders: ``<class>/<object>/<object>_<affordance>/<n>.json``, one record per file; objects are
numbers of PartNet. Checked in the owners' README. Keys of a record, checked on the one public
record (the samples folder of their repository):

- ``object_mesh``: lines of OBJ, ``v x y z label`` and ``f a b c`` (from 1); metres, y up; labels
  0 no_affordance, 1 Handle-grasp, 3 Press, 4 Lift, 5 Wrap-grasp, 6 Twist, 7 Support, 8 Pull,
  9 Lever (their script that splits an object)
- ``rhand_mesh``: lines of OBJ in the same frame and unit; 946 vertices, 16 closed pieces: palm,
  then three each of index, middle, ring, little finger and thumb
- ``dofs`` 16 radians; ``rhand_trans`` 3, millimetres; ``rhand_quat`` 4, wxyz (palm of ManoHand)
- ``trans_obj`` (0, 0, 0) and ``quat_obj`` (1, 0, 0, 0): "default values"
- ``afford_name``, one of the eight above (``Wrap-grasp``), and ``class_name`` (``bottle``)

Not checked, for want of more than one record: whether all records of an object hold the same mesh,
and the spelling of the other classes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

FINGER_ROWS = {"index": 5, "middle": 9, "ring": 13, "little": 17, "thumb": 1}
_RING = 20
_RADIUS = 0.003


def object_lines(parts: dict[int, trimesh.Trimesh]) -> list[str]:
    """Meshes by label as lines of OBJ."""
    vertices, faces, first = [], [], 1
    for label, mesh in parts.items():
        vertices += [f"v {x:.8f} {y:.8f} {z:.8f} {label}\n" for x, y, z in mesh.vertices]
        faces += [f"f {a} {b} {c}\n" for a, b, c in mesh.faces + first]
        first += len(mesh.vertices)
    return vertices + faces


def hand_lines(keypoints: NDArray[np.float64]) -> list[str]:
    """A hand of 16 pieces whose joints are at key points (21, 3), in metres in the file's axes."""
    pieces = [_palm(keypoints)]
    for row in FINGER_ROWS.values():
        base, middle, distal, tip = keypoints[row : row + 4]
        pieces += [_tube(base, middle), _tube(middle, distal), _tube(distal, tip, pointed=True)]
    vertices, faces, first = [], [], 1
    for points, corners in pieces:
        vertices += [f"v {x:.8f} {y:.8f} {z:.8f}\n" for x, y, z in points]
        faces += [f"f {a} {b} {c}\n" for a, b, c in corners + first]
        first += len(points)
    return vertices + faces


def record(keypoints: NDArray[np.float64], **changes: Any) -> dict[str, Any]:
    """A record with a bottle (body 5, cap 6); `changes` replace keys, None leaves one out."""
    body = trimesh.creation.box((0.06, 0.16, 0.06))
    cap = trimesh.creation.box((0.03, 0.02, 0.03))
    cap.apply_translation([0, 0.09, 0])
    values = {
        "rhand_mesh": hand_lines(keypoints),
        "dofs": [0.0] * 16,
        "rhand_trans": [0.0, 0.0, 0.0],
        "rhand_quat": [1.0, 0.0, 0.0, 0.0],
        "object_mesh": object_lines({5: body, 6: cap}),
        "trans_obj": [0, 0, 0],
        "quat_obj": [1, 0, 0, 0],
        "afford_name": "Wrap-grasp",
        "class_name": "bottle",
    }
    changed = values | changes
    return {key: value for key, value in changed.items() if value is not None}


def write(root: Path, values: dict[str, Any], number: int = 1, name: str = "3415") -> Path:
    """A record in its place below the root."""
    kind, affordance = values.get("class_name", "bottle"), values.get("afford_name", "Wrap-grasp")
    file = root / str(kind) / name / f"{name}_{affordance}" / f"{number}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))
    return file


def _palm(keypoints: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    wrist = keypoints[0]
    points, faces = [wrist], []
    for row in FINGER_ROWS.values():
        start = len(points)
        points += list(_circle(keypoints[row], keypoints[row] - wrist))
        faces += [[0, start + i, start + (i + 1) % _RING] for i in range(_RING)]
    return np.array(points), np.array(faces)


def _tube(
    start: NDArray[np.float64], end: NDArray[np.float64], pointed: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    near = _circle(start, end - start)
    if pointed:
        faces = [[i, (i + 1) % _RING, _RING] for i in range(_RING)]
        return np.concatenate([near, end[None]]), np.array(faces)
    far = _circle(end, end - start)
    faces = []
    for i in range(_RING):
        j = (i + 1) % _RING
        faces += [[i, j, _RING + i], [j, _RING + j, _RING + i]]
    return np.concatenate([near, far]), np.array(faces)


def _circle(centre: NDArray[np.float64], axis: NDArray[np.float64]) -> NDArray[np.float64]:
    along = axis / np.linalg.norm(axis)
    side = np.cross(along, np.eye(3)[np.abs(along).argmin()])
    side /= np.linalg.norm(side)
    up = np.cross(along, side)
    angle = np.linspace(0, 2 * np.pi, _RING, endpoint=False)
    circle: NDArray[np.float64] = centre + _RADIUS * (
        np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up
    )
    return circle
