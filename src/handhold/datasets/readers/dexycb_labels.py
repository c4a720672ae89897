"""D-Grasp's labels (Christen et al. 2022): grasps of DexYCB in the frame of the object's mesh.

The owners' ``dexycb_train_labels.pkl`` and ``dexycb_test_labels.pkl`` are dictionaries: number of
the YCB object -> arrays with a row per grasp, of which `final_ee_rel` (n, 63) is read, the 21
joints in metres in the frame of the object. A plain NPZ holds the same rows for all objects, with
`object_name` (n,). Their order is wrist, index, middle, ring, little finger, thumb.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.arrays import array_names, read_arrays, require_shape
from handhold.datasets.readers.dexycb_joints import require_hand
from handhold.datasets.readers.reader import Problems
from handhold.datasets.readers.ycb import YCB_NAMES
from handhold.datasets.record import KEYPOINTS
from handhold.errors import InputError
from handhold.grasps.json_reading import shown, shown_path
from handhold.hands.keypoint_names import DGRASP_NAMES, KEYPOINT_NAMES
from handhold.objects import ObjectAsset
from handhold.restricted_pickle import load_restricted

ARRAYS = {"final_ee_rel": "numbers", "object_name": "names"}
MAX_PICKLE_BYTES = 64 * 1024**2  # ours: the owners' files are below 1 MB
_PICKLES = "dexycb_*_labels.pkl"
_JOINTS = "final_ee_rel"
_ORDER = [DGRASP_NAMES.index(name) for name in KEYPOINT_NAMES]


@dataclass(frozen=True, eq=False)
class Label:
    """A grasp of the object `name`: joints (21, 3), metres, in the frame of the object's mesh."""

    entry: str
    name: str
    joints: NDArray[np.float64]

    def keypoints(self, asset: ObjectAsset, problems: Problems) -> NDArray[np.float64]:
        """The joints in the frame of `asset`; InputError where they are none of a hand."""
        return asset.frame.points_to_object(require_hand(self.joints))


def is_label_file(file: Path) -> bool:
    """Whether a file is one of labels, by the owners' name or by its arrays."""
    if file.suffix == ".pkl":
        return fnmatch.fnmatch(file.name, _PICKLES)
    return array_names(file) >= set(ARRAYS)


def read_labels(file: Path, problems: Problems) -> list[Label]:
    """All grasps of a file; what cannot be read goes through `problems`."""
    blocks: Mapping[object, object] = {}
    with problems.entry(file.name):
        if file.suffix == ".npz":
            return _rows(file)
        blocks = _blocks(file)
    found: list[Label] = []
    for number, values in blocks.items():
        entry = f"{file.stem}, object {shown(str(number), 20)}"
        with problems.entry(entry):
            found += _block(entry, number, values)
    return found


def _rows(file: Path) -> list[Label]:
    arrays = read_arrays(file, ARRAYS)
    names = [str(name) for name in arrays["object_name"].reshape(-1)]
    joints = require_shape(file, _JOINTS, arrays[_JOINTS], (len(names), 3 * KEYPOINTS))
    return _labels(file.stem, names, joints)


def _blocks(file: Path) -> Mapping[object, object]:
    try:
        found = load_restricted(file, max_bytes=MAX_PICKLE_BYTES, allow=("numpy",))
    except InputError as error:
        raise InputError(
            error.message,
            "If joblib wrote it: load it with the owners' code and save final_ee_rel (n, 63) and "
            "object_name (n,) as NPZ.",
        ) from error
    if not isinstance(found, Mapping):
        raise InputError(f"{shown_path(file)} is no dictionary of objects.", "See D-Grasp's code.")
    return found


def _block(entry: str, number: object, values: object) -> list[Label]:
    name = YCB_NAMES.get(number) if isinstance(number, int) else None
    if name is None:
        raise InputError(f"DexYCB has no object {shown(str(number), 20)}.", "It has 1 to 21.")
    joints = values.get(_JOINTS) if isinstance(values, Mapping) else None
    if not isinstance(joints, np.ndarray) or joints.dtype.kind not in "fiu":
        raise InputError(f"it has no field '{_JOINTS}' of numbers.")
    if joints.ndim != 2 or joints.shape[1] != 3 * KEYPOINTS:
        raise InputError(
            f"field '{_JOINTS}' has shape {joints.shape}.", f"Expected: (n, {3 * KEYPOINTS})."
        )
    names = [name] * len(joints)
    return _labels(entry, names, joints.astype(np.float64))


def _labels(entry: str, names: list[str], joints: NDArray[np.float64]) -> list[Label]:
    points = joints.reshape(-1, KEYPOINTS, 3)[:, _ORDER]
    return [Label(f"{entry}[{row}]", name, points[row]) for row, name in enumerate(names)]
