"""Parts of an object from a segmentation that another program made: PartField (Liu et al. 2025).

What PartField's scripts write (`partfield_inference.py`, `run_part_clustering.py`), for a mesh
called NAME.glb, view number 0, F triangles:

    cluster_out/NAME_0_05.npy    (F, 1) or (F,) numbers: the cluster of each face, 5 clusters
    ply/NAME_0_05.ply            the mesh with a colour per face, one per cluster
    part_feat_NAME_0_batch.npy   (F, 448) numbers: a feature per face (older: part_feat_NAME_0.npy)

Faces count in the order of the file, which holds as long as PartField ran without
`preprocess_mesh` (its default), and without `vertex_feature`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import trimesh
from numpy.typing import NDArray

from handhold.datasets.arrays import read_npy
from handhold.errors import InputError
from handhold.geometry.named_geometry import whole_numbers
from handhold.grasps.json_reading import shown, shown_path
from handhold.objects import PartLabels, parts_from_file

PARTS = 5  # ours: PartField tries 2 to 19 clusters and leaves the choice to its user
MOST_PARTS = 64  # ours: more pieces are no parts that a hand goes to
MAX_BYTES = 1024**3  # ours: features of 600,000 faces
_TRIED = range(2, 41)  # clusters that file names are tried for, ours
_MIN_LENGTH = 1e-12
_ADVICE = (
    "Segment the very mesh that is imported, without preprocess_mesh: one label per triangle, in "
    "the order of its file."
)


def outside_parts(face_count: int, file: Path, parts: int = PARTS) -> PartLabels:
    """The part of each of the F faces of a mesh, from another program's file about it.

    .npy: a whole number per face, (F,) or (F, 1), or features (F, C), which are clustered; .ply:
    the same mesh with a colour per face; .npz, .json: as in `parts_from_file`, with names.
    parts: clusters to make of features. A label without a name is called `part_1`, `part_2`, ...
    in the order of the labels. Raises InputError for a file that is missing, damaged or too large,
    of another number of faces, and for labels that are not whole numbers.
    """
    if not file.is_file():
        raise InputError(f"There is no file {shown_path(file)}.", "Check the path.")
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise InputError(
            f"{shown_path(file)} has the unknown extension '{shown(file.suffix)}'.",
            f"Known: {', '.join(_READERS)}.",
        )
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{shown_path(file)} has {size / 1e6:.0f} MB.", "It is no segmentation.")
    found = reader(file, face_count, parts)
    if len(found.names) > MOST_PARTS:
        raise InputError(
            f"{shown_path(file)} has {len(found.names)} parts.",
            f"At most {MOST_PARTS} are read: cluster it into fewer.",
        )
    return found


def find_segmentation(folder: Path, name: str, parts: int = PARTS) -> Path:
    """The file about the object `name` in a folder of segmentations.

    First `name` with .json, .npz, .npy or .ply; then PartField's clusters, of the number nearest
    to `parts`, in the folder or below `cluster_out` and `ply`; then its features. Raises
    InputError with what was looked for.
    """
    if not folder.is_dir():
        raise InputError(
            f"There is no folder of labels {shown_path(folder)}.", "Check the path of the labels."
        )
    found = next((path for path in _candidates(folder, name, parts) if path.is_file()), None)
    if found is None:
        raise InputError(
            f"{shown_path(folder)} has no segmentation of '{shown(name)}' (looked for "
            f"{shown(name)}.npy, {shown(name)}_0_{parts:02d}.npy and others, and "
            f"part_feat_{shown(name)}_0.npy).",
            "Segment it, or take it off the list.",
        )
    return found


def cluster_features(features: NDArray[np.float64], parts: int = PARTS) -> NDArray[np.int64]:
    """Labels (F,) of features (F, C): k-means of their directions.

    As PartField's own script clusters by default: unit length, random_state 0.
    """
    from sklearn.cluster import KMeans

    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = (features / np.maximum(lengths, _MIN_LENGTH)).astype(np.float32)
    count = min(parts, len(np.unique(directions, axis=0)))
    labels = KMeans(n_clusters=count, random_state=0).fit(directions).labels_
    return np.asarray(labels, dtype=np.int64)


def _candidates(folder: Path, name: str, parts: int) -> Iterator[Path]:
    for suffix in (".json", ".npz", ".npy", ".ply"):
        yield folder / f"{name}{suffix}"
    for count in sorted(_TRIED, key=lambda number: (abs(number - parts), number)):
        for below, suffix in (("cluster_out", ".npy"), ("ply", ".ply")):
            file = f"{name}_0_{count:02d}{suffix}"
            yield folder / below / file
            yield folder / file
    for ending in ("_0_batch.npy", "_0.npy"):
        yield folder / f"part_feat_{name}{ending}"


def _from_npy(file: Path, face_count: int, parts: int) -> PartLabels:
    values = read_npy(file, MAX_BYTES)
    per_face = len(values) if values.ndim in (1, 2) and values.size else 0
    if per_face != face_count:
        raise InputError(
            f"{shown_path(file)} has shape {values.shape}, but the mesh has {face_count} faces.",
            _ADVICE,
        )
    if not np.isfinite(values).all():
        raise InputError(f"{shown_path(file)} holds numbers that are not finite.", _ADVICE)
    if values.size == face_count:
        return _numbered(whole_numbers(values, shown_path(file)), f"the labels of {file.name}")
    labels = cluster_features(values.astype(np.float64), parts)
    return _numbered(labels, f"the features of {file.name}, clustered")


def _from_ply(file: Path, face_count: int, parts: int) -> PartLabels:
    try:
        mesh = trimesh.load(str(file), file_type="ply", process=False)
        coloured = isinstance(mesh, trimesh.Trimesh) and mesh.visual.kind == "face"
        colours = np.asarray(mesh.visual.face_colors) if coloured else np.zeros((0, 4), np.uint8)
    except MemoryError:
        raise
    except Exception as error:  # the reader fails in many ways, all of them the file's fault
        raise InputError(
            f"{shown_path(file)} cannot be read as PLY ({type(error).__name__}: {error}).",
            "It may be damaged or cut off: make it again.",
        ) from error
    if not coloured:
        raise InputError(f"{shown_path(file)} has no colours of faces.", _ADVICE)
    if len(colours) != face_count:
        raise InputError(
            f"{shown_path(file)} has {len(colours)} faces, but the mesh has {face_count}.", _ADVICE
        )
    _, labels = np.unique(colours, axis=0, return_inverse=True)
    return _numbered(labels.reshape(-1), f"the colours of {file.name}")


def _from_names(file: Path, face_count: int, parts: int) -> PartLabels:
    """Only labels per face: without the mesh, vertices cannot be told."""
    found = parts_from_file(file, np.zeros((face_count, 3), dtype=np.int64), vertex_count=-1)
    named = all(not name.startswith("label_") for name in found.names)
    return found if named else _numbered(found.labels, found.source)


def _numbered(labels: NDArray[np.int64], source: str) -> PartLabels:
    kinds, packed = np.unique(labels, return_inverse=True)
    names = tuple(f"part_{index + 1}" for index in range(len(kinds)))
    return PartLabels(packed.reshape(-1).astype(np.int64), names, source)


_READERS: Mapping[str, Callable[[Path, int, int], PartLabels]] = MappingProxyType(
    {".json": _from_names, ".npz": _from_names, ".npy": _from_npy, ".ply": _from_ply}
)
