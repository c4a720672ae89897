"""Posing one hand, in place."""

from __future__ import annotations

from math import cos, isfinite, sin, sqrt

from handhold.refine.compiled.machine import clear, cross, inner
from handhold.refine.compiled.records import Array, HandArrays, Workspace


@inner
def decode(code: Array, rotation: Array) -> bool:
    """The 6-D code as a rotation; False where it is none."""
    length = sqrt(code[0] ** 2 + code[1] ** 2 + code[2] ** 2)
    if not length > 1e-8:
        return False
    for i in range(3):
        rotation[i, 0] = code[i] / length
    along = 0.0
    for i in range(3):
        along += rotation[i, 0] * code[3 + i]
    squared = 0.0
    for i in range(3):
        rotation[i, 1] = code[3 + i] - along * rotation[i, 0]
        squared += rotation[i, 1] ** 2
    length = sqrt(squared)
    if not length > 1e-8:
        return False
    for i in range(3):
        rotation[i, 1] /= length
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        rotation[i, 2] = rotation[j, 0] * rotation[k, 1] - rotation[k, 0] * rotation[j, 1]
    return True


@inner
def _place_joints(hand: HandArrays, translation: Array, joints: Array, work: Workspace) -> None:
    """Products of exponentials down the tree; the palm's rotation is set already."""
    palm = len(hand.parent)
    for i in range(3):
        work.shift[palm, i] = translation[i]
    turned = work.matrix
    for e in range(palm):
        above = hand.parent[e] if hand.parent[e] >= 0 else palm
        up, start = work.rotation[above], work.shift[above]
        angle = hand.coefficient[e] * joints[hand.dof[e]]
        s, c = sin(angle), 1.0 - cos(angle)
        x, y, z = hand.axis[e, 0], hand.axis[e, 1], hand.axis[e, 2]
        turned[0, 0], turned[0, 1], turned[0, 2] = (
            1 - c * (y * y + z * z),
            c * x * y - s * z,
            c * x * z + s * y,
        )
        turned[1, 0], turned[1, 1], turned[1, 2] = (
            c * x * y + s * z,
            1 - c * (x * x + z * z),
            c * y * z - s * x,
        )
        turned[2, 0], turned[2, 1], turned[2, 2] = (
            c * x * z - s * y,
            c * y * z + s * x,
            1 - c * (x * x + y * y),
        )
        origin, axis = hand.origin[e], hand.axis[e]
        for i in range(3):
            work.origins[e, i] = (
                start[i] + up[i, 0] * origin[0] + up[i, 1] * origin[1] + up[i, 2] * origin[2]
            )
            work.axes[e, i] = up[i, 0] * axis[0] + up[i, 1] * axis[1] + up[i, 2] * axis[2]
            for j in range(3):
                work.rotation[e, i, j] = (
                    up[i, 0] * turned[0, j] + up[i, 1] * turned[1, j] + up[i, 2] * turned[2, j]
                )
        for i in range(3):
            row = work.rotation[e, i]
            work.shift[e, i] = work.origins[e, i] - (
                row[0] * origin[0] + row[1] * origin[1] + row[2] * origin[2]
            )


@inner
def pose(hand: HandArrays, translation: Array, joints: Array, work: Workspace) -> None:
    """Skin by linear blending, spheres with their links."""
    _place_joints(hand, translation, joints, work)
    for v in range(len(hand.vertices)):
        p, q, r = hand.vertices[v, 0], hand.vertices[v, 1], hand.vertices[v, 2]
        x = y = z = 0.0
        for row in range(hand.carried[v], hand.carried[v + 1]):
            at, share = work.at[hand.carrier[row]], hand.share[row]
            turn, shift = work.rotation[at], work.shift[at]
            x += share * (turn[0, 0] * p + turn[0, 1] * q + turn[0, 2] * r + shift[0])
            y += share * (turn[1, 0] * p + turn[1, 1] * q + turn[1, 2] * r + shift[1])
            z += share * (turn[2, 0] * p + turn[2, 1] * q + turn[2, 2] * r + shift[2])
        work.skin[v, 0], work.skin[v, 1], work.skin[v, 2] = x, y, z
    for s in range(len(hand.sphere)):
        at = work.at[hand.sphere_link[s]]
        _move(work.rotation[at], work.shift[at], hand.sphere[s], work.spheres[s])


@inner
def _move(turn: Array, shift: Array, point: Array, out: Array) -> None:
    for i in range(3):
        out[i] = turn[i, 0] * point[0] + turn[i, 1] * point[1] + turn[i, 2] * point[2] + shift[i]


@inner
def move_palm(translation: Array, work: Workspace) -> None:
    """The pose while the joints rest: the whole hand moves with the palm."""
    turn = work.rotation[-1]
    for v in range(len(work.local)):
        _move(turn, translation, work.local[v], work.skin[v])
    for s in range(len(work.local_spheres)):
        _move(turn, translation, work.local_spheres[s], work.spheres[s])


@inner
def keep_local(values: Array, work: Workspace) -> None:
    """Remember the posed hand in the palm frame, whose origin are the first three values."""
    turn = work.rotation[-1]
    for points, local in ((work.skin, work.local), (work.spheres, work.local_spheres)):
        for v in range(len(points)):
            for i in range(3):
                local[v, i] = (
                    turn[0, i] * (points[v, 0] - values[0])
                    + turn[1, i] * (points[v, 1] - values[1])
                    + turn[2, i] * (points[v, 2] - values[2])
                )


@inner
def finite(points: Array) -> bool:
    total = 0.0
    for i in range(len(points)):
        total += points[i, 0] + points[i, 1] + points[i, 2]
    return isfinite(total)


@inner
def normals(hand: HandArrays, work: Workspace) -> None:
    """Outward unit normals of the skin, area weighted."""
    clear(work.normals)
    for f in range(len(hand.faces)):
        a, b, c = hand.faces[f, 0], hand.faces[f, 1], hand.faces[f, 2]
        for i in range(3):
            work.matrix[0, i] = work.skin[b, i] - work.skin[a, i]
            work.matrix[1, i] = work.skin[c, i] - work.skin[a, i]
        x, y, z = cross(work.matrix[0], work.matrix[1])
        for corner in (a, b, c):
            work.normals[corner, 0] += x
            work.normals[corner, 1] += y
            work.normals[corner, 2] += z
    for v in range(len(work.normals)):
        normal = work.normals[v]
        length = max(sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2), 1e-12)
        for i in range(3):
            normal[i] /= length
