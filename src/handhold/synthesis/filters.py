"""Which synthetic grasps are good enough to learn from, and why the others are not (ours)."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.contact import CONTACT_DISTANCE, ObjectField
from handhold.evaluate import HandOnSurface, Judgement
from handhold.hands import HAND_PARTS, Hand, PosedHand

POINTING = ("press", "point")
TOO_DEEP = "too deep"
OVERLAP = "too much overlap"
PIERCED = "bone in the object"
CROSSED = "fingers in each other"
NO_CONTACT = "no contact"
WRONG_PART = "wrong part"
TIP_AWAY = "fingertip off the part"
OBLIQUE = "oblique approach"
OTHER_NEAR = "another link near"
OFF_BALANCE = "off balance"
NOT_HELD = "not held"
NEAR_COPY = "near copy"
SURPLUS = "surplus"
REASONS = (
    TOO_DEEP, OVERLAP, PIERCED, CROSSED, NO_CONTACT, WRONG_PART, TIP_AWAY, OBLIQUE, OTHER_NEAR,
    OFF_BALANCE, NEAR_COPY, NOT_HELD, SURPLUS,
)  # fmt: skip
"""In the order in which they are looked for; `surplus`: nothing wrong was found, but there were
enough, or so many that the simulator was not asked."""


@dataclass(frozen=True)
class FilterLimits:
    """Largest values of a grasp that is kept, in the units of the metrics' names, else metres."""

    penetration_depth_cm: float = 0.2
    intersection_volume_cm3: float = 1.0
    skeleton_piercing_mm: float = 3.0
    self_penetration_mm: float = 6.0
    fingertip_distance: float = 0.002
    clearance: float = 0.005
    approach_degrees: float = 30.0
    off_balance: float = 0.06


@dataclass(frozen=True, eq=False)
class Posed:
    """B hands on an object, with all that the filter looks at.

    posed: skin and key points; surface: the same skin on the exact surface; judgement: the quick
    metrics; push: (B, 3) unit, where a pressing finger goes; part: index of the contact part;
    face_parts: (F,) of the object.
    """

    posed: PosedHand
    surface: HandOnSurface
    judgement: Judgement
    push: torch.Tensor
    part: int
    face_parts: NDArray[np.int64]


def rejections(
    hand: Hand,
    field: ObjectField,
    hands: Posed,
    affordance: str,
    limits: FilterLimits = FilterLimits(),  # noqa: B008
) -> list[str]:
    """Per grasp the first of REASONS that is true of it, "" for one that may stay.

    A metric that could not be measured is above its limit.

    All: little overlap of any kind, and the right part (on a trigger: the index finger). Press
    and point: the index fingertip on the part, along its normal, and no other link near.
    Base-support: the object's middle above the hand. Whether it is held is asked elsewhere.
    """
    m = hands.judgement.as_arrays()
    tests = [
        (TOO_DEEP, ~(m["penetration_depth_cm"] <= limits.penetration_depth_cm)),
        (OVERLAP, ~(m["intersection_volume_cm3"] <= limits.intersection_volume_cm3)),
        (PIERCED, ~(m["skeleton_piercing_mm"] <= limits.skeleton_piercing_mm)),
        (CROSSED, ~(m["self_penetration_mm"] <= limits.self_penetration_mm)),
        (NO_CONTACT, m["contact_ratio"] == 0),
    ]
    if affordance != "trigger-squeeze":
        tests.append((WRONG_PART, ~(m["part_accuracy"] > 0)))
    if affordance in (*POINTING, "trigger-squeeze"):
        reach = _part_distance(hands, _index(hand))
        tests.append((TIP_AWAY, reach > limits.fingertip_distance))
    if affordance in POINTING:
        tests.append((OBLIQUE, _oblique(field, hands, hand, limits)))
        tests.append((OTHER_NEAR, _other_near(hand, hands, limits)))
    if affordance == "base-support":
        tests.append((OFF_BALANCE, _off_balance(field, hands, limits)))
    reasons = np.full(len(hands.judgement), "", dtype=object)
    for reason, found in reversed(tests):
        reasons[found] = reason
    return [str(reason) for reason in reasons]


def _index(hand: Hand) -> NDArray[np.bool_]:
    """(V,) skin of the index finger."""
    return np.asarray((hand.vertex_part == HAND_PARTS.index("index")).numpy())


def _index_tip(hand: Hand) -> NDArray[np.bool_]:
    """(V,) skin of the index finger's last link."""
    owner = hand.spec.weights.argmax(1)
    index = hand.vertex_part == HAND_PARTS.index("index")
    last = owner[torch.where(index, hand.spec.vertices[:, 0], -1.0).argmax()]
    return np.asarray((index & (owner == last)).numpy())


def _part_distance(hands: Posed, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(B,) metres from some of the skin to the contact part, where that is what is nearest."""
    face = hands.surface.face[:, chosen]
    on_part = (face >= 0) & (hands.face_parts[face] == hands.part)
    distance = np.where(on_part, np.abs(hands.surface.distance[:, chosen]), np.inf)
    return np.asarray(distance.min(axis=1))


def _oblique(
    field: ObjectField, hands: Posed, hand: Hand, limits: FilterLimits
) -> NDArray[np.bool_]:
    """The push is further from the inward normal, where the fingertip is, than allowed."""
    tip = torch.as_tensor(_index_tip(hand))
    distance = torch.as_tensor(hands.surface.distance)
    nearest = torch.where(tip, distance, torch.inf).argmin(1)
    place = hands.posed.vertices[torch.arange(len(nearest)), nearest]
    along = -(hands.push * field.normal(place)).sum(-1)
    return np.asarray((along < cos(radians(limits.approach_degrees))).numpy())


def _other_near(hand: Hand, hands: Posed, limits: FilterLimits) -> NDArray[np.bool_]:
    others = hands.surface.distance[:, ~_index_tip(hand)]
    return np.asarray(others.min(axis=1) < limits.clearance)


def _off_balance(field: ObjectField, hands: Posed, limits: FilterLimits) -> NDArray[np.bool_]:
    touching = hands.surface.touching(CONTACT_DISTANCE)[..., None]
    vertices = hands.posed.vertices.double().numpy()
    middle = (vertices * touching).sum(1) / np.maximum(touching.sum(1), 1)
    aside = np.linalg.norm((middle - field.centre.double().numpy())[:, :2], axis=1)
    return np.asarray(aside > limits.off_balance)
