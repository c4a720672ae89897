"""The generalizable grasping prior of GDG section 3.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Primitive:
    """The simple solid that a prior's hand closed on, in the palm frame (ours).

    Attributes:
        kind: "cylinder" (axis through centre), "cap" (a disc turned about its axis, which points
            away from the object), "plane" (axis is the supported face's inward normal) or
            "spot" (a point approached against axis, the outward normal).
        axis: (3,) unit direction. centre: (3,) metres. radius: metres.
    """

    kind: str
    axis: Tensor
    centre: Tensor
    radius: float


@dataclass(frozen=True, eq=False)
class Prior:
    """Gamma = (P, Theta-hat, C) without P, which the query brings (GDG section 3.2).

    Attributes:
        cluster: its name in the library, such as "handle-grip/03".
        affordance: one of the seven.
        joints: (D,) Theta-hat, radians: the member nearest to the cluster's mean.
        contact_mean, contact_std: (V,) mean and standard deviation of the members' contact maps,
            distances to the whole object.
        part_mean: (V,) mean contact map with distances to the contact part alone (ours): on a
            trigger only the index finger's is high, though the whole hand touches the object.
        primitive: what the representative member closed on, in the palm frame.
        part_size: (3,) mean sorted box sides of the members' parts, metres, longest first.
        section_radius: mean local cross-section radius of the members' parts, metres (ours).
        members: how many grasps the cluster holds.
    """

    cluster: str
    affordance: str
    joints: Tensor
    contact_mean: Tensor
    contact_std: Tensor
    part_mean: Tensor
    primitive: Primitive
    part_size: tuple[float, float, float]
    section_radius: float
    members: int

    def to(self, device: torch.device | str) -> Prior:
        """The same prior on another device."""
        primitive = replace(
            self.primitive,
            axis=self.primitive.axis.to(device),
            centre=self.primitive.centre.to(device),
        )
        return replace(
            self,
            joints=self.joints.to(device),
            contact_mean=self.contact_mean.to(device),
            contact_std=self.contact_std.to(device),
            part_mean=self.part_mean.to(device),
            primitive=primitive,
        )


@dataclass(frozen=True, eq=False)
class PriorBatch:
    """The priors of a batch of grasps, one row each: joints (B, D), the maps (B, V)."""

    joints: Tensor
    contact_mean: Tensor
    contact_std: Tensor
    part_mean: Tensor

    @classmethod
    def stack(cls, priors: Sequence[Prior]) -> PriorBatch:
        """One row per prior, in order."""
        return cls(
            torch.stack([p.joints for p in priors]),
            torch.stack([p.contact_mean for p in priors]),
            torch.stack([p.contact_std for p in priors]),
            torch.stack([p.part_mean for p in priors]),
        )

    def select(self, rows: Tensor) -> PriorBatch:
        """The rows that `rows` picks."""
        return PriorBatch(
            self.joints[rows],
            self.contact_mean[rows],
            self.contact_std[rows],
            self.part_mean[rows],
        )

    def to(self, reference: Tensor) -> PriorBatch:
        """The same rows in the precision and on the device of `reference`."""
        return PriorBatch(
            self.joints.to(reference),
            self.contact_mean.to(reference),
            self.contact_std.to(reference),
            self.part_mean.to(reference),
        )
