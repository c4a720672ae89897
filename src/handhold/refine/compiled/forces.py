"""From forces on the skin to the gradient in translation, rotation code and joints.

Forces are summed per link, with their torques about the origin of the object frame; a joint feels
the torque, along its axis, of all links that it carries, and the palm that of all links.
"""

from __future__ import annotations

from math import sqrt

from handhold.refine.compiled.machine import clear, cross, inner
from handhold.refine.compiled.records import Array, HandArrays, Workspace


@inner
def collect(hand: HandArrays, work: Workspace) -> None:
    """Forces of skin and spheres summed per joint that carries them, torques about the origin."""
    clear(work.force)
    clear(work.torque)
    clear(work.moment)
    for v in range(len(hand.vertices)):
        x, y, z = work.pull[v, 0], work.pull[v, 1], work.pull[v, 2]
        if x == 0.0 and y == 0.0 and z == 0.0:
            continue
        p, q, r = hand.vertices[v, 0], hand.vertices[v, 1], hand.vertices[v, 2]
        for row in range(hand.carried[v], hand.carried[v + 1]):
            share, sums = hand.share[row], work.moment[hand.carrier[row]]
            fx, fy, fz = share * x, share * y, share * z
            sums[0] += fx
            sums[1] += fy
            sums[2] += fz
            sums[3] += p * fx
            sums[4] += p * fy
            sums[5] += p * fz
            sums[6] += q * fx
            sums[7] += q * fy
            sums[8] += q * fz
            sums[9] += r * fx
            sums[10] += r * fy
            sums[11] += r * fz
    turned = work.matrix
    for link in range(hand.links):
        at, sums = work.at[link], work.moment[link]
        turn, shift = work.rotation[at], work.shift[at]
        for i in range(3):
            for j in range(3):
                turned[i, j] = (
                    turn[i, 0] * sums[3 + j] + turn[i, 1] * sums[6 + j] + turn[i, 2] * sums[9 + j]
                )
        x, y, z = cross(shift, sums)
        work.torque[at, 0] += x + turned[1, 2] - turned[2, 1]
        work.torque[at, 1] += y + turned[2, 0] - turned[0, 2]
        work.torque[at, 2] += z + turned[0, 1] - turned[1, 0]
        for i in range(3):
            work.force[at, i] += sums[i]
    for s in range(len(hand.sphere)):
        _add_force(work, work.at[hand.sphere_link[s]], work.spheres[s], work.sphere_pull[s])


@inner
def collect_palm(work: Workspace) -> None:
    """The same while the joints rest: all forces act on the palm."""
    palm = len(work.force) - 1
    clear(work.force)
    clear(work.torque)
    for v in range(len(work.skin)):
        _add_force(work, palm, work.skin[v], work.pull[v])
    for s in range(len(work.spheres)):
        _add_force(work, palm, work.spheres[s], work.sphere_pull[s])


@inner
def _add_force(work: Workspace, at: int, point: Array, pull: Array) -> None:
    x, y, z = cross(point, pull)
    work.torque[at, 0] += x
    work.torque[at, 1] += y
    work.torque[at, 2] += z
    for i in range(3):
        work.force[at, i] += pull[i]


@inner
def through_joints(hand: HandArrays, work: Workspace, gradient: Array) -> None:
    """Up the tree: each joint feels what it carries, and hands it on."""
    palm = len(hand.parent)
    for e in range(palm - 1, -1, -1):
        x, y, z = cross(work.origins[e], work.force[e])
        gradient[hand.dof[e]] += hand.coefficient[e] * (
            work.axes[e, 0] * (work.torque[e, 0] - x)
            + work.axes[e, 1] * (work.torque[e, 1] - y)
            + work.axes[e, 2] * (work.torque[e, 2] - z)
        )
        above = hand.parent[e] if hand.parent[e] >= 0 else palm
        for i in range(3):
            work.force[above, i] += work.force[e, i]
            work.torque[above, i] += work.torque[e, i]


@inner
def code_gradient(code: Array, rotation: Array, turn: Array, half: Array, out: Array) -> None:
    """dE/d(6-D code) from dE/d(turn of the palm).

    Half of [turn]x R stands for dE/dR: along every turn of R the two say the same.
    """
    for column in range(3):
        x, y, z = cross(turn, rotation[:, column])
        half[column, 0], half[column, 1], half[column, 2] = 0.5 * x, 0.5 * y, 0.5 * z
    first, second, third = half[0], half[1], half[2]
    a, b = rotation[:, 0], rotation[:, 1]
    x, y, z = cross(b, third)
    first[0], first[1], first[2] = first[0] + x, first[1] + y, first[2] + z
    x, y, z = cross(third, a)
    second[0], second[1], second[2] = second[0] + x, second[1] + y, second[2] + z
    along = a[0] * code[3] + a[1] * code[4] + a[2] * code[5]
    squared = 0.0
    for i in range(3):
        squared += (code[3 + i] - along * a[i]) ** 2
    length = sqrt(squared)
    common = b[0] * second[0] + b[1] * second[1] + b[2] * second[2]
    for i in range(3):
        second[i] = (second[i] - common * b[i]) / length
    common = a[0] * second[0] + a[1] * second[1] + a[2] * second[2]
    for i in range(3):
        first[i] -= common * code[3 + i] + along * second[i]
        out[3 + i] = second[i] - common * a[i]
    length = sqrt(code[0] ** 2 + code[1] ** 2 + code[2] ** 2)
    common = a[0] * first[0] + a[1] * first[1] + a[2] * first[2]
    for i in range(3):
        out[i] = (first[i] - common * a[i]) / length
