"""Files into geometry, one reader per format."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from handhold.errors import InputError
from handhold.geometry.cloud_reader import read_npy, read_npz, read_xyz
from handhold.geometry.named_geometry import NamedGeometry
from handhold.geometry.obj_reader import read_obj
from handhold.geometry.scene_reader import read_scene

FILE_LIMIT_BYTES = 2 * 1024**3  # ours
MIN_CLOUD_POINTS = 50  # ours: fewer do not show a shape

READERS: Mapping[str, Callable[[Path], list[NamedGeometry]]] = MappingProxyType(
    {
        ".obj": read_obj,
        ".ply": read_scene,
        ".stl": read_scene,
        ".off": read_scene,
        ".glb": read_scene,
        ".gltf": read_scene,
        ".xyz": read_xyz,
        ".npy": read_npy,
        ".npz": read_npz,
    }
)
_CLOUD_FORMATS = frozenset({".ply", ".xyz", ".npy", ".npz"})


def load_geometry(path: str | os.PathLike[str]) -> list[NamedGeometry]:
    """All meshes of a file, or its point clouds if it has no mesh, in the file's own unit.

    Raises InputError (one line, what to do) for a missing, unreadable, too large, damaged
    or empty file, an unknown format, and vertices that are not finite numbers.
    """
    file = _readable(Path(path))
    found = [each for each in READERS[file.suffix.lower()](file) if len(each.vertices)]
    for each in found:
        _refuse_not_finite(file, each)
    meshes = [each for each in found if not each.is_cloud]
    if meshes:
        return meshes
    if not found:
        raise InputError(
            f"'{file}' is empty: it holds neither faces nor points.",
            "Give a file with a surface or a point cloud.",
        )
    points = sum(len(each.vertices) for each in found)
    if file.suffix.lower() not in _CLOUD_FORMATS or points < MIN_CLOUD_POINTS:
        raise InputError(
            f"'{file}' holds {points} points and no faces.",
            "Give a mesh with faces, or a point cloud of at least "
            f"{MIN_CLOUD_POINTS} points as {_listed(_CLOUD_FORMATS)}.",
        )
    return found


def _readable(path: Path) -> Path:
    suffix = path.suffix.lower()
    try:
        if not path.exists():
            raise InputError(f"There is no file '{path}'.", "Check the path.")
        if not path.is_file():
            raise InputError(f"'{path}' is not a file.", "Give the path of a mesh or cloud.")
        if suffix not in READERS:
            raise InputError(
                f"'{path}' has the unknown extension '{suffix}'.",
                f"Supported: {_listed(READERS)}. Convert it to one of them.",
            )
        size = path.stat().st_size
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            f"'{path}' cannot be read ({reason}).", "Check its permissions."
        ) from error
    if size == 0:
        raise InputError(f"'{path}' is an empty file (0 bytes).", "Export it again.")
    if size > FILE_LIMIT_BYTES:
        raise InputError(
            f"'{path}' has {size / 1e9:.1f} GB.",
            f"At most {FILE_LIMIT_BYTES / 1e9:.1f} GB are read: simplify it first.",
        )
    return path


def _refuse_not_finite(path: Path, geometry: NamedGeometry) -> None:
    bad = int((~np.isfinite(geometry.vertices)).any(axis=1).sum())
    if bad:
        raise InputError(
            f"'{path}' has {bad} of {len(geometry.vertices)} vertices that are NaN or infinite.",
            "Remove them or export it again.",
        )


def _listed(names: Mapping[str, object] | frozenset[str]) -> str:
    return ", ".join(name.lstrip(".").upper() for name in sorted(names))
