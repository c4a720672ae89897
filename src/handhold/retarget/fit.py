"""Eq. 9 of MaskDexGrasp: the pose whose key points are nearest to those of another hand.

    arg min over g = (R, t, theta) of sum_k |J_k - f_k(g)|

The paper prints this objective and refers to another work for the solver. Ours: damped Newton
steps on all grasps at once, with the norm rounded off near zero, angles kept inside the limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from handhold.errors import InputError
from handhold.hands import Hand
from handhold.retarget.chain import KeypointChain
from handhold.retarget.keypoints import Keypoints, in_order_of, scaled_about_wrist
from handhold.retarget.records import (
    SETTLED,
    STUCK,
    UNFINISHED,
    Retargeted,
    distances_mm,
)
from handhold.retarget.start import rigid_start, size_ratio
from handhold.spatial import axis_angle_to_matrix

_FEWEST = 3  # key points that a fit needs
STARTS = ("open", "closed")


@dataclass(frozen=True)
class FitSettings:
    """How eq. 9 is solved. All ours.

    Attributes:
        steps: at most so many.
        starts: poses to start from, of STARTS; the best end is kept.
        match_size: grow the source about its wrist to the size of the target first.
        rounding_m: |r| is taken as sqrt(r^2 + rounding^2) - rounding.
        tolerance_m: settled when a step lowers the sum by less than this.
        first_damping, highest_damping: share of the diagonal added to the normal equations.
        chunk: so many grasps at once.
    """

    steps: int = 60
    starts: tuple[str, ...] = STARTS
    match_size: bool = False
    rounding_m: float = 5e-4
    tolerance_m: float = 1e-6
    first_damping: float = 1e-2
    highest_damping: float = 1e8
    chunk: int = 256

    def __post_init__(self) -> None:
        if not self.starts or set(self.starts) - set(STARTS):
            raise InputError(f"starts={self.starts} is unknown.", f"Choose from {STARTS}.")
        if self.steps < 1 or self.chunk < 1 or min(self.rounding_m, self.tolerance_m) <= 0:
            raise InputError("Steps, chunk, rounding and tolerance are positive.", "Raise them.")


@dataclass(frozen=True, eq=False)
class _Pose:
    """rotation (B, 3, 3), translation (B, 3), joints (B, D)."""

    rotation: Tensor
    translation: Tensor
    joints: Tensor

    def at(self, index: Tensor) -> _Pose:
        return _Pose(self.rotation[index], self.translation[index], self.joints[index])

    def chosen(self, better: Tensor, other: _Pose) -> _Pose:
        """`other` where better (B,), else this."""
        return _Pose(
            torch.where(better[:, None, None], other.rotation, self.rotation),
            torch.where(better[:, None], other.translation, self.translation),
            torch.where(better[:, None], other.joints, self.joints),
        )


def retarget(hand: Hand, keypoints: Keypoints, settings: FitSettings | None = None) -> Retargeted:
    """The poses of `hand` whose key points are nearest to the given ones (eq. 9).

    Key points that the hand lacks, or that are not present, do not count.

    Args:
        hand: the target, on any device; the answer is there and in its precision.
        keypoints: of the source hands, metres; see `name_keypoints`.
        settings: how to solve it.

    Raises:
        InputError: a grasp shares fewer than three key points with the hand.
    """
    chosen = settings or FitSettings()
    chain = KeypointChain(hand)
    source = on_hand(hand, keypoints)
    _require_enough(source)
    scale = torch.ones(len(source), dtype=torch.float64, device=source.points.device)
    if chosen.match_size:
        scale = size_ratio(hand, source)
        source = scaled_about_wrist(source, scale)
    parts = [
        _solved(chain, _rows(source, rows), chosen)
        for rows in torch.arange(len(source), device=scale.device).split(chosen.chunk)
    ]
    pose = _Pose(
        *(
            torch.cat([getattr(part, name) for part, _ in parts])
            if parts
            else source.points.new_zeros(0, *shape)
            for name, shape in (
                ("rotation", (3, 3)),
                ("translation", (3,)),
                ("joints", chain.lower.shape),
            )
        )
    )
    codes = torch.cat([code for _, code in parts]) if parts else scale.long()
    return result(hand, chain, source, pose.translation, pose.rotation, pose.joints, codes, scale)


def on_hand(hand: Hand, keypoints: Keypoints) -> Keypoints:
    """In the hand's order, float64, on its device."""
    ordered = in_order_of(hand.spec.keypoint_names, keypoints)
    device = hand.spec.keypoints.device
    return Keypoints(
        ordered.points.to(device, torch.float64), ordered.present.to(device), ordered.names
    )


