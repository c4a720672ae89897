"""DexGraspNet (Wang et al. 2023): 1.3 million grasps of the Shadow Hand, kept as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from handhold.datasets.arrays import array_names
from handhold.datasets.category import category_name
from handhold.datasets.dexgraspnet import ARRAYS, read_dexgraspnet
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.from_group import groups_read, scaled_objects
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.root import files, folders, require_root
from handhold.datasets.record import ObjectGrasps
from handhold.hands import Hand, load_hand

GRASP_FOLDERS = ("dataset", "dexgraspnet", "graspdata")
"""Where the owners keep grasps: the first in their code, the second in their archive, the third
before validation."""
_MESH_FOLDER = "meshdata"
_NAMED_SOURCES = ("core", "sem")  # of the objects: ShapeNet and its semantic part name a category


@dataclass(frozen=True)
class DexGraspNetReader:
    """Units are objects, ``dataset/<code>.npy`` (or, in samples, ``<code>.npz``).

    hand: the Shadow Hand by name or model file, see `load_hand`. The mesh of an object is
    ``meshdata/<code>/coacd/decomposed.obj``, or that below `ReadOptions.mesh_root`; each of its
    scales is an object of its own. No affordances and parts: the source has none.
    """

    name: str = "dexgraspnet"
    title: str = "DexGraspNet"
    licence: str = "CC BY-NC 4.0"
    where: str = "Its owners offer it on the page of the DexGraspNet project."
    hand: str | Path = "shadow"

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """An object each; see `Reader.units`."""
        expected = f"'{GRASP_FOLDERS[0]}' with a .npy file per object, and '{_MESH_FOLDER}'"
        require_root(root, self.title, expected, _is_root, where=self.where)
        found = files(_grasp_folder(root), (".npy",))
        found = found or [file for file in files(root, (".npz",)) if _is_plain(file)]
        units = [Unit(file.relative_to(root).with_suffix("").as_posix(), file) for file in found]
        return chosen_units(root, units, options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The object of a unit, once per scale."""
        hand = self._hand
        groups = groups_read(
            unit.key,
            lambda: read_dexgraspnet(
                unit.path, hand=hand, mesh_root=options.mesh_root, keep_going=True
            ),
            problems,
        )
        yield from scaled_objects(groups, unit, problems, category_of)

    @cached_property
    def _hand(self) -> Hand:
        return load_hand(self.hand)


def category_of(code: str) -> str:
    """The category that an object's code names, "" where it names none.

    ``core-mug-8570d9...`` is a mug, ``sem-Bottle-437678...`` a bottle; codes of the other sources
    (``ddg-gd_banana_poisson_002``, ``mujoco-Ecoforms_Plant_Plate_S11Turquoise``) are only names.
    DexGraspBench writes them with "_".
    """
    source, *middle = code.replace("-", "_").split("_")[:-1] or [""]
    return category_name("-".join(middle)) if source in _NAMED_SOURCES else ""


def _is_root(folder: Path) -> bool:
    return bool(files(_grasp_folder(folder), (".npy",))) or any(
        _is_plain(file) for file in files(folder, (".npz",))
    )


def _is_plain(file: Path) -> bool:
    return array_names(file) >= set(ARRAYS)


def _grasp_folder(root: Path) -> Path:
    names = {folder.name for folder in folders(root)}
    return root / next((name for name in GRASP_FOLDERS if name in names), GRASP_FOLDERS[0])


READER = DexGraspNetReader()
