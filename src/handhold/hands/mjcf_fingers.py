"""The fingers of a robot hand: what they are called, where they bend, and which way they close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.geometry.mesh import unit_rows
from handhold.hands.kinematics import RevoluteTree, link_transforms
from handhold.hands.mjcf_names import name_fingers
from handhold.hands.mjcf_skin import Skin
from handhold.hands.mjcf_tree import HandTree, Hinge
from handhold.hands.spec import flexion_signs

# All ours.
CLOSE_A_LITTLE = 0.3  # rad
_SAME_PLACE = 1e-4  # m: joints whose origins are this close share a key point
_TIP_DEPTH = 0.0005  # m: the tip is the middle of the skin this close to the farthest point
_POINTS = 3  # a finger bends at three places; what bends before them is a metacarpal


@dataclass(frozen=True, eq=False)
class Finger:
    """One finger at the zero pose, in the root's frame.

    digit: its name. links: from base to tip. origins (n, 3), origin_links: where it bends, base
    to tip, three at most, and the links these places belong to. tip, tip_link: its end.
    closing: where the tip goes when all its flexion joints close a little, pad: when the last
    one does, which is the side that it grips with. axis: of that last joint.
    """

    digit: str
    links: tuple[int, ...]
    origins: NDArray[np.float64]
    origin_links: tuple[int, ...]
    tip: NDArray[np.float64]
    tip_link: int
    closing: NDArray[np.float64]
    pad: NDArray[np.float64]
    axis: NDArray[np.float64]

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vector (3,) along it, from its base to its last joint (or tip, if it has one)."""
        end = self.origins[-1] if len(self.origins) > 1 else self.tip
        return unit_rows(end - self.origins[0])


@dataclass(frozen=True, eq=False)
class Fingers:
    """The fingers in the model's order; notes: what was guessed about them."""

    fingers: tuple[Finger, ...]
    notes: tuple[str, ...]


def find_fingers(tree: HandTree, revolute: RevoluteTree, skin: Skin) -> Fingers:
    """All fingers, told apart by their names, else by where they are."""
    hinges = [[h for h in tree.hinges if h.moves in chain] for chain in tree.fingers]
    fingers = [
        _measured(tree, revolute, skin, chain, own)
        for chain, own in zip(tree.fingers, hinges, strict=True)
    ]
    names = name_fingers(
        [
            [*(h.name for h in own), *(tree.link_names[k] for k in finger.links)]
            for finger, own in zip(fingers, hinges, strict=True)
        ],
        np.stack([finger.origins[0] for finger in fingers]),
        np.stack([finger.tip for finger in fingers]),
        np.stack([finger.axis for finger in fingers]),
    )
    named = (replace(f, digit=d) for f, d in zip(fingers, names.digits, strict=True))
    told = () if names.by_name else ("fingers told apart by their places, not by names",)
    return Fingers(tuple(named), told)


def _measured(
    tree: HandTree,
    revolute: RevoluteTree,
    skin: Skin,
    chain: tuple[int, ...],
    hinges: Sequence[Hinge],
) -> Finger:
    places = _places(hinges)
    tip_link = next((k for k in reversed(chain) if (skin.link == k).any()), chain[-1])
    tip = _tip(skin, tip_link, places[-1][0].origin)
    signs = flexion_signs(torch.from_numpy(tree.lower), torch.from_numpy(tree.upper)).numpy()
    bending = [h for place in places for h in place if signs[h.dof] != 0]
    rest = np.clip(0.0, tree.lower, tree.upper)

    def moved(chosen: Sequence[Hinge]) -> NDArray[np.float64]:
        angles = rest.copy()
        for dof in {h.dof for h in chosen}:
            angles[dof] += signs[dof] * CLOSE_A_LITTLE
        both = torch.from_numpy(np.stack([rest, np.clip(angles, tree.lower, tree.upper)]))
        links = link_transforms(revolute, revolute.levels(), both, len(tree.bodies)).numpy()
        before, after = links[:, tip_link, :, :3] @ tip + links[:, tip_link, :, 3]
        return after - before

    return Finger(
        digit="",
        links=chain,
        origins=np.stack([place[0].origin for place in places]),
        origin_links=tuple(place[-1].moves for place in places),
        tip=tip,
        tip_link=tip_link,
        closing=moved(bending),
        pad=moved(bending[-1:]),
        axis=(bending or hinges)[-1].axis,
    )


def _places(hinges: Sequence[Hinge]) -> list[list[Hinge]]:
    """Hinges grouped where they cross; the last three places only."""
    places: list[list[Hinge]] = []
    for hinge in hinges:
        if places and np.linalg.norm(hinge.origin - places[-1][0].origin) < _SAME_PLACE:
            places[-1].append(hinge)
        else:
            places.append([hinge])
    return places[-_POINTS:]


def _tip(skin: Skin, link: int, origin: NDArray[np.float64]) -> NDArray[np.float64]:
    points = skin.mesh.vertices[skin.link == link]
    if not len(points):
        return origin
    along = unit_rows(points.mean(axis=0) - origin)
    reach = (points - origin) @ along
    return points[reach > reach.max() - _TIP_DEPTH].mean(axis=0)
