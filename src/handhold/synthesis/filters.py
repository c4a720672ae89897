"""Which synthetic grasps are good enough to learn from: what fits each affordance (ours)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.contact import (
    CONTACT_DISTANCE,
    ObjectField,
    is_force_closure,
    link_distance,
)
from handhold.evaluate import Judgement
from handhold.hands import HAND_PARTS, Hand, PosedHand

GRIPPING = ("handle-grip", "wrap-around-grip", "twist", "trigger-squeeze")
POINTING = ("press", "point")


@dataclass(frozen=True)
class FilterLimits:
    """Largest values of a grasp that is kept, in the units of the metrics' names."""

    penetration_depth_cm: float = 0.3
    intersection_volume_cm3: float = 1.0
    skeleton_piercing_mm: float = 3.0
    self_penetration_mm: float = 6.0
    fingertip_distance: float = 0.004
    clearance: float = 0.004
    along_normal: float = 0.5
    off_balance: float = 0.06


def keep(
    hand: Hand,
    field: ObjectField,
    posed: PosedHand,
    judgement: Judgement,
    affordance: str,
    limits: FilterLimits = FilterLimits(),  # noqa: B008
) -> NDArray[np.bool_]:
    """(B,) which grasps fit their affordance.

    All: the right part, little overlap of any kind. Gripping: force closure of one contact per
    link, and on a trigger the index finger on it. Base-support: the object's middle above the
    hand. Press and point: the index fingertip on the part, roughly against its normal, and
    nothing else of the hand near.
    """
    m = judgement.as_arrays()
    sound = (
        (np.nan_to_num(m["penetration_depth_cm"]) <= limits.penetration_depth_cm)
        & (np.nan_to_num(m["intersection_volume_cm3"]) <= limits.intersection_volume_cm3)
        & (m["skeleton_piercing_mm"] <= limits.skeleton_piercing_mm)
        & (m["self_penetration_mm"] <= limits.self_penetration_mm)
        & (m["contact_ratio"] > 0)
    )
    if affordance != "trigger-squeeze":
        sound &= m["part_accuracy"] > 0
    signed, to_part = field.signed(posed.vertices), field.to_part(posed.vertices)
    if affordance in POINTING:
        return sound & _points(hand, field, posed, signed, to_part, limits)
    if affordance in GRIPPING:
        sound = sound & np.array(
            [
                bool(ok) and _closes(hand, field, posed.vertices[row], signed[row])
                for row, ok in enumerate(sound)
            ]
        )
    if affordance == "trigger-squeeze":
        sound &= _part_distance(hand, to_part, "index") < limits.fingertip_distance
    if affordance == "base-support":
        sound &= _balances(field, posed, signed, limits)
    return sound


def contacts_per_link(
    hand: Hand, field: ObjectField, vertices: torch.Tensor, signed: torch.Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nearest vertex (C, 3) of each link that touches, and the object's inward normals there."""
    owner = hand.spec.weights.argmax(1)
    rows = []
    for link in range(hand.spec.weights.shape[1]):
        mine = torch.nonzero(owner == link)[:, 0]
        best = mine[signed[mine].argmin()]
        if signed[best] < CONTACT_DISTANCE:
            rows.append(int(best))
    points = vertices[rows]
    return points.double().numpy(), -field.normal(points).double().numpy()


def _closes(hand: Hand, field: ObjectField, vertices: torch.Tensor, signed: torch.Tensor) -> bool:
    points, normals = contacts_per_link(hand, field, vertices, signed)
    return len(points) >= 2 and is_force_closure(points, normals, field.centre.double().numpy())


def _part_distance(hand: Hand, distance: torch.Tensor, part: str) -> NDArray[np.float64]:
    mine = hand.vertex_part == HAND_PARTS.index(part)
    return np.asarray(distance[:, mine].amin(1).double().numpy())


def _balances(
    field: ObjectField, posed: PosedHand, signed: torch.Tensor, limits: FilterLimits
) -> NDArray[np.bool_]:
    touching = (signed < CONTACT_DISTANCE).float()[..., None]
    middle = (posed.vertices * touching).sum(1) / touching.sum(1).clamp(min=1.0)
    aside = (middle - field.centre)[:, :2].norm(dim=-1)
    return np.asarray((aside < limits.off_balance).numpy())


def _points(
    hand: Hand,
    field: ObjectField,
    posed: PosedHand,
    signed: torch.Tensor,
    to_part: torch.Tensor,
    limits: FilterLimits,
) -> NDArray[np.bool_]:
    index = hand.vertex_part == HAND_PARTS.index("index")
    others = signed[:, ~index].amin(1) > limits.clearance
    names = hand.spec.keypoint_names
    distal, tip = names.index("index_distal"), names.index("index_tip")
    push = posed.keypoints[:, tip] - posed.keypoints[:, distal]
    push = torch.nn.functional.normalize(push, dim=-1)
    nearest = torch.where(index, to_part, 1.0).argmin(1)
    place = posed.vertices[torch.arange(len(nearest)), nearest]
    against = -(push * field.normal(place)).sum(-1) > limits.along_normal
    links = link_distance(hand, signed)
    distal_link = hand.spec.weights.argmax(1)[
        torch.where(index, hand.spec.vertices[:, 0], -1.0).argmax()
    ]
    by_tip = links[:, distal_link] <= links.amin(1) + 1e-6
    touching = _part_distance(hand, to_part, "index") < limits.fingertip_distance
    return np.asarray((others & against & by_tip).numpy()) & touching
