"""OakInk-Shape (Yang et al. 2022): 62 thousand MANO grasps by intent, on aligned objects.

The root is the folder that the owners' toolkit calls OAKINK_DIR. What is read of it:

- ``shape/oakink_shape_v2/<category>/<object>/<grasp>/hand_param.pkl``, a captured grasp, with
  ``source.txt`` beside it; ``<grasp>/<other object>/hand_param.pkl``, the same one transferred;
- ``shape/metaV2/object_id.json`` and ``virtual_object_id.json``: the name of each object;
- ``shape/OakInkObjectsV2/<name>/align`` (captured) and ``shape/OakInkVirtualObjectsV2/<name>/
  align`` (others): meshes in metres; grasps are relative to the centre of the bounding box;
- ``OakBase``: the parts, where the user has it (`oakbase`).

Layout, keys and frames are those of the owners' toolkit (its loaders and docs were read; no
sample of the data was at hand). Of some 1,800 objects about 1,660 have grasps.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.datasets.category import category_name, role_of
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.oakbase import OakPart, part_folder, read_parts, with_parts
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.retargeted import HumanGrasp, human_records
from handhold.datasets.readers.root import files, folders, require_root
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError
from handhold.geometry import closest_points
from handhold.grasps.json_reading import JsonNode, parse_json, shown
from handhold.hands.mano import ManoHand, load_mano
from handhold.objects import ObjectAsset, load_object
from handhold.restricted_pickle import load_restricted

INTENTS: Mapping[str, str] = MappingProxyType(
    {"0001": "use", "0002": "hold", "0003": "lift-up", "0004": "handover"}
)
"""The toolkit's action ids (there: use, hold, liftup, handover)."""
LARGEST = 1.0  # metres, ours: no object of the data set is larger
FARTHEST = 1.0  # metres, ours, from the object's centre to the wrist
GRASPS = Path("shape", "oakink_shape_v2")
META = Path("shape", "metaV2")
_HAND = "hand_param.pkl"
_NO_MANO = (
    "a MANO pose, which nothing but the MANO model turns into a hand.",
    "Give your MANO_RIGHT.pkl with --mano: its owners offer it to registered users on the page "
    "of the MANO project.",
)
_MESHES = {"object_id.json": "OakInkObjectsV2", "virtual_object_id.json": "OakInkVirtualObjectsV2"}
_PARAMETERS = {"pose": 48, "shape": 10, "tsl": 3}
_LARGEST_VALUE = {"pose": 20.0, "shape": 20.0, "tsl": FARTHEST}  # ours: radians, betas, metres
_PICKLE_BYTES = 1024**2  # ours: they have about 1 kB
_META_BYTES = 64 * 1024**2
_SOURCE_BYTES = 4096
_SOURCE = re.compile(r"(?:^|/)([^/_]{6})_(\d{4})_[_\d]+/")
_RECEIVER = "_alt"  # in the source of the hand that takes the object over
_TOUCH = 0.013  # metres, ours: from the bones of a finger to what its skin touches
_FINGERTIP = 0.01  # metres, ours, from the index fingertip to the part under it
_ALONG = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a bone, ours
_INDEX_TIP = 8  # of the key points
_HANDLE = re.compile(r"(?:^|[_\W])handle", re.IGNORECASE)


