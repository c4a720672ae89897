"""Files as the owners of DexYCB, and of D-Grasp's labels of it, distribute them.

Project and paper: DexYCB (Chao et al. 2021). Layout, as in the project's toolkit::

    20200709-subject-01/20200709_141754/meta.yml                    a sequence of one person
    20200709-subject-01/20200709_141754/pose.npz                    (not read)
    20200709-subject-01/20200709_141754/<serial>/labels_000000.npz  a frame of one of 8 cameras
    calibration/                                                    (not read)
    models/003_cracker_box/textured_simple.obj                      21 meshes, metres

``meta.yml`` has serials, num_frames, extrinsics, ycb_ids (numbers 1 to 21 of the objects in view),
ycb_grasp_ind (index of the one that is taken), mano_sides (one of right and left), mano_calib.
A frame has

- ``pose_y`` (n, 3, 4): [R; t] of each object of ycb_ids, from its mesh to the camera, metres; all
  0 where it is not known
- ``pose_m`` (1, 51): MANO pose, 45 principal components, translation; all 0 without a hand
- ``joint_3d`` (1, 21, 3): metres, in the camera: wrist, then thumb, index, middle, ring, little
  finger, each from the palm to the tip; all -1 without a hand. ``joint_2d`` (1, 21, 2): pixels
- ``seg`` (480, 640): 0 background, 1 to 21 objects, 255 hand

Verified: names, numbers of objects, order of joints, poses and folders in the toolkit's code
(dataset, sequence loader, pose drawing); shapes and the values for "nothing there" in a
description of the label files by users of the data, who repeat the project's README. From memory:
that lists in meta.yml have an item per line, which is why brackets are read as well. No file of
DexYCB itself was at hand.

D-Grasp (Christen et al. 2022), ``dexycb_train_labels.pkl``: a dictionary, number of the object ->
dictionary of arrays with a row per grasp: final_qpos (n, 51), final_pose (n, 48), final_ee and
final_ee_rel (n, 63), final_obj_pos (n, 7), final_contacts (n, 16), final_contact_pos (n, 63),
qpos_reset, obj_pose_reset, obj_w_stacked and others. final_ee_rel: 21 joints in metres in the
frame of the object's mesh: wrist, index, middle, ring, little finger, thumb.

Verified: keys in the owners' code; shapes, order and frame on the plain sample, which has the rows
of such a file. The owners load it with joblib, so it may be in joblib's format, which is not read.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
from scipy.spatial.transform import Rotation

from handhold.hands import load_hand

SUBJECT = "20200709-subject-01"
SEQUENCE = "20200709_141754"
SERIALS = ("836212060125", "839512060362")
BOX = "003_cracker_box"  # number 2
CENTRE = (0.01, -0.02, 0.03)  # of the box in its file, metres
SIDES = (0.06, 0.16, 0.21)
META = """\
extrinsics: '20200702_151821'
mano_calib:
- 20200514-subject-01_right
mano_sides:
- {side}
num_frames: 72
serials:
- '836212060125'
- '839512060362'
ycb_grasp_ind: 1
ycb_ids:
- 5
- 2
"""
CAMERA = np.column_stack(
    [Rotation.from_euler("xyz", [2.0, -0.4, 1.1]).as_matrix(), [0.1, -0.2, 0.9]]
)
"""Pose (3, 4) of the box in the camera."""


def write_box(root: Path) -> Path:
    """``models/003_cracker_box/textured_simple.obj``."""
    file = root / "models" / BOX / "textured_simple.obj"
    file.parent.mkdir(parents=True, exist_ok=True)
    box = trimesh.creation.box(SIDES)
    box.apply_translation(CENTRE)
    box.export(file)
    return file


def pinch(away: float = 0.0) -> np.ndarray:
    """Joints (21, 3) of our hand, in metres and in the frame of the box's file.

    The tips of thumb and index finger are at the two faces that x goes through, `away` metres
    above the middle of the box.
    """
    hand = load_hand("human")
    names = list(hand.joint_names)
    joints = torch.zeros(1, len(names))
    for name, value in {"index_proximal": 0.7, "index_middle": 0.8, "thumb_opposition": 1.0,
                        "thumb_proximal": 0.4, "thumb_distal": 0.4}.items():  # fmt: skip
        joints[0, names.index(name)] = value
    points = hand.local(joints).keypoints[0].double().numpy()
    across = points[8] - points[4]
    to_x, _ = Rotation.align_vectors([[1.0, 0, 0]], [across])
    points = points @ to_x.as_matrix().T
    moved: np.ndarray = points - (points[4] + points[8]) / 2 + CENTRE + [0, 0, away]
    return moved


def in_camera(points: np.ndarray, pose: np.ndarray = CAMERA) -> np.ndarray:
    """From the frame of the box's file to the camera."""
    moved: np.ndarray = points @ pose[:, :3].T + pose[:, 3]
    return moved


def write_sequence(
    root: Path,
    frames: Sequence[Mapping[str, Any]],
    *,
    side: str = "right",
    meta: str | None = None,
    sequence: str = SEQUENCE,
    serial: str = SERIALS[0],
) -> Path:
    """A sequence of one camera, without a hand; a frame may change arrays, None leaves one out."""
    folder = root / SUBJECT / sequence
    (folder / serial).mkdir(parents=True, exist_ok=True)
    (folder / "meta.yml").write_text(META.format(side=side) if meta is None else meta)
    for number, frame in enumerate(frames):
        values = {
            "seg": np.zeros((48, 64), dtype=np.uint8),
            "pose_y": np.stack([np.zeros((3, 4)), CAMERA]).astype(np.float32),
            "pose_m": np.zeros((1, 51), dtype=np.float32),
            "joint_3d": np.full((1, 21, 3), -1, dtype=np.float32),
            "joint_2d": np.full((1, 21, 2), -1, dtype=np.float32),
        }
        arrays: dict[str, Any] = values | dict(frame)
        kept = {key: value for key, value in arrays.items() if value is not None}
        np.savez(folder / serial / f"labels_{number:06d}.npz", **kept)
    return folder


def held(away: float = 0.0) -> dict[str, Any]:
    """A frame with a hand that pinches the box, or is above it."""
    return {"joint_3d": in_camera(pinch(away))[None].astype(np.float32)}


def write_labels(root: Path, blocks: object, name: str = "dexycb_train_labels.pkl") -> Path:
    """D-Grasp's labels: number of the object -> arrays."""
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(pickle.dumps(blocks))
    return root / name


def block(joints: np.ndarray) -> dict[str, Any]:
    """D-Grasp's arrays of one object for joints (n, 21, 3) in our order."""
    order = [0, *range(5, 21), *range(1, 5)]
    rows = joints[:, order].reshape(len(joints), 63).astype(np.float32)
    return {"final_ee_rel": rows, "final_qpos": np.zeros((len(joints), 51)), "obj_w_stacked": 0.45}