def result(
    hand: Hand,
    chain: KeypointChain,
    source: Keypoints,
    translation: Tensor,
    rotation: Tensor,
    joints: Tensor,
    code: Tensor,
    scale: Tensor,
) -> Retargeted:
    """The record for float64 poses; distances are measured here, on what is returned."""
    kind = hand.spec.joint_lower
    joints = hand.clamp(joints.to(kind))
    points = chain.positions(joints.double()) @ rotation.transpose(1, 2) + translation[:, None]
    mean, worst, tips = distances_mm(points, source)
    return Retargeted(
        translation=translation.to(kind),
        rotation=rotation.to(kind),
        joints=joints,
        error_mm=mean.to(kind),
        worst_mm=worst.to(kind),
        fingertip_mm=tips.to(kind),
        used=source.present,
        keypoint_names=source.names,
        code=code,
        scale=scale.to(kind),
    )


def _require_enough(source: Keypoints) -> None:
    few = (source.present.sum(1) < _FEWEST).nonzero()[:, 0].tolist()
    if few:
        raise InputError(
            f"Grasp {few[0]} shares {int(source.present[few[0]].sum())} key points with the hand.",
            f"At least {_FEWEST} are needed; the names are {', '.join(source.names)}.",
        )


def _rows(source: Keypoints, rows: Tensor) -> Keypoints:
    return Keypoints(source.points[rows], source.present[rows], source.names)


def _solved(chain: KeypointChain, source: Keypoints, settings: FitSettings) -> tuple[_Pose, Tensor]:
    """The best of all starts, and how it ended (B,)."""
    ends = [_descend(chain, source, start, settings) for start in _starts(chain, source, settings)]
    pose, cost, code = ends[0]
    for other, other_cost, other_code in ends[1:]:
        better = other_cost < cost
        pose = pose.chosen(better, other)
        cost, code = torch.where(better, other_cost, cost), torch.where(better, other_code, code)
    return pose, code


def _starts(chain: KeypointChain, source: Keypoints, settings: FitSettings) -> Sequence[_Pose]:
    poses = []
    for name in settings.starts:
        joints = (chain.rest if name == "open" else chain.closed).expand(len(source), -1)
        rotation, translation = rigid_start(chain.positions(joints), source)
        poses.append(_Pose(rotation, translation, joints))
    return poses


def _descend(
    chain: KeypointChain, source: Keypoints, pose: _Pose, settings: FitSettings
) -> tuple[_Pose, Tensor, Tensor]:
    """Damped Newton steps; a grasp that has ended is left alone."""
    rounding = settings.rounding_m
    cost = _cost(chain, source, pose, rounding)
    damping = torch.full_like(cost, settings.first_damping)
    code = torch.full_like(cost, UNFINISHED, dtype=torch.long)
    for _ in range(settings.steps):
        rows = (code == UNFINISHED).nonzero()[:, 0]
        if not len(rows):
            break
        here, own = pose.at(rows), _rows(source, rows)
        trial = _step(chain, own, here, damping[rows], rounding)
        trial_cost = _cost(chain, own, trial, rounding)
        gain = cost[rows] - trial_cost
        better = gain > 0
        accepted = here.chosen(better, trial)
        for whole, part in (
            (pose.rotation, accepted.rotation),
            (pose.translation, accepted.translation),
        ):
            whole.index_copy_(0, rows, part)
        joints = pose.joints.index_copy(0, rows, accepted.joints)
        pose = _Pose(pose.rotation, pose.translation, joints)
        cost = cost.index_copy(0, rows, torch.where(better, trial_cost, cost[rows]))
        settled = better & (gain < settings.tolerance_m)
        damped = torch.where(better, damping[rows] / 5, damping[rows] * 4).clamp(min=1e-9)
        stuck = damped > settings.highest_damping
        ended = torch.where(settled, SETTLED, torch.where(stuck, STUCK, UNFINISHED))
        damping = damping.index_copy(0, rows, damped)
        code = code.index_copy(0, rows, ended)
    return pose, cost, code


