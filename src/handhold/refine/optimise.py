"""Prior-guided refinement in two stages (GDG section 3.4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from handhold.contact import Correspondence, ObjectField, PriorBatch, find_correspondence
from handhold.hands import Hand
from handhold.refine import terms as t
from handhold.refine.config import RefineConfig, active
from handhold.refine.terms import State, Term
from handhold.spatial import matrix_to_rotation_6d, rotation_6d_to_matrix

Progress = Callable[[str, float], None]
NEED_PAIRS = frozenset({"pen"})
"""Terms that look at object points near the hand; without them none are looked for again."""
STAGE_ONE = ("contact", "cmap", "finger", "close")
"""Terms of the first stage: prior guidance only (GDG); `finger` is ours."""


@dataclass(frozen=True, eq=False)
class Pose:
    """A batch of hands: translation (B, 3) metres, rotation (B, 3, 3), joints (B, D) radians."""

    translation: Tensor
    rotation: Tensor
    joints: Tensor

    def __len__(self) -> int:
        return len(self.translation)

    def select(self, index: Tensor | slice) -> Pose:
        """The rows that `index` picks."""
        return Pose(self.translation[index], self.rotation[index], self.joints[index])

    @staticmethod
    def concatenate(poses: Sequence[Pose]) -> Pose:
        """Batches one after another."""
        return Pose(
            torch.cat([p.translation for p in poses]),
            torch.cat([p.rotation for p in poses]),
            torch.cat([p.joints for p in poses]),
        )


@dataclass(frozen=True, eq=False)
class Refined:
    """What came out.

    Attributes:
        start, extrinsic, final: hands before, after the first and after the second stage.
        energies: (B,) unweighted value of each term at the end, and the weighted "total".
        codes: per grasp "converged", "moving" (its last steps still changed the sum by more
            than 2 %), or "diverged" (a number was not finite; the pose means nothing).
    """

    start: Pose
    extrinsic: Pose
    final: Pose
    energies: dict[str, Tensor]
    codes: tuple[str, ...]


def all_terms(config: RefineConfig) -> dict[str, Term]:
    """One instance of every term, by name."""
    made: list[Term] = [
        t.Contact(),
        t.ContactMap(),
        t.FingerContact(),
        t.Penetration(config.pen_slack),
        t.ReversePenetration(config.pen_slack),
        t.Skeleton(),
        t.ForceClosure(),
        t.JointLimits(),
        t.SelfPenetration(),
        t.PriorPose(),
        t.CloseToObject(),
        t.LiteralPenetration(config.pen_slack),
    ]
    return {term.name: term for term in made}


def look(
    hand: Hand,
    field: ObjectField,
    priors: PriorBatch,
    pose: Pose,
    cached: tuple[Tensor, Correspondence] | None = None,
) -> State:
    """Pose the hands and look up all that the terms share."""
    posed = hand.pose(pose.translation, pose.rotation, pose.joints)
    if cached is None:
        cached = _correspond(hand, field, posed.vertices)
    return State(hand, field, priors, posed, pose.joints, *cached)


@torch.no_grad()
def _correspond(hand: Hand, field: ObjectField, vertices: Tensor) -> tuple[Tensor, Correspondence]:
    return hand.vertex_normals(vertices), find_correspondence(field.points, vertices)


def refine(
    hand: Hand,
    field: ObjectField,
    priors: PriorBatch,
    start: Pose,
    config: RefineConfig,
    on_progress: Progress | None = None,
) -> Refined:
    """Fit hands to an object: first T and R, then everything.

    Each grasp is optimised on its own, whatever else is in the batch. Same input, same result.

    Args:
        hand, field: on one device.
        priors: a row per grasp.
        start: coarse poses in the object frame.
        on_progress: called with the stage's name and the share done.
    """
    field = replace(
        field,
        grid=replace(field.grid, values=field.grid.values[:2]),
        points=field.points[: config.object_points],
        normals=field.normals[: config.object_points],
        on_part=field.on_part[: config.object_points],
    )
    weights = active(config.weights)
    first = {n: w for n, w in weights.items() if n in STAGE_ONE}
    if config.separation:
        first |= {n: w for n, w in weights.items() if n == "skeleton"}
    terms = all_terms(config)
    runs = _Run(hand, field, priors, terms, config.refresh)
    extrinsic, code = runs.descend(
        start, first, config.steps_extrinsic, config.rate_extrinsic, False,
        lambda share: on_progress("extrinsic", share) if on_progress else None,
    )  # fmt: skip
    final, code = runs.descend(
        extrinsic, weights, config.steps_all, config.rate_all, True,
        lambda share: on_progress("all", share) if on_progress else None, code,
    )  # fmt: skip
    final = replace(final, joints=hand.clamp(final.joints))
    return Refined(start, extrinsic, final, measure(hand, field, priors, final, config), code)


@torch.no_grad()
def measure(
    hand: Hand, field: ObjectField, priors: PriorBatch, pose: Pose, config: RefineConfig
) -> dict[str, Tensor]:
    """Every term's unweighted value (B,), and the weighted "total" of those that count."""
    state = look(hand, field, priors, pose)
    weights = active(config.weights)
    skipped = {"literal_pen"} - weights.keys()
    values = {n: term(state) for n, term in all_terms(config).items() if n not in skipped}
    values["total"] = torch.stack([w * values[n] for n, w in weights.items()]).sum(0)
    return values


