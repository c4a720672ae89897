"""Eq. 10 to 14 of MaskDexGrasp's supplement: fingertips to their places, out of the object.

Printed there: the terms, their weights, the finger weights and tau. Ours: the optimiser (Adam,
pose and angles with rates of their own), the best step being kept, angles brought back inside the
limits after every step, the penetration points, and that each grasp has its own energy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from handhold.errors import InputError
from handhold.hands import Hand
from handhold.retarget.chain import KeypointChain
from handhold.retarget.energies import (
    FINGER_WEIGHTS,
    SELF_THRESHOLD,
    EnergyWeights,
    SignedDistance,
    colliding_pairs,
    fingertip_energy,
    penetration_energy,
    phalanx_middles,
    regularisation_energy,
    self_penetration_energy,
)
from handhold.retarget.fit import on_hand, result
from handhold.retarget.keypoints import TIPS, Keypoints, in_order_of, scaled_about_wrist
from handhold.retarget.records import SETTLED, UNFINISHED, Retargeted
from handhold.spatial import axis_angle_to_matrix


@dataclass(frozen=True)
class RefineSettings:
    """weights, finger_weights, threshold_m: as printed. The rest is ours.

    steps: of Adam. pose_rate: metres and radians per step, joint_rate: radians per step, both
    falling to a tenth. settled: a grasp has settled when its energy fell by less than this share
    of the first one over the last quarter of the steps.
    """

    weights: EnergyWeights = field(default_factory=EnergyWeights)
    finger_weights: tuple[float, ...] = FINGER_WEIGHTS
    threshold_m: float = SELF_THRESHOLD
    steps: int = 200
    translation_rate: float = 0.0005
    rotation_rate: float = 0.005
    joint_rate: float = 0.01
    settled: float = 0.01

    def __post_init__(self) -> None:
        if self.steps < 1 or len(self.finger_weights) != len(TIPS):
            raise InputError("Steps are at least 1, finger weights five.", "Change them.")


@dataclass(frozen=True, eq=False)
class Refined:
    """poses: as refined. before, after: name of a term -> (B,), unweighted; "total" weighted."""

    poses: Retargeted
    before: Mapping[str, Tensor]
    after: Mapping[str, Tensor]


def refine_retargeted(
    hand: Hand,
    keypoints: Keypoints,
    start: Retargeted,
    settings: RefineSettings | None = None,
    signed_distance: SignedDistance | None = None,
) -> Refined:
    """Lower eq. 10 from poses that `retarget` gave. No grasp gets a higher energy than it had.

    Args:
        hand: the target, as given to `retarget`.
        keypoints: the source, as given to `retarget`; its fingertips are the goals of eq. 11.
        start: the poses. Their `scale` is applied to the source.
        settings: weights and steps.
        signed_distance: of the objects, in the frame of the poses; without it eq. 14 is left out.

    Raises:
        InputError: the numbers of grasps differ.
    """
    if len(keypoints) != len(start):
        raise InputError(f"{len(keypoints)} sources, {len(start)} poses.", "Give as many.")
    chosen = settings or RefineSettings()
    chain = KeypointChain(hand)
    source = scaled_about_wrist(on_hand(hand, keypoints), start.scale.double())
    energy = _Energy(hand, chain, source, start, chosen, signed_distance)
    before, after, best, settled = _minimise(energy, chosen)
    translation, rotation, joints = energy.pose(best)
    code = torch.where(settled, SETTLED, UNFINISHED)
    poses = result(hand, chain, source, translation, rotation, joints, code, start.scale.double())
    return Refined(poses, before, after)


class _Energy:
    """Eq. 10 for moves (B, 6 + D) away from the start: shift, turn, change of the angles."""

    def __init__(
        self,
        hand: Hand,
        chain: KeypointChain,
        source: Keypoints,
        start: Retargeted,
        settings: RefineSettings,
        signed_distance: SignedDistance | None,
    ) -> None:
        self._hand, self._chain, self._settings = hand, chain, settings
        self._distance = signed_distance
        self._start = tuple(
            value.double() for value in (start.translation, start.rotation, start.joints)
        )
        self._goals = in_order_of(TIPS, source)
        device = chain.lower.device
        names = {name: k for k, name in enumerate(chain.names)}
        self._tips = torch.tensor([names.get(tip, 0) for tip in TIPS], device=device)
        self._fingers = torch.tensor(settings.finger_weights, device=device).double()
        rest, fingers = phalanx_middles(chain.positions(chain.rest[None]), chain.names)
        self._pairs = colliding_pairs(rest[0], fingers, settings.threshold_m)

    def zero(self) -> Tensor:
        """No move."""
        translation, _, joints = self._start
        return translation.new_zeros(len(translation), 6 + joints.shape[1])

    def pose(self, move: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Translation, rotation and angles after the move."""
        translation, rotation, joints = self._start
        return (
            translation + move[:, :3],
            rotation @ axis_angle_to_matrix(move[:, 3:6]),
            joints + move[:, 6:],
        )

    def inside(self, move: Tensor) -> Tensor:
        """The move, with angles brought inside their limits."""
        joints = self._start[2]
        kept = (joints + move[:, 6:]).clamp(self._chain.lower, self._chain.upper) - joints
        return torch.cat([move[:, :6], kept], 1)

    def terms(self, move: Tensor) -> dict[str, Tensor]:
        """Each term (B,), and their weighted "total"."""
        translation, rotation, joints = self.pose(move)
        chain, settings = self._chain, self._settings
        local = chain.positions(joints)
        placed = local @ rotation.transpose(1, 2) + translation[:, None]
        middles, _ = phalanx_middles(local, chain.names)
        terms = {
            "tip": fingertip_energy(
                placed[:, self._tips], self._goals.points, self._goals.present, self._fingers
            ),
            "reg": regularisation_energy(joints, chain.lower, chain.upper),
            "self_penetration": self_penetration_energy(middles, self._pairs, settings.threshold_m),
        }
        if self._distance is not None:
            kind = self._hand.spec.vertices
            skin = self._hand.pose(translation.to(kind), rotation.to(kind), joints.to(kind))
            terms["penetration"] = penetration_energy(skin.vertices, self._distance).double()
        weighted = [getattr(settings.weights, name) * value for name, value in terms.items()]
        return terms | {"total": torch.stack(weighted).sum(0)}


def _minimise(
    energy: _Energy, settings: RefineSettings
) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor, Tensor]:
    """The terms before and at the best move, that move, and which have settled."""
    move = energy.zero().requires_grad_()
    with torch.no_grad():
        before = energy.terms(move)
    best, lowest = move.detach().clone(), before["total"].clone()
    late = lowest.clone()
    rates = torch.full_like(best, settings.joint_rate)
    rates[:, :3], rates[:, 3:6] = settings.translation_rate, settings.rotation_rate
    adam = torch.optim.Adam([move], lr=1.0)
    for step in range(settings.steps):
        adam.zero_grad()
        total = energy.terms(move)["total"]
        total.sum().backward()
        with torch.no_grad():
            better = total < lowest
            best = torch.where(better[:, None], move.detach(), best)
            lowest = torch.where(better, total.detach(), lowest)
            if step == settings.steps * 3 // 4:
                late = lowest.clone()
            was = move.detach().clone()
            adam.step()
            share = 0.1 ** (step / settings.steps)
            move.copy_(energy.inside(was + share * rates * (move - was)))
    with torch.no_grad():
        total = energy.terms(move)["total"]
        best = torch.where((total < lowest)[:, None], move.detach(), best)
        after = energy.terms(best)
    settled = late - after["total"] <= settings.settled * before["total"]
    return before, after, best, settled
