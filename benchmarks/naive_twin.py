"""The refinement written from its equations: plain torch, autograd, nothing cached or pruned.

The oracle of `handhold.refine`: the same energies, masks and schedule, but joints one after the
other, distances from `benchmarks/naive_distance.py` instead of a grid, and every correspondence
found anew at every step. Nothing of `handhold.refine` but its records and its numbers is used.
What that package holds fixed while it differentiates (skin normals and nearest pairs in L_pen,
the object's normals in L_fc) is held fixed here too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property

import torch
from naive_distance import Distance
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch
from handhold.hands import HAND_PARTS
from handhold.hands.spec import HandSpec
from handhold.refine import Pose, RefineConfig

WITHIN = 0.03
"""Metres: an object point farther from the skin than this has no depth."""
PRIOR_TERMS = ("contact", "cmap", "finger", "close")
Progress = Callable[[str, int], None]


@dataclass(frozen=True, eq=False)
class Task:
    """What a batch of hands is fitted to. Metres, object frame.

    hand: its data; distance: of the object and the part; points, normals: (M, 3) surface samples;
    centre: (3,) origin of torques; priors: a row per hand.
    """

    hand: HandSpec
    distance: Distance
    points: Tensor
    normals: Tensor
    centre: Tensor
    priors: PriorBatch


@dataclass(frozen=True, eq=False)
class Twin:
    """Poses before, after the first and after the second stage, and the terms at the end (B,)."""

    start: Pose
    extrinsic: Pose
    final: Pose
    energies: dict[str, Tensor]


def task_of(
    hand: HandSpec, distance: Distance, field: ObjectField, priors: PriorBatch, config: RefineConfig
) -> Task:
    """The task that `handhold.refine.refine` has of the same field: its samples, its centre."""
    like, count = priors.joints, config.object_points
    points, normals = field.points[:count].to(like), field.normals[:count].to(like)
    return Task(hand, distance, points, normals, field.centre.to(like), priors)


# Kinematics


def pose_skin(hand: HandSpec, pose: Pose) -> tuple[Tensor, Tensor]:
    """Skin vertices (B, V, 3) and bone spheres (B, S, 3) in the object frame.

    Linear blend skinning, v_j = sum_l w_jl (R_l v_j + t_l), then the palm's pose.
    """
    rotation, shift = pose_links(hand, pose.joints)
    weights = hand.weights / hand.weights.sum(1, keepdim=True)
    skin = torch.zeros(len(pose), len(hand.vertices), 3).to(pose.joints)
    spheres = torch.zeros(len(pose), len(hand.sphere_centre), 3).to(pose.joints)
    for link in range(weights.shape[1]):
        turn, move = rotation[link].transpose(1, 2), shift[link][:, None]
        skin = skin + weights[:, link, None] * (hand.vertices @ turn + move)
        mine = (hand.sphere_link == link)[:, None]
        spheres = spheres + mine * (hand.sphere_centre @ turn + move)
    turn, move = pose.rotation.transpose(1, 2), pose.translation[:, None]
    return skin @ turn + move, spheres @ turn + move


def pose_links(hand: HandSpec, joints: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Per link, how it turned (B, 3, 3) and moved (B, 3) from its zero pose; link 0 is the palm.

    Each joint turns what is below it about its axis, and is itself carried by the one above.
    """
    tree, count = hand.tree, hand.weights.shape[1]
    still = (
        torch.eye(3).to(joints).expand(len(joints), 3, 3),
        torch.zeros(len(joints), 3).to(joints),
    )
    placed: list[tuple[Tensor, Tensor]] = []
    links = [still] * count
    for e in range(len(tree.link)):
        turn = rotation_about(tree.axis[e], tree.coefficient[e] * joints[:, int(tree.dof[e])])
        move = tree.origin[e] - turn @ tree.origin[e]
        above_turn, above_move = placed[tree.parent[e]] if tree.parent[e] >= 0 else still
        placed.append((above_turn @ turn, (above_turn @ move[..., None])[..., 0] + above_move))
        if tree.link[e] >= 0:
            links[int(tree.link[e])] = placed[e]
    return [turn for turn, _ in links], [move for _, move in links]


