"""DexGraspBench (Chen et al. 2025): grasps of the Shadow Hand, kept as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from handhold.datasets.arrays import array_names
from handhold.datasets.dexgraspbench import ARRAYS, read_dexgraspbench
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.dexgraspnet import category_of
from handhold.datasets.readers.from_group import groups_read, scaled_objects
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.root import files, folders, require_root
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError
from handhold.hands import Hand, load_hand

MAX_FILES = 20_000  # ours: grasps of one object
_GRASPS = "*/*.npy"  # below an object's folder: one folder per scale and pose, one file per grasp
_STAGES = "pre-grasps and squeezes are left out: a record holds one pose"


@dataclass(frozen=True)
class DexGraspBenchReader:
    """Units are objects: ``graspdata/<object>/<scale and pose>/<number>.npy`` (or NPZ samples).

    The root is the owners' ``graspdata`` of one experiment with the Shadow Hand. hand: that hand
    by name or model file, see `load_hand`. Meshes are those of the owners' repository,
    ``assets/DGNObj/<object>/mesh/normalized.obj``, or below `ReadOptions.mesh_root`; each scale
    is an object of its own. No affordances and parts: the source has none.
    """

    name: str = "dexgraspbench"
    title: str = "DexGraspBench"
    licence: str = "CC BY-NC 4.0"
    where: str = "Its owners offer it on the pages of the BODex and DexGraspBench projects."
    hand: str | Path = "shadow"

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """An object each; see `Reader.units`."""
        expected = "a folder per object, with folders of .npy files (the owners' 'graspdata')"
        require_root(root, self.title, expected, _is_root, where=self.where)
        found = [folder for folder in folders(root) if _is_object(folder)]
        found = found or [file for file in files(root, (".npz",)) if _is_plain(file)]
        units = [Unit(path.stem if path.is_file() else path.name, path) for path in found]
        return chosen_units(root, units, options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The objects of a unit, once per scale."""
        hand = self._hand
        problems.note(_STAGES)
        groups = groups_read(
            unit.key,
            lambda: read_dexgraspbench(
                _files(unit.path), hand=hand, mesh_root=options.mesh_root, keep_going=True
            ),
            problems,
        )
        yield from scaled_objects(groups, unit, problems, category_of)

    @cached_property
    def _hand(self) -> Hand:
        return load_hand(self.hand)


def _is_root(folder: Path) -> bool:
    return any(map(_is_object, folders(folder))) or any(map(_is_plain, files(folder, (".npz",))))


def _is_object(folder: Path) -> bool:
    return next(folder.glob(_GRASPS), None) is not None


def _is_plain(file: Path) -> bool:
    return array_names(file) >= set(ARRAYS)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.glob(_GRASPS))
    if len(found) > MAX_FILES:
        raise InputError(f"it has {len(found)} files.", f"At most {MAX_FILES} are read.")
    return found


READER = DexGraspBenchReader()
