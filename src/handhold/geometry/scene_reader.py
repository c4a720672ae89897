"""STL, OFF, PLY, GLB and GLTF, through trimesh."""

from __future__ import annotations

import logging
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry.named_geometry import NamedGeometry, labels_of_faces

_LABEL_PROPERTIES = (
    "label", "labels", "part", "part_id", "part_label", "segment", "segment_id", "segmentation",
    "class", "class_id", "category", "category_id", "object_id", "instance", "instance_id",
    "semantic", "scalar_label", "scalar_part",
)  # fmt: skip


def read_scene(path: Path) -> list[NamedGeometry]:
    """Every mesh and cloud of the file with its node's placement applied."""
    if path.suffix.lower() == ".glb":
        _refuse_truncated_glb(path)
    loaded = _load(path)
    if isinstance(loaded, trimesh.Scene):
        return _nodes(loaded)
    return [_geometry(path.stem, loaded)]


def _load(path: Path) -> Any:
    kind = path.suffix.lower().lstrip(".")
    # trimesh logs tracebacks of what it survives; a user should not see them.
    logging.getLogger("trimesh").setLevel(logging.CRITICAL)
    try:
        return trimesh.load(str(path), file_type=kind, process=False)
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # readers fail in many ways, all of them the file's fault
        raise InputError(
            f"'{path}' cannot be read as {kind.upper()} ({type(error).__name__}: {error}).",
            "The file is damaged, incomplete or of another format: export it again.",
        ) from error


def _refuse_truncated_glb(path: Path) -> None:
    with path.open("rb") as stream:
        header = stream.read(12)
    if len(header) < 12 or header[:4] != b"glTF":
        raise InputError(f"'{path}' is not a GLB file (its header is wrong).", "Export it again.")
    _, _, declared = struct.unpack("<4sII", header)
    actual = path.stat().st_size
    if actual < declared:
        raise InputError(
            f"'{path}' is truncated: its header promises {declared} bytes, it has {actual}.",
            "Copy or export it again.",
        )


def _nodes(scene: trimesh.Scene) -> list[NamedGeometry]:
    found = []
    for node in scene.graph.nodes_geometry:
        transform, name = scene.graph[node]
        geometry = scene.geometry[name]
        if not isinstance(geometry, (trimesh.Trimesh, trimesh.PointCloud)):
            continue
        plain = _geometry(_node_name(str(node), str(name)), geometry)
        found.append(_placed(plain, np.asarray(transform, dtype=np.float64)))
    return found


def _placed(geometry: NamedGeometry, transform: NDArray[np.float64]) -> NamedGeometry:
    if np.array_equal(transform, np.eye(4)):
        return geometry
    linear = transform[:3, :3]
    mirrored = np.linalg.det(linear) < 0
    return replace(
        geometry,
        vertices=geometry.vertices @ linear.T + transform[:3, 3],
        faces=geometry.faces[:, ::-1] if mirrored else geometry.faces,
        normals=None if geometry.normals is None else geometry.normals @ np.linalg.pinv(linear),
    )


def _node_name(node: str, geometry: str) -> str:
    """The node's name unless it is only a number, which exporters write when it has none."""
    return geometry if node.split("_")[0].isdigit() else node


def _geometry(name: str, loaded: Any) -> NamedGeometry:
    vertices = np.asarray(loaded.vertices, dtype=np.float64).reshape(-1, 3)
    faces = np.asarray(getattr(loaded, "faces", np.zeros((0, 3))), dtype=np.int64).reshape(-1, 3)
    raw = loaded.metadata.get("_ply_raw", {})
    per_face = _ply_labels(raw.get("face"), len(faces))
    per_vertex = _ply_labels(raw.get("vertex"), len(vertices))
    labels = per_face
    if labels is None and per_vertex is not None:
        labels = labels_of_faces(per_vertex, faces) if len(faces) else per_vertex
    normals = None if len(faces) else _ply_normals(raw.get("vertex"), len(vertices))
    return NamedGeometry(name, vertices, faces, normals, labels)


def _ply_labels(element: Any, count: int) -> NDArray[np.int64] | None:
    """A whole-numbered label property with more than one value, if there is one."""
    for name in _LABEL_PROPERTIES:
        column = _column(element, name)
        if column is None or len(column) != count or not count:
            continue
        if np.array_equal(column, np.round(column)) and column.min() != column.max():
            return column.astype(np.int64)
    return None


def _ply_normals(element: Any, count: int) -> NDArray[np.float64] | None:
    columns = [_column(element, name) for name in ("nx", "ny", "nz")]
    present = [column for column in columns if column is not None and len(column) == count]
    return np.stack(present, axis=1) if len(present) == 3 else None


def _column(element: Any, name: str) -> NDArray[np.float64] | None:
    if not element or element.get("data") is None or name not in element["properties"]:
        return None
    try:
        return np.asarray(element["data"][name], dtype=np.float64).reshape(-1)
    except (KeyError, ValueError, TypeError, IndexError):
        return None
