"""An object as URDF: links that carry meshes, and the joints between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.grasps.json_reading import shown, shown_path

MAX_BYTES = 20 * 1024**2  # ours: a model of PartNet-Mobility has about 100 kB
MAX_LINKS = 2_000  # ours: PartNet-Mobility has up to some hundred
MAX_NESTING = 50  # ours: a URDF has 6 levels
MOVING = ("revolute", "continuous", "prismatic")
JOINT_TYPES = (*MOVING, "fixed", "floating", "planar")
_MAX_LENGTH = 1e6  # units or radians, ours
_NO_LENGTH = 1e-9


@dataclass(frozen=True, eq=False)
class Placement:
    """Rotation (3, 3) and offset (3,) that take points of one frame to another."""

    rotation: NDArray[np.float64]
    offset: NDArray[np.float64]

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (..., 3) of the inner frame in the outer one."""
        return points @ self.rotation.T + self.offset

    def __matmul__(self, inner: Placement) -> Placement:
        """First `inner`, then this."""
        return Placement(self.rotation @ inner.rotation, self(inner.offset))


@dataclass(frozen=True, eq=False)
class Visual:
    """A mesh that shows a link: its name ("" if it has none), its path below the URDF's folder,
    its placement in the link's frame, and its scale (3,) along the mesh's own axes."""

    name: str
    mesh: PurePosixPath
    placement: Placement
    scale: NDArray[np.float64]


@dataclass(frozen=True)
class Link:
    """A rigid piece."""

    name: str
    visuals: tuple[Visual, ...]


@dataclass(frozen=True, eq=False)
class Joint:
    """How `child` moves in the frame of `parent`.

    placement: of the child's frame at position zero; axis (3,): unit length, in that frame;
    lower, upper: radians, or units where it is prismatic; None where there is no limit.
    """

    name: str
    type: str
    parent: str
    child: str
    placement: Placement
    axis: NDArray[np.float64]
    lower: float | None
    upper: float | None


@dataclass(frozen=True, eq=False)
class Urdf:
    """A tree of links: `links` and `joints` in the order of the file, and the name of the root."""

    path: Path
    links: Mapping[str, Link]
    joints: tuple[Joint, ...]
    root: str

    def placements(self) -> dict[str, Placement]:
        """Where each link's frame is in the root's, with every joint at zero."""
        below: dict[str, list[Joint]] = {}
        for joint in self.joints:
            below.setdefault(joint.parent, []).append(joint)
        found = {self.root: Placement(np.eye(3), np.zeros(3))}
        waiting = [self.root]
        while waiting:
            parent = waiting.pop()
            for joint in below.get(parent, []):
                found[joint.child] = found[parent] @ joint.placement
                waiting.append(joint.child)
        return found


def read_urdf(path: Path) -> Urdf:
    """Links with their visual meshes, and joints; nothing else is read.

    Document types and entities are refused. Raises InputError naming file and field: missing, too
    large, cut off, no tree, a shape that is no mesh, a mesh outside the folder, numbers that are
    not finite, an axis of zero length.
    """
    root = _tree(path)
    if root.tag != "robot":
        raise InputError(f"{shown_path(path)} is no URDF: its root is <{shown(root.tag)}>.")
    links = {}
    for element in root.findall("link"):
        link = _link(_Field(path, element, "link"))
        if link.name in links:
            raise InputError(f"{shown_path(path)} has two links '{shown(link.name)}'.")
        links[link.name] = link
        if len(links) > MAX_LINKS:
            raise InputError(f"{shown_path(path)} has over {MAX_LINKS} links.", "It is damaged.")
    joints = tuple(_joint(_Field(path, each, "joint")) for each in root.findall("joint"))
    return Urdf(path, MappingProxyType(links), joints, _root_of(path, links, joints))


@dataclass(frozen=True, eq=False)
class _Field:
    """An element that knows where it stands."""

    path: Path
    element: ElementTree.Element
    place: str

    @property
    def name(self) -> str:
        name = self.element.get("name", "")
        if not name:
            self.refuse("it has no name")
        return name

    def named(self) -> _Field:
        return _Field(self.path, self.element, f"{self.place} '{shown(self.name)}'")

    def child(self, tag: str) -> _Field | None:
        found = self.element.find(tag)
        return None if found is None else _Field(self.path, found, f"{self.place}, {tag}")

    def need(self, tag: str) -> _Field:
        return self.child(tag) or self.refuse(f"<{tag}> is missing")

    def children(self, tag: str) -> Iterator[_Field]:
        for index, element in enumerate(self.element.findall(tag)):
            yield _Field(self.path, element, f"{self.place}, {tag} {index}")

    def text(self, attribute: str) -> str:
        value = self.element.get(attribute)
        return self.refuse(f"'{attribute}' is missing") if value is None else value

    def numbers(self, attribute: str, default: Sequence[float]) -> NDArray[np.float64]:
        text = self.element.get(attribute)
        if text is None:
            return np.array(default, dtype=np.float64)
        try:
            values = np.array([float(word) for word in text.split()])
        except ValueError:
            self.refuse(f"'{attribute}' is '{shown(text, 40)}', which is not made of numbers")
        if len(values) != len(default):
            self.refuse(f"'{attribute}' has {len(values)} numbers, expected {len(default)}")
        if not np.isfinite(values).all() or np.abs(values).max() > _MAX_LENGTH:
            self.refuse(f"'{attribute}' has numbers that are not finite, or too large")
        return values

    def limit(self, attribute: str) -> float | None:
        return (
            float(self.numbers(attribute, [0.0])[0]) if attribute in self.element.attrib else None
        )

    def refuse(self, problem: str) -> NoReturn:
        raise InputError(
            f"{shown_path(self.path)}, {self.place}: {problem}.", "Get the file from its owners."
        )


