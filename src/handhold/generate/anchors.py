"""Where on a contact part a hand can be put: local axes, centres and radii (ours)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from trimesh.ray.ray_pyembree import RayMeshIntersector

from handhold.contact import ObjectField
from handhold.geometry import TriMesh, oriented_box, sample_surface
from handhold.objects import ObjectAsset
from handhold.priors import PartDescriptor

Array = NDArray[np.float64]
SLABS = 5
MEDIAL_ANCHORS = 10
NEIGHBOURHOOD = 0.018
"""Metres around an anchor over which its axis and radius are estimated."""
MAX_THICKNESS = 0.12
FREE_RAY = 0.15


@dataclass(frozen=True, eq=False)
class Anchor:
    """A place for a primitive, object frame, metres.

    kind: as ``Primitive.kind``; axis (3,) unit; for a cylinder its sign is free; centre (3,);
    radius: of the local cross-section.
    """

    kind: str
    axis: Array
    centre: Array
    radius: float


@dataclass(frozen=True, eq=False)
class PartShape:
    """What placing, retrieving and preferring need to know of a contact part.

    points, normals: (n, 3) samples of the part, normals outward; centre (3,): middle of its
    axis-aligned box; axis (3,): the axis that slabs follow; size (3,): sorted box sides, longest
    first; bar_radius: median half thickness of the solid (of a mug's wall, or of a bar);
    outer_radius: median over slabs of the smaller half extent; to_rest (3,): from the part's
    centroid to the rest's, zeros without a rest.
    """

    points: Array
    normals: Array
    centre: Array
    axis: Array
    size: Array
    bar_radius: float
    outer_radius: float
    to_rest: Array

    @property
    def rest_centroid(self) -> Array:
        """(3,) of the rest of the object, object frame; nan where there is no rest."""
        if not self.to_rest.any():
            return np.full(3, np.nan)
        return self.points.mean(0) + self.to_rest

    def descriptor(self, affordance: str) -> PartDescriptor:
        """What retrieval compares. Fingers that go round a bar feel its thickness; a hand that
        goes round a body, or turns a cap, feels its outside (ours)."""
        longest, middle, shortest = (float(side) for side in self.size)
        inner = affordance in ("handle-grip", "trigger-squeeze")
        radius = min(self.bar_radius, self.outer_radius) if inner else self.outer_radius
        return PartDescriptor((longest, middle, shortest), radius)


def part_shape(
    asset: ObjectAsset, part: str, field: ObjectField, *, samples: int = 1024
) -> PartShape:
    """Measure a contact part. `field` supplies outward directions on messy meshes."""
    target, rest = asset.part_mesh(part), asset.rest_mesh(part)
    surface = sample_surface(target, samples, seed=0)
    normals = _outward(field, surface.points, surface.normals)
    box = oriented_box(surface.points)
    lengths = np.maximum(box.lengths, 1e-4)
    long = lengths[0] / lengths[1] > lengths[1] / lengths[2]
    axis = box.axes[0] if long else box.axes[2]
    to_rest = np.zeros(3)
    if rest is not None:
        to_rest = sample_surface(rest, samples, seed=0).points.mean(0) - surface.points.mean(0)
    slabs = _slabs(surface.points, axis)
    _, radii = _medial(asset.mesh, surface.points, normals)
    outer = np.median([slab.radius for slab in slabs]) if slabs else 0.5 * lengths[2]
    bar = float(np.median(radii)) if len(radii) > 20 else float(outer)
    return PartShape(
        surface.points, normals, target.bounds.mean(0), axis, lengths, bar, float(outer), to_rest
    )


def find_anchors(asset: ObjectAsset, shape: PartShape, kind: str) -> list[Anchor]:
    """Anchors of one primitive kind on a part; possibly none."""
    if kind == "cylinder":
        return _medial_anchors(asset.mesh, shape) + _slab_anchors(shape)
    if kind == "cap":
        return _cap_anchors(shape)
    if kind == "plane":
        return _plane_anchors(asset.mesh, shape)
    return _spot_anchors(asset.mesh, shape)


def _outward(field: ObjectField, points: Array, normals: Array) -> Array:
    import torch

    step = 0.002 * normals
    both = torch.as_tensor(np.stack([points + step, points - step]), dtype=torch.float32)
    ahead, behind = field.signed(both.to(field.points.device)).cpu().numpy()
    return np.where((ahead >= behind)[:, None], normals, -normals)


def _medial(mesh: TriMesh, points: Array, normals: Array) -> tuple[Array, Array]:
    """Half-way points through the solid, and half the thickness there."""
    tracer = RayMeshIntersector(mesh.to_trimesh())
    start = points - 2e-4 * normals
    hits, rays, _ = tracer.intersects_location(start, -normals, multiple_hits=False)
    thickness = np.linalg.norm(hits - points[rays], axis=1)
    sound = (thickness > 1e-3) & (thickness < MAX_THICKNESS)
    rays, thickness = rays[sound], thickness[sound]
    return points[rays] - 0.5 * thickness[:, None] * normals[rays], 0.5 * thickness


def farthest_points(points: Array, count: int) -> NDArray[np.int64]:
    """Indices of up to `count` points, each the farthest from those before it."""
    chosen = [int(np.linalg.norm(points - points.mean(0), axis=1).argmin())]
    distance = np.full(len(points), np.inf)
    while len(chosen) < min(count, len(points)):
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
        if distance.max() < 0.004:
            break
        chosen.append(int(distance.argmax()))
    return np.array(chosen)


def _medial_anchors(mesh: TriMesh, shape: PartShape) -> list[Anchor]:
    medial, radii = _medial(mesh, shape.points, shape.normals)
    if len(medial) < 20:
        return []
    anchors = []
    for index in farthest_points(medial, MEDIAL_ANCHORS):
        distance = np.linalg.norm(medial - medial[index], axis=1)
        near = distance < max(NEIGHBOURHOOD, 1.5 * radii[index])
        if near.sum() < 8:
            continue
        centre = medial[near].mean(0)
        spread = medial[near] - centre
        _, values, axes = np.linalg.svd(spread, full_matrices=False)
        if values[0] < 1.3 * values[1]:
            continue
        tight = distance < 0.6 * NEIGHBOURHOOD
        if tight.sum() >= 4:
            centre = np.median(medial[tight], axis=0)
        anchors.append(Anchor("cylinder", axes[0], centre, float(np.median(radii[near]))))
    return anchors


def _slabs(points: Array, axis: Array) -> list[Anchor]:
    along = points @ axis
    side = np.linalg.svd(np.eye(3) - np.outer(axis, axis))[0][:, :2].T
    low, high = np.quantile(along, [0.02, 0.98])
    edges = np.linspace(low, high, SLABS + 1)
    anchors = []
    for a, b in zip(edges[:-1], edges[1:], strict=True):
        inside = (along >= a) & (along <= b)
        if inside.sum() < 8:
            continue
        flat = points[inside] @ side.T
        lower, upper = flat.min(0), flat.max(0)
        centre = (lower + upper) / 2 @ side + (a + b) / 2 * axis
        anchors.append(Anchor("cylinder", axis, centre, float((upper - lower).min() / 2)))
    return anchors


def _slab_anchors(shape: PartShape) -> list[Anchor]:
    anchors = _slabs(shape.points, shape.axis)
    upright = np.array([0.0, 0.0, 1.0])
    if abs(shape.axis[2]) < 0.95 and np.ptp(shape.points[:, 2]) > 0.03:
        anchors += _slabs(shape.points, upright)
    return anchors


def _cap_axes(shape: PartShape) -> list[Array]:
    box = oriented_box(shape.points).axes
    axes = [sign * axis for axis in (*box, np.array([0.0, 0.0, 1.0])) for sign in (1.0, -1.0)]
    distance = np.linalg.norm(shape.to_rest)
    if distance > 0.005:
        outward = -shape.to_rest / distance
        axes = [outward] + [axis for axis in axes if axis @ outward > 0.3]
    kept: list[Array] = []
    for axis in axes:
        if all(axis @ other < 0.95 for other in kept):
            kept.append(axis)
    return kept


def _cap_anchors(shape: PartShape) -> list[Anchor]:
    anchors = []
    for axis in _cap_axes(shape):
        along = shape.points @ axis
        side = np.linalg.svd(np.eye(3) - np.outer(axis, axis))[0][:, :2].T
        flat = shape.points @ side.T
        middle = (flat.min(0) + flat.max(0)) / 2
        radius = np.linalg.norm(flat - middle, axis=1)
        widest = np.quantile(radius, 0.95)
        # Fingertips go at or behind the largest section.
        height = np.quantile(along[radius > 0.9 * widest], 0.9)
        centre = middle @ side + (height + 0.002) * axis
        reach = (np.ptp(flat, axis=0) / 2).mean()
        anchors.append(Anchor("cap", axis, centre, float(min(widest, reach))))
    return anchors


def _plane_anchors(mesh: TriMesh, shape: PartShape) -> list[Anchor]:
    down = shape.normals[:, 2] < -0.5
    if down.sum() < 8:
        down = shape.normals[:, 2] < 0.0
    if down.sum() < 8:
        return []
    points = shape.points[down]
    low = points[points[:, 2] < points[:, 2].min() + 0.02]
    centre = (low.min(0) + low.max(0)) / 2
    centre[2] = low[:, 2].min()
    weight = mesh.vertices[:, :2].mean(0)
    under_weight = np.array([weight[0], weight[1], centre[2]])
    return [Anchor("plane", np.array([0.0, 0.0, -1.0]), c, 0.0) for c in (centre, under_weight)]


def _spot_anchors(mesh: TriMesh, shape: PartShape) -> list[Anchor]:
    tracer = RayMeshIntersector(mesh.to_trimesh())
    hit = tracer.intersects_any(shape.points + 1e-3 * shape.normals, shape.normals)
    free = ~hit
    if free.sum() < 4:
        return []
    points, normals = shape.points[free], shape.normals[free]
    distance = np.linalg.norm(shape.to_rest)
    if distance > 0.005:
        facing = normals @ (-shape.to_rest / distance)
        keep = facing >= min(0.5, float(np.quantile(facing, 0.7)))
        points, normals = points[keep], normals[keep]
    return [
        Anchor("spot", normals[i], points[i], 0.0) for i in farthest_points(points, MEDIAL_ANCHORS)
    ]
