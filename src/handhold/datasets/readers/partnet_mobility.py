"""PartNet-Mobility (Xiang et al. 2020, SAPIEN): objects with named parts and joints, no grasps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handhold.datasets.canonical_size import canonical_size
from handhold.datasets.category import category_name, role_of
from handhold.datasets.readers.choosing import chosen_units
from handhold.datasets.readers.reader import Problems, ReadOptions, Unit
from handhold.datasets.readers.root import folders, require_root
from handhold.datasets.record import ObjectGrasps
from handhold.datasets.rescaled import rescaled
from handhold.datasets.urdf import MOVING, Joint, Placement, Urdf, Visual, read_urdf
from handhold.errors import InputError
from handhold.geometry import TriMesh, load_geometry
from handhold.grasps.json_reading import parse_json, shown, shown_path
from handhold.objects import ObjectAsset

URDF, META, SEMANTICS = "mobility.urdf", "meta.json", "semantics.txt"
MAX_TEXT_BYTES = 4 * 1024**2  # ours: these files have some kB
MAX_MESH_BYTES = 256 * 1024**2  # ours, all meshes of a model together; most have some MB
_NUMBERED = re.compile(r"(?P<name>.*\S)-(?P<id>\d{1,9})")
_TURNED = 1e-6
_DIGITS = 12  # the URDFs write a right angle with 16 digits


@dataclass(frozen=True)
class PartNetMobilityReader:
    """Folders with a `mobility.urdf`, whose meshes are below `textured_objs`.

    A part is one node of PartNet's hierarchy, the `name-id` that the URDF writes on its visuals:
    all visuals of one id are one part, and different ids of one name are instances of it. Names
    that occur once stay as they are ("lid"), others are numbered by id ("handle_1", "handle_2"),
    because a hand grasps one handle and not both (ours). A visual without a name is called what
    `semantics.txt` calls its link.

    Coordinates of the file: the URDF's root link with every joint at zero, z up; its first, fixed
    joint turns the y-up meshes so. Objects are normalised to about the unit sphere; they get the
    canonical size of their category (ours). Joints are in `articulation`, in the object frame.
    """

    name: str = "partnet-mobility"
    title: str = "PartNet-Mobility"
    licence: str = "terms of PartNet-Mobility and ShapeNet: non-commercial research"
    where: str = "The SAPIEN project offers it after registration: PartNet-Mobility v0."

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """A unit per model; `detail` is the category if the object list gives one."""
        expected = f"a folder per model with {URDF}"
        require_root(root, self.title, expected, _is_root, where=self.where)
        found = [Unit(folder.name, folder) for folder in folders(root) if _is_model(folder)]
        return chosen_units(root, found, options)

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The object of a unit, without grasps."""
        found: list[ObjectGrasps] = []
        with problems.entry(unit.key):
            found.append(_object(unit, problems))
        problems.read += len(found)
        yield from found


READER = PartNetMobilityReader()


def _is_model(folder: Path) -> bool:
    return (folder / URDF).is_file()


def _is_root(folder: Path) -> bool:
    return any(_is_model(each) for each in folders(folder))


def _object(unit: Unit, problems: Problems) -> ObjectGrasps:
    if not unit.path.is_dir():
        raise InputError(
            f"there is no model {shown_path(unit.path)}.", "Get it, or take it off the list."
        )
    urdf = read_urdf(unit.path / URDF)
    category = category_name(unit.detail or _category(unit.path))
    placements = urdf.placements()
    if not _stands_up(urdf, placements):
        problems.note(f"{unit.key}: no joint turns its meshes from y up to z up; read as z up")
    names = _part_names(urdf, unit.path)
    meshes = _meshes(urdf, placements, unit.path)
    asset = rescaled(
        unit.key,
        [(names[key], mesh) for key, mesh in meshes],
        longest_side=canonical_size(category),
        up="z",
        file=str(unit.path / URDF),
    )
    return ObjectGrasps(
        asset=asset,
        category=category,
        role=role_of(category),
        origin=f"PartNet-Mobility {unit.key}",
        articulation=_articulation(urdf, placements, names, asset),
    )


def _category(folder: Path) -> str:
    node = parse_json(folder / META, MAX_TEXT_BYTES)["model_cat"]
    return node.text() or node.refuse("it is empty")


def _stands_up(urdf: Urdf, placements: Mapping[str, Placement]) -> bool:
    """Whether the y axis of every mesh-bearing link's frame points up in the root's."""
    turned = [placements[link.name].rotation[:, 1] for link in urdf.links.values() if link.visuals]
    return all(abs(up[2] - 1) < _TURNED for up in turned)


# -- parts --------------------------------------------------------------------------------------

_Key = tuple[str, int]  # link, number of the visual in it


@dataclass(frozen=True)
class _Instance:
    """A node of PartNet's hierarchy: its name and its id, or where it stands if it has none."""

    name: str
    order: tuple[int, str]


def _part_names(urdf: Urdf, folder: Path) -> dict[_Key, str]:
    """The name of the part that each visual belongs to."""
    instances: dict[_Key, _Instance] = {}
    semantics: Mapping[str, str] | None = None
    for link in urdf.links.values():
        for index, visual in enumerate(link.visuals):
            known = _instance(visual.name, link.name)
            if known is None:
                semantics = _semantics(folder) if semantics is None else semantics
                if not semantics.get(link.name):
                    raise InputError(
                        f"{shown_path(urdf.path)}, link '{shown(link.name)}', visual {index}: it "
                        f"has no name, and {SEMANTICS} has none for its link.",
                        "Get the files from their owners.",
                    )
                known = _Instance(semantics[link.name], (10**9, link.name))
            instances[link.name, index] = known
    numbered = _numbered(set(instances.values()))
    return {key: numbered[instance] for key, instance in instances.items()}


