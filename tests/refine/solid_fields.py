"""Fields of solids with closed-form distances, and hands in front of them. Metres, float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import torch
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch
from handhold.geometry import DistanceGrid
from handhold.hands import Hand, load_hand
from handhold.refine import Pose

HAND = load_hand("human").to(dtype=torch.float64)
BAR_RADIUS = 0.015
BAR_AXIS = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)


def field_of(
    distance: Callable[[Tensor], Tensor],
    points: Tensor,
    normals: Tensor,
    *,
    reach: float = 0.2,
    spacing: float = 0.01,
) -> ObjectField:
    """A field whose part is the whole solid, which is also to be avoided; `distance` is evaluated
    at the nodes."""
    line = torch.arange(-reach, reach + spacing / 2, spacing, dtype=torch.float64)
    nodes = torch.stack(torch.meshgrid(line, line, line, indexing="ij"), -1)
    signed = distance(nodes)
    grid = DistanceGrid(torch.stack([signed, signed]), nodes[0, 0, 0], spacing)
    on_part = torch.ones(len(points), dtype=torch.bool)
    avoided = replace(grid, values=signed[None])
    return ObjectField(grid, points, normals, on_part, False, torch.zeros(3).double(), avoided)


def table(height: float = 0.0) -> ObjectField:
    """The half-space below `height`. Its grid is exact; the nodes avoid the surface."""
    line = torch.linspace(-0.12, 0.16, 29, dtype=torch.float64)
    x, y = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x, y, torch.full_like(x, height)], -1).reshape(-1, 3)
    up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    return field_of(lambda p: p[..., 2] - height, points, up.expand_as(points))


def bar(count: int = 400, spacing: float = 0.005) -> ObjectField:
    """A cylinder along y of `BAR_RADIUS`, 24 cm long in samples, endless in distance."""
    generator = torch.Generator().manual_seed(0)
    angle = 2 * torch.pi * torch.rand(count, generator=generator, dtype=torch.float64)
    along = 0.24 * (torch.rand(count, generator=generator, dtype=torch.float64) - 0.5)
    normals = torch.stack([angle.cos(), torch.zeros_like(angle), angle.sin()], -1)
    points = BAR_RADIUS * normals + along[:, None] * BAR_AXIS
    return field_of(
        lambda p: p[..., [0, 2]].norm(dim=-1) - BAR_RADIUS, points, normals,
        reach=0.15, spacing=spacing,
    )  # fmt: skip


def ball(radius: float = 0.05, count: int = 300) -> ObjectField:
    """A ball about the origin."""
    generator = torch.Generator().manual_seed(1)
    normals = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    normals = normals / normals.norm(dim=1, keepdim=True)
    return field_of(lambda p: p.norm(dim=-1) - radius, radius * normals, normals)


def in_single(field: ObjectField) -> ObjectField:
    """The same field in float32."""
    values = {f.name: getattr(field, f.name) for f in fields(field)}
    single = {
        name: value.float() if isinstance(value, Tensor) and value.is_floating_point() else value
        for name, value in values.items()
    }
    grids = {
        name: replace(grid, values=grid.values.float(), origin=grid.origin.float())
        for name, grid in values.items()
        if isinstance(grid, DistanceGrid)
    }
    return ObjectField(**(single | grids))


def priors(joints: Tensor, seed: int = 0) -> PriorBatch:
    """Random contact maps around given angles, one row each."""
    generator = torch.Generator().manual_seed(seed)
    rows, count = len(joints), len(HAND.spec.vertices)
    maps = torch.rand(3, rows, count, generator=generator).to(joints)
    return PriorBatch(joints, maps[0], 0.3 * maps[1], maps[2])


def bent(count: int, share: float, hand: Hand = HAND) -> Tensor:
    """(count, D) angles at `share` of the way from zero to each upper limit."""
    return share * hand.spec.joint_upper.clamp(max=1.2).expand(count, -1).clone()


def flat_pose(height: float, joints: Tensor) -> Pose:
    """Hands above the xy plane, palm down."""
    rows = len(joints)
    translation = torch.tensor([0.0, 0.0, height], dtype=joints.dtype).expand(rows, 3).clone()
    return Pose(translation, torch.eye(3).to(joints).expand(rows, 3, 3).clone(), joints)
