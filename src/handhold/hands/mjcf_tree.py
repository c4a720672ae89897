"""From the arrays of an MjModel to a tree of revolute joints and its fingers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError

MAX_JOINTS = 64  # ours
MAX_FINGERS = 6  # ours
_FREE, _BALL, _SLIDE, _HINGE = range(4)  # mjtJoint
_KINDS = {_FREE: "free", _BALL: "ball", _SLIDE: "slide"}
_EQUALITY_JOINT = 2  # mjtEq


@dataclass(frozen=True, eq=False)
class Hinge:
    """One hinge at the zero pose, in the root body's frame (metres).

    parent: index of the hinge above, -1 at the root; moves: the link that it turns; is_last: no
    further hinge of the same link follows; its angle is coefficient * joint angle `dof`.
    """

    name: str
    parent: int
    moves: int
    is_last: bool
    origin: NDArray[np.float64]
    axis: NDArray[np.float64]
    dof: int
    coefficient: float


@dataclass(frozen=True, eq=False)
class HandTree:
    """The joints of a hand below its root body.

    bodies, link_names: body of each link, the root's first; link_of: link of every body of the
    hand (a body without joints belongs to what it is fixed to); parent_link: (L,), -1 at the root.
    rotation (nbody, 3, 3), position (nbody, 3): every body's frame in the root's at the zero pose.
    fingers: the links of each chain from base to tip, without links that several chains share.
    """

    root: int
    hinges: tuple[Hinge, ...]
    bodies: tuple[int, ...]
    link_names: tuple[str, ...]
    link_of: dict[int, int]
    parent_link: tuple[int, ...]
    rotation: NDArray[np.float64]
    position: NDArray[np.float64]
    joint_names: tuple[str, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    fingers: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]


def body_name(model: Any, body: int) -> str:
    return str(model.body(body).name) or f"body {body}"


def joint_name(model: Any, joint: int) -> str:
    return str(model.joint(joint).name) or f"joint {joint}"


def find_root(model: Any, name: str | None) -> int:
    """The palm: the deepest body that all fingers branch from, or the body of that name.

    Ours: the body with most jointed branches tells which robot of the scene is the hand; its
    root is the last common ancestor of all ends of that robot's chains.
    """
    names = [str(model.body(b).name) for b in range(model.nbody)]
    if name is not None:
        if name not in names:
            raise InputError(
                f"The model has no body '{name}'.", f"Its bodies: {', '.join(names[:40])}."
            )
        return names.index(name)
    parent = model.body_parentid
    moving = np.array([_moves(model, b) for b in range(model.nbody)])
    below = moving.copy()
    for body in range(model.nbody - 1, 0, -1):
        below[parent[body]] |= below[body]
    branches = np.zeros(model.nbody, dtype=int)
    np.add.at(branches, parent[1:], below[1:].astype(int))
    if branches.max(initial=0) < 2:
        raise InputError(
            "The model has no body with two or more fingers.", "Give the model of a whole hand."
        )
    palm = int(np.flatnonzero(branches == branches.max())[-1])
    ends = [b for b in _leaves(model, moving) if palm == 0 or _top(parent, b) == _top(parent, palm)]
    chains = [_ancestors(parent, end) for end in ends]
    return max(b for b in chains[0] if all(b in chain for chain in chains))


def read_tree(model: Any, root: int) -> HandTree:
    """The hinges below `root`. Raises InputError for other joints, none, or too many."""
    import mujoco

    notes: list[str] = []
    bodies = [b for b in range(model.nbody) if root in _ancestors(model.body_parentid, b)]
    joints = [j for b in bodies if b != root for j in _joints(model, b)]
    _check_joints(model, joints)
    data = mujoco.MjData(model)
    data.qpos[:] = model.qpos0
    data.qpos[model.jnt_qposadr[joints]] = 0.0
    mujoco.mj_kinematics(model, data)
    turn, shift = data.xmat[root].reshape(3, 3), data.xpos[root].copy()

    driver = _couplings(model, joints, notes)
    free = [j for j in joints if j not in driver]
    hinges: list[Hinge] = []
    link_of, last, parent_link, linked = {root: 0}, {root: -1}, [-1], [root]
    for body in bodies[1:]:
        above = int(model.body_parentid[body])
        own = _joints(model, body)
        link_of[body] = len(linked) if own else link_of[above]
        last[body] = last[above]
        for joint in own:
            source, factor = driver.get(joint, (joint, 1.0))
            hinges.append(
                Hinge(
                    name=joint_name(model, joint),
                    parent=last[body],
                    moves=link_of[body],
                    is_last=joint == own[-1],
                    origin=turn.T @ (data.xanchor[joint] - shift),
                    axis=turn.T @ data.xaxis[joint],
                    dof=free.index(source),
                    coefficient=factor,
                )
            )
            last[body] = len(hinges) - 1
        if own:
            linked.append(body)
            parent_link.append(link_of[above])
    limited = model.jnt_limited[free].astype(bool)
    return HandTree(
        root=root,
        hinges=tuple(hinges),
        bodies=tuple(linked),
        link_names=tuple(body_name(model, b) for b in linked),
        link_of=link_of,
        parent_link=tuple(parent_link),
        rotation=turn.T @ data.xmat.reshape(-1, 3, 3),
        position=(data.xpos - shift) @ turn,
        joint_names=tuple(joint_name(model, j) for j in free),
        lower=np.where(limited, model.jnt_range[free, 0], -math.pi),
        upper=np.where(limited, model.jnt_range[free, 1], math.pi),
        fingers=_fingers(parent_link),
        notes=tuple(notes),
    )


def _check_joints(model: Any, joints: Sequence[int]) -> None:
    for joint in joints:
        kind = int(model.jnt_type[joint])
        if kind != _HINGE:
            raise InputError(
                f"The joint '{joint_name(model, joint)}' is a {_KINDS[kind]} joint.",
                "A hand may have hinges only below its palm; name another palm with root=.",
            )
    if not joints:
        raise InputError("No joint lies below the palm.", "Name another palm with root=.")
    if len(joints) > MAX_JOINTS:
        raise InputError(
            f"The hand has {len(joints)} joints, at most {MAX_JOINTS} are handled.",
            "Name the palm of one hand with root=.",
        )


def _couplings(model: Any, joints: Sequence[int], notes: list[str]) -> dict[int, tuple[int, float]]:
    """For each coupled joint its driver and factor. Only couplings that are linear through zero
    can be part of the tree; others leave the joint free, which is noted."""
    direct: dict[int, tuple[int, float]] = {}
    for e in range(model.neq):
        one, two = int(model.eq_obj1id[e]), int(model.eq_obj2id[e])
        if int(model.eq_type[e]) != _EQUALITY_JOINT or one not in joints:
            continue
        if not bool(model.eq_active0[e]):
            continue
        coefficients = np.asarray(model.eq_data[e][:5], dtype=np.float64)
        rest = model.qpos0[model.jnt_qposadr[[one, max(two, 0)]]]
        offset = rest[0] + coefficients[0] - coefficients[1] * rest[1]
        linear = abs(offset) < 1e-9 and not coefficients[2:].any() and coefficients[1] != 0
        if two in joints and linear and one not in direct:
            direct[one] = (two, float(coefficients[1]))
        else:
            notes.append(
                f"the coupling of '{joint_name(model, one)}' is not a multiple of one other joint "
                "of the hand; it stays free"
            )
    result: dict[int, tuple[int, float]] = {}
    for joint in direct:
        source, factor, seen = joint, 1.0, {joint}
        while source in direct:
            source, step = direct[source]
            factor *= step
            if source in seen:
                notes.append(f"the coupling of '{joint_name(model, joint)}' runs in a circle")
                break
            seen.add(source)
        else:
            result[joint] = (source, factor)
    return result


def _fingers(parent_link: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    inner = set(parent_link)
    ends = [link for link in range(1, len(parent_link)) if link not in inner]
    uses = np.zeros(len(parent_link), dtype=int)
    for end in ends:
        uses[_ancestors(parent_link, end)] += 1
    chains = tuple(
        tuple(link for link in reversed(_ancestors(parent_link, end)) if link and uses[link] == 1)
        for end in ends
    )
    if not 2 <= len(chains) <= MAX_FINGERS:
        raise InputError(
            f"The hand has {len(chains)} fingers, 2 to {MAX_FINGERS} are handled.",
            "Name the palm of one hand with root=.",
        )
    return chains


def _joints(model: Any, body: int) -> list[int]:
    first = int(model.body_jntadr[body])
    return list(range(first, first + int(model.body_jntnum[body]))) if first >= 0 else []


def _moves(model: Any, body: int) -> bool:
    """Whether it has a joint that a finger may have (a free joint makes a loose object)."""
    return any(int(model.jnt_type[j]) != _FREE for j in _joints(model, body))


def _leaves(model: Any, moving: NDArray[np.bool_]) -> list[int]:
    above: set[int] = set()
    for body in np.flatnonzero(moving):
        above.update(_ancestors(model.body_parentid, int(body))[1:])
    return [int(b) for b in np.flatnonzero(moving) if int(b) not in above]


def _top(parent: Sequence[int], body: int) -> int:
    chain = _ancestors(parent, body)
    return chain[-2] if len(chain) > 1 else 0


def _ancestors(parent: Sequence[int], item: int) -> list[int]:
    """`item`, what is above it, and so on to the first."""
    chain = [item]
    while chain[-1] > 0:
        chain.append(int(parent[chain[-1]]))
    return chain
