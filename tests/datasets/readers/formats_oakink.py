"""Small files in the format of OakInk-Shape and OakBase (Yang et al. 2022, "OakInk: A Large-scale
Knowledge Repository for Understanding Hand-Object Interaction").

All checked in the owners' toolkit (its docs on data sets, loaders of OakInk-Shape and OakBase, the
script that transfers grasps), none on data, which is not at hand. Below the root (OAKINK_DIR):

- ``shape/oakink_shape_v2/<category>/<object id, 6 signs>/<grasp id, 10 signs>/hand_param.pkl``, a
  pickled dict of numpy arrays: ``pose`` (48,) axis-angle of MANO, radians, wrist first, zero the
  flat hand (their docs say 16 quaternions; the loader and the script that writes the file say 48);
  ``shape`` (10,); ``tsl`` (3,) metres, where the wrist joint lies, with the centre of the object's
  bounding box as origin and the axes of its mesh
- ``.../<grasp id>/source.txt``: ``pass1/A16012_0001_0002/2021-10-12-17-13-00/dom.pkl``, that is
  object, action (0001 use, 0002 hold, 0003 liftup, 0004 handover), subject, time; the receiver's
  hand of a handover has ``_alt`` in it and two subjects
- ``.../<grasp id>/<other object id>/hand_param.pkl``: the grasp transferred to another object
- ``shape/metaV2/object_id.json``, ``virtual_object_id.json``: ``{"A16012": {"name": "bottle_1",
  "class": ..., "attr": [...], "from": ...}}`` (the docs call the second virtual_obj_id.json, the
  loader as here)
- ``shape/OakInkObjectsV2/<name>/align/*.obj`` or ``.ply``; ``shape/OakInkVirtualObjectsV2/...``;
  beside ``align`` there is ``align_ds`` with fewer faces; metres, centre anywhere
- ``OakBase/<category>/<name>/part_01.ply`` with ``part_01.json`` ``{"name": "bottle_body",
  "attr": ["contain_sth", "held_by_hand"]}``; some categories have other names there
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

GRASPS = Path("shape/oakink_shape_v2")
META = Path("shape/metaV2")


def write_object(
    root: Path, identity: str, name: str, mesh: trimesh.Trimesh, *, virtual: bool = False
) -> Path:
    """An object's name and mesh; the other table of names is made if it is not there."""
    for file, of_virtual in (("object_id.json", False), ("virtual_object_id.json", True)):
        path = root / META / file
        path.parent.mkdir(parents=True, exist_ok=True)
        table = json.loads(path.read_text()) if path.is_file() else {}
        if of_virtual == virtual:
            table[identity] = {"name": name, "class": "container", "attr": [], "from": "original"}
        path.write_text(json.dumps(table))
    folder = "OakInkVirtualObjectsV2" if virtual else "OakInkObjectsV2"
    path = root / "shape" / folder / name / "align" / "model_align.obj"
    path.parent.mkdir(parents=True, exist_ok=True)
    mesh.export(path)
    return path


def write_parts(
    root: Path, category: str, name: str, parts: Mapping[str, tuple[trimesh.Trimesh, Sequence[str]]]
) -> Path:
    """Parts of an object, each a mesh with its attributes."""
    folder = root / "OakBase" / category / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, (part, (mesh, attributes)) in enumerate(parts.items(), start=1):
        mesh.export(folder / f"part_{number:02d}.ply")
        about = {"name": part, "attr": list(attributes)}
        (folder / f"part_{number:02d}.json").write_text(json.dumps(about))
    return folder


def write_grasp(
    root: Path,
    category: str,
    identity: str,
    grasp: str,
    values: Any,
    *,
    intent: str = "0001",
    other: str = "",
    source: str | None = None,
) -> Path:
    """A grasp of an object, or with `other` the same one transferred; its hand_param.pkl."""
    folder = root / GRASPS / category / identity / grasp
    folder.mkdir(parents=True, exist_ok=True)
    subjects = "0001_0002" if intent == "0004" else "0002"
    text = f"pass1/{identity}_{intent}_{subjects}/2021-10-12-17-13-00/dom.pkl"
    (folder / "source.txt").write_text(text if source is None else source)
    file = folder / other / "hand_param.pkl" if other else folder / "hand_param.pkl"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(values if isinstance(values, bytes) else pickle.dumps(values))
    return file


def hand_values(tsl: Sequence[float] = (0.0, 0.0, 0.1), **changes: Any) -> dict[str, Any]:
    """What hand_param.pkl holds; `changes` replace keys, None leaves one out."""
    values = {
        "pose": np.zeros(48, dtype=np.float32),
        "shape": np.zeros(10, dtype=np.float32),
        "tsl": np.array(tsl, dtype=np.float32),
    }
    changed = values | changes
    return {key: value for key, value in changed.items() if value is not None}
