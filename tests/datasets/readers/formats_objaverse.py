"""A small Objaverse 1.0 (Deitke et al. 2023) and PartField output (Liu et al. 2025) about it.

Objaverse, in the folder `hf-objaverse-v1` that its own package fills:

    glbs/000-000/<uid>.glb           glTF 2.0 binary, any unit, y up; uid: 32 hexadecimal digits
    lvis-annotations.json.gz         {"category": [uid, ...]}, 1,156 categories, 46,052 objects
    object-paths.json.gz             {uid: "glbs/000-000/uid.glb"}                  not read by us
    metadata/000-000.json.gz         {uid: {"name": ..., "license": ...}}           not read by us

PartField, run on a folder of GLB files (`result_name`, then `run_part_clustering.py --root ...
--dump_dir exp_results/clustering/<name>`), k = 2 .. 19 clusters with two digits in the name:

    exp_results/partfield_features/<name>/part_feat_<uid>_0_batch.npy    (F, 448) float32
    exp_results/clustering/<name>/cluster_out/<uid>_0_<k>.npy            (F, 1) float64 (k-means)
                                                                         or (F,) int (agglomerative)
    exp_results/clustering/<name>/ply/<uid>_0_<k>.ply                    face colours

Verified in copies of the owners' code in public repositories (Objaverse's package: paths and names
of the JSON files; PartField: `partfield/dataloader.py`, `model_trainer_pvcnn_only_demo.py`,
`run_part_clustering.py`): names, shapes, number formats, k-means of unit vectors with random_state
0, faces in the order in which trimesh puts the scene together. No real output was at hand.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import trimesh

UID = "8476c4170df24cf5bbe6967222d1a42d"
FACES = 24  # of the hammer below


def write_hammer(
    root: Path, uid: str = UID, folder: str = "000-000", names: Sequence[str] = ("Grip", "Steel")
) -> Path:
    """A handle 1 unit high with a head at its top (y up), two nodes, 12 faces each."""
    scene = trimesh.Scene()
    handle = trimesh.creation.box((0.1, 1.0, 0.1))
    head = trimesh.creation.box((0.6, 0.2, 0.2))
    scene.add_geometry(handle, node_name=names[0], geom_name=names[0])
    up = trimesh.transformations.translation_matrix((0.0, 0.6, 0.0))
    scene.add_geometry(head, node_name=names[1], geom_name=names[1], transform=up)
    path = root / "glbs" / folder / f"{uid}.glb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(scene.export(file_type="glb"))
    return path


def write_lvis(root: Path, categories: Mapping[str, Sequence[str]], packed: bool = True) -> Path:
    """Which object is what."""
    text = json.dumps({name: list(uids) for name, uids in categories.items()}).encode()
    path = root / ("lvis-annotations.json.gz" if packed else "lvis-annotations.json")
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


def write_clusters(folder: Path, labels: Sequence[int], uid: str = UID) -> Path:
    """As k-means of PartField's script leaves them: a column of float64."""
    count = len(set(labels))
    path = folder / "cluster_out" / f"{uid}_0_{count:02d}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.array(labels, dtype=np.float64)[:, None])
    return path


def write_features(folder: Path, groups: Sequence[int], uid: str = UID) -> Path:
    """(F, 448) features, alike within a group."""
    rng = np.random.default_rng(0)
    means = rng.normal(size=(max(groups) + 1, 448))
    noise = rng.normal(scale=0.05, size=(len(groups), 448))
    lengths = rng.uniform(0.5, 2.0, size=(len(groups), 1))  # PartField's are not unit vectors
    path = folder / f"part_feat_{uid}_0_batch.npy"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(path, ((means[list(groups)] + noise) * lengths).astype(np.float32))
    return path
