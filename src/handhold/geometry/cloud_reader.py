"""Point clouds without a mesh format: XYZ text, NPY and NPZ arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry.named_geometry import NamedGeometry, whole_numbers

_NO_FACES = np.zeros((0, 3), dtype=np.int64)
_UNPACKED_LIMIT = 4 * 1024**3
_POINT_KEYS = ("points", "xyz", "vertices", "pc", "arr_0")
_LAYOUT = "Columns are x y z [nx ny nz] [label]."


def read_xyz(path: Path) -> list[NamedGeometry]:
    """Text lines `x y z`, `x y z label`, `x y z nx ny nz` or `x y z nx ny nz label`.

    Separated by spaces, tabs, commas or semicolons; empty lines and what follows # are
    skipped, and so is a first line that is only a count.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = [
        line.split("#", 1)[0].replace(",", " ").replace(";", " ") for line in text.splitlines()
    ]
    rows = [line.split() for line in lines if line.strip()]
    if rows and len(rows[0]) == 1:
        rows = rows[1:]
    if not rows:
        raise InputError(f"'{path}' holds no points.", _LAYOUT)
    if len({len(row) for row in rows}) != 1:
        raise InputError(f"The lines of '{path}' have different numbers of columns.", _LAYOUT)
    try:
        table = np.array(rows, dtype=np.float64)
    except ValueError as error:
        raise InputError(f"'{path}' is not a table of numbers ({error}).", _LAYOUT) from error
    return [_from_table(path, table)]


def read_npy(path: Path) -> list[NamedGeometry]:
    """An array (N, 3), (N, 4) with labels, (N, 6) with normals, or (N, 7) with both."""
    return [_from_table(path, _load_npy(path))]


def read_npz(path: Path) -> list[NamedGeometry]:
    """`points` (N, 3) [`normals` (N, 3)] [`labels` (N,)] for a cloud, or a mesh with
    `vertices` (V, 3), `faces` (F, 3) [`labels` (F,) or `face_labels` (F,)]."""
    arrays = load_npz(path)
    points = next((arrays[key] for key in _POINT_KEYS if key in arrays), None)
    if points is None:
        raise InputError(
            f"'{path}' holds the arrays {', '.join(sorted(arrays)) or 'none'}.",
            "A cloud needs 'points' (N, 3), a mesh 'vertices' (V, 3) and 'faces' (F, 3).",
        )
    labels = arrays.get("face_labels", arrays.get("labels"))
    if "faces" in arrays:
        return [_mesh(path, points, arrays["faces"], labels)]
    cloud = _from_table(path, points)
    normals = arrays.get("normals", cloud.normals)
    if normals is not None and normals.shape != cloud.vertices.shape:
        raise InputError(
            f"'normals' of '{path}' has shape {normals.shape}, its points {cloud.vertices.shape}.",
            "They must agree.",
        )
    chosen = cloud.labels if labels is None else whole_numbers(labels, f"'{path}'")
    if chosen is not None and len(chosen) != len(cloud.vertices):
        raise InputError(
            f"'{path}' has {len(chosen)} labels for {len(cloud.vertices)} points.",
            "Give one per point.",
        )
    return [NamedGeometry(path.stem, cloud.vertices, _NO_FACES, normals, chosen)]


def load_npz(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an NPZ file without pickled objects; InputError for anything wrong."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _UNPACKED_LIMIT:
            raise InputError(
                f"'{path}' unpacks to {unpacked / 1e9:.1f} GB.",
                f"At most {_UNPACKED_LIMIT / 1e9:.1f} GB are read: thin it out.",
            )
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"'{path}' cannot be read as NPZ ({error}).",
            "It must hold plain arrays of numbers (no pickled objects).",
        ) from error


def _load_npy(path: Path) -> NDArray[Any]:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"'{path}' cannot be read as NPY ({error}).",
            "It must hold a plain array of numbers (no pickled objects).",
        ) from error
    return np.asarray(array)


def _from_table(path: Path, table: NDArray[Any]) -> NamedGeometry:
    if table.dtype.kind not in "fiu" or table.ndim != 2 or table.shape[1] not in (3, 4, 6, 7):
        raise InputError(
            f"The points of '{path}' are {table.dtype} of shape {table.shape}.",
            f"Give numbers of shape (N, 3), (N, 4), (N, 6) or (N, 7). {_LAYOUT}",
        )
    values = table.astype(np.float64)
    normals = values[:, 3:6] if values.shape[1] >= 6 else None
    labels = None
    if values.shape[1] in (4, 7):
        labels = whole_numbers(values[:, -1], f"'{path}'")
    return NamedGeometry(path.stem, values[:, :3], _NO_FACES, normals, labels)


def _mesh(
    path: Path,
    vertices: NDArray[Any],
    faces: NDArray[Any],
    labels: NDArray[Any] | None,
) -> NamedGeometry:
    for name, array, kinds in (("vertices", vertices, "fiu"), ("faces", faces, "iu")):
        if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in kinds:
            raise InputError(
                f"'{name}' of '{path}' is {array.dtype} of shape {array.shape}.",
                "Give vertices (V, 3) as numbers and faces (F, 3) as integers.",
            )
    if faces.size and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise InputError(
            f"A face of '{path}' uses a vertex that is not there.",
            f"Indices must be 0..{len(vertices) - 1}.",
        )
    chosen = None if labels is None else whole_numbers(labels, f"'{path}'")
    if chosen is not None and len(chosen) != len(faces):
        raise InputError(
            f"'{path}' has {len(chosen)} labels for {len(faces)} faces.", "Give one per face."
        )
    return NamedGeometry(
        path.stem, vertices.astype(np.float64), faces.astype(np.int64), labels=chosen
    )
