"""Objaverse 1.0 (Deitke et al. 2023): GLB files of all kinds, without unit and without grasps."""

from __future__ import annotations

import functools
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handhold.datasets.canonical_size import canonical_size
from handhold.datasets.category import category_name, role_of
from handhold.datasets.outside_parts import find_segmentation, outside_parts
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.root import files, folders, require_root
from handhold.datasets.record import ObjectGrasps
from handhold.datasets.rescaled import MAX_FACES_READ, rescaled
from handhold.errors import InputError
from handhold.geometry import TriMesh, load_geometry
from handhold.geometry.named_geometry import NamedGeometry
from handhold.grasps.json_reading import JsonNode, parse_json_bytes, shown_path
from handhold.objects import PartLabels, made_by_machine, parts_of_file

GLBS, LVIS = "glbs", "lvis-annotations.json"
WHOLE = "object"
MAX_BYTES = 512 * 1024**2  # ours: most objects have some MB
MAX_LVIS_BYTES = 64 * 1024**2  # ours, unpacked: it has 2 MB
MOST_NODES = 64  # ours: more nodes are pieces of a drawing, no parts for a hand
# What Blender and Sketchfab call a thing that nobody named.
_UNNAMED = re.compile(
    r"(cube|sphere|icosphere|uvsphere|plane|cylinder|circle|cone|torus|box|line|curve|text|grid|"
    r"root|scene|sketchfab|model|empty|null|fbx|obj|polysurface|polygon|low|high|lowpoly|"
    r"rootnode|[0-9a-f]{16,})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ObjaverseReader:
    """`glbs/000-000/UID.glb`, and optionally `lvis-annotations.json` (or .json.gz).

    This is the folder `hf-objaverse-v1` that Objaverse's own package fills; its
    `object-paths.json.gz` is not needed, because the files say where they are. The category is
    that of the object list, else that of LVIS, else none. Objects get the canonical size of their
    category; G-DexGrasp resizes "to a canonical scale" (supplement, 3.4) that it does not print.

    Parts: the nodes of the file where more than half of them have a name that says something
    (ours), else the segmentation in `options.labels` (PartField, as in the paper), else the whole
    object as one part, "object". y is up, as glTF has it.
    """

    name: str = "objaverse"
    title: str = "Objaverse"
    licence: str = "ODC-By 1.0 as a collection; each object has its own Creative Commons licence"
    where: str = "The Objaverse project of AI2 offers it: 1.0, by its package `objaverse`."

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """A unit per file, `000-000/UID`; `detail` is the category where LVIS has one."""
        expected = f"the folder {GLBS} (in hf-objaverse-v1)"
        require_root(root, self.title, expected, _is_root, where=self.where)
        categories, _ = _lvis(root)
        found = [
            Unit(f"{folder.name}/{file.stem}", file, categories.get(file.stem, ""))
            for folder in folders(root / GLBS)
            for file in files(folder, (".glb",))
        ]
        if not found:
            raise InputError(
                f"{shown_path(root / GLBS)} holds no GLB file.",
                f"Expected: {GLBS}/000-000/UID.glb.",
            )
        return chosen_units(root, found, options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The object of a unit, without grasps; broken annotations are fatal if `strict`."""
        _, broken = _lvis(unit.path.parents[2] if len(unit.path.parents) > 2 else unit.path)
        if broken is not None:
            if problems.strict:
                raise InputError(broken.message, broken.advice)
            problems.note(f"the categories of {LVIS} are left out: {broken.message}")
        found: list[ObjectGrasps] = []
        with problems.entry(unit.key):
            found.append(_object(unit, options))
        problems.read += len(found)
        yield from found


READER = ObjaverseReader()


def _is_root(folder: Path) -> bool:
    return (folder / GLBS).is_dir()


def _lvis(root: Path) -> tuple[Mapping[str, str], InputError | None]:
    """UID -> category; {} without the file, and with the reason where it cannot be read."""
    for file in (root / LVIS, root / f"{LVIS}.gz"):
        if file.is_file():
            return _categories(file, file.stat().st_mtime_ns)
    return {}, None


@functools.lru_cache(maxsize=2)  # every unit asks
def _categories(file: Path, changed: int) -> tuple[Mapping[str, str], InputError | None]:
    """As `_lvis`, the first category by name where there are several. changed: when, in ns."""
    found: dict[str, str] = {}
    try:
        content = _unpacked(file) if file.suffix == ".gz" else _read(file)
        node = parse_json_bytes(file, content, MAX_LVIS_BYTES)
        for category, uids in sorted(node.mapping().items()):
            for uid in JsonNode(node.path, category, uids).items():
                found.setdefault(uid.text(), category)
    except InputError as error:
        return {}, error
    return found, None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_LVIS_BYTES + 1)
    except OSError as error:
        raise InputError(f"{shown_path(path)} cannot be read ({error.strerror}).") from error


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as stream:
            return stream.read(MAX_LVIS_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{shown_path(path)} cannot be unpacked ({error}).",
            "It may be damaged or cut off: get it again.",
        ) from error


def _object(unit: Unit, options: ReadOptions) -> ObjectGrasps:
    if not unit.path.is_file():
        raise InputError(
            f"there is no file {shown_path(unit.path)}.", "Get it, or take it off the list."
        )
    size = unit.path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            f"{shown_path(unit.path)} has {size / 1e6:.0f} MB.",
            f"At most {MAX_BYTES / 1e6:.0f} MB are read: simplify it first.",
        )
    uid, category = unit.path.stem, category_name(unit.detail)
    geometries = load_geometry(unit.path)
    if any(each.is_cloud for each in geometries):
        raise InputError(
            f"{shown_path(unit.path)} holds points, no faces.", "Take it off the list."
        )
    whole = _joined(geometries)
    if len(whole.faces) > MAX_FACES_READ:
        raise InputError(
            f"{shown_path(unit.path)} has {len(whole.faces)} faces.",
            f"At most {MAX_FACES_READ} are read: simplify it first.",
        )
    parts = _parts(geometries, len(whole.faces), uid, options.labels)
    asset = rescaled(
        uid,
        [
            (name, TriMesh(whole.vertices, whole.faces[parts.labels == index]))
            for index, name in enumerate(parts.names)
        ],
        longest_side=canonical_size(category),
        up="y",
        file=str(unit.path),
        provisional=all(made_by_machine(name) for name in parts.names),
        notes=[
            *(note for each in geometries for note in each.notes),
            f"{len(parts.names)} part{'s' * (len(parts.names) != 1)} from {parts.source}",
        ],
    )
    return ObjectGrasps(
        asset=asset, category=category, role=role_of(category), origin=f"Objaverse 1.0 {uid}"
    )


def _joined(geometries: Sequence[NamedGeometry]) -> TriMesh:
    starts = np.cumsum([0, *(len(each.vertices) for each in geometries)])
    return TriMesh(
        np.concatenate([each.vertices for each in geometries]),
        np.concatenate(
            [each.faces + start for each, start in zip(geometries, starts, strict=False)]
        ),
    )


def _parts(
    geometries: Sequence[NamedGeometry], faces: int, uid: str, labels: Path | None
) -> PartLabels:
    own = parts_of_file(geometries)
    if own is not None and _useful(own.names):
        return own
    if labels is not None:
        return outside_parts(faces, find_segmentation(labels, uid))
    return PartLabels(np.zeros(faces, dtype=np.int64), (WHOLE,), "the whole object")


def _useful(names: Sequence[str]) -> bool:
    """Whether nodes have names for a person: not too many, most of them with a word in it."""
    telling = sum(not made_by_machine(_UNNAMED.sub("", name)) for name in names)
    return 2 <= len(names) <= MOST_NODES and 2 * telling > len(names)
