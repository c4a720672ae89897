"""A hand that can be posed: batched, differentiable, on any device."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from handhold.hands.kinematics import RevoluteTree, link_transforms
from handhold.hands.spec import HandSpec, flexion_signs


@dataclass(frozen=True, eq=False)
class PosedHand:
    """A batch of posed hands in one frame (the object frame, or the palm's for a local pose).

    Attributes:
        vertices: (B, V, 3) skin, metres.
        keypoints: (B, K, 3), in the order of ``HandSpec.keypoint_names``.
        spheres: (B, S, 3) centres of the bone spheres; radii are ``Hand.sphere_radius``.
        links: (B, L, 3, 4) where each link went from its zero pose, in the same frame.
    """

    vertices: Tensor
    keypoints: Tensor
    spheres: Tensor
    links: Tensor


class Hand:
    """Data of one hand plus the one interface that the rest of handhold uses.

    `pose` gives vertices, key points and spheres for translations, rotations and joint angles.
    """

    def __init__(self, spec: HandSpec) -> None:
        self.spec = spec
        self._levels = spec.tree.levels()
        self._link_count = spec.weights.shape[1]

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Hand:
        """The same hand on another device or in another precision."""

        def move(value: object) -> object:
            if not isinstance(value, Tensor):
                return value
            return value.to(device, dtype if value.is_floating_point() else None)

        def moved(record: HandSpec | RevoluteTree) -> dict[str, Any]:
            return {f.name: move(getattr(record, f.name)) for f in fields(record)}

        tree = replace(self.spec.tree, **moved(self.spec.tree))
        return Hand(replace(self.spec, **(moved(self.spec) | {"tree": tree})))

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def joint_names(self) -> tuple[str, ...]:
        return self.spec.joint_names

    @property
    def faces(self) -> Tensor:
        """(F, 3) closed skin, outward."""
        return self.spec.faces

    @property
    def sphere_radius(self) -> Tensor:
        """(S,) metres, bone to skin."""
        return self.spec.sphere_radius

    @property
    def vertex_part(self) -> Tensor:
        """(V,) index into HAND_PARTS."""
        return self.spec.vertex_part

    @property
    def palm_normal(self) -> Tensor:
        """(3,) unit vector out of the palm (the gripping side), in the pose frame."""
        return self.spec.palm_normal

    @property
    def flexion(self) -> Tensor:
        """(D,) the sign that closes each joint, 0 for one that spreads; see `flexion_signs`."""
        return flexion_signs(self.spec.joint_lower, self.spec.joint_upper)

    @property
    def bones(self) -> Tensor:
        """(E, 2) pairs of key points that make the skeleton."""
        return self.spec.bones

    @property
    def joint_count(self) -> int:
        return len(self.spec.joint_names)

    def clamp(self, joints: Tensor) -> Tensor:
        """(B, D) angles moved inside the limits."""
        return torch.minimum(torch.maximum(joints, self.spec.joint_lower), self.spec.joint_upper)

    @cached_property
    def carriers(self) -> tuple[Tensor, ...]:
        """(4 L, N) of vertices, key points and spheres: what each link's transform adds to them.

        Column j holds, link by link, the weight of the link times (x, y, z, 1) of point j at the
        zero pose, so that posing is one product.
        """
        spec = self.spec
        skin = spec.weights.double()
        skin = skin / skin.sum(1, keepdim=True)  # to the last digit: shifts are carried too

        def rigid(link: Tensor) -> Tensor:
            return torch.nn.functional.one_hot(link, self._link_count).double()

        def carried(weights: Tensor, points: Tensor) -> Tensor:
            homogeneous = torch.nn.functional.pad(points.double(), (0, 1), value=1.0)
            columns = (weights[:, :, None] * homogeneous[:, None, :]).flatten(1).T
            return columns.contiguous().to(spec.weights.dtype)

        return (
            carried(skin, spec.vertices),
            carried(rigid(spec.keypoint_link), spec.keypoints),
            carried(rigid(spec.sphere_link), spec.sphere_centre),
        )

    def carried_by(self, links: Tensor) -> PosedHand:
        """The hand whose links went (B, L, 3, 4) from their zero pose, in the frame they go to."""
        count = len(links)
        rows = links.transpose(1, 2).reshape(3 * count, 4 * self._link_count)
        vertices, keypoints, spheres = (
            (rows @ points.to(rows.dtype)).reshape(count, 3, -1).transpose(1, 2)
            for points in self.carriers
        )
        return PosedHand(vertices, keypoints, spheres, links)

    def local(self, joints: Tensor) -> PosedHand:
        """The hand in its own palm frame for angles (B, D)."""
        return self.carried_by(self._links(joints))

    def pose(self, translation: Tensor, rotation: Tensor, joints: Tensor) -> PosedHand:
        """Pose a batch of hands.

        Args:
            translation: (B, 3) the palm frame's origin, metres.
            rotation: (B, 3, 3) the palm frame's axes as columns.
            joints: (B, D) radians.
        """
        return self.carried_by(self.links(translation, rotation, joints))

    def links(self, translation: Tensor, rotation: Tensor, joints: Tensor) -> Tensor:
        """(B, L, 3, 4) where each link goes from its zero pose; arguments as for `pose`."""
        # Multiplied out: a batched product of 3x3 matrices is many times slower.
        turned = (rotation[:, None, :, :, None] * self._links(joints)[:, :, None]).sum(3)
        return turned + torch.nn.functional.pad(translation[:, None, :, None], (3, 0))

    def _links(self, joints: Tensor) -> Tensor:
        return link_transforms(self.spec.tree, self._levels, joints, self._link_count)

    def vertex_normals(self, vertices: Tensor) -> Tensor:
        """(B, V, 3) unit outward normals of posed skin, area weighted."""
        corners = vertices[:, self.faces]
        edges = corners[:, :, 1:] - corners[:, :, :1]
        face = torch.linalg.cross(edges[:, :, 0], edges[:, :, 1])
        total = torch.zeros_like(vertices)
        for corner in range(3):
            total = total.index_add(1, self.faces[:, corner], face)
        return torch.nn.functional.normalize(total, dim=-1)

    @cached_property
    def sphere_pairs(self) -> Tensor:
        """(P, 2) pairs of bone spheres that may collide: on links that are not neighbours, and
        apart at the zero pose. Forearm spheres take no part."""
        spec = self.spec
        count = len(spec.sphere_radius) - spec.forearm_spheres
        i, j = torch.triu_indices(count, count, 1)
        above = self._parent_link()
        a, b = spec.sphere_link[i], spec.sphere_link[j]
        apart = (a != b) & (above[a] != b) & (above[b] != a)
        gap = (spec.sphere_centre[i] - spec.sphere_centre[j]).norm(dim=-1)
        apart &= gap > spec.sphere_radius[i] + spec.sphere_radius[j]
        return torch.stack([i[apart], j[apart]], -1)

    @cached_property
    def sphere_differences(self) -> Tensor:
        """(P, S): times sphere centres (S, ...), the vectors between the pairs that may collide."""
        first, second = self.sphere_pairs.unbind(-1)
        count = len(self.spec.sphere_radius)
        one_hot = torch.nn.functional.one_hot
        matrix = one_hot(first, count) - one_hot(second, count)
        return matrix.to(self.spec.sphere_radius.dtype)

    def _parent_link(self) -> Tensor:
        """(L,) the nearest link above that has spheres, as a hub between two bones has none."""
        tree = self.spec.tree
        bare = set(range(1, self._link_count)) - set(self.spec.sphere_link.tolist())
        result = torch.full((self._link_count,), -1, device=tree.link.device)
        for e in range(len(tree.link)):
            link, parent = int(tree.link[e]), int(tree.parent[e])
            while parent >= 0 and int(tree.link[parent]) in bare | {-1}:
                parent = int(tree.parent[parent])
            if link >= 0:
                result[link] = 0 if parent < 0 else int(tree.link[parent])
        return result
