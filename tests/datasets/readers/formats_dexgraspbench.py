"""Files as the owners of DexGraspBench distribute them.

Project and paper: DexGraspBench, with BODex (Chen et al. 2025). Layout, as in the owners'
repository::

    output/<experiment>/graspdata/<object>/<scale and pose>/<number>.npy   a grasp each
    assets/DGNObj/<object>/mesh/normalized.obj                             the object, without unit

for instance ``core_bottle_523cddb320608c09a37f3fc191551700/scale006_pose000/0.npy``. A file is
numpy.save of one dictionary (a pickled array of objects without dimension):

- ``obj_scale``: metres per unit of the mesh; ``obj_pose`` (7,): metres and quaternion wxyz, in the
  world; ``obj_path``: "assets/DGNObj/<object>"
- ``grasp_qpos``, ``pregrasp_qpos``, ``squeeze_qpos`` (29,): metres, quaternion wxyz of the wrist
  in the world, then the 22 joints of the Shadow Hand, FFJ4 ... THJ1. ``approach_qpos`` is optional;
  with an arm the vectors are longer.

Verified: folders and names of files in the owners' repository, keys in their code that converts
and evaluates grasps and in their README; widths, order and frames by the plain samples, which come
from such files. From memory: the folder ``mesh`` of an object (MeshProcess).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

OBJECT = "core_bottle_523cddb320608c09a37f3fc191551700"
GRASPS = Path("output", "debug_shadow", "graspdata")
MESHES = Path("assets", "DGNObj")
AT_REST = np.array([0.0, 0, 0, 1, 0, 0, 0])


def grasp(**changes: Any) -> dict[str, Any]:
    """A hand with flat fingers whose wrist is at the object's origin; None leaves a field out."""
    hand = np.concatenate([AT_REST, np.zeros(22)]).astype(np.float32)
    values = {
        "obj_pose": AT_REST,
        "obj_scale": 0.1,
        "obj_path": f"assets/DGNObj/{OBJECT}",
        "pregrasp_qpos": hand,
        "grasp_qpos": hand,
        "squeeze_qpos": hand,
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


def write_grasp(
    repository: Path, values: Any, number: int = 0, place: str = "scale010_pose000"
) -> Path:
    """``output/debug_shadow/graspdata/<object>/<place>/<number>.npy``."""
    file = repository / GRASPS / OBJECT / place / f"{number}.npy"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, values, allow_pickle=True)
    return file


def write_mesh(repository: Path, centre: Sequence[float] = (0, 0, 0)) -> Path:
    """``assets/DGNObj/<object>/mesh/normalized.obj``, a cube with sides of 1."""
    file = repository / MESHES / OBJECT / "mesh" / "normalized.obj"
    file.parent.mkdir(parents=True, exist_ok=True)
    cube = trimesh.creation.box((1.0, 1.0, 1.0))
    cube.apply_translation(centre)
    cube.export(file)
    return file
