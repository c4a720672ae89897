"""Every energy term, with the forces that it puts on skin and spheres.

The twins, which are read first, are the classes of the same names in `handhold.refine.terms`.
"""

from __future__ import annotations

from math import exp, sqrt

from handhold.contact.map import STEEPNESS
from handhold.contact.wrench import LEAST_WEIGHT, TORQUE_SCALE
from handhold.refine.compiled.distances import distances, inward, to_avoided
from handhold.refine.compiled.machine import clear, cross, inner
from handhold.refine.compiled.records import (
    AVOID,
    CLOSE,
    CMAP,
    CONTACT,
    FC,
    FINGER,
    JOINT,
    PEN,
    POSE,
    REVEREN,
    SKELETON,
    SPEN,
    Array,
    FieldArrays,
    HandArrays,
    PriorArrays,
    Schedule,
    Workspace,
)
from handhold.refine.terms.avoid import MARGIN
from handhold.refine.terms.finger_contact import SHOULD_TOUCH
from handhold.refine.terms.force_closure import REACH, UNASKED


@inner
def skin_terms(
    hand: HandArrays, field: FieldArrays, prior: PriorArrays, plan: Schedule, work: Workspace,
    energies: Array,
) -> None:  # fmt: skip
    """contact, cmap, finger, reveren, close: what the distances of the skin decide."""
    count = len(hand.vertices)
    weights = plan.weights
    nearest, which = work.part_distance, work.part_vertex
    for finger in range(len(nearest)):
        nearest[finger], which[finger] = 1.0, -1
    pads = 0
    for v in range(count):
        signed, sx, sy, sz, part, px, py, pz = distances(field, work.skin[v])
        side = _sign(part)
        part = abs(part)
        work.signed[v], work.to_part[v] = signed, part
        work.outward[v, 0], work.outward[v, 1], work.outward[v, 2] = sx, sy, sz
        work.partward[v, 0], work.partward[v, 1] = side * px, side * py
        work.partward[v, 2] = side * pz
        energies[CONTACT] += prior.part[v] * part
        by_part = weights[CONTACT] * prior.part[v] / count
        by_signed = 0.0
        if weights[CMAP] != 0.0:
            value = 2.0 / (1.0 + exp(STEEPNESS * max(signed, 0.0)))
            difference = value - prior.contact[v]
            energies[CMAP] += prior.excuse[v] * abs(difference)
            if signed >= 0.0:
                slope = -STEEPNESS * value * (1.0 - 0.5 * value) * _sign(difference)
                by_signed += weights[CMAP] * prior.excuse[v] * slope / count
        if signed < -plan.slack:
            energies[REVEREN] -= signed + plan.slack
            by_signed -= weights[REVEREN]
        if hand.pads[v]:
            pads += 1
            energies[CLOSE] += abs(signed)
        if prior.part[v] > SHOULD_TOUCH and part < nearest[hand.part[v]]:
            nearest[hand.part[v]], which[hand.part[v]] = part, v
        for i in range(3):
            work.pull[v, i] = by_part * work.partward[v, i] + by_signed * work.outward[v, i]
    energies[CONTACT] /= count
    energies[CMAP] /= count
    energies[CLOSE] /= max(pads, 1)
    for finger in range(len(which)):
        v = which[finger]
        if v >= 0:
            energies[FINGER] += work.to_part[v]
            for i in range(3):
                work.pull[v, i] += weights[FINGER] * work.partward[v, i]
    if weights[CLOSE] != 0.0:
        for v in range(count):
            if hand.pads[v]:
                by_signed = weights[CLOSE] * _sign(work.signed[v]) / pads
                for i in range(3):
                    work.pull[v, i] += by_signed * work.outward[v, i]


@inner
def avoidance(field: FieldArrays, plan: Schedule, work: Workspace, energies: Array) -> None:
    """avoid: skin within the margin of the parts to be avoided, if there are any."""
    if field.avoided.shape[0] == 0:
        return
    for v in range(len(work.skin)):
        away, x, y, z = to_avoided(field, work.skin[v])
        if away < MARGIN:
            energies[AVOID] += MARGIN - away
            work.pull[v, 0] -= plan.weights[AVOID] * x
            work.pull[v, 1] -= plan.weights[AVOID] * y
            work.pull[v, 2] -= plan.weights[AVOID] * z


@inner
def penetration(
    field: FieldArrays, plan: Schedule, work: Workspace, pairs: int, energies: Array
) -> None:
    """pen: object points under the skin, each by the plane of its nearest vertex."""
    for pair in range(pairs):
        v, point = work.pair_vertex[pair], field.points[work.pair_point[pair]]
        below = -plan.slack
        for i in range(3):
            below += (work.skin[v, i] - point[i]) * work.normals[v, i]
        if below > 0.0:
            energies[PEN] += below
            for i in range(3):
                work.pull[v, i] += plan.weights[PEN] * work.normals[v, i]