def _instance(name: str, link: str) -> _Instance | None:
    clean = "".join(letter if letter.isprintable() else " " for letter in name).strip()
    if not clean.strip("-"):
        return None
    match = _NUMBERED.fullmatch(clean)
    if match is None:
        return None if re.fullmatch(r"-\d*", clean) else _Instance(clean, (10**9, link))
    return _Instance(match["name"], (int(match["id"]), ""))


def _numbered(instances: set[_Instance]) -> dict[_Instance, str]:
    counts = Counter(instance.name for instance in instances)
    taken = set(counts)
    found: dict[_Instance, str] = {}
    number: Counter[str] = Counter()
    for instance in sorted(instances, key=lambda each: (each.name, each.order)):
        if counts[instance.name] == 1:
            found[instance] = instance.name
            continue
        candidate = instance.name
        while candidate in taken:
            number[instance.name] += 1
            candidate = f"{instance.name}_{number[instance.name]}"
        taken.add(candidate)
        found[instance] = candidate
    return found


def _semantics(folder: Path) -> dict[str, str]:
    """Link -> what it is: lines `link_0 hinge rotation_door`."""
    path = folder / SEMANTICS
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_TEXT_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return {}
    rows = (line.split() for line in text.splitlines())
    return {row[0]: row[2] for row in rows if len(row) == 3 and row[2].isprintable()}


def _meshes(
    urdf: Urdf, placements: Mapping[str, Placement], folder: Path
) -> list[tuple[_Key, TriMesh]]:
    """The mesh of each visual in the root link's frame, joints at zero, in the file's unit."""
    found: list[tuple[_Key, TriMesh]] = []
    left = MAX_MESH_BYTES
    for link in urdf.links.values():
        for index, visual in enumerate(link.visuals):
            path = folder / visual.mesh
            if not path.is_file():
                raise InputError(
                    f"{shown_path(urdf.path)}, link '{shown(link.name)}', visual {index}: its mesh "
                    f"{shown_path(path)} is missing.",
                    "Get the model again.",
                )
            left -= path.stat().st_size
            if left < 0:
                raise InputError(
                    f"the meshes of {shown_path(folder)} have over {MAX_MESH_BYTES / 1e6:.0f} MB."
                )
            found.append(((link.name, index), _placed(path, visual, placements[link.name])))
    if not found:
        raise InputError(f"{shown_path(urdf.path)} has no link with a mesh.")
    return found


def _placed(path: Path, visual: Visual, link: Placement) -> TriMesh:
    place = link @ visual.placement
    mirrored = bool(np.prod(visual.scale) < 0)
    vertices, faces, count = [], [], 0
    for each in load_geometry(path):
        if each.is_cloud:
            raise InputError(f"{shown_path(path)} holds points, no faces.")
        vertices.append(place(each.vertices * visual.scale))
        faces.append((each.faces[:, ::-1] if mirrored else each.faces) + count)
        count += len(each.vertices)
    return TriMesh(np.concatenate(vertices), np.concatenate(faces))


# -- joints -------------------------------------------------------------------------------------


def _articulation(
    urdf: Urdf,
    placements: Mapping[str, Placement],
    names: Mapping[_Key, str],
    asset: ObjectAsset,
) -> dict[str, object]:
    """`links` (name -> its parts) and `joints`, plain JSON; {} where nothing moves.

    A joint: name, type, parent and child (links), parent_parts and child_parts, origin (metres,
    object frame), axis (unit, object frame), lower and upper (radians, metres where prismatic,
    null without a limit). Fixed joints bind parts of two links; the one that only turns the whole
    object is left out.
    """
    if not any(joint.type in MOVING for joint in urdf.joints):
        return {}
    parts: dict[str, list[str]] = {name: [] for name in urdf.links}
    for (link, _), name in names.items():
        if name in asset.part_names and name not in parts[link]:
            parts[link].append(name)
    kept = [joint for joint in urdf.joints if joint.type != "fixed" or parts[joint.parent]]
    return {
        "links": {name: own for name, own in parts.items() if own},
        "joints": [_plain(joint, placements[joint.child], parts, asset) for joint in kept],
    }


def _plain(
    joint: Joint, child: Placement, parts: Mapping[str, Sequence[str]], asset: ObjectAsset
) -> dict[str, object]:
    frame = asset.frame
    unit = frame.scale_to_metres if joint.type == "prismatic" else 1.0
    lower, upper = (None if limit is None else limit * unit for limit in (joint.lower, joint.upper))
    return {
        "name": joint.name,
        "type": joint.type,
        "parent": joint.parent,
        "child": joint.child,
        "parent_parts": list(parts[joint.parent]),
        "child_parts": list(parts[joint.child]),
        "origin": frame.points_to_object(child.offset).tolist(),
        "axis": (np.round(frame.rotation @ child.rotation @ joint.axis, _DIGITS) + 0.0).tolist(),
        "lower": lower,
        "upper": upper,
    }
