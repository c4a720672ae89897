"""Key points by name, and which of them two hands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.errors import InputError
from handhold.hands import Hand
from handhold.hands.keypoint_names import DGRASP_NAMES, FINGERS, KEYPOINT_NAMES, MANO_NAMES

# Orders in which data sets list 21 key points.
ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "handhold": KEYPOINT_NAMES,
        "openpose": KEYPOINT_NAMES,
        "mano": MANO_NAMES,
        "dgrasp": DGRASP_NAMES,
    }
)
TIPS = tuple(f"{finger}_tip" for finger in FINGERS)
ANCHORS = ("wrist", *(f"{finger}_base" for finger in FINGERS))


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Key points of a batch of hands in one frame.

    Attributes:
        points: (B, K, 3) metres; where not present, zeros.
        present: (B, K) which are known.
        names: (K,) names as in `KEYPOINT_NAMES`.
    """

    points: Tensor
    present: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.points)


def name_keypoints(
    points: Tensor | NDArray[Any],
    order: str | Sequence[str],
    present: Tensor | NDArray[Any] | None = None,
) -> Keypoints:
    """Key points with their names.

    Args:
        points: (B, K, 3) metres. One that is not finite counts as missing.
        order: one of `ORDERS`, or the K names themselves.
        present: (B, K) or (K,) False for points that are missing; default all there.

    Raises:
        InputError: an unknown order, a name twice, or sizes that do not fit.
    """
    if isinstance(order, str) and order not in ORDERS:
        raise InputError(f"There is no order '{order}'.", f"Known: {', '.join(ORDERS)}.")
    names = ORDERS[order] if isinstance(order, str) else tuple(order)
    places = torch.as_tensor(points)
    if places.ndim != 3 or places.shape[1:] != (len(names), 3) or len(set(names)) != len(names):
        raise InputError(
            f"The key points have the shape {tuple(places.shape)} and {len(set(names))} names.",
            "Give (B, K, 3) points and K different names.",
        )
    if not places.is_floating_point():
        places = places.double()
    there = places.isfinite().all(-1)
    if present is not None:
        given = torch.as_tensor(present, device=places.device).bool()
        if given.shape not in (there.shape, there.shape[1:]):
            raise InputError(
                f"`present` has the shape {tuple(given.shape)}.", "Give (B, K) or (K,)."
            )
        there = there & given
    return Keypoints(torch.where(there[..., None], places, 0.0), there, names)


def keypoints_of(hand: Hand, translation: Tensor, rotation: Tensor, joints: Tensor) -> Keypoints:
    """Key points of a hand posed as for `Hand.pose`."""
    links = hand.links(translation, rotation, joints)
    own = links[:, hand.spec.keypoint_link]
    points = (own[..., :3] * hand.spec.keypoints[:, None]).sum(-1) + own[..., 3]
    everywhere = torch.ones(points.shape[:2], dtype=torch.bool, device=points.device)
    return Keypoints(points, everywhere, hand.spec.keypoint_names)


def in_order_of(names: Sequence[str], keypoints: Keypoints) -> Keypoints:
    """The same key points in another order; names that they lack are not present."""
    place = {name: k for k, name in enumerate(keypoints.names)}
    index = torch.tensor([place.get(name, -1) for name in names], device=keypoints.points.device)
    known = index >= 0
    present = keypoints.present[:, index.clamp(min=0)] & known
    points = keypoints.points[:, index.clamp(min=0)]
    return Keypoints(torch.where(present[..., None], points, 0.0), present, tuple(names))


def scaled_about_wrist(keypoints: Keypoints, scale: Tensor) -> Keypoints:
    """Grown by (B,) about the wrist, or about the mean of the points of a hand without one."""
    weight = keypoints.present.to(keypoints.points)
    if "wrist" in keypoints.names:
        wrist = keypoints.names.index("wrist")
        only = torch.zeros_like(weight)
        only[:, wrist] = 1.0
        weight = torch.where(keypoints.present[:, wrist, None], only, weight)
    total = weight.sum(1, keepdim=True).clamp(min=1.0)
    centre = ((weight / total)[..., None] * keypoints.points).sum(1, keepdim=True)
    grown = centre + scale[:, None, None] * (keypoints.points - centre)
    points = torch.where(keypoints.present[..., None], grown, 0.0)
    return Keypoints(points, keypoints.present, keypoints.names)
