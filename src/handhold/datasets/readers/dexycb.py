"""DexYCB (Chao et al. 2021): people grasping YCB objects, as captured or as in D-Grasp's labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from handhold.datasets.category import role_of
from handhold.datasets.placing import load_scaled
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.dexycb_labels import is_label_file, read_labels
from handhold.datasets.readers.dexycb_sequence import is_subject, sequences_of
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.retargeted import HumanGrasp, human_records
from handhold.datasets.readers.root import files, folders, require_root
from handhold.datasets.readers.ycb import YCB_CATEGORIES
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError
from handhold.grasps.json_reading import shown, shown_path
from handhold.objects import ObjectAsset

_MODELS = "models"
_DGRASP_MODELS = Path("rsc", "meshes_simplified")
_MESHES = ("{0}/textured_simple.obj", "{0}/textured_meshlab.obj", "{0}/textured.obj")
_LEFT = "sequences of left hands are left out: the hand `human` is a right one"


class _Find(Protocol):
    """A grasp of the object `name` that was found in a unit."""

    @property
    def entry(self) -> str:
        """Where it stands in the source."""
        ...

    @property
    def name(self) -> str:
        """Name of the object."""
        ...

    def keypoints(self, asset: ObjectAsset, problems: Problems) -> NDArray[np.float64]:
        """Joints (21, 3) in the frame of `asset`, in the order of the hand `human`."""
        ...


@dataclass(frozen=True)
class DexYcbReader:
    """Units are people, ``<subject>/<sequence>/<camera>/labels_<frame>.npz``, or files of labels.

    One grasp per sequence, see `dexycb_sequence`; D-Grasp's labels of DexYCB, see `dexycb_labels`.
    The 21 joints of the source's hand become the hand `human` by their positions. No affordances
    and parts: the source has none. Meshes are ``models/<object>/textured_simple.obj``, those of
    D-Grasp's repository, or below `ReadOptions.mesh_root`.
    """

    name: str = "dexycb"
    title: str = "DexYCB"
    licence: str = "CC BY-NC 4.0"
    where: str = "Its owners offer it on the page of the DexYCB project."

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """A person or a file of labels each; see `Reader.units`."""
        expected = f"a folder per subject with its sequences, and '{_MODELS}'"
        require_root(root, self.title, expected, _is_root, where=self.where)
        found = [folder for folder in folders(root) if is_subject(folder)]
        if found and options.mesh_root is None and not (root / _MODELS).is_dir():
            raise InputError(
                f"'{root / _MODELS}' is missing: the meshes of the YCB objects.",
                "The DexYCB project offers them with its data; or give their folder as mesh root.",
            )
        found = found or [file for file in files(root, (".npz", ".pkl")) if is_label_file(file)]
        return chosen_units(root, [Unit(path.name, path) for path in found], options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The objects of a unit, each with all its grasps."""
        roots = _mesh_roots(unit.path) if options.mesh_root is None else [options.mesh_root]
        objects: list[tuple[ObjectAsset, list[HumanGrasp]]] = []
        for name, finds in _by_name(_finds(unit, problems)).items():
            asset = _asset(name, roots, f"{unit.key}: {shown(name)}", problems)
            if asset is not None:
                objects.append((asset, _grasps(finds, asset, problems)))
        everything = [grasp for _, grasps in objects for grasp in grasps]  # fitted at once: faster
        fitted = human_records(everything, self.title, problems)
        problems.read += len(fitted)
        records = {record.entry: record for record in fitted}
        for asset, grasps in objects:
            category = YCB_CATEGORIES.get(asset.name, "")
            yield ObjectGrasps(
                asset=asset,
                category=category,
                grasps=tuple(records[each.entry] for each in grasps if each.entry in records),
                role=role_of(category),
                origin=asset.name,
            )


def _is_root(folder: Path) -> bool:
    return any(map(is_subject, folders(folder))) or any(
        map(is_label_file, files(folder, (".npz", ".pkl")))
    )


def _mesh_roots(path: Path) -> list[Path]:
    """`models` beside a subject, or the folder of D-Grasp's repository that the labels are in."""
    above = list(path.absolute().parents)[1:5]
    return [path.parent / _MODELS, *(folder / _DGRASP_MODELS for folder in above)]


def _finds(unit: Unit, problems: Problems) -> Sequence[_Find]:
    if not unit.path.exists():
        with problems.entry(unit.key):
            raise InputError(
                f"there is no {shown_path(unit.path)}.", "Get it, or take it off the list."
            )
        return []
    if not unit.path.is_dir():
        return read_labels(unit.path, problems)
    sequences, left = sequences_of(unit.path, problems)
    if left:
        problems.note(_LEFT)
    return sequences


def _by_name(finds: Sequence[_Find]) -> dict[str, list[_Find]]:
    found: dict[str, list[_Find]] = {}
    for find in finds:
        found.setdefault(find.name, []).append(find)
    return dict(sorted(found.items()))


def _asset(name: str, roots: Sequence[Path], entry: str, problems: Problems) -> ObjectAsset | None:
    meshes = [root / mesh.format(name) for root in roots for mesh in _MESHES]
    with problems.entry(entry):
        return load_scaled(name, meshes, 1.0)
    return None


def _grasps(finds: Sequence[_Find], asset: ObjectAsset, problems: Problems) -> list[HumanGrasp]:
    found: list[HumanGrasp] = []
    for find in finds:
        with problems.entry(find.entry):
            found.append(HumanGrasp(entry=find.entry, keypoints=find.keypoints(asset, problems)))
    return found


READER = DexYcbReader()