def rotation_about(axis: Tensor, angle: Tensor) -> Tensor:
    """R = I + sin(a) K + (1 - cos(a)) K^2 (Rodrigues), (B, 3, 3) for angles (B,)."""
    x, y, z = axis.tolist()
    k = torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]], dtype=angle.dtype)
    sine, cosine = angle.sin()[:, None, None], angle.cos()[:, None, None]
    return torch.eye(3).to(angle) + sine * k + (1 - cosine) * (k @ k)


def rotation_of(code: Tensor) -> Tensor:
    """Rotations (B, 3, 3) whose first two columns are Gram-Schmidt's of a 6-D code (B, 6)."""
    first = torch.nn.functional.normalize(code[:, :3], dim=-1)
    second = code[:, 3:] - (first * code[:, 3:]).sum(-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


def skin_normals(hand: HandSpec, skin: Tensor) -> Tensor:
    """(B, V, 3) unit normals of skin vertices: the sum of the cross products of their faces."""
    a, b, c = hand.faces.unbind(1)
    face = torch.linalg.cross(skin[:, b] - skin[:, a], skin[:, c] - skin[:, a])
    total = torch.zeros_like(skin)
    for corner in (a, b, c):
        total = total.index_add(1, corner, face)
    return torch.nn.functional.normalize(total, dim=-1)


# Energies


@dataclass(frozen=True, eq=False)
class Seen:
    """Posed hands, and what the terms ask of them; looked up when it is asked first."""

    task: Task
    skin: Tensor
    spheres: Tensor
    joints: Tensor

    @cached_property
    def signed(self) -> Tensor:
        """(B, V) signed distance of the skin to the object."""
        return self.task.distance.signed(self.skin)

    @cached_property
    def to_part(self) -> Tensor:
        """(B, V) distance of the skin to the contact part."""
        return self.task.distance.to_part(self.skin)


def see(task: Task, pose: Pose) -> Seen:
    """Pose the hands."""
    return Seen(task, *pose_skin(task.hand, pose), pose.joints)


def contact(seen: Seen) -> Tensor:
    """mean_j C_j min_i |v_j - o_i^P| (GDG eq. 6)."""
    return (seen.task.priors.part_mean * seen.to_part).mean(-1)


def cmap(seen: Seen) -> Tensor:
    """mean_j exp(-sigma_j) |c_j(v) - C_j|, c(d) = 1 - 2 (sigmoid(2 d / cm) - 1/2) (GDG eq. 6)."""
    centimetres = 100 * torch.relu(seen.signed)
    value = 1 - 2 * (torch.sigmoid(2 * centimetres) - 0.5)
    priors = seen.task.priors
    return ((-priors.contact_std).exp() * (value - priors.contact_mean).abs()).mean(-1)


def finger(seen: Seen) -> Tensor:
    """Per hand part the least part distance of vertices with C_j > 0.5, summed."""
    total = torch.zeros_like(seen.joints[:, 0])
    for part in range(len(HAND_PARTS)):
        wanted = (seen.task.priors.part_mean > 0.5) & (seen.task.hand.vertex_part == part)
        least = torch.where(wanted, seen.to_part, torch.inf).amin(-1)
        total = total + torch.where(wanted.any(-1), least, 0.0)
    return total


def pen(seen: Seen, slack: float = 0.0) -> Tensor:
    """sum_i relu((v - o_i) . n_v - slack), v the nearest vertex, if it is within 3 cm (eq. 5)."""
    with torch.no_grad():
        distance, vertex = torch.cdist(seen.task.points, seen.skin).min(-1)
        normals = skin_normals(seen.task.hand, seen.skin)
    rows = torch.arange(len(vertex))[:, None]
    apart = seen.skin[rows, vertex] - seen.task.points
    near = apart.detach().norm(dim=-1) < WITHIN
    depth = torch.relu((apart * normals[rows, vertex]).sum(-1) - slack)
    return torch.where(near, depth, 0.0).sum(-1)


def reveren(seen: Seen, slack: float = 0.0) -> Tensor:
    """sum_j relu(-sdf(v_j) - slack) (eq. 7 with a signed distance)."""
    return torch.relu(-seen.signed - slack).sum(-1)


def skeleton(seen: Seen) -> Tensor:
    """sum_s relu(0.7 r_s - sdf(s)) over bone spheres."""
    signed = seen.task.distance.signed(seen.spheres)
    return torch.relu(0.7 * seen.task.hand.sphere_radius - signed).sum(-1)


def fc(seen: Seen) -> Tensor:
    """|G c|^2, c the inward unit normals weighted by exp(-(d / 4 mm)^2) (0.1 + C), summing to 1.

    Torques are about the object's centre and divided by 5 cm.
    """
    index = seen.task.hand.contact_candidates
    points, signed = seen.skin[:, index], seen.signed[:, index]
    weight = (-((signed / 0.004) ** 2)).exp() * (0.1 + seen.task.priors.contact_mean[:, index])
    share = (weight / weight.sum(-1, keepdim=True).clamp(min=1e-6))[..., None]
    force = -seen.task.distance.normal(points)
    torque = torch.linalg.cross(points - seen.task.centre, force) / 0.05
    balance = torch.cat([(share * force).sum(1), (share * torque).sum(1)], -1)
    return (balance**2).sum(-1)


def joint(seen: Seen) -> Tensor:
    """sum_d of the radians beyond the limits."""
    over = torch.relu(seen.joints - seen.task.hand.joint_upper)
    return (over + torch.relu(seen.task.hand.joint_lower - seen.joints)).sum(-1)


def spen(seen: Seen) -> Tensor:
    """sum of relu(0.9 (r_i + r_j) - |s_i - s_j|) over pairs of spheres that may collide."""
    pairs = sphere_pairs(seen.task.hand)
    i, j = pairs.unbind(-1)
    radius = seen.task.hand.sphere_radius
    gap = (seen.spheres[:, i] - seen.spheres[:, j]).norm(dim=-1)
    return torch.relu(0.9 * (radius[i] + radius[j]) - gap).sum(-1)


def pose_prior(seen: Seen) -> Tensor:
    """mean_d (theta_d - theta-hat_d)^2."""
    return ((seen.joints - seen.task.priors.joints) ** 2).mean(-1)


def close(seen: Seen) -> Tensor:
    """Mean |sdf| over the gripping side of the fingers."""
    hand = seen.task.hand
    pads = hand.palmar & (hand.vertex_part != HAND_PARTS.index("palm"))
    return seen.signed[:, pads].abs().mean(-1)


def literal_pen(seen: Seen, slack: float = 0.0) -> Tensor:
    """Eq. 5 and eq. 7 as printed, summed: relu((o_i - v) . n_i - c) and relu((v_j - o) . n_j - c).

    v and o are the nearest of the other side. Skin normals n_j are differentiated.
    """
    points, skin = seen.task.points, seen.skin
    rows = torch.arange(len(skin))[:, None]
    with torch.no_grad():
        distance = torch.cdist(points, skin)
        vertex, point = distance.argmin(-1), distance.argmin(-2)
    into_hand = ((points - skin[rows, vertex]) * seen.task.normals).sum(-1)
    into_object = ((skin - points[point]) * skin_normals(seen.task.hand, skin)).sum(-1)
    return torch.relu(into_hand - slack).sum(-1) + torch.relu(into_object - slack).sum(-1)


def sphere_pairs(hand: HandSpec) -> Tensor:
    """(P, 2) spheres on links that are not neighbours, apart at the zero pose, no forearm."""
    key = id(hand)
    if key not in _PAIRS:
        _PAIRS[key] = (hand, _find_pairs(hand))
    return _PAIRS[key][1]


_PAIRS: dict[int, tuple[HandSpec, Tensor]] = {}


def _find_pairs(hand: HandSpec) -> Tensor:
    link, centre, radius = hand.sphere_link.tolist(), hand.sphere_centre, hand.sphere_radius
    count = len(link) - hand.forearm_spheres
    found = [
        (i, j)
        for i in range(count)
        for j in range(i + 1, count)
        if link[i] != link[j]
        and _link_above(hand, link[i]) != link[j]
        and _link_above(hand, link[j]) != link[i]
        and (centre[i] - centre[j]).norm() > radius[i] + radius[j]
    ]
    return torch.tensor(found, dtype=torch.long)


def _link_above(hand: HandSpec, link: int) -> int:
    """The next link with spheres towards the palm (0); -1 above the palm."""
    tree, with_spheres = hand.tree, set(hand.sphere_link.tolist()) | {0}
    if link == 0:
        return -1
    e = tree.link.tolist().index(link)
    while (e := int(tree.parent[e])) >= 0:
        if int(tree.link[e]) in with_spheres:
            return int(tree.link[e])
    return 0


def terms_of(config: RefineConfig) -> dict[str, Callable[[Seen], Tensor]]:
    """Every term by the name of its weight; each answers (B,)."""
    slack = config.pen_slack
    return {
        "contact": contact,
        "cmap": cmap,
        "finger": finger,
        "pen": lambda seen: pen(seen, slack),
        "reveren": lambda seen: reveren(seen, slack),
        "skeleton": skeleton,
        "fc": fc,
        "joint": joint,
        "spen": spen,
        "pose": pose_prior,
        "close": close,
        "literal_pen": lambda seen: literal_pen(seen, slack),
    }


def weights_of(config: RefineConfig) -> dict[str, float]:
    """The weights that are not zero."""
    pairs = ((f.name, getattr(config.weights, f.name)) for f in fields(config.weights))
    return {name: weight for name, weight in pairs if weight}


def total(seen: Seen, weights: dict[str, float], config: RefineConfig) -> Tensor:
    """(B,) weighted sum."""
    terms = terms_of(config)
    return torch.stack([weight * terms[name](seen) for name, weight in weights.items()]).sum(0)


@torch.no_grad()
def naive_measure(task: Task, pose: Pose, config: RefineConfig) -> dict[str, Tensor]:
    """Every term's unweighted value (B,), and the weighted "total" of those that count."""
    seen, weights = see(task, pose), weights_of(config)
    skipped = {"literal_pen"} - weights.keys()
    values = {name: term(seen) for name, term in terms_of(config).items() if name not in skipped}
    values["total"] = total(seen, weights, config)
    return values


# Optimiser


def naive_refine(
    task: Task,
    start: Pose,
    config: RefineConfig,
    *,
    limit: int | None = None,
    on_step: Progress | None = None,
) -> Twin:
    """Two stages of Adam with cosine decay (GDG 3.4): T and R by the prior's terms, then all.

    Args:
        task, start: in one precision.
        limit: end each stage after so many steps of its schedule (to time a step).
        on_step: called with the stage's name and the step.
    """
    weights = weights_of(config)
    guided = (*PRIOR_TERMS, "skeleton") if config.separation else PRIOR_TERMS
    first = {name: weight for name, weight in weights.items() if name in guided}

    def stage(
        name: str, begin: Pose, using: dict[str, float], steps: int, rate: float, free: int
    ) -> Pose:
        values = [
            begin.translation.detach().clone(),
            torch.cat([begin.rotation[..., 0], begin.rotation[..., 1]], -1).detach(),
            begin.joints.detach().clone(),
        ]
        for value in values[:free]:
            value.requires_grad_(True)
        optimiser = torch.optim.Adam(values[:free], lr=rate)
        for step in range(steps if limit is None else min(steps, limit)):
            decay = 0.5 * (1 + math.cos(math.pi * step / steps))
            optimiser.param_groups[0]["lr"] = rate * (0.02 + 0.98 * decay)
            optimiser.zero_grad()
            pose = Pose(values[0], rotation_of(values[1]), values[2])
            total(see(task, pose), using, config).sum().backward()
            optimiser.step()
            if on_step is not None:
                on_step(name, step)
        moved = [value.detach() for value in values]
        return Pose(moved[0], rotation_of(moved[1]) if steps else begin.rotation, moved[2])

    extrinsic = stage("extrinsic", start, first, config.steps_extrinsic, config.rate_extrinsic, 2)
    final = stage("all", extrinsic, weights, config.steps_all, config.rate_all, 3)
    limits = task.hand.joint_lower, task.hand.joint_upper
    final = Pose(final.translation, final.rotation, final.joints.clamp(*limits))
    return Twin(start, extrinsic, final, naive_measure(task, final, config))
