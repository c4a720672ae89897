"""The object store: a mesh with its parts per file, named by its content."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from handhold.datasets.arrays import read_arrays
from handhold.datasets.record import ObjectGrasps
from handhold.datasets.store.schema import ObjectInfo
from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.grasps import write_atomically
from handhold.grasps.json_reading import shown
from handhold.objects import ObjectAsset, UserFrame

OBJECTS = "objects"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ARRAYS = {
    "vertices": "numbers",
    "faces": "numbers",
    "face_parts": "numbers",
    "hidden_faces": "numbers",
    "part_names": "names",
    "about": "names",
}


def object_path(folder: Path, digest: str) -> Path:
    """Where the object with this content hash lies. InputError for a text that is no hash."""
    if not _DIGEST.fullmatch(digest):
        raise InputError(f"'{shown(digest)}' is no object's hash.", "Make the data set again.")
    return folder / OBJECTS / digest[:2] / f"{digest}.npz"


def stored_form(asset: ObjectAsset) -> ObjectAsset:
    """The asset with vertices of single precision, as the store keeps them."""
    vertices = asset.mesh.vertices.astype(np.float32).astype(np.float64)
    return replace(asset, mesh=TriMesh(vertices, asset.mesh.faces))


def put_object(folder: Path, found: ObjectGrasps, source: str, licence: str) -> ObjectInfo:
    """Write the object's file, unless it is there, and return its row."""
    asset = stored_form(found.asset)
    digest = asset.content_hash
    if not _is_whole(folder, digest):
        write_atomically(object_path(folder, digest), _packed(asset))
    x, y, z = (float(np.float32(side)) for side in asset.mesh.extents)
    return ObjectInfo(
        object=digest,
        name=asset.name,
        category=found.category,
        role=found.role,
        source=source,
        licence=licence,
        origin=found.origin,
        parts=asset.part_names,
        extents=(x, y, z),
        faces=len(asset.mesh.faces),
        articulation=found.articulation,
    )


def _is_whole(folder: Path, digest: str) -> bool:
    try:
        get_object(folder, digest)
    except (InputError, ValueError):
        return False
    return True


def get_object(folder: Path, digest: str) -> ObjectAsset:
    """Read an object and check it against its hash. InputError where it is absent or damaged."""
    path = object_path(folder, digest)
    if not path.is_file():
        raise InputError(
            f"The object {digest[:12]} is missing from '{folder / OBJECTS}'.",
            "Make or import the data set again.",
        )
    asset = _unpacked(path)
    if asset.content_hash != digest:
        raise InputError(
            f"'{path}' is not the object that its name says: it was changed.",
            "Make or import the data set again.",
        )
    return asset


def _packed(asset: ObjectAsset) -> bytes:
    frame = asset.frame
    about: dict[str, Any] = {
        "name": asset.name,
        "parts_provisional": asset.parts_provisional,
        "notes": list(asset.notes),
        "is_cloud": asset.is_cloud,
        "has_solid": asset.has_solid,
        "file": Path(asset.file).name if asset.file else "",
        "frame": {
            "unit": frame.unit,
            "scale_to_metres": frame.scale_to_metres,
            "up": frame.up,
            "rotation": np.asarray(frame.rotation).tolist(),
            "offset": np.asarray(frame.offset).tolist(),
            "stated": frame.stated,
        },
    }
    count = len(asset.mesh.vertices)
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        vertices=asset.mesh.vertices.astype(np.float32),
        faces=asset.mesh.faces.astype(np.uint16 if count < 2**16 else np.uint32),
        face_parts=asset.face_parts.astype(np.uint16),
        hidden_faces=asset.hidden_faces.astype(np.uint8),
        part_names=np.array(asset.part_names),
        about=np.array(json.dumps(about, sort_keys=True)),
    )
    return stream.getvalue()


def _unpacked(path: Path) -> ObjectAsset:
    arrays = read_arrays(path, _ARRAYS)
    try:
        about: Mapping[str, Any] = json.loads(str(arrays["about"]))
        frame = dict(about["frame"])
        frame["rotation"], frame["offset"] = (
            np.array(frame["rotation"], dtype=np.float64).reshape(3, 3),
            np.array(frame["offset"], dtype=np.float64).reshape(3),
        )
        return ObjectAsset(
            name=str(about["name"]),
            mesh=TriMesh(arrays["vertices"].astype(np.float64), arrays["faces"].astype(np.int64)),
            face_parts=arrays["face_parts"].astype(np.int64),
            part_names=tuple(str(name) for name in arrays["part_names"]),
            parts_provisional=bool(about["parts_provisional"]),
            frame=UserFrame(**frame),
            notes=tuple(about["notes"]),
            is_cloud=bool(about["is_cloud"]),
            has_solid=bool(about["has_solid"]),
            file=str(about["file"]),
            hidden_faces=arrays["hidden_faces"].astype(bool),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"'{path}' is no object of a data set ({error}).", "Make the data set again."
        ) from error
