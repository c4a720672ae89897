"""The 16-angle GraspIt hand of AffordPose: key points of its records.

The hand is read from the user's own clone of that project (folder `ManoHand`: hand.xml with
Denavit-Hartenberg chains and a mesh per link); it is not shipped, as its shape derives from MANO.
Where there is no such folder, key points are estimated from the mesh that every record holds.
Which joint is which key point, the wrist and the tips are ours; the records store none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from handhold.errors import InputError
from handhold.geometry.mesh import unit_rows
from handhold.hands.keypoint_names import KEYPOINT_NAMES

ANGLES = 16
MAX_XML_BYTES = 2**20  # ours: the hand's file has 12 kB
MAX_MESH_BYTES = 16 * 2**20  # ours: its largest link has 27 kB
MM = 0.001
PIECES = 16  # palm, then three phalanges of each finger, in the order of _FINGERS
_FINGERS = {"index": "index", "mid": "middle", "ring": "ring", "pinky": "little", "thumb": "thumb"}
_ANGLE = re.compile(r"d(?P<dof>\d+)(?:\*(?P<factor>[\d.]+))?(?P<offset>[+-][\d.]+)?")
_HANGS_ON = {"Universal": 2, "Revolute": 1}  # joints between a link and the one before it
# All ours, metres.
_TIP_DEPTH = 0.0005  # the tip is the middle of the skin this close to the farthest point
_WRIST_SHARE = 0.1  # the palm's last tenth is its end
_WRIST_SETBACK = 0.015  # the palm's mesh ends about that far behind the wrist's joint
_MEETING = 0.008  # vertices of two pieces this close lie around the joint between them
_MEETING_FEWEST = 8


@dataclass(frozen=True)
class DhJoint:
    """One step of a chain: turn by ``factor * angle[dof] + offset`` about z, then `after` (4, 4).

    Radians and metres.
    """

    dof: int
    factor: float
    offset: float
    after: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DhChain:
    """A finger: its place (4, 4) in the palm's frame, its joints, the numbers of the joints after
    which its three links move, and its tip (3,) in the frame of the last link. Metres."""

    finger: str
    base: NDArray[np.float64]
    joints: tuple[DhJoint, ...]
    links: tuple[int, ...]
    tip: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GraspitHand:
    """Key points of the hand for the numbers of AffordPose records.

    Attributes:
        chains: the fingers, in the order of the file.
        wrist: (3,) in the palm's frame, metres.
    """

    chains: tuple[DhChain, ...]
    wrist: NDArray[np.float64]
    keypoint_names: tuple[str, ...] = KEYPOINT_NAMES

    def keypoints(
        self,
        translation_mm: Sequence[object],
        quaternion_wxyz: Sequence[object],
        angles: Sequence[object],
    ) -> NDArray[np.float64]:
        """(B, 21, 3) key points in metres, in the frame of the record's meshes.

        Args:
            translation_mm: (B, 3) or (3,) `rhand_trans`, millimetres.
            quaternion_wxyz: (B, 4) or (4,) `rhand_quat`.
            angles: (B, 16) or (16,) `dofs`, radians: index, middle, ring, little (spread,
                proximal, middle each), then the thumb's four.

        Raises:
            InputError: other sizes, numbers that are not finite, a quaternion of length zero.
        """
        shift = _rows(translation_mm, 3, "rhand_trans") * MM
        quaternion = _rows(quaternion_wxyz, 4, "rhand_quat")
        turns = _rows(angles, ANGLES, "dofs")
        if not len(shift) == len(quaternion) == len(turns):
            raise InputError("rhand_trans, rhand_quat and dofs differ in number.", "Give as many.")
        points = dict(zip(self.keypoint_names, self._local(turns), strict=True))
        local = np.stack([points[name] for name in self.keypoint_names], axis=1)
        return local @ _rotations(quaternion).transpose(0, 2, 1) + shift[:, None]

    def _local(self, angles: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """(B, 3) points in the palm's frame, in the order of the names."""
        found = {"wrist": np.broadcast_to(self.wrist, (len(angles), 3))}
        for chain in self.chains:
            place = np.broadcast_to(chain.base, (len(angles), 4, 4))
            after = []
            for joint in chain.joints:
                place = place @ _about_z(joint.factor * angles[:, joint.dof] + joint.offset)
                place = place @ joint.after
                after.append(place)
            first, second, third = (after[number - 1] for number in chain.links)
            spots = (
                np.broadcast_to(chain.base[:3, 3], (len(angles), 3)),
                first[:, :3, 3],
                second[:, :3, 3],
                third[:, :3, :3] @ chain.tip + third[:, :3, 3],
            )
            for place_name, spot in zip(("base", "middle", "distal", "tip"), spots, strict=True):
                found[f"{chain.finger}_{place_name}"] = spot
        return [found[name] for name in self.keypoint_names]


