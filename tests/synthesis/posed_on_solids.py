"""Template hands put on the solids they were made for, and the filter's verdict on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import trimesh

from handhold.contact import CONTACT_DISTANCE, ObjectField, Prior, build_field
from handhold.evaluate import judge, measure_hand, posed_hands
from handhold.generate import Anchor, place
from handhold.geometry import TriMesh
from handhold.hands import Hand, load_hand
from handhold.objects import ObjectAsset
from handhold.priors import template_priors
from handhold.refine import Pose
from handhold.synthesis import FilterLimits
from handhold.synthesis.filters import Posed, rejections
from handhold.synthesis.holding import held

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

    def hands(self, pose: Pose, cluster: str = "press/press-tip-0") -> Posed:
        """One hand with all that the filter looks at; cluster: whose push it has."""
        tensors = (pose.translation, pose.rotation, pose.joints)
        hands = posed_hands(hand(), *(t.double().numpy() for t in tensors))
        mesh, index = self.asset.mesh, self.asset.part_index(self.part)
        surface = measure_hand(mesh, hands.vertices, reach=CONTACT_DISTANCE)
        judgement = judge(mesh, self.asset.face_parts, index, hands, on_surface=surface)
        push = -(pose.rotation @ _templates()[cluster].primitive.axis)
        return Posed(hand().pose(*tensors), surface, judgement, push, index, self.asset.face_parts)

    def verdict(
        self,
        pose: Pose,
        affordance: str,
        limits: FilterLimits = LENIENT,
        cluster: str = "press/press-tip-0",
    ) -> str:
        """Why the filter rejects one hand, "" if it does not; cluster: whose push it has."""
        posed = self.hands(pose, cluster)
        (reason,) = rejections(hand(), self.field, posed, affordance, limits)
        return reason

    def keeps(self, pose: Pose, affordance: str, limits: FilterLimits = LENIENT) -> bool:
        """Whether the filter lets one hand pass."""
        return not self.verdict(pose, affordance, limits)

    def holds(self, pose: Pose, affordance: str) -> bool:
        """Whether the object stays in the hand."""
        return bool(held(hand(), self.asset, pose, affordance)[0])


def box(size: Direction, at: Direction = (0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    """A box with its middle at a point."""
    mesh = trimesh.creation.box(size)
    mesh.apply_translation(at)
    return mesh


def moved(pose: Pose, by: Direction) -> Pose:
    """The same hand elsewhere."""
    return Pose(pose.translation + torch.tensor([by]), pose.rotation, pose.joints)