@inner
def force_closure(
    hand: HandArrays, field: FieldArrays, prior: PriorArrays, plan: Schedule, work: Workspace,
    energies: Array,
) -> None:  # fmt: skip
    """fc: the weighted mean wrench of unit normal forces at the contact candidates, squared."""
    count = len(hand.candidates)
    weight, wrench, mean = work.contact_weight, work.wrench, work.mean_wrench
    for i in range(6):
        mean[i] = 0.0
    total = 0.0
    for c in range(count):
        v = hand.candidates[c]
        weight[c] = exp(-((work.signed[v] / REACH) ** 2)) * (UNASKED + prior.contact[v])
        total += weight[c]
        inward(field, work.skin[v], wrench[c])
        x, y, z = cross(work.skin[v], wrench[c])
        p, q, r = cross(field.centre, wrench[c])
        wrench[c, 3], wrench[c, 4], wrench[c, 5] = (
            (x - p) / TORQUE_SCALE,
            (y - q) / TORQUE_SCALE,
            (z - r) / TORQUE_SCALE,
        )
        for i in range(6):
            mean[i] += weight[c] * wrench[c, i]
    least = max(total, LEAST_WEIGHT)
    value = 0.0
    for i in range(6):
        mean[i] /= least
        value += mean[i] ** 2
    energies[FC] = value
    shared = value if total > LEAST_WEIGHT else 0.0
    scale = 2.0 * plan.weights[FC] / least
    for c in range(count):
        v = hand.candidates[c]
        product = 0.0
        for i in range(6):
            product += mean[i] * wrench[c, i]
        by_signed = scale * (product - shared) * weight[c] * (-2.0 * work.signed[v] / REACH**2)
        x, y, z = cross(wrench[c], mean[3:])
        arm = scale * weight[c] / TORQUE_SCALE
        work.pull[v, 0] += arm * x + by_signed * work.outward[v, 0]
        work.pull[v, 1] += arm * y + by_signed * work.outward[v, 1]
        work.pull[v, 2] += arm * z + by_signed * work.outward[v, 2]


@inner
def bone_terms(
    hand: HandArrays, field: FieldArrays, plan: Schedule, work: Workspace, energies: Array
) -> None:
    """skeleton: spheres in the object; spen: spheres in each other."""
    weights = plan.weights
    clear(work.sphere_pull)
    if weights[SKELETON] != 0.0:
        for s in range(len(hand.sphere)):
            signed, x, y, z, _, _, _, _ = distances(field, work.spheres[s])
            if hand.bones[s] > signed:
                energies[SKELETON] += hand.bones[s] - signed
                work.sphere_pull[s, 0] -= weights[SKELETON] * x
                work.sphere_pull[s, 1] -= weights[SKELETON] * y
                work.sphere_pull[s, 2] -= weights[SKELETON] * z
    if weights[SPEN] != 0.0:
        for pair in range(len(hand.pairs)):
            a, b = hand.pairs[pair, 0], hand.pairs[pair, 1]
            x = work.spheres[a, 0] - work.spheres[b, 0]
            y = work.spheres[a, 1] - work.spheres[b, 1]
            z = work.spheres[a, 2] - work.spheres[b, 2]
            squared = x * x + y * y + z * z
            if squared < hand.reach[pair] ** 2 and squared > 0.0:
                gap = sqrt(squared)
                energies[SPEN] += hand.reach[pair] - gap
                push = weights[SPEN] / gap
                work.sphere_pull[a, 0] -= push * x
                work.sphere_pull[a, 1] -= push * y
                work.sphere_pull[a, 2] -= push * z
                work.sphere_pull[b, 0] += push * x
                work.sphere_pull[b, 1] += push * y
                work.sphere_pull[b, 2] += push * z


@inner
def joint_terms(
    hand: HandArrays, prior: PriorArrays, plan: Schedule, joints: Array, gradient: Array,
    energies: Array,
) -> None:  # fmt: skip
    """joint: angles beyond their limits; pose: the pull to the prior's angles."""
    count = len(joints)
    for d in range(count):
        if joints[d] > hand.upper[d]:
            energies[JOINT] += joints[d] - hand.upper[d]
            gradient[d] += plan.weights[JOINT]
        if joints[d] < hand.lower[d]:
            energies[JOINT] += hand.lower[d] - joints[d]
            gradient[d] -= plan.weights[JOINT]
        apart = joints[d] - prior.joints[d]
        energies[POSE] += apart * apart / count
        gradient[d] += 2.0 * plan.weights[POSE] * apart / count


@inner
def _sign(value: float) -> float:
    return 1.0 if value > 0.0 else (-1.0 if value < 0.0 else 0.0)
