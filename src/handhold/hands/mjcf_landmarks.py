"""What a judge needs of a robot hand besides joints and skin, found from these two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.geometry import oriented_box
from handhold.geometry.mesh import unit_rows
from handhold.hands.mjcf_fingers import Finger, Fingers
from handhold.hands.mjcf_names import DIGITS
from handhold.hands.mjcf_skin import Skin
from handhold.hands.mjcf_tree import HandTree
from handhold.hands.watertight import depth_within

# All ours.
PALMAR_COSINE = 0.25
CANDIDATES = 96  # as many as the human hand has
SMALLEST_SPHERE = 0.003  # m
_SUFFIXES = ("base", "middle", "distal", "tip")


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The fields of HandSpec that are measured; notes: what was guessed."""

    side: str
    part: NDArray[np.int64]
    palmar: NDArray[np.bool_]
    candidates: NDArray[np.int64]
    keypoints: NDArray[np.float64]
    keypoint_link: NDArray[np.int64]
    keypoint_names: tuple[str, ...]
    sphere_centre: NDArray[np.float64]
    sphere_radius: NDArray[np.float64]
    sphere_link: NDArray[np.int64]
    palm_normal: NDArray[np.float64]
    notes: tuple[str, ...]


def find_landmarks(tree: HandTree, found: Fingers, skin: Skin) -> Landmarks:
    """Palmar side, key points and spheres of a hand at the zero pose, root frame."""
    fingers, notes = found.fingers, list(found.notes)
    row = [f for f in fingers if f.digit != "thumb"] if len(fingers) > 2 else fingers
    normal, ahead = _palm_normal(row, notes)
    part, pads = _parts(tree, skin, fingers, normal)
    palmar = ((skin.mesh.vertex_normals * pads).sum(axis=1) > PALMAR_COSINE) & ~skin.buried
    keypoints, links, names = _keypoints(fingers, skin, ahead)
    centre, radius, sphere_link = _spheres(tree, skin)
    return Landmarks(
        side=_side(fingers, row, normal, ahead),
        part=part,
        palmar=palmar,
        candidates=_spread(skin.mesh.vertices, part, palmar),
        keypoints=keypoints,
        keypoint_link=links,
        keypoint_names=names,
        sphere_centre=centre,
        sphere_radius=radius,
        sphere_link=sphere_link,
        palm_normal=normal,
        notes=tuple(notes),
    )


def _palm_normal(
    row: Sequence[Finger], notes: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the tips go when the hand closes, square to the fingers; and where these point."""
    ahead = unit_rows(np.mean([f.direction for f in row], axis=0))
    moves = np.stack([f.closing for f in row])
    mean = moves.mean(axis=0)
    square = mean - ahead * (mean @ ahead)
    if np.linalg.norm(square) > 0.3 * np.linalg.norm(moves, axis=1).mean() > 0:
        return unit_rows(square), ahead
    notes.append("the fingers close against each other: the palm looks along them")
    return ahead, ahead


def _side(
    fingers: Sequence[Finger],
    row: Sequence[Finger],
    normal: NDArray[np.float64],
    ahead: NDArray[np.float64],
) -> str:
    thumb = next((f for f in fingers if f.digit == "thumb"), None)
    if thumb is None or len(row) == len(fingers):
        return "unknown"
    middle = np.mean([f.origins[0] for f in row], axis=0)
    across = np.cross(ahead, normal)
    return "right" if across @ (thumb.origins[0] - middle) > 0 else "left"


def _parts(
    tree: HandTree, skin: Skin, fingers: Sequence[Finger], normal: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Part of every vertex, and the direction that its gripping side faces (V, 3)."""
    part_of_link = np.zeros(len(tree.bodies), dtype=np.int64)
    pad_of_link = np.tile(normal, (len(tree.bodies), 1))
    for finger in fingers:
        pad = finger.pad - finger.direction * (finger.pad @ finger.direction)
        for link in finger.links:
            if "metacarp" in tree.link_names[link].lower():
                continue
            place = DIGITS.index(finger.digit) if finger.digit in DIGITS else len(DIGITS) - 1
            part_of_link[link] = 1 + place
            if np.linalg.norm(pad) > 0:
                pad_of_link[link] = unit_rows(pad)
    return part_of_link[skin.link], pad_of_link[skin.link]


def _keypoints(
    fingers: Sequence[Finger], skin: Skin, ahead: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], tuple[str, ...]]:
    """The wrist, then thumb, index, ... from base to tip."""
    points, links, names = [_wrist(skin, ahead)], [0], ["wrist"]
    order = {digit: n for n, digit in enumerate(DIGITS)}
    for finger in sorted(fingers, key=lambda f: order.get(f.digit, len(order))):
        chain = [*finger.origins, finger.tip]
        points += chain
        links += [*finger.origin_links, finger.tip_link]
        names += [f"{finger.digit}_{suffix}" for suffix in (*_SUFFIXES[: len(chain) - 1], "tip")]
    return np.stack(points), np.array(links), tuple(names)


def _wrist(skin: Skin, ahead: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the palm ends, away from the fingers; the root's origin if it has no skin."""
    palm = skin.mesh.vertices[skin.link == 0]
    if not len(palm):
        return np.zeros(3)
    reach = palm @ ahead
    near = palm[reach < reach.min() + 0.1 * float(np.ptp(reach))]
    return (near.min(axis=0) + near.max(axis=0)) / 2


def _spheres(
    tree: HandTree, skin: Skin
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Rows of balls along the longer sides of each link's box, each as large as the skin
    allows there, and none over half the shortest side."""
    centres, radii, links = [], [], []
    for link in range(len(tree.bodies)):
        own = (skin.link == link)[skin.mesh.faces[:, 0]]
        if not own.any():
            continue
        surface = skin.mesh.submesh(own)
        box = oriented_box(surface.vertices)
        half = box.lengths[2] / 2
        steps = [np.zeros(1)] * 3
        for axis in (0, 1):
            room = box.lengths[axis] / 2 - half
            count = 1 + int(np.ceil(2 * room / (1.2 * half) - 0.2)) if room > 0 else 1
            steps[axis] = np.linspace(-room, room, count) if count > 1 else np.zeros(1)
        grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
        points = box.centre + grid @ box.axes
        radius = np.minimum(depth_within(surface, points), half)
        keep = radius > SMALLEST_SPHERE
        centres.append(points[keep])
        radii.append(radius[keep])
        links.append(np.full(int(keep.sum()), link))
    return np.concatenate(centres), np.concatenate(radii), np.concatenate(links)


def _spread(
    points: NDArray[np.float64], part: NDArray[np.int64], palmar: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Farthest-point samples of the gripping side, the same share for every part."""
    parts = [p for p in np.unique(part) if (palmar & (part == p)).any()]
    chosen: list[int] = []
    for p in parts:
        members = np.flatnonzero(palmar & (part == p))
        distance = np.full(len(members), np.inf)
        pick = 0
        for _ in range(min(CANDIDATES // len(parts), len(members))):
            chosen.append(int(members[pick]))
            away = np.linalg.norm(points[members] - points[members[pick]], axis=1)
            distance = np.minimum(distance, away)
            pick = int(distance.argmax())
            if distance[pick] == 0:
                break
    return np.array(sorted(chosen), dtype=np.int64)
