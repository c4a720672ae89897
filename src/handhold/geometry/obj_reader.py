"""Wavefront OBJ: positions, polygons, `o` and `g` groups, and a label as fourth coordinate."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry.named_geometry import NamedGeometry, labels_of_faces

_UNNAMED = frozenset({"", "default", "off", "none", "(null)"})


def read_obj(path: Path) -> list[NamedGeometry]:
    """One geometry with all faces in file order (polygons as fans); groups become labels.

    A line `v x y z label` (as in AffordPose) gives per-vertex labels when the fourth numbers
    are whole and not all the same; otherwise it is the weight of the standard and is ignored.
    Materials, texture coordinates and normals are not read.
    """
    lines = _Lines(path.read_text(encoding="utf-8", errors="replace"))
    vertices, extra = _vertices(lines.vertices, path)
    faces, polygon = _triangles(lines, len(vertices), path)
    notes: list[str] = []
    if lines.too_short:
        notes.append(f"{lines.too_short} faces with fewer than three corners were left out")
    labels, names = _group_labels(lines, polygon)
    if extra is not None and len(faces):
        labels, names = labels_of_faces(extra, faces), {}
        notes.append("the fourth number of each vertex was read as its part label")
    return [
        NamedGeometry(
            path.stem, vertices, faces, labels=labels, label_names=names, notes=tuple(notes)
        )
    ]


class _Lines:
    """The lines that matter, sorted by kind, in one pass."""

    def __init__(self, text: str) -> None:
        self.vertices: list[str] = []
        self.faces: list[str] = []
        self.known: list[int] = []  # vertices known at each face, for negative indices
        self.group: list[int] = []
        self.groups: dict[tuple[str, str], int] = {}
        self.too_short = 0
        name = ("", "")
        current = self._group(name)
        if "\\\n" in text or "\\\r" in text:
            text = re.sub(r"\\\r?\n", " ", text)
        for line in text.splitlines():
            stripped = line.strip()
            kind, _, rest = stripped.partition(" ")
            if "\t" in kind:
                kind, _, rest = stripped.partition("\t")
            if kind == "v":
                self.vertices.append(rest)
            elif kind == "f":
                if "#" in rest:
                    rest = rest.split("#", 1)[0]
                self.faces.append(rest)
                self.known.append(len(self.vertices))
                self.group.append(current)
            elif kind == "o":
                name = (rest.strip(), "")
                current = self._group(name)
            elif kind == "g":
                name = (name[0], rest.strip())
                current = self._group(name)

    def _group(self, name: tuple[str, str]) -> int:
        return self.groups.setdefault(name, len(self.groups))


def _vertices(lines: list[str], path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    if not lines:
        return np.zeros((0, 3)), None
    columns = len(lines[0].split())
    table = _numbers(" ".join(lines), len(lines) * columns)
    if columns < 3 or table is None:
        table = _ragged(lines, path)
        columns = table.shape[0] // len(lines)
    rows = table.reshape(len(lines), columns)
    positions = np.ascontiguousarray(rows[:, :3])
    if columns != 4:
        return positions, None
    fourth = rows[:, 3]
    whole = np.isfinite(fourth).all() and np.array_equal(fourth, np.round(fourth))
    if not whole or fourth.min() == fourth.max():
        return positions, None
    return positions, fourth.astype(np.int64)


def _ragged(lines: list[str], path: Path) -> NDArray[np.float64]:
    try:
        rows = [[float(word) for word in line.split()[:3]] for line in lines]
    except ValueError as error:
        raise InputError(
            f"'{path}' cannot be read as OBJ: a vertex is not made of numbers ({error}).",
            "Export it again.",
        ) from error
    if any(len(row) != 3 for row in rows):
        raise InputError(
            f"'{path}' cannot be read as OBJ: a vertex has fewer than three numbers.",
            "Export it again.",
        )
    return np.array(rows).reshape(-1)


def _triangles(
    lines: _Lines, vertex_count: int, path: Path
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles (F, 3) and the polygon (F,) that each was cut from."""
    if not lines.faces:
        return np.zeros((0, 3), np.int64), np.zeros(0, np.int64)
    corners = np.array([len(line.split()) for line in lines.faces])
    joined = "\n".join(lines.faces)
    if "/" in joined:
        joined = re.sub(r"/\S*", "", joined)
    numbers = _numbers(joined, int(corners.sum()))
    if numbers is None:
        raise InputError(
            f"'{path}' cannot be read as OBJ: a face is not made of numbers.", "Export it again."
        )
    indices = numbers.astype(np.int64)
    known = np.repeat(np.array(lines.known), corners)
    indices = np.where(indices < 0, known + indices, indices - 1)
    if len(indices) and (indices.min() < 0 or indices.max() >= vertex_count):
        raise InputError(
            f"'{path}' has a face that uses vertex {int(indices.max()) + 1}, "
            f"but only {vertex_count} vertices.",
            "The file is incomplete or damaged: export it again.",
        )
    lines.too_short = int((corners < 3).sum())
    return _fans(indices, corners)


def _fans(
    indices: NDArray[np.int64], corners: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts = np.cumsum(corners) - corners
    triangles = np.maximum(corners - 2, 0)
    polygon = np.repeat(np.arange(len(corners)), triangles)
    within = np.arange(len(polygon)) - np.repeat(np.cumsum(triangles) - triangles, triangles)
    first = starts[polygon]
    second = first + within + 1
    return np.stack([indices[first], indices[second], indices[second + 1]], axis=1), polygon


def _group_labels(
    lines: _Lines, polygon: NDArray[np.int64]
) -> tuple[NDArray[np.int64] | None, dict[int, str]]:
    if not len(polygon):
        return None, {}
    labels = np.array(lines.group)[polygon]
    used = set(np.unique(labels).tolist())
    if len(used) < 2:
        return None, {}
    names = {}
    for (thing, group), label in lines.groups.items():
        name = group if group.lower() not in _UNNAMED else thing
        if label in used and name.lower() not in _UNNAMED:
            names[label] = name
    return labels, names


def _numbers(text: str, expected: int) -> NDArray[np.float64] | None:
    """All numbers of the text, or None if there are not as many as expected."""
    try:
        numbers = np.fromstring(text, dtype=np.float64, sep=" ")
    except ValueError:
        return None
    return numbers if len(numbers) == expected else None