def _residual(points: Tensor, source: Keypoints, pose: _Pose) -> tuple[Tensor, Tensor]:
    """f - J and J, both (B, K, 3) in the palm frame."""
    seen = (source.points - pose.translation[:, None]) @ pose.rotation
    return points - seen, seen


def _cost(chain: KeypointChain, source: Keypoints, pose: _Pose, rounding: float) -> Tensor:
    """(B,) the sum of eq. 9, rounded off."""
    residual, _ = _residual(chain.positions(pose.joints), source, pose)
    length = (residual.square().sum(-1) + rounding**2).sqrt() - rounding
    return torch.where(source.present, length, 0.0).sum(1)


def _step(
    chain: KeypointChain, source: Keypoints, pose: _Pose, damping: Tensor, rounding: float
) -> _Pose:
    """One damped step.

    The curvature of a norm is (1 - r r^T / |r|^2) / |r| across and none along the residual; that
    of the kinematics is left out. Angles at a limit that the step would leave are held.
    """
    points, by_joint = chain.with_jacobian(pose.joints)
    residual, seen = _residual(points, source, pose)
    jacobian = torch.cat([_by_pose(seen), by_joint], -1)  # (B, K, 3, 6 + D)
    length = (residual.square().sum(-1) + rounding**2).sqrt()
    weight = source.present / length
    unit = residual / length[..., None]
    along = torch.einsum("bkc,bkcn->bkn", unit, jacobian)
    gradient = torch.einsum("bk,bkn->bn", source.present.to(along), along)
    flat = (jacobian * weight.sqrt()[..., None, None]).flatten(1, 2)
    full = flat.transpose(1, 2) @ flat
    across = along * weight.sqrt()[..., None]
    # Ours: a tenth is kept along it, so that no direction is flat.
    curvature = full - 0.9 * across.transpose(1, 2) @ across
    held = _held(chain, pose.joints, gradient)
    diagonal = full.diagonal(dim1=1, dim2=2)
    floor = 1e-6 * diagonal.amax(1, keepdim=True) + 1e-12
    added = damping[:, None] * torch.maximum(diagonal, floor)
    free = (~held).to(curvature)
    matrix = curvature * free[:, :, None] * free[:, None, :]
    matrix = matrix + torch.diag_embed(torch.where(held, 1.0, added + floor))
    move = -_solve(matrix, gradient * free)
    rotation = pose.rotation @ axis_angle_to_matrix(move[:, 3:6])
    translation = pose.translation + (pose.rotation @ move[:, :3, None])[..., 0]
    joints = (pose.joints + move[:, 6:]).clamp(chain.lower, chain.upper)
    return _Pose(rotation, translation, joints)


def _by_pose(seen: Tensor) -> Tensor:
    """(B, K, 3, 6) of the residual by a shift and a turn in the palm frame: 1 and -[J]x."""
    x, y, z = seen.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    one = torch.eye(3, dtype=seen.dtype, device=seen.device).expand_as(cross)
    return torch.cat([one, -cross], -1)


def _held(chain: KeypointChain, joints: Tensor, gradient: Tensor) -> Tensor:
    """(B, 6 + D) angles at a limit, where the sum falls only beyond it."""
    slope = gradient[:, 6:]
    held = ((joints <= chain.lower) & (slope > 0)) | ((joints >= chain.upper) & (slope < 0))
    return torch.nn.functional.pad(held, (6, 0))


def _solve(matrix: Tensor, right: Tensor) -> Tensor:
    factor, failed = torch.linalg.cholesky_ex(matrix)
    move = torch.cholesky_solve(right[..., None], factor)[..., 0]
    return torch.where((failed == 0)[:, None] & move.isfinite(), move, 0.0)