def read_graspit_hand(folder: str | Path) -> GraspitHand:
    """The hand in a clone of AffordPose's `ManoHand` folder (hand.xml, and `off/` with its links).

    Raises:
        InputError: a file is missing or too large, the XML declares entities or a document type,
            or it is another hand than the one with 16 angles and five fingers.
    """
    home = Path(folder)
    path = home / "hand.xml"
    root = parse_plain_xml(_content(path, MAX_XML_BYTES), path.name)
    chains = list(root.iter("chain"))
    if len(list(root.iter("dof"))) != ANGLES or len(chains) != len(_FINGERS):
        raise _other(path, f"{ANGLES} angles and {len(_FINGERS)} chains")
    read = tuple(_chain(chain, home, path) for chain in chains)
    if sorted(chain.finger for chain in read) != sorted(_FINGERS.values()):
        raise _other(path, "links index1, mid1, ring1, pinky1, thumb1")
    bases = np.stack([chain.base[:3, 3] for chain in read if chain.finger != "thumb"])
    return GraspitHand(read, _wrist(_link(home, "palm"), bases))


def keypoints_of_mesh(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(21, 3) key points from the mesh of a record alone, named as `KEYPOINT_NAMES`.

    The mesh is of 16 pieces (palm, then index, middle, ring, little, thumb from base to tip). A
    joint is taken to be where the vertices of two neighbouring pieces are nearest to each other,
    which is within millimetres of the real one: see docs/retargeting.md.

    Args:
        vertices: (946, 3) metres. faces: (F, 3).

    Raises:
        InputError: it is not of 16 pieces that follow each other.
    """
    pieces = _pieces(vertices, faces)
    found: dict[str, NDArray[np.float64]] = {}
    for number, finger in enumerate(_FINGERS.values()):
        above = pieces[0]
        for place in range(3):
            piece = pieces[1 + 3 * number + place]
            found[f"{finger}_{('base', 'middle', 'distal')[place]}"] = _meeting(above, piece)
            above = piece
        found[f"{finger}_tip"] = _far_end(above, found[f"{finger}_distal"])
    bases = np.stack([found[f"{finger}_base"] for finger in _FINGERS.values()][:4])
    found["wrist"] = _wrist(pieces[0], bases)
    return np.stack([found[name] for name in KEYPOINT_NAMES])


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses a document type as soon as it begins, before anything in it is looked at."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise InputError("The XML declares a document type.", "Give the plain original file.")


def parse_plain_xml(content: bytes, name: str) -> ElementTree.Element:
    """The root of an XML text without a document type, and so without entities of its own.

    Raises InputError for another, and for what is no XML.
    """
    parser = ElementTree.XMLParser(target=_NoDoctype())
    try:
        return ElementTree.fromstring(content, parser)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise InputError(f"{name} is not XML ({error}).", "Give the original file.") from error


def _chain(chain: ElementTree.Element, home: Path, path: Path) -> DhChain:
    joints = tuple(_joint(joint, path) for joint in chain.iter("joint"))
    names, numbers, number = [], [], 0
    for link in chain.iter("link"):
        number += _HANGS_ON.get(link.attrib.get("dynamicJointType", ""), len(joints) + 1)
        names.append((link.text or "").strip().removesuffix(".xml"))
        numbers.append(number)
    finger = names[0].rstrip("123") if names else ""
    if len(names) != 3 or numbers[-1] != len(joints) or finger not in _FINGERS:
        raise _other(path, "three links on four joints in each chain")
    if names != [f"{finger}{n}" for n in (1, 2, 3)]:
        raise _other(path, f"links {finger}1, {finger}2, {finger}3")
    tip = _far_end(_link(home, names[-1]), np.zeros(3))
    return DhChain(_FINGERS[finger], _placed(chain, path), joints, tuple(numbers), tip)


def _joint(joint: ElementTree.Element, path: Path) -> DhJoint:
    theta = _text(joint, "theta", path)
    found = _ANGLE.fullmatch(theta)
    if found is None or int(found["dof"]) >= ANGLES:
        raise _other(path, f"joint angles such as 'd2*0.6+0.0', not '{theta[:40]}'")
    length, along, twist = (_numbers(joint, name, 1, path)[0] for name in ("a", "d", "alpha"))
    sine, cosine = math.sin(math.radians(twist)), math.cos(math.radians(twist))
    after = np.array(
        [
            [1.0, 0.0, 0.0, length * MM],
            [0.0, cosine, -sine, 0.0],
            [0.0, sine, cosine, along * MM],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )
    offset = math.radians(_number(found["offset"] or "0", path))
    return DhJoint(int(found["dof"]), _number(found["factor"] or "1", path), offset, after)


def _placed(chain: ElementTree.Element, path: Path) -> NDArray[np.float64]:
    node = chain.find("transform")
    if node is None:
        raise _other(path, "a transform in each chain")
    place = np.eye(4)
    place[:3, 3] = np.array(_numbers(node, "translation", 3, path)) * MM
    if node.find("rotationMatrix") is not None:
        columns = np.array(_numbers(node, "rotationMatrix", 9, path))
        place[:3, :3] = columns.reshape(3, 3).T
        return place
    angle, _, axis = _text(node, "rotation", path).partition(" ")
    if axis.strip() not in ("x", "y", "z"):
        raise _other(path, "rotations such as '-90 x'")
    turn = math.radians(_number(angle, path))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis.strip()]
    place[first, first] = place[second, second] = math.cos(turn)
    place[first, second], place[second, first] = -math.sin(turn), math.sin(turn)
    return place


def _text(node: ElementTree.Element, name: str, path: Path) -> str:
    child = node.find(name)
    if child is None or not child.text:
        raise _other(path, f"a value for '{name}'")
    return child.text.strip()


def _numbers(node: ElementTree.Element, name: str, count: int, path: Path) -> list[float]:
    numbers = [_number(word, path) for word in _text(node, name, path).split()]
    if len(numbers) != count:
        raise _other(path, f"{count} numbers for '{name}'")
    return numbers


def _number(word: str, path: Path) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _other(path, f"a number, not '{word[:40]}'")
    return number


def _other(path: Path, expected: str) -> InputError:
    return InputError(
        f"{path} is not the hand of AffordPose: expected {expected}.",
        "Give the folder ManoHand of a clone of that project.",
    )


def _content(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.",
            "Give the folder ManoHand of a clone of AffordPose.",
        ) from error
    if len(content) > max_bytes:
        raise InputError(f"{path} has over {max_bytes / 1e6:.0f} MB.", "Give the original file.")
    return content


def _link(home: Path, name: str) -> NDArray[np.float64]:
    """(V, 3) vertices of a link's mesh, metres."""
    path = next(
        (p for p in (home / "off" / f"{name}.obj", home / f"{name}.obj") if p.is_file()),
        home / "off" / f"{name}.obj",
    )
    lines = _content(path, MAX_MESH_BYTES).decode("utf-8", errors="replace").splitlines()
    rows = [line.split()[1:4] for line in lines if line.startswith("v ")]
    try:
        points = np.array(rows, dtype=np.float64).reshape(-1, 3)
    except ValueError:
        points = np.zeros((0, 3))
    if not len(points) or not np.isfinite(points).all():
        raise InputError(f"{path} holds no vertices.", "Give the original file.")
    return points * MM


def _far_end(points: NDArray[np.float64], joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the points reach farthest from the joint, along the way to their centre."""
    along = unit_rows(points.mean(axis=0) - joint)
    reach = (points - joint) @ along
    return points[reach > reach.max() - _TIP_DEPTH].mean(axis=0)


def _wrist(palm: NDArray[np.float64], bases: NDArray[np.float64]) -> NDArray[np.float64]:
    """The middle of the palm's end away from the fingers, set back towards them."""
    away = unit_rows(palm.mean(axis=0) - bases.mean(axis=0))
    reach = palm @ away
    end = palm[reach > reach.max() - _WRIST_SHARE * float(np.ptp(reach))].mean(axis=0)
    end = end + away * (reach.max() - end @ away)
    return end - _WRIST_SETBACK * away


def _meeting(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Halfway between the parts of two pieces that are near to each other."""
    middles = []
    for points, others in ((above, below), (below, above)):
        distance, _ = cKDTree(others).query(points)
        fewest = np.sort(distance)[min(_MEETING_FEWEST, len(distance)) - 1]
        middles.append(points[distance <= max(_MEETING, float(fewest))].mean(axis=0))
    return (middles[0] + middles[1]) / 2


def _pieces(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    corners = np.asarray(faces)
    edges = np.ones(3 * len(corners)), (corners.ravel(), np.roll(corners, 1, axis=1).ravel())
    graph = coo_matrix(edges, shape=(len(vertices), len(vertices)))
    count, piece = connected_components(graph, directed=False)
    _, first = np.unique(piece, return_index=True)
    order = np.argsort(first)
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    if count != PIECES or (np.diff(rank[piece]) < 0).any():
        raise InputError(
            f"The hand's mesh is of {count} pieces, not of {PIECES} that follow each other.",
            "Give `rhand_mesh` of an AffordPose record as it is.",
        )
    return [np.asarray(vertices)[rank[piece] == number] for number in range(PIECES)]


def _rows(values: Sequence[object], columns: int, name: str) -> NDArray[np.float64]:
    try:
        rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        rows = np.full((1, columns), np.nan)
    if rows.ndim != 2 or rows.shape[1] != columns or not np.isfinite(rows).all():
        raise InputError(f"{name} is not rows of {columns} finite numbers.", "Give the record's.")
    return rows


def _rotations(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B, 3, 3) of quaternions wxyz."""
    import torch

    from handhold.spatial import quaternion_to_matrix

    if (np.linalg.norm(quaternion, axis=1) < 1e-9).any():
        raise InputError("rhand_quat has no length.", "Give the record's quaternion.")
    return quaternion_to_matrix(torch.from_numpy(quaternion)).numpy()


def _about_z(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    turn = np.tile(np.eye(4), (len(angle), 1, 1))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
    turn[:, 1, 0] = np.sin(angle)
    turn[:, 0, 1] = -turn[:, 1, 0]
    return turn
