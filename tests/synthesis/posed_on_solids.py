"""Template hands put on the solids they were made for, and the filter's verdict on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import trimesh

from handhold.contact import ObjectField, Prior, build_field
from handhold.evaluate import judge, posed_hands
from handhold.generate import Anchor, place
from handhold.geometry import TriMesh
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset
from handhold.priors import template_priors
from handhold.refine import Pose
from handhold.synthesis import FilterLimits, keep

LENIENT = FilterLimits()
Direction = tuple[float, float, float]


@cache
def hand() -> Hand:
    """The hand that holds."""
    return load_hand("human")


@cache
def _templates() -> dict[str, Prior]:
    return {prior.cluster: prior for prior in template_priors(hand())}


@dataclass(frozen=True, eq=False)
class Scene:
    """An object, the part that is asked for, and the distances around it."""

    asset: ObjectAsset
    part: str
    field: ObjectField

    @classmethod
    def of(cls, part: str, **meshes: trimesh.Trimesh) -> Scene:
        """Parts by name, metres, z up."""
        parts = [(name, TriMesh.from_trimesh(mesh)) for name, mesh in meshes.items()]
        asset = ObjectAsset.from_parts("solid", parts)
        return cls(asset, part, build_field(asset, part, spacing=0.004, points=256))

    def put(self, cluster: str, at: Direction, axis: Direction) -> Pose:
        """A template's hand with its primitive at a point, as the meshes were given."""
        prior = _templates()[cluster]
        centre = np.array(at) - self.asset.frame.offset
        kind, radius = prior.primitive.kind, prior.primitive.radius
        placed = place([prior], {kind: [Anchor(kind, np.array(axis), centre, radius)]})
        assert placed is not None
        return placed.pose.select(slice(0, 1))

    def keeps(self, pose: Pose, affordance: str, limits: FilterLimits = LENIENT) -> bool:
        """What the filter says about one hand."""
        tensors = (pose.translation, pose.rotation, pose.joints)
        judgement = judge(
            self.asset.mesh,
            self.asset.face_parts,
            self.asset.part_index(self.part),
            posed_hands(hand(), *(t.double().numpy() for t in tensors)),
        )
        (kept,) = keep(hand(), self.field, hand().pose(*tensors), judgement, affordance, limits)
        return bool(kept)


def box(size: Direction, at: Direction = (0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    """A box with its middle at a point."""
    mesh = trimesh.creation.box(size)
    mesh.apply_translation(at)
    return mesh


def moved(pose: Pose, by: Direction) -> Pose:
    """The same hand elsewhere."""
    return Pose(pose.translation + torch.tensor([by]), pose.rotation, pose.joints)