@dataclass(frozen=True)
class OakInkReader:
    """Units are objects, ``<category>/<object>``. Grasps of the hand `human`, retargeted.

    MANO poses need the user's own MANO model (`ReadOptions.mano`). Without it objects and parts
    are read and every grasp is passed over with the reason, as the files hold no positions of
    joints. `source_affordance` is the intent; for `affordance` see `affordance_of`.
    """

    name: str = "oakink"
    title: str = "OakInk-Shape"
    licence: str = "for non-commercial research; poses of MANO"
    where: str = "Its owners offer it on the page of the OakInk project."

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """An object each; see `Reader.units`."""
        expected = f"'{GRASPS.as_posix()}' and '{META.as_posix()}', as the toolkit's OAKINK_DIR"
        require_root(root, self.title, expected, _is_root, where=self.where)
        for name in _MESHES:
            if not (root / META / name).is_file():
                raise InputError(
                    f"'{root / META}' lacks '{name}'.", "Get metaV2 of OakInk-Shape as well."
                )
        if options.mano is not None:
            load_mano(options.mano)  # to refuse another file before the work begins
        units = [
            Unit(f"{category.name}/{name}", category)
            for category in folders(root / GRASPS)
            for name in _objects(category)
        ]
        return chosen_units(root, units, options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The object of a unit with its parts and its grasps."""
        category, _, name = unit.key.rpartition("/")
        found: tuple[ObjectAsset, tuple[OakPart, ...]] | None = None
        with problems.entry(unit.key):
            if not unit.path.is_dir():
                raise InputError("it is not there.", "Correct the list of objects.")
            found = _object(unit.path.parents[2], category, name, problems)
        if found is None:
            return
        asset, parts = found
        mano = None if options.mano is None else load_mano(options.mano)
        poses = []
        for folder in _grasp_folders(unit.path, name):
            entry = f"{category}/{folder.relative_to(unit.path).as_posix()}/{_HAND}"
            with problems.entry(entry):
                if mano is None:
                    raise InputError(*_NO_MANO)
                poses.append(_pose(entry, folder, name))
        records = human_records(_grasps(poses, mano, asset, parts), self.title, problems)
        problems.read += len(records)
        kind = category_name(category)
        yield ObjectGrasps(
            asset=asset, category=kind, grasps=records, role=role_of(kind), origin=unit.key
        )


def affordance_of(intent: str, touched: OakPart | None, under_index: OakPart | None) -> str:
    """Which of AFFORDANCES a grasp of this intent is, "" where the parts do not say.

    Ours, and small: an intent alone says nothing of how the object is held. touched: the part
    that most of the fingers are on; under_index: that within 1 cm of the index fingertip.
    To use a part made to be pulled or pressed with the index finger on it is `trigger-squeeze`
    or `press`, one made to be screwed `twist`; to be on a handle is `handle-grip`.
    """
    if intent == "use" and under_index is not None:
        if "trigger_sth" in under_index.attributes:
            return "trigger-squeeze"
        if "pressed/unpressed_by_hand" in under_index.attributes:
            return "press"
    if touched is None:
        return ""
    if intent == "use" and "screwed/unscrewed_by_hand" in touched.attributes:
        return "twist"
    return "handle-grip" if _HANDLE.search(touched.name) else ""


@dataclass(frozen=True, eq=False)
class _Pose:
    """pose (48,) axis-angle, wrist first, zero the flat hand; shape (10,); tsl (3,): the wrist."""

    entry: str
    intent: str
    pose: NDArray[np.float64]
    shape: NDArray[np.float64]
    tsl: NDArray[np.float64]


def _pose(entry: str, folder: Path, name: str) -> _Pose:
    source_folder = folder.parent if folder.name == name else folder
    source = _source(source_folder)
    intent = INTENTS[source[1]]
    owner = source_folder.parent.name
    if source[0] != owner:
        raise InputError(
            f"field 'source.txt': a grasp of '{shown(source[0])}' below '{owner}'.",
            "Unpack the data again.",
        )
    values = load_restricted(folder / _HAND, max_bytes=_PICKLE_BYTES, allow=("numpy",))
    if not isinstance(values, Mapping):
        raise InputError("it holds no mapping.", f"Expected {', '.join(_PARAMETERS)}.")
    numbers = {key: _numbers(values, key) for key in _PARAMETERS}
    receiver = " (the receiver's hand)" if source[2] else ""
    return _Pose(entry + receiver, intent, **numbers)


def _numbers(values: Mapping[object, object], key: str) -> NDArray[np.float64]:
    """One of _PARAMETERS."""
    wanted = _PARAMETERS[key]
    if key not in values:
        raise InputError(f"field '{key}' is missing.", f"Expected {', '.join(_PARAMETERS)}.")
    try:
        array = np.asarray(values[key], dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"field '{key}' holds no numbers.", f"Expected {wanted}.") from error
    if len(array) != wanted:
        raise InputError(f"field '{key}': {len(array)} numbers.", f"Expected {wanted}.")
    if not np.isfinite(array).all():
        raise InputError(f"field '{key}': numbers that are not finite.")
    if np.abs(array).max() > _LARGEST_VALUE[key]:
        raise InputError(
            f"field '{key}': {np.abs(array).max():.3g}.",
            f"Expected at most {_LARGEST_VALUE[key]:g}.",
        )
    return array


def _source(folder: Path) -> tuple[str, str, bool]:
    """Object, action id, and whether it is the receiver's hand, of source.txt."""
    path = folder / "source.txt"
    try:
        with path.open("rb") as stream:
            text = stream.read(_SOURCE_BYTES).decode("utf-8", "replace").strip()
    except OSError as error:
        raise InputError(
            f"'{path.name}' is missing beside it.", "Unpack the data again."
        ) from error
    match = _SOURCE.search(text)
    if match is None or match[2] not in INTENTS:
        raise InputError(
            f"field 'source.txt': '{shown(text)}'.",
            "Expected <pass>/<object>_<intent>_<subject>/<time>/..., with an intent of "
            f"{', '.join(INTENTS)}.",
        )
    return match[1], match[2], _RECEIVER in text


def _grasps(
    poses: Sequence[_Pose], mano: ManoHand | None, asset: ObjectAsset, parts: Sequence[OakPart]
) -> list[HumanGrasp]:
    """The poses as key points in the object frame, with the parts that they touch."""
    if mano is None or not poses:
        return []
    poses_of_all = torch.from_numpy(np.stack([each.pose for each in poses]))
    shape = torch.from_numpy(np.stack([each.shape for each in poses]))
    points = mano.keypoints(
        poses_of_all[:, :3], poses_of_all[:, 3:], shape, flat_hand_mean=True
    ).numpy()
    # The toolkit moves the hand so that its wrist lies at tsl, in the mesh's axes with the
    # centre of the box as origin, which is the origin of our object frame too.
    wrists = np.stack([each.tsl for each in poses])[:, None]
    placed = (points - points[:, :1] + wrists) @ asset.frame.rotation.T
    return [_grasp(*each, asset, parts) for each in zip(poses, placed, strict=True)]


def _grasp(
    pose: _Pose, keypoints: NDArray[np.float64], asset: ObjectAsset, parts: Sequence[OakPart]
) -> HumanGrasp:
    by_name = {part.name: part for part in parts}
    touched = _part_of_most(asset, _bones(keypoints), _TOUCH) if parts else ""
    tip = _part_of_most(asset, keypoints[None, _INDEX_TIP], _FINGERTIP) if parts else ""
    return HumanGrasp(
        entry=pose.entry,
        keypoints=keypoints,
        affordance=affordance_of(pose.intent, by_name.get(touched), by_name.get(tip)),
        source_affordance=pose.intent,
        part=touched,
    )


def _bones(keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N, 3) along the bones of the fingers of key points (21, 3)."""
    fingers = keypoints[1:].reshape(5, 4, 3)
    start, end = fingers[:, :-1, None], fingers[:, 1:, None]
    return (start + (end - start) * np.array(_ALONG)[:, None]).reshape(-1, 3)


def _part_of_most(asset: ObjectAsset, points: NDArray[np.float64], within: float) -> str:
    """The part that most of the points (N, 3) within so many metres are on, "" where none is."""
    near = closest_points(asset.mesh, points)
    votes = asset.face_parts[near.face[near.distance <= within]]
    return asset.part_names[int(np.bincount(votes).argmax())] if len(votes) else ""


def _object(
    root: Path, category: str, name: str, problems: Problems
) -> tuple[ObjectAsset, tuple[OakPart, ...]]:
    known, folder = _named(root, name)
    asset = load_object(_mesh_file(folder), scale=1.0, up="z", decompose=False)
    size = float(asset.mesh.extents.max())
    if size > LARGEST:
        raise InputError(f"its largest side is {size:.3g} m.", f"Expected up to {LARGEST:g} m.")
    problems.note("OakInk's objects are taken with z up, as their files do not say")
    base = root / "OakBase"
    where = part_folder(base, category, known) if base.is_dir() else None
    if where is None:
        problems.note("some objects of OakInk have no parts in OakBase and stay whole")
        return asset, ()
    with problems.entry(where.relative_to(root).as_posix()):
        parts = read_parts(where)
        return with_parts(asset, parts), parts
    return asset, ()


def _named(root: Path, name: str) -> tuple[str, Path]:
    """An object's name, and the folder with its mesh."""
    for file, meshes in _MESHES.items():
        table = parse_json(root / META / file, _META_BYTES)
        if name in table.mapping():
            known = _plain(table[name]["name"])
            return known, root / "shape" / meshes / known
    raise InputError(
        f"the object '{shown(name)}' has no name in {' or '.join(_MESHES)}.",
        "Get metaV2 of the same release.",
    )


def _plain(node: JsonNode) -> str:
    """A name that is one step of a path, so that nothing outside the data set is read."""
    text = node.text()
    if not text or text.startswith(".") or any(mark in text for mark in "/\\\0"):
        node.refuse(f"'{shown(text)}' is no name of a folder")
    return text


def _mesh_file(folder: Path) -> Path:
    """The aligned mesh of an object: the one file, or the one with "align" in its name."""
    for level in ("align", "align_ds"):
        found = files(folder / level, (".obj", ".ply"))
        if len(found) > 1:
            found = [path for path in found if "align" in path.name]
        if len(found) == 1:
            return found[0]
    raise InputError(
        f"the mesh of '{folder.name}' is missing.",
        f"Expected one .obj or .ply in '{folder.parent.name}/{folder.name}/align'.",
    )


def _objects(category: Path) -> set[str]:
    """Objects of a category that have grasps, captured or transferred."""
    found = set()
    for source in folders(category):
        for grasp in folders(source):
            found |= {source.name, *(each.name for each in folders(grasp))}
    return found


def _grasp_folders(category: Path, name: str) -> list[Path]:
    """The folders with a hand on the object: its own grasps, then those transferred to it."""
    own = folders(category / name)
    other = [grasp / name for source in folders(category) for grasp in folders(source)]
    return [folder for folder in (*own, *other) if os.path.isfile(folder / _HAND)]


def _is_root(folder: Path) -> bool:
    return os.path.isdir(folder / GRASPS) and os.path.isdir(folder / META)


READER = OakInkReader()