def _link(field: _Field) -> Link:
    field = field.named()
    return Link(field.name, tuple(_visual(each) for each in field.children("visual")))


def _visual(field: _Field) -> Visual:
    mesh = field.need("geometry").child("mesh")
    if mesh is None:
        field.refuse("its geometry is no mesh")
    return Visual(
        field.element.get("name", ""),
        _inside(mesh),
        _placement(field.child("origin")),
        mesh.numbers("scale", (1.0, 1.0, 1.0)),
    )


def _inside(mesh: _Field) -> PurePosixPath:
    text = mesh.text("filename")
    path = PurePosixPath(text)
    if not text.isprintable() or "\\" in text or ":" in text:
        mesh.refuse(f"'{shown(text)}' is no path below the model's folder")
    if path.is_absolute() or ".." in path.parts or not path.parts:
        mesh.refuse(f"'{shown(text)}' leads out of the model's folder")
    return path


def _joint(field: _Field) -> Joint:
    field = field.named()
    kind = field.text("type")
    if kind not in JOINT_TYPES:
        field.refuse(f"its type is '{shown(kind)}' (known: {', '.join(JOINT_TYPES)})")
    axis = field.child("axis")
    direction = np.array((1.0, 0.0, 0.0)) if axis is None else axis.numbers("xyz", (1.0, 0.0, 0.0))
    length = float(np.linalg.norm(direction))
    if kind in MOVING and length < _NO_LENGTH:
        field.refuse("its axis has zero length")
    limit = field.child("limit") if kind != "continuous" else None
    lower, upper = (limit.limit("lower"), limit.limit("upper")) if limit else (None, None)
    if lower is not None and upper is not None and lower > upper:
        field.refuse(f"its lower limit {lower:g} is above its upper one {upper:g}")
    return Joint(
        field.name,
        kind,
        field.need("parent").text("link"),
        field.need("child").text("link"),
        _placement(field.child("origin")),
        direction / max(length, _NO_LENGTH),
        lower,
        upper,
    )


def _placement(origin: _Field | None) -> Placement:
    if origin is None:
        return Placement(np.eye(3), np.zeros(3))
    return Placement(
        rotation_of_rpy(*origin.numbers("rpy", (0.0, 0.0, 0.0)).tolist()),
        origin.numbers("xyz", (0.0, 0.0, 0.0)),
    )


def rotation_of_rpy(roll: float, pitch: float, yaw: float) -> NDArray[np.float64]:
    """URDF's rotation (3, 3): about the fixed axes x, then y, then z, in radians."""
    (cr, cp, cy), (sr, sp, sy) = (
        [turn(angle) for angle in (roll, pitch, yaw)] for turn in (math.cos, math.sin)
    )
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    product: NDArray[np.float64] = about_z @ about_y @ about_x
    return product


def _root_of(path: Path, links: Mapping[str, Link], joints: Sequence[Joint]) -> str:
    """The one link without a parent; InputError unless links and joints are a tree."""
    parent: dict[str, str] = {}
    for joint in joints:
        for name in (joint.parent, joint.child):
            if name not in links:
                raise InputError(
                    f"{shown_path(path)}, joint '{shown(joint.name)}': there is no link "
                    f"'{shown(name)}'."
                )
        if joint.child in parent:
            raise InputError(f"{shown_path(path)}: link '{shown(joint.child)}' has two parents.")
        parent[joint.child] = joint.parent
    roots = [name for name in links if name not in parent]
    if len(roots) != 1:
        raise InputError(
            f"{shown_path(path)} has {len(roots)} links without a parent.",
            "The links of a model are one tree.",
        )
    reached = Urdf(path, links, tuple(joints), roots[0]).placements()
    if len(reached) != len(links):
        lost = next(name for name in links if name not in reached)
        raise InputError(f"{shown_path(path)}: link '{shown(lost)}' hangs in a ring of joints.")
    return roots[0]


def _tree(path: Path) -> ElementTree.Element:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{shown_path(path)} cannot be read ({reason}).", "Check the path."
        ) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{shown_path(path)} is larger than {MAX_BYTES / 1e6:.0f} MB.")
    try:
        _require_plain(path, data)
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise InputError(
            f"{shown_path(path)} is not XML ({error}).", "It may be damaged or cut off."
        ) from error


def _require_plain(path: Path, data: bytes) -> None:
    """Refuse document types, which bring entities, and deep nesting, whatever the encoding."""
    depth = 0

    def opened(name: str, attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_NESTING:
            raise InputError(f"{shown_path(path)}: elements nested over {MAX_NESTING} deep.")

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_: object) -> NoReturn:
        raise InputError(
            f"{shown_path(path)} declares a document type, which can hide what it holds.",
            "Give a plain URDF file.",
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.StartDoctypeDeclHandler = declared
    parser.Parse(data, True)
