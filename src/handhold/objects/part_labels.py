"""The parts of an object: from the file, from a file of labels, or found automatically."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry.cloud_reader import load_npz
from handhold.geometry.named_geometry import NamedGeometry, labels_of_faces, whole_numbers

_JSON_LIMIT = 512 * 1024**2
_MACHINE_MADE = re.compile(
    r"(gltf|geometry|mesh|node|object|part|group|label|solid|shape|body|default|material|"
    r"primitive|convex|hull|piece|[ _.:#-]|\d)*",
    re.IGNORECASE,
)
_FORMAT_ADVICE = (
    'Give JSON like {"names": ["body", "handle"], "face_labels": [0, 0, 1, ...]}, '
    "or NPY/NPZ with one whole number per face or per vertex of the file."
)


@dataclass(frozen=True, eq=False)
class PartLabels:
    """labels (F,) per face (or per point of a cloud), indexing names; source: for the notes."""

    labels: NDArray[np.int64]
    names: tuple[str, ...]
    source: str


def made_by_machine(name: str) -> bool:
    """Whether a name only counts or says what a file holds, as in "geometry_0" and "part_3"."""
    return _MACHINE_MADE.fullmatch(name) is not None


def parts_of_file(geometries: Sequence[NamedGeometry]) -> PartLabels | None:
    """What the file itself calls its parts; None if it has no division.

    Labels and groups inside geometries win; a geometry without any is one part under its name.
    """
    pieces: list[NDArray[np.int64]] = []
    names: list[str] = []
    for geometry in geometries:
        count = len(geometry.vertices) if geometry.is_cloud else len(geometry.faces)
        if geometry.labels is None:
            pieces.append(np.full(count, len(names)))
            names.append(_free(geometry.name or "part", names))
            continue
        values, packed = np.unique(geometry.labels, return_inverse=True)
        pieces.append(packed + len(names))
        for value in values.tolist():
            known = geometry.label_names.get(value, f"label_{value}")
            names.append(_free(known, names))
    labels = np.concatenate(pieces)
    if len(np.unique(labels)) < 2:
        return None
    return _used_only(labels, names, "the file's own groups, nodes or labels")


def parts_from_file(
    path: str | os.PathLike[str], faces: NDArray[np.int64], vertex_count: int
) -> PartLabels:
    """Labels from a separate file, for the faces (F, 3) and vertices of the object's file.

    JSON: `{"names": [...], "face_labels": [...]}` or `{"names": [...], "vertex_labels": [...]}`
    (labels: indices into names, or names; "names" may be left out), `{"body": [face, ...],
    "handle": [...]}` (faces of each part; the others become "rest"), or a bare list of labels
    per face. NPY: a whole number per face or per vertex. NPZ: `face_labels`, `vertex_labels` or
    `labels`, and optionally `names`. Faces and vertices count in the order of the object's
    file, polygons cut into fans. For a cloud (F = 0) labels are per point.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no parts file '{file}'.", "Check the path given to --parts.")
    suffix = file.suffix.lower()
    if suffix == ".json":
        table = _json_table(file, len(faces))
    elif suffix in (".npy", ".npz"):
        table = _array_table(file)
    else:
        raise InputError(
            f"The parts file '{file}' has the unknown extension '{suffix}'.",
            f"Allowed: .json, .npy, .npz. {_FORMAT_ADVICE}",
        )
    labels = _per_face(file, table, faces, vertex_count)
    return _named(file, labels, table.names)


@dataclass(frozen=True)
class _Table:
    values: NDArray[Any]
    per: str  # "face", "vertex" or "" (whichever fits)
    names: tuple[str, ...] | None


def _json_table(file: Path, face_count: int) -> _Table:
    try:
        if file.stat().st_size > _JSON_LIMIT:
            raise InputError(f"The parts file '{file}' is larger than 512 MB.", "Use NPY or NPZ.")
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"The parts file '{file}' cannot be read as JSON ({error}).", _FORMAT_ADVICE
        ) from error
    if isinstance(data, list):
        return _Table(_flat(file, data), "face", None)
    if not isinstance(data, dict):
        raise InputError(
            f"The parts file '{file}' is neither an object nor a list.", _FORMAT_ADVICE
        )
    names = _names(file, data.get("names"))
    for key, per in (("face_labels", "face"), ("vertex_labels", "vertex"), ("labels", "")):
        if key in data:
            return _Table(_flat(file, data[key]), per, names)
    return _face_lists(file, data, face_count)


