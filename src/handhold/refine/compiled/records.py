"""Hands, objects, priors and room to work in, as the compiled refinement sees them.

V skin vertices, S bone spheres, E elementary joints, L links, D joint angles, M object points,
C contact candidates. Metres, radians, object frame, except where it says otherwise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]

TERMS = ("contact", "cmap", "finger", "pen", "reveren", "skeleton", "fc", "joint", "spen", "pose",
         "close", "avoid")  # fmt: skip
"""Terms that are compiled, in the order of the weights and of the energies."""
CONTACT, CMAP, FINGER, PEN, REVEREN, SKELETON, FC, JOINT, SPEN, POSE, CLOSE, AVOID = range(
    len(TERMS)
)
TOTAL = len(TERMS)
"""Where the weighted sum stands behind them."""


class HandArrays(NamedTuple):
    """A hand as arrays; what each is: `HandSpec`, `RevoluteTree`.

    carried: (V + 1,) first row of each vertex in `carrier` (link) and `share` (weight).
    pairs: (P, 2) spheres that may collide. reach: (P,) sum of their radii at 0.9.
    bones: (S,) radii at 0.7: how near a bone may come to the object.
    pads: (V,) finger pads.
    """

    vertices: Array
    faces: Array
    carried: Array
    carrier: Array
    share: Array
    part: Array
    pads: Array
    candidates: Array
    parent: Array
    link: Array
    links: int
    origin: Array
    axis: Array
    dof: Array
    coefficient: Array
    lower: Array
    upper: Array
    sphere_link: Array
    sphere: Array
    bones: Array
    pairs: Array
    reach: Array


class FieldArrays(NamedTuple):
    """An object. values: (X, Y, Z, 2) distance to object and part. gradient: (X, Y, Z, 3) of the
    first. origin: (3,) of node (0, 0, 0). points: (M, 3) that look for the hand. centre: (3,).
    avoided: distance to the parts to be avoided on a grid of its own, (0, 0, 0) without any;
    avoided_origin: (3,), avoided_spacing: of that grid."""

    values: Array
    gradient: Array
    origin: Array
    spacing: float
    points: Array
    centre: Array
    avoided: Array
    avoided_origin: Array
    avoided_spacing: float


class PriorArrays(NamedTuple):
    """One prior: joints (D,), contact (V,), excuse (V,) = exp(-std), part (V,)."""

    joints: Array
    contact: Array
    excuse: Array
    part: Array


class Schedule(NamedTuple):
    """One stage: weights (12,), Adam steps and rate, steps between correspondences, metres of
    penetration that cost nothing, and whether the joints move too."""

    weights: Array
    steps: int
    rate: float
    refresh: int
    slack: float
    everything: bool


class Workspace(NamedTuple):
    """What one grasp writes to while it is refined.

    axes, origins: (E, 3) of the joints as they stand. rotation: (E + 1, 3, 3) and shift:
        (E + 1, 3) of what each joint moves, the palm's last. at: (L,) row of each link in them.
    skin, spheres: (V, 3), (S, 3) posed. local, local_spheres: the same in the palm frame.
    signed, to_part: (V,) distances of the skin, outward, partward: (V, 3) their gradients.
    pull, sphere_pull: (V, 3), (S, 3) dE/d(point). moment: (L, 12) their sums per link.
    force, torque: (E + 1, 3) their sums per joint, about the origin. matrix: (3, 3) scratch.
    normals: (V, 3) of the skin. pair_point, pair_vertex: (M,) which object point goes with
        which vertex. columns: (3, V) the skin, squares: (M,) squared distances, low, high: (3,)
        the box around the hand.
    part_distance, part_vertex: (6,) nearest vertex of each hand part that should touch.
    contact_weight: (C,), wrench: (C, 6) of the contact candidates, mean_wrench: (6,).
    energies: (13,), the weighted sum last. gradient, first, second: (9 + D,) and Adam's moments.
    """

    axes: Array
    origins: Array
    rotation: Array
    shift: Array
    at: Array
    force: Array
    torque: Array
    local: Array
    local_spheres: Array
    skin: Array
    pull: Array
    normals: Array
    signed: Array
    to_part: Array
    outward: Array
    partward: Array
    spheres: Array
    sphere_pull: Array
    pair_point: Array
    pair_vertex: Array
    columns: Array
    squares: Array
    low: Array
    high: Array
    moment: Array
    matrix: Array
    part_distance: Array
    part_vertex: Array
    contact_weight: Array
    wrench: Array
    mean_wrench: Array
    energies: Array
    gradient: Array
    first: Array
    second: Array
