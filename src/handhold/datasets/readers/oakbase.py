"""OakBase: the parts of OakInk's objects, with what each part is for.

``OakBase/<category>/<name>/part_01.ply`` is a part's surface or points, in metres in the axes of
the object's aligned mesh, ``part_01.json`` its ``{"name": "mug_handle", "attr": ["held_by_hand"]}``
(folders, keys and attributes as in the owners' toolkit; that the frame is the mesh's is what
others who use both report, and is checked here for every object).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from handhold.errors import InputError
from handhold.geometry import NamedGeometry, TriMesh, closest_points, load_geometry
from handhold.grasps.json_reading import parse_json
from handhold.objects import ObjectAsset

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "cameras": "camera",
        "fryingpan": "frying_pan",
        "gamecontroller": "game_controller",
        "lotion_pump": "lotion_bottle",
        "pen": "marker",
        "scissors": "scissor",
        "squeezable": "squeeze_tube",
    }
)
"""Categories of OakInk-Shape that OakBase calls otherwise."""
MAX_PARTS = 64  # ours: objects have up to about ten
_GAP = 0.01  # metres, ours: parts whose points are farther from the mesh are not its parts
_SHARE = 0.95  # of the faces
_JSON_BYTES = 1024**2


@dataclass(frozen=True, eq=False)
class OakPart:
    """A part: its name, its attributes, its surface or points in metres in the mesh's axes."""

    name: str
    attributes: frozenset[str]
    geometries: tuple[NamedGeometry, ...]


def part_folder(root: Path, category: str, name: str) -> Path | None:
    """The folder of an object's parts below OakBase, None where it has none."""
    usual = root / CATEGORIES.get(category, category) / name
    if os.path.isdir(usual):
        return usual
    return next((path for path in sorted(root.glob(f"*/{name}")) if path.is_dir()), None)


def read_parts(folder: Path) -> tuple[OakPart, ...]:
    """The parts of an object. Raises InputError naming the file and field."""
    files = sorted(folder.glob("part_*.json"))
    if not files or len(files) > MAX_PARTS:
        raise InputError(
            f"'{folder.name}' has {len(files)} parts.", f"Expected 1 to {MAX_PARTS} part_*.json."
        )
    return tuple(_part(file) for file in files)


def _part(file: Path) -> OakPart:
    root = parse_json(file, _JSON_BYTES)
    name = root["name"].text().strip()
    if not name:
        root["name"].refuse("the part has no name")
    attributes = frozenset(item.text() for item in root["attr"].items())
    return OakPart(name, attributes, tuple(load_geometry(file.with_suffix(".ply"))))


def with_parts(asset: ObjectAsset, parts: Sequence[OakPart]) -> ObjectAsset:
    """The asset divided: each face belongs to the part nearest its centre.

    Parts may stand in the mesh's own axes or be centred like the grasps; what fits is taken.
    Raises InputError where neither does.
    """
    centres = asset.frame.points_to_user(asset.mesh.face_centres)
    whole = np.concatenate([each.vertices for part in parts for each in part.geometries])
    middle = (whole.min(axis=0) + whole.max(axis=0)) / 2
    box = asset.frame.points_to_user(np.zeros(3))
    best = np.inf
    for shift in (np.zeros(3), middle - box):
        distance = np.stack([_distances(part, centres + shift) for part in parts])
        best = min(best, float(np.quantile(distance.min(axis=0), _SHARE)))
        if best <= _GAP:
            return _divided(asset, parts, distance.argmin(axis=0))
    raise InputError(
        f"the parts are {best:.2g} m from the mesh.", "They may be those of another object."
    )


def _divided(
    asset: ObjectAsset, parts: Sequence[OakPart], nearest: NDArray[np.int64]
) -> ObjectAsset:
    names = list(dict.fromkeys(part.name for part in parts))
    number = np.array([names.index(part.name) for part in parts])
    used, packed = np.unique(number[nearest], return_inverse=True)
    return replace(
        asset,
        face_parts=packed.astype(np.int64),
        part_names=tuple(names[index] for index in used.tolist()),
        parts_provisional=False,
    )


def _distances(part: OakPart, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """From points (N, 3) to the part (N,)."""
    found = np.full(len(points), np.inf)
    for each in part.geometries:
        if each.is_cloud:
            distance, _ = cKDTree(each.vertices).query(points)
        else:
            distance = closest_points(TriMesh(each.vertices, each.faces), points).distance
        found = np.minimum(found, distance)
    return found
