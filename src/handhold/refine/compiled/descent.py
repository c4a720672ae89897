"""All steps of one grasp: Adam on the energies, with no Python between the steps.

What a grasp needs stays in the cache of one core. The twin, which is read first, is
`handhold.refine.autograd`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, sqrt

from handhold.refine.compiled.forces import (
    code_gradient,
    collect,
    collect_palm,
    through_joints,
)
from handhold.refine.compiled.machine import cross, entry, inner, source_stamp
from handhold.refine.compiled.neighbours import correspond
from handhold.refine.compiled.posing import decode, finite, keep_local, move_palm, pose
from handhold.refine.compiled.records import (
    AVOID,
    FC,
    PEN,
    TOTAL,
    Array,
    FieldArrays,
    HandArrays,
    PriorArrays,
    Schedule,
    Workspace,
)
from handhold.refine.compiled.terms import (
    avoidance,
    bone_terms,
    force_closure,
    joint_terms,
    penetration,
    skin_terms,
)
from handhold.refine.records import cosine

_rate = inner(cosine)


@inner
def step(
    hand: HandArrays, field: FieldArrays, prior: PriorArrays, plan: Schedule, work: Workspace,
    values: Array, pairs: int, moving: bool,
) -> bool:  # fmt: skip
    """Energies and the gradient of their weighted sum, into `work`; False if not finite.

    Args:
        values: (9 + D,) translation, 6-D code, joints.
        pairs: how many correspondences there are in `work`.
        moving: whether the joints move; if not, `work.local` is the hand.
    """
    energies, gradient = work.energies, work.gradient
    for term in range(TOTAL + 1):
        energies[term] = 0.0
    for i in range(len(gradient)):
        gradient[i] = 0.0
    translation, code, joints = values[:3], values[3:9], values[9:]
    if not decode(code, work.rotation[-1]):
        return False
    if moving:
        pose(hand, translation, joints, work)
    else:
        move_palm(translation, work)
    # A place that is no number has no cell of the grid: it must not be looked up.
    if not (finite(work.spheres) and finite(work.skin)):
        return False
    skin_terms(hand, field, prior, plan, work, energies)
    if plan.weights[AVOID] != 0.0:
        avoidance(field, plan, work, energies)
    if plan.weights[PEN] != 0.0:
        penetration(field, plan, work, pairs, energies)
    if plan.weights[FC] != 0.0:
        force_closure(hand, field, prior, plan, work, energies)
    bone_terms(hand, field, plan, work, energies)
    if moving:
        joint_terms(hand, prior, plan, joints, gradient[9:], energies)
        collect(hand, work)
        through_joints(hand, work, gradient[9:])
    else:
        collect_palm(work)
    force, torque = work.force[-1], work.torque[-1]
    x, y, z = cross(translation, force)
    torque[0], torque[1], torque[2] = torque[0] - x, torque[1] - y, torque[2] - z
    for i in range(3):
        gradient[i] = force[i]
    code_gradient(code, work.rotation[-1], torque, work.matrix, gradient[3:9])
    for term in range(TOTAL):
        energies[TOTAL] += plan.weights[term] * energies[term]
    return isfinite(energies[TOTAL])


@inner
def look_again(
    hand: HandArrays, field: FieldArrays, plan: Schedule, work: Workspace, values: Array
) -> int:
    """Pose the hand and find its correspondences, if a term needs them; how many there are."""
    if not decode(values[3:9], work.rotation[-1]):
        return 0
    pose(hand, values[:3], values[9:], work)
    return correspond(hand, field, work) if plan.weights[PEN] != 0.0 else 0


def _entries(stamp: int) -> tuple[Callable[..., bool], Callable[..., bool]]:
    """The two ways in. `stamp` stands in their closures, so that numba's disk cache, which looks
    at this file only, forgets them when another file of the package changes."""

    @entry
    def descend(
        hand: HandArrays, field: FieldArrays, prior: PriorArrays, plan: Schedule, work: Workspace,
        values: Array, totals: Array,
    ) -> bool:  # fmt: skip
        """Adam with cosine decay on one grasp, in place; False where a number was not finite.

        Args:
            values: (9 + D,) translation, 6-D code and joints; moved.
            totals: (steps,) the weighted sum before each step; written.
        """
        free = len(values) if plan.everything else 9
        first, second, gradient = work.first, work.second, work.gradient
        sound = stamp >= 0
        for i in range(len(values)):
            first[i] = second[i] = 0.0
            sound = sound and isfinite(values[i])
        if not sound:
            return False
        pairs = 0
        for now in range(plan.steps):
            if now == 0:
                pairs = look_again(hand, field, plan, work, values)
                keep_local(values, work)
            elif now % plan.refresh == 0 and plan.weights[PEN] != 0.0:
                pairs = look_again(hand, field, plan, work, values)
            if not step(hand, field, prior, plan, work, values, pairs, plan.everything):
                return False
            totals[now] = work.energies[TOTAL]
            rate = _rate(plan.rate, now, plan.steps)
            one, two = 1.0 - 0.9 ** (now + 1), 1.0 - 0.999 ** (now + 1)
            for i in range(free):
                first[i] += 0.1 * (gradient[i] - first[i])
                second[i] += 0.001 * (gradient[i] ** 2 - second[i])
                values[i] -= rate / one * first[i] / (sqrt(second[i] / two) + 1e-8)
        return True

    @entry
    def assess(
        hand: HandArrays, field: FieldArrays, prior: PriorArrays, plan: Schedule, work: Workspace,
        values: Array,
    ) -> bool:  # fmt: skip
        """Energies and gradient at `values`, into `work`: one step that does not move."""
        if stamp < 0:
            return False
        pairs = look_again(hand, field, plan, work, values)
        keep_local(values, work)
        return step(hand, field, prior, plan, work, values, pairs, plan.everything)

    return descend, assess


descend, assess = _entries(source_stamp())
