"""The development data as objects to grasp: placed, scaled, named, z up.

The data are read in place from the folder that HANDHOLD_DEV_DATA names. `objects.json` there
lists objects in parts, `bench/real.json` pairs them with instructions.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset, load_object
from handhold.objects.frame import up_rotation

ENVIRONMENT = "HANDHOLD_DEV_DATA"
OBJECTS_FORMAT = "handhold-dev-objects/1"
BENCH_FORMAT = "handhold-bench/1"

# Up axes that are not z, by the start of an object's id or a mesh's path (looked at, one by one).
Y_UP = ("affordpose/", "partnet_mobility/", "objects/plain/coacd_examples/")


@dataclass(frozen=True)
class Case:
    """One line of the benchmark: an object and what is asked of it.

    `source` is an object id (cut into parts) or a mesh path (whole); `part` is empty for a
    whole object. scale_to_metres replaces the source's scale, largest_side_m sets the size.
    """

    id: str
    source: str
    is_cut: bool
    instruction: str
    affordance: str
    part: str = ""
    part_names: Mapping[str, str] = field(default_factory=dict)
    scale_to_metres: float | None = None
    largest_side_m: float | None = None


def data_root() -> Path:
    """The development data folder; InputError where it is not set or not there."""
    value = os.environ.get(ENVIRONMENT, "")
    if not value or not (Path(value) / "objects.json").is_file():
        raise InputError(
            f"{ENVIRONMENT} is '{value}', which holds no objects.json.",
            "Set it to the development data folder.",
        )
    return Path(value)


def read_cases(root: Path) -> list[Case]:
    """The cut cases, then the whole ones, of bench/real.json."""
    data = _read_json(root / "bench" / "real.json", BENCH_FORMAT)
    return [_case(entry, "object") for entry in data["cases"]] + [
        _case(entry, "mesh") for entry in data["whole"]
    ]


def load_case(root: Path, case: Case, *, decompose: bool = True) -> ObjectAsset:
    """The object of a case, in metres and z up; `decompose` finds parts of whole ones."""
    if case.is_cut:
        return load_cut_object(
            root, case.source, scale_to_metres=case.scale_to_metres, part_names=case.part_names
        )
    return load_whole_object(root, case, decompose=decompose)


def load_cut_object(
    root: Path,
    object_id: str,
    *,
    scale_to_metres: float | None = None,
    part_names: Mapping[str, str] | None = None,
) -> ObjectAsset:
    """An object of objects.json with its true parts.

    Meshes of the same (renamed) part form one part. Everything is scaled by
    scale_to_metres / (the source's scale) where that is given.
    """
    entry = _entry(root, object_id)
    rename = part_names or {}
    zoom = scale_to_metres / entry["scale_to_metres"] if scale_to_metres else 1.0
    pieces = _labelled_pieces if "labels" in entry else _placed_pieces
    turn = up_rotation("y" if object_id.startswith(Y_UP) else "z")
    parts = [
        (rename.get(name, name), mesh.transformed(zoom * turn, np.zeros(3)))
        for name, mesh in pieces(root / entry["folder"], entry)
    ]
    return ObjectAsset.from_parts(object_id, parts)


def load_whole_object(root: Path, case: Case, *, decompose: bool = True) -> ObjectAsset:
    """A mesh without a cut, as a user would load it: `--unit m` and the right `--up`."""
    path = root / case.source
    up = "y" if case.source.startswith(Y_UP) else "z"
    if case.largest_side_m is None and case.scale_to_metres in (None, 1.0):
        return load_object(path, unit="m", up=up, decompose=decompose)
    mesh = trimesh.load(path, force="mesh", process=False)
    assert isinstance(mesh, trimesh.Trimesh)
    factor = case.scale_to_metres or 1.0
    if case.largest_side_m is not None:
        factor = case.largest_side_m / float(mesh.extents.max())
    mesh.apply_scale(factor)
    with tempfile.TemporaryDirectory() as folder:
        scaled = Path(folder) / f"{path.stem}.ply"
        mesh.export(scaled)
        return load_object(scaled, unit="m", up=up, decompose=decompose)


def _case(entry: Mapping[str, Any], source: str) -> Case:
    known = {key: entry[key] for key in entry if key != source}
    return Case(source=entry[source], is_cut=source == "object", **known)


def _entry(root: Path, object_id: str) -> dict[str, Any]:
    entries = _read_json(root / "objects.json", OBJECTS_FORMAT)["objects"]
    for entry in entries:
        if entry["id"] == object_id:
            return dict(entry)
    raise InputError(f"objects.json has no object '{object_id}'.", f"It has {len(entries)} others.")


def _read_json(path: Path, expected: str) -> dict[str, Any]:
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("format") != expected:
        raise InputError(f"{path} has format '{data.get('format')}'.", f"Expected '{expected}'.")
    return dict(data)


def _placed_pieces(folder: Path, entry: Mapping[str, Any]) -> list[tuple[str, TriMesh]]:
    """Part meshes in the object's frame, metres: transform @ (scale * p)."""
    pieces = []
    for part in entry["parts"]:
        scale = part.get("scale_to_metres", entry["scale_to_metres"])
        place = np.array(part.get("transform", np.eye(4)), dtype=np.float64)
        for name in part["meshes"]:
            mesh = trimesh.load(folder / name, force="mesh", process=False)
            points = np.asarray(mesh.vertices) * scale @ place[:3, :3].T + place[:3, 3]
            pieces.append((part["name"], TriMesh(points, np.asarray(mesh.faces))))
    return pieces


def _labelled_pieces(folder: Path, entry: Mapping[str, Any]) -> list[tuple[str, TriMesh]]:
    """One mesh cut by the number after each vertex; a face goes with most of its corners."""
    text = json.loads((folder / entry["labels"]["file"]).read_text(encoding="utf-8"))
    lines = text[entry["labels"]["key"]]
    rows = [line.split() for line in (lines.splitlines() if isinstance(lines, str) else lines)]
    vertices = np.array([row[1:4] for row in rows if row and row[0] == "v"], dtype=np.float64)
    labels = np.array([int(float(row[4])) for row in rows if row and row[0] == "v"])
    faces = np.array(
        [[int(corner.split("/")[0]) - 1 for corner in row[1:4]] for row in rows if row[:1] == ["f"]]
    )
    of_face = np.median(labels[faces], axis=1)  # of three corners: the one that two agree on
    whole = TriMesh(vertices * entry["scale_to_metres"], faces)
    return [
        (part["name"], whole.submesh(of_face == part["vertex_label"])) for part in entry["parts"]
    ]