def _face_lists(file: Path, data: Mapping[str, Any], face_count: int) -> _Table:
    labels = np.full(face_count, -1)
    for index, (name, faces) in enumerate(data.items()):
        chosen = _flat(file, faces)
        if chosen.dtype.kind not in "iu" or (
            chosen.size and (chosen.min() < 0 or chosen.max() >= face_count)
        ):
            raise InputError(
                f"Part '{name}' of '{file}' lists faces that the object lacks.",
                f"Faces are whole numbers from 0 to {face_count - 1}.",
            )
        labels[chosen] = index
    names = list(data)
    if (labels < 0).any():
        labels[labels < 0] = len(names)
        names.append(_free("rest", names))
    return _Table(labels, "face", tuple(names))


def _array_table(file: Path) -> _Table:
    if file.suffix.lower() == ".npz":
        arrays = load_npz(file)
        names = arrays.get("names")
        listed = None if names is None else tuple(str(name) for name in names.reshape(-1))
        for key, per in (("face_labels", "face"), ("vertex_labels", "vertex"), ("labels", "")):
            if key in arrays:
                return _Table(arrays[key].reshape(-1), per, listed)
        raise InputError(
            f"The parts file '{file}' holds {', '.join(arrays) or 'nothing'}.",
            "It needs 'face_labels', 'vertex_labels' or 'labels'.",
        )
    try:
        return _Table(np.load(file, allow_pickle=False).reshape(-1), "", None)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"The parts file '{file}' cannot be read as NPY ({error}).", _FORMAT_ADVICE
        ) from error


def _per_face(
    file: Path, table: _Table, faces: NDArray[np.int64], vertex_count: int
) -> NDArray[Any]:
    values = table.values
    if not len(faces):
        fits = len(values) == vertex_count
        wanted = f"{vertex_count} points"
    else:
        if table.per != "vertex" and len(values) == len(faces):
            return values
        fits = table.per != "face" and len(values) == vertex_count
        wanted = f"{len(faces)} faces (triangles) and {vertex_count} vertices"
    if not fits:
        raise InputError(
            f"The parts file '{file}' has {len(values)} labels, but the object has {wanted}.",
            "Give one label for each, in order.",
        )
    if not len(faces):
        return values
    kinds, packed = np.unique(values, return_inverse=True)
    return kinds[labels_of_faces(packed, faces)]


def _named(file: Path, labels: NDArray[Any], names: tuple[str, ...] | None) -> PartLabels:
    source = f"the parts file {file.name}"
    if labels.dtype.kind == "U":
        known, packed = np.unique(labels, return_inverse=True)
        return PartLabels(packed.astype(np.int64), tuple(known.tolist()), source)
    numbers = whole_numbers(labels, f"'{file}'")
    if names is None:
        kinds, packed = np.unique(numbers, return_inverse=True)
        return PartLabels(packed, tuple(f"label_{kind}" for kind in kinds.tolist()), source)
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= len(names)):
        raise InputError(
            f"'{file}' has labels {numbers.min()}..{numbers.max()} for {len(names)} names.",
            "Labels count the names from 0.",
        )
    return _used_only(numbers, list(names), source)


def _used_only(labels: NDArray[np.int64], names: Sequence[str], source: str) -> PartLabels:
    used, packed = np.unique(labels, return_inverse=True)
    return PartLabels(packed, tuple(names[index] for index in used.tolist()), source)


def _names(file: Path, given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(name, str) and name for name in given):
        raise InputError(f"'names' of '{file}' is not a list of names.", _FORMAT_ADVICE)
    if len(set(given)) != len(given):
        raise InputError(f"'names' of '{file}' has a name twice.", "Give each part one name.")
    return tuple(given)


def _flat(file: Path, values: Any) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError):
        array = np.zeros((0, 0))
    if array.ndim != 1 or array.dtype.kind not in "iufU":
        if isinstance(values, list) and not values:
            return np.zeros(0, dtype=np.int64)
        raise InputError(
            f"The labels of '{file}' are not a flat list of numbers or names.", _FORMAT_ADVICE
        )
    return array


def _free(name: str, taken: Sequence[str]) -> str:
    """`name`, or `name_2`, `name_3`... if it is taken."""
    clean = " ".join(name.split()) or "part"
    candidate, number = clean, 2
    lower = {other.lower() for other in taken}
    while candidate.lower() in lower:
        candidate, number = f"{clean}_{number}", number + 1
    return candidate
