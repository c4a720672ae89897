"""Hands, fields and priors as the plain arrays that the compiled refinement reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch
from handhold.geometry import DistanceGrid
from handhold.hands import HAND_PARTS, Hand
from handhold.refine.compiled.records import (
    TERMS,
    FieldArrays,
    HandArrays,
    PriorArrays,
    Workspace,
)
from handhold.refine.terms import self_penetration, skeleton


def hand_arrays(hand: Hand, kind: np.dtype[Any]) -> HandArrays:
    """The hand, its skinning weights without their zeros; numbers as `kind`."""
    spec, tree = hand.spec, hand.spec.tree
    weights = _array(spec.weights.double())
    weights = weights / weights.sum(1, keepdims=True)
    vertex, carrier = np.nonzero(weights)
    pairs = _array(hand.sphere_pairs)
    radius = _array(spec.sphere_radius, kind)
    return HandArrays(
        vertices=_array(spec.vertices, kind),
        faces=_array(spec.faces),
        carried=np.searchsorted(vertex, np.arange(len(weights) + 1)),
        carrier=carrier,
        share=weights[vertex, carrier].astype(kind),
        part=_array(spec.vertex_part),
        pads=_array(spec.palmar & (spec.vertex_part != HAND_PARTS.index("palm"))),
        candidates=_array(spec.contact_candidates),
        parent=_array(tree.parent),
        link=_array(tree.link),
        links=weights.shape[1],
        origin=_array(tree.origin, kind),
        axis=_array(tree.axis, kind),
        dof=_array(tree.dof),
        coefficient=_array(tree.coefficient, kind),
        lower=_array(spec.joint_lower, kind),
        upper=_array(spec.joint_upper, kind),
        sphere_link=_array(spec.sphere_link),
        sphere=_array(spec.sphere_centre, kind),
        bones=(skeleton.SHARE * radius).astype(kind),
        pairs=pairs,
        reach=(self_penetration.SHARE * (radius[pairs[:, 0]] + radius[pairs[:, 1]])).astype(kind),
    )


def field_arrays(field: ObjectField, points: int, kind: np.dtype[Any]) -> FieldArrays:
    """The object with its first `points` samples, the channels of its grid side by side."""
    distances, gradient = field.packed
    avoided = _nothing(field) if field.avoided is None else field.avoided
    return FieldArrays(
        values=_array(distances, kind),
        gradient=_array(gradient, kind),
        origin=_array(field.grid.origin, kind),
        spacing=float(field.grid.spacing),
        points=_array(field.points[:points], kind),
        centre=_array(field.centre, kind),
        avoided=_array(avoided.values[0], kind),
        avoided_origin=_array(avoided.origin, kind),
        avoided_spacing=float(avoided.spacing),
    )


def _nothing(field: ObjectField) -> DistanceGrid:
    """A grid without nodes, where no part is to be avoided."""
    return DistanceGrid(torch.zeros(1, 0, 0, 0), field.grid.origin, field.grid.spacing)


def prior_arrays(priors: PriorBatch, kind: np.dtype[Any]) -> list[PriorArrays]:
    """One record per row."""
    columns = (
        _array(priors.joints, kind),
        _array(priors.contact_mean, kind),
        _array(torch.exp(-priors.contact_std), kind),
        _array(priors.part_mean, kind),
    )
    return [PriorArrays(*rows) for rows in zip(*columns, strict=True)]


def workspace(hand: HandArrays, points: int) -> Workspace:
    """Room for one grasp of `hand` by an object with `points` samples."""
    kind = hand.vertices.dtype
    joints, count, spheres = len(hand.parent), len(hand.vertices), len(hand.sphere)
    values = 9 + len(hand.lower)

    def room(*shape: int) -> NDArray[Any]:
        return np.zeros(shape, kind)

    at = np.full(hand.links, joints)
    at[hand.link[hand.link >= 0]] = np.flatnonzero(hand.link >= 0)
    return Workspace(
        axes=room(joints, 3),
        origins=room(joints, 3),
        rotation=room(joints + 1, 3, 3),
        shift=room(joints + 1, 3),
        at=at,
        force=room(joints + 1, 3),
        torque=room(joints + 1, 3),
        local=room(count, 3),
        local_spheres=room(spheres, 3),
        skin=room(count, 3),
        pull=room(count, 3),
        normals=room(count, 3),
        signed=room(count),
        to_part=room(count),
        outward=room(count, 3),
        partward=room(count, 3),
        spheres=room(spheres, 3),
        sphere_pull=room(spheres, 3),
        pair_point=np.zeros(points, np.int64),
        pair_vertex=np.zeros(points, np.int64),
        columns=room(3, count),
        squares=room(points),
        low=room(3),
        high=room(3),
        moment=room(hand.links, 12),
        matrix=room(3, 3),
        part_distance=room(len(HAND_PARTS)),
        part_vertex=np.zeros(len(HAND_PARTS), np.int64),
        contact_weight=room(len(hand.candidates)),
        wrench=room(len(hand.candidates), 6),
        mean_wrench=room(6),
        energies=np.zeros(len(TERMS) + 1),
        gradient=np.zeros(values),
        first=np.zeros(values),
        second=np.zeros(values),
    )


def _array(values: Tensor, kind: np.dtype[Any] | None = None) -> NDArray[Any]:
    return np.ascontiguousarray(values.detach().numpy(), dtype=kind)
