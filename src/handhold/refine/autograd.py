"""The descent in torch: terms one by one, gradients by autograd, all hands of an object at once.

It runs on any device and with any term, and it is the readable twin of the compiled one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from handhold.contact import Correspondence, ObjectField, PriorBatch, find_correspondence
from handhold.hands import Hand
from handhold.refine import terms as t
from handhold.refine.records import Descended, Pose, Stage, Task, code_of, cosine
from handhold.refine.terms import State, Term
from handhold.spatial import matrix_to_rotation_6d, rotation_6d_to_matrix

NEED_PAIRS = frozenset({"pen"})
"""Terms that look at object points near the hand; without them none are looked for again."""


def all_terms(slack: float = 0.0) -> dict[str, Term]:
    """One instance of every term, by name; `slack` metres of penetration cost nothing."""
    made: list[Term] = [
        t.Contact(),
        t.ContactMap(),
        t.FingerContact(),
        t.Penetration(slack),
        t.ReversePenetration(slack),
        t.Skeleton(),
        t.ForceClosure(),
        t.JointLimits(),
        t.SelfPenetration(),
        t.PriorPose(),
        t.CloseToObject(),
        t.LiteralPenetration(slack),
        t.Avoid(),
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


def descend_by_autograd(
    hand: Hand, tasks: Sequence[Task], stage: Stage, tell: Callable[[float], None]
) -> list[Descended]:
    """Run a stage; the tasks one after another."""
    done: list[Descended] = []

    def tell_within(share: float) -> None:
        tell((len(done) + share) / len(tasks))

    for task in tasks:
        done.append(_descend(hand, task, stage, tell_within))
    return done


def _descend(hand: Hand, task: Task, stage: Stage, tell: Callable[[float], None]) -> Descended:
    start, terms = task.start, all_terms(stage.slack)
    field = task.field.first(stage.object_points)
    values = [start.translation, matrix_to_rotation_6d(start.rotation), start.joints]
    values = [v.detach().clone() for v in values]
    free = values if stage.everything else values[:2]
    for value in free:
        value.requires_grad_(True)
    optimiser = torch.optim.Adam(free, lr=stage.rate)
    history: list[Tensor] = []
    # The 6-D code turns a rotation that is not finite into one that is: look before.
    given = (start.translation, start.rotation.flatten(1), start.joints)
    sound = torch.cat(given, 1).isfinite().all(1)
    cached = None
    for step in range(stage.steps):
        optimiser.param_groups[0]["lr"] = cosine(stage.rate, step, stage.steps)
        pose = Pose(values[0], rotation_6d_to_matrix(values[1]), values[2])
        if step % stage.refresh == 0:
            if cached is None or NEED_PAIRS & stage.weights.keys():
                with torch.no_grad():
                    posed = hand.pose(pose.translation, pose.rotation, pose.joints)
                cached = _correspond(hand, field, posed.vertices)
            tell(step / stage.steps)
        state = look(hand, field, task.priors, pose, cached)
        total = torch.stack([w * terms[n](state) for n, w in stage.weights.items()]).sum(0)
        sound &= total.isfinite()
        optimiser.zero_grad(set_to_none=True)
        torch.where(sound, total, 0.0).sum().backward()
        for value in free:
            assert value.grad is not None
            value.grad[~sound] = 0.0
            torch.nan_to_num_(value.grad, 0.0, 0.0, 0.0)
        optimiser.step()
        history.append(total.detach())
    tell(1.0)
    with torch.no_grad():
        end = Pose(values[0].detach(), rotation_6d_to_matrix(values[1]), values[2].detach())
    totals = torch.stack(history, -1)
    codes = tuple(code_of(bool(ok), trace) for ok, trace in zip(sound, totals, strict=True))
    return Descended(end, codes)
