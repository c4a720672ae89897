"""Files as the owners of DexGraspNet distribute them.

Project and paper: DexGraspNet (Wang et al. 2023). Layout, as in the owners' repository and in the
README of their grasp generation::

    dataset/<object code>.npy                      numpy.save of a list of dictionaries: a pickled
                                                   array of objects (n,)
    meshdata/<object code>/coacd/decomposed.obj    the object's mesh, without unit

A dictionary is one grasp: ``scale`` (float, metres per unit of the mesh) and ``qpos``, a
dictionary of 28 floats by name: ``WRJTx``, ``WRJTy``, ``WRJTz`` metres, ``WRJRx``, ``WRJRy``,
``WRJRz`` Euler angles about static x, y, z, and the joints ``robot0:FFJ3`` ... in radians, all
from the frame of the mesh times the scale. Before validation there are also ``qpos_st``, the
initial pose, and the energies ``energy``, ``E_fc``, ``E_dis``, ``E_pen``, ``E_spen``,
``E_joints``. An object code is ``source(-category)-code``.

Verified: keys, types and folders in the owners' code that writes and reads them (generate_grasps,
its README, the list of files of their repository); the values of the plain samples, which come
from such files. From memory: that the archive unpacks to a folder ``dexgraspnet`` instead of
``dataset`` (also named so in a fork's README).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

FINGERS = {"FF": 4, "MF": 4, "RF": 4, "LF": 5, "TH": 5}
JOINTS = tuple(
    f"robot0:{finger}J{number}"
    for finger, count in FINGERS.items()
    for number in reversed(range(count))
)
NAMES = (*JOINTS, "WRJTx", "WRJTy", "WRJTz", "WRJRx", "WRJRy", "WRJRz")
CODE = "core-mug-8570d9a8d24cb0acbebd3c0c0c70fb03"


def grasp(scale: float = 0.1, **values: float) -> dict[str, Any]:
    """One grasp; 0 where no value is given. "J" stands for "robot0:" in keyword names."""
    given = {name.replace("J_", "robot0:"): value for name, value in values.items()}
    qpos = {name: float(given.get(name, 0.0)) for name in NAMES}
    return {"scale": scale, "qpos": qpos, "qpos_st": qpos, "E_pen": 0.0}


def write_grasps(root: Path, grasps: Sequence[Any], code: str = CODE) -> Path:
    """``dataset/<code>.npy``."""
    file = root / "dataset" / f"{code}.npy"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, np.array(list(grasps), dtype=object), allow_pickle=True)
    return file


def write_mesh(root: Path, code: str = CODE, centre: Sequence[float] = (1, 0, 0)) -> Path:
    """``meshdata/<code>/coacd/decomposed.obj``, a cube with sides of 1."""
    file = root / "meshdata" / code / "coacd" / "decomposed.obj"
    file.parent.mkdir(parents=True, exist_ok=True)
    cube = trimesh.creation.box((1.0, 1.0, 1.0))
    cube.apply_translation(centre)
    cube.export(file)
    return file


def from_plain(sample: Path, root: Path, mesh: Path, rows: Sequence[int]) -> Path:
    """Rows of a plain NPZ sample and its mesh, written back in the owners' format."""
    arrays = np.load(sample)
    names = arrays["joint_names"].tolist()
    grasps = [
        {
            "scale": float(arrays["scale"][row]),
            "qpos": dict(zip(names, arrays["qpos"][row].astype(float).tolist(), strict=True)),
        }
        for row in rows
    ]
    target = root / "meshdata" / sample.stem / "coacd" / "decomposed.obj"
    target.parent.mkdir(parents=True)
    target.symlink_to(mesh)
    return write_grasps(root, grasps, sample.stem)