@dataclass(frozen=True, eq=False)
class _Run:
    hand: Hand
    field: ObjectField
    priors: PriorBatch
    terms: dict[str, Term]
    refresh: int

    def descend(
        self,
        start: Pose,
        weights: dict[str, float],
        steps: int,
        rate: float,
        everything: bool,
        on_progress: Callable[[float], None],
        codes: tuple[str, ...] = (),
    ) -> tuple[Pose, tuple[str, ...]]:
        """Adam with cosine decay on T and R, and on the joints if `everything`."""
        codes = codes or ("converged",) * len(start)
        if steps == 0:
            return start, codes
        values = [start.translation, matrix_to_rotation_6d(start.rotation), start.joints]
        values = [v.detach().clone() for v in values]
        free = values if everything else values[:2]
        for value in free:
            value.requires_grad_(True)
        optimiser = torch.optim.Adam(free, lr=rate)
        history: list[Tensor] = []
        # The 6-D code turns a rotation that is not finite into one that is: look before.
        given = (start.translation, start.rotation.flatten(1), start.joints)
        sound = torch.cat(given, 1).isfinite().all(1)
        cached = None
        for step in range(steps):
            optimiser.param_groups[0]["lr"] = _cosine(rate, step, steps)
            pose = Pose(values[0], rotation_6d_to_matrix(values[1]), values[2])
            if step % self.refresh == 0:
                if cached is None or NEED_PAIRS & weights.keys():
                    cached = self._correspond(pose)
                on_progress(step / steps)
            state = look(self.hand, self.field, self.priors, pose, cached)
            total = torch.stack([w * self.terms[n](state) for n, w in weights.items()]).sum(0)
            sound &= total.isfinite()
            optimiser.zero_grad(set_to_none=True)
            torch.where(sound, total, 0.0).sum().backward()
            for value in free:
                assert value.grad is not None
                value.grad[~sound] = 0.0
                torch.nan_to_num_(value.grad, 0.0, 0.0, 0.0)
            optimiser.step()
            history.append(total.detach())
        on_progress(1.0)
        with torch.no_grad():
            end = Pose(values[0], rotation_6d_to_matrix(values[1]), values[2])
        ended = tuple(
            code if code == "diverged" else _code(bool(ok), trace)
            for code, ok, trace in zip(codes, sound, torch.stack(history, -1), strict=True)
        )
        return Pose(end.translation.detach(), end.rotation, end.joints.detach()), ended

    @torch.no_grad()
    def _correspond(self, pose: Pose) -> tuple[Tensor, Correspondence]:
        posed = self.hand.pose(pose.translation, pose.rotation, pose.joints)
        return _correspond(self.hand, self.field, posed.vertices)


def _cosine(rate: float, step: int, steps: int) -> float:
    return rate * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))


def _code(sound: bool, trace: Tensor) -> str:
    if not sound:
        return "diverged"
    tail = trace[-max(1, len(trace) // 20) :]
    moving = (tail[0] - tail[-1]).abs() > 0.02 * tail[-1].abs().clamp(min=1e-6)
    return "moving" if bool(moving) else "converged"
