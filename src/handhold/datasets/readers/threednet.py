"""3DNet (Wohlkinger et al. 2012): CAD models by category, without parts and without grasps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handhold.datasets.canonical_size import canonical_size
from handhold.datasets.category import category_name, role_of
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.root import files, folders, require_root
from handhold.datasets.record import ObjectGrasps
from handhold.datasets.rescaled import rescaled
from handhold.errors import InputError
from handhold.geometry import TriMesh, load_geometry
from handhold.grasps.json_reading import shown_path

SUFFIXES = (".ply", ".obj", ".stl", ".off")
WHOLE = "object"
MAX_BYTES = 256 * 1024**2  # ours: the models have some MB at most


@dataclass(frozen=True)
class ThreeDNetReader:
    """One model database (`Cat10_ModelDatabase`, `Cat60_...` or `Cat200_...`).

    Category folders of PLY files named by a hash; the larger databases contain the smaller ones,
    so one is read at a time. Models have no unit: they get the canonical size of their category
    (ours). z is up in most of them, and nothing in a file says where it is not. No parts: the
    whole object is one part, "object", whose name means nothing.
    """

    name: str = "3dnet"
    title: str = "3DNet"
    licence: str = "free for research (3DNet names no licence); models from the web"
    where: str = "The 3DNet project of TU Wien offers it: model databases Cat10, Cat60, Cat200."

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """A unit per model, `category/name`; `detail` is the category."""
        require_root(
            root,
            self.title,
            "a folder per category with PLY files, as in Cat200_ModelDatabase",
            _is_root,
            where=self.where,
        )
        found = [
            Unit(f"{folder.name}/{file.name}", file, folder.name)
            for folder in folders(root)
            for file in files(folder, SUFFIXES)
        ]
        return chosen_units(root, _without_ambiguity(found), options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The object of a unit, without grasps."""
        found: list[ObjectGrasps] = []
        with problems.entry(unit.key):
            found.append(_object(unit))
        problems.read += len(found)
        yield from found


READER = ThreeDNetReader()


def _is_root(folder: Path) -> bool:
    return any(files(each, SUFFIXES) for each in folders(folder))


def _without_ambiguity(units: Sequence[Unit]) -> list[Unit]:
    """Keys without the suffix where that is enough, as object lists write them."""
    counts: dict[str, int] = {}
    short = [unit.key[: -len(unit.path.suffix)] for unit in units]
    for key in short:
        counts[key] = counts.get(key, 0) + 1
    return [
        Unit(key if counts[key] == 1 else unit.key, unit.path, unit.detail)
        for key, unit in zip(short, units, strict=True)
    ]


def _object(unit: Unit) -> ObjectGrasps:
    if not unit.path.is_file():
        raise InputError(
            f"there is no model {shown_path(unit.path)}.", "Get it, or take it off the list."
        )
    category = category_name(unit.detail)
    size = unit.path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            f"{shown_path(unit.path)} has {size / 1e6:.0f} MB.",
            f"At most {MAX_BYTES / 1e6:.0f} MB are read: simplify it first.",
        )
    geometries = load_geometry(unit.path)
    if any(each.is_cloud for each in geometries):
        raise InputError(f"{shown_path(unit.path)} holds points, no faces.", "Give its mesh.")
    asset = rescaled(
        unit.key.rpartition("/")[2],
        [(WHOLE, TriMesh(np.asarray(each.vertices), each.faces)) for each in geometries],
        longest_side=canonical_size(category),
        up="z",
        file=str(unit.path),
        provisional=True,
        notes=[note for each in geometries for note in each.notes],
    )
    return ObjectGrasps(
        asset=asset, category=category, role=role_of(category), origin=f"3DNet {unit.key}"
    )
