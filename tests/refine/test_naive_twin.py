"""Our energies, their gradients and the optimiser against a twin written from the equations.

On the table the grid is exact: everything must agree to rounding. On a ball the two may differ
by what trilinear interpolation loses, and decisions (a kink, a mask, the nearest of several) may
fall otherwise within that: such vertices are left out, and must be few. Metres, float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import naive_twin as naive
import numpy as np
import pytest
import torch
import trimesh
from naive_distance import Distance, ExactDistance, TriangleDistance, surfaces_of
from solid_fields import HAND, bent, flat_pose, priors, table
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch
from handhold.contact.field import sign_part_channel
from handhold.geometry import TriMesh, build_distance_grid, sample_surface
from handhold.hands import HAND_PARTS
from handhold.objects import ObjectAsset
from handhold.refine import Pose, RefineConfig, all_terms, look, measure, refine
from handhold.spatial import matrix_to_rotation_6d, rotation_6d_to_matrix

CONFIG = RefineConfig()
TERMS = sorted(all_terms().keys() - {"avoid"})  # the twin knows no parts to avoid: test_avoid.py
RADIUS = 0.045
SPACING = 0.0015
OUR_BOX = 0.15
_CROSSES = 1.75 * SPACING
"""Nearer to a surface than this, the surface may run through the vertex's cell."""


class Below:
    """The half-space z < 0, whose surface is the part."""

    def signed(self, points: Tensor) -> Tensor:
        return points[..., 2]

    def to_part(self, points: Tensor) -> Tensor:
        return self.signed(points).abs()

    def normal(self, points: Tensor) -> Tensor:
        return torch.tensor([0.0, 0.0, 1.0]).to(points).expand_as(points)


@dataclass(frozen=True, eq=False)
class Scene:
    """One object as both see it, and hands in front of it."""

    field: ObjectField
    distance: Distance
    priors: PriorBatch
    values: list[Tensor]

    def pose(self, values: list[Tensor] | None = None) -> Pose:
        given = self.values if values is None else values
        return Pose(given[0], rotation_6d_to_matrix(given[1]), given[2])

    def task(self) -> naive.Task:
        return naive.task_of(
            HAND.spec, self.distance, self.field, self.priors, replace(CONFIG, object_points=4096)
        )


def _around(pose: Pose, seed: int = 5) -> list[Tensor]:
    """Translation, 6-D code and joints near a pose."""
    generator = torch.Generator().manual_seed(seed)
    code = matrix_to_rotation_6d(pose.rotation)
    joints = pose.joints
    return [
        pose.translation,
        code + 0.05 * torch.randn(code.shape, generator=generator).double(),
        joints + 0.02 * torch.randn(joints.shape, generator=generator).double(),
    ]


@cache
def on_table() -> Scene:
    """Two hands that violate everything: in the object, beyond limits, fingers crossing."""
    joints = torch.cat([bent(1, 0.5), 1.6 * bent(1, 1.0)])
    wanted = priors(torch.cat([bent(1, 0.4), bent(1, 0.8)]), seed=2)
    return Scene(table(), Below(), wanted, _around(flat_pose(0.012, joints)))


@cache
def _ball_asset() -> ObjectAsset:
    """A faceted ball about the origin, its upper part cut off at 2 cm."""
    ball = trimesh.creation.icosphere(subdivisions=2, radius=RADIUS)
    whole = TriMesh(ball.vertices, ball.faces)
    upper = np.asarray(ball.triangles_center[:, 2] > 0.02)
    parts = [("upper", whole.submesh(upper)), ("lower", whole.submesh(~upper))]
    return ObjectAsset.from_parts("ball", parts)


@cache
def on_ball() -> Scene:
    """Three hands on a ball from above, ever deeper."""
    asset = _ball_asset()
    corner = np.full(3, OUR_BOX)
    grid = sign_part_channel(
        build_distance_grid(asset.mesh, -corner, corner, SPACING, extra=[asset.part_mesh("upper")])
    )
    sample = sample_surface(asset.mesh, 400, seed=0)
    points, normals = torch.from_numpy(sample.points), torch.from_numpy(sample.normals)
    on_part = torch.ones(len(points), dtype=torch.bool)
    field = ObjectField(grid, points, normals, on_part, True, torch.zeros(3).double())
    joints = torch.cat([bent(1, share) for share in (0.3, 0.35, 0.3)])
    pose = flat_pose(0.0, joints)
    pose.translation[:] = torch.tensor([-0.03, 0.0, 0.0]).double()
    pose.translation[:, 2] = torch.tensor([0.12, 0.11, 0.1]).double()
    distance = TriangleDistance(surfaces_of(asset, "upper"))
    return Scene(field, distance, priors(joints, seed=3), _around(pose))


def _gradients(value: Tensor, values: list[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad(value.sum(), values, allow_unused=True)
    return [torch.zeros_like(v) if g is None else g for g, v in zip(found, values, strict=True)]


def _both(scene: Scene, name: str) -> tuple[Tensor, Tensor, list[Tensor], list[Tensor]]:
    """The term (B,) by us and by the twin, and its gradients by both."""
    values = [v.detach().clone().requires_grad_(True) for v in scene.values]
    ours = all_terms()[name](look(HAND, scene.field, scene.priors, scene.pose(values)))
    plain = Pose(values[0], naive.rotation_of(values[1]), values[2])
    twin = naive.terms_of(CONFIG)[name](naive.see(scene.task(), plain))
    return ours.detach(), twin.detach(), _gradients(ours, values), _gradients(twin, values)


def test_joints_one_after_the_other_are_the_product() -> None:
    generator = torch.Generator().manual_seed(0)
    joints = 1.5 * torch.randn(4, HAND.joint_count, generator=generator).double()
    code = torch.randn(4, 6, generator=generator).double()
    shift = torch.randn(4, 3, generator=generator).double()
    rotation = naive.rotation_of(code)
    torch.testing.assert_close(rotation, rotation_6d_to_matrix(code), atol=1e-12, rtol=0)
    skin, spheres = naive.pose_skin(HAND.spec, Pose(shift, rotation, joints))
    posed = HAND.pose(shift, rotation, joints)
    torch.testing.assert_close(skin, posed.vertices, atol=1e-9, rtol=0)
    torch.testing.assert_close(spheres, posed.spheres, atol=1e-9, rtol=0)
    torch.testing.assert_close(
        naive.skin_normals(HAND.spec, skin), HAND.vertex_normals(posed.vertices), atol=1e-9, rtol=0
    )


def test_the_spheres_that_may_collide_are_the_same() -> None:
    assert naive.sphere_pairs(HAND.spec).equal(HAND.sphere_pairs)


@pytest.mark.parametrize("name", TERMS)
def test_on_a_table_values_and_gradients_are_the_same(name: str) -> None:
    ours, twin, our_gradients, twin_gradients = _both(on_table(), name)
    assert (twin != 0).any()
    torch.testing.assert_close(ours, twin, atol=1e-9, rtol=1e-9)
    for mine, other in zip(our_gradients, twin_gradients, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-8, rtol=1e-8)


@cache
def _ball_states() -> tuple[object, naive.Seen, Tensor]:
    """Both looks at the ball, and how far (B, V) each interpolated distance may be off.

    A distance of d bends like a circle of radius d: trilinear interpolation between nodes that lie
    L apart is off by 2 L^2 / 8 d, and L is four spacings away from the surface. Where the surface
    runs through a cell, an absolute value turns within it: half a spacing.
    """
    scene = on_ball()
    values = [v.detach().clone().requires_grad_(True) for v in scene.values]
    state = look(HAND, scene.field, scene.priors, scene.pose(values))
    seen = naive.see(scene.task(), Pose(values[0], naive.rotation_of(values[1]), values[2]))
    nearest = torch.minimum(seen.signed.abs(), seen.to_part).detach()
    slack = (4 * SPACING**2 / nearest).clamp(max=SPACING / 2)
    return state, seen, slack


def test_the_hands_at_the_ball_are_within_the_grid_and_touch() -> None:
    _, seen, _ = _ball_states()
    assert seen.skin.abs().max() < OUR_BOX
    deepest = seen.signed.amin(-1)
    assert (deepest < 0.0).any()
    assert (deepest > -0.5 * RADIUS).all()


@pytest.mark.parametrize("what", ["signed", "to_part"])
def test_interpolated_distances_are_as_near_as_their_cells(what: str) -> None:
    state, seen, slack = _ball_states()
    off = (getattr(state, what) - getattr(seen, what)).detach()
    assert (off.abs() <= slack).float().mean() > 0.95
    assert off.abs().max() < 1.5 * SPACING  # inside, where faces are equally far


@pytest.mark.parametrize("name", TERMS)
def test_on_a_ball_values_differ_by_no_more_than_interpolation(name: str) -> None:
    ours, twin, _, _ = _both(on_ball(), name)
    _, seen, slack = _ball_states()
    known = on_ball().priors
    below = seen.signed.detach() < slack
    spheres = on_ball().distance.signed(seen.spheres).detach()
    pierced = spheres < 0.7 * HAND.sphere_radius + SPACING / 2
    # The steepest that each term is in the distances, times how far those may be off.
    allowed = {
        "contact": (known.part_mean * slack).mean(-1),
        "cmap": 100 * ((-known.contact_std).exp() * slack).mean(-1),
        "finger": torch.full((3,), len(HAND_PARTS) * SPACING / 2).double(),
        "reveren": (slack * below).sum(-1),
        "skeleton": pierced.sum(-1) * SPACING / 2,
        "close": slack.mean(-1),
        "fc": 0.1 * twin,
    }
    difference = (ours - twin).abs()
    assert (difference <= allowed.get(name, torch.zeros(3).double()) + 1e-9).all(), difference


@pytest.mark.parametrize("name", ["contact", "cmap", "reveren", "close"])
def test_on_a_ball_each_vertex_is_pulled_alike(name: str) -> None:
    """Gradients by skin vertex, without those within a cell of a kink."""
    state, seen, slack = _ball_states()
    ours = all_terms()[name](state)
    twin = naive.terms_of(CONFIG)[name](seen)
    (mine,) = torch.autograd.grad(ours.sum(), state.posed.vertices, retain_graph=True)
    (other,) = torch.autograd.grad(twin.sum(), seen.skin, retain_graph=True)
    kinks = {
        "contact": seen.to_part < _CROSSES,
        "close": seen.signed.abs() < _CROSSES,
        "reveren": seen.signed.abs() < slack,
        "cmap": (seen.signed.abs() < _CROSSES) | _map_reached(seen, slack),
    }[name]
    assert kinks.float().mean() < 0.08
    scale = other.norm(dim=-1).amax(-1)[:, None].clamp(min=1e-12)
    off = (mine - other).norm(dim=-1) / scale
    assert (off <= _turn(seen))[~kinks].float().mean() > 0.98
    assert off[~kinks].mean() < 0.04
    assert ((other.norm(dim=-1) > 0) & ~kinks).any()


def _turn(seen: naive.Seen) -> Tensor:
    """How far (B, V) the direction of a distance turns within its cell: half a diagonal over d."""
    nearest = torch.minimum(seen.signed.abs(), seen.to_part).detach()
    cell = torch.where(nearest < 5 * SPACING, SPACING, 4 * SPACING)
    return cell * 3**0.5 / 2 / nearest


def _map_reached(seen: naive.Seen, slack: Tensor) -> Tensor:
    """Where c is as near to C as a distance is uncertain: the sign of c - C is open."""
    value = 1 - 2 * (torch.sigmoid(200 * torch.relu(seen.signed)) - 0.5)
    return (value - seen.task.priors.contact_mean).abs() < 100 * slack


@pytest.mark.parametrize("name", TERMS)
def test_on_a_ball_the_whole_hand_is_pulled_alike(name: str) -> None:
    _, _, ours, twin = _both(on_ball(), name)
    for mine, other in zip(ours, twin, strict=True):
        exact = name in ("pen", "joint", "spen", "pose", "literal_pen")
        loose = {"finger": 0.5, "reveren": 0.3, "fc": 0.6, "skeleton": 0.4}.get(name, 0.2)
        share = 1e-8 if exact else loose
        assert (mine - other).norm() <= share * other.norm() + 1e-12


def test_on_a_table_both_end_at_the_same_place() -> None:
    """Every correspondence fresh in ours too: nothing is left that could differ."""
    scene = on_table()
    config = RefineConfig(steps_extrinsic=12, steps_all=12, refresh=1, object_points=841)
    start = scene.pose()
    ours = refine(HAND, scene.field, scene.priors, start, config)
    twin = naive.naive_refine(scene.task(), start, config)
    for stage in ("extrinsic", "final"):
        for name in ("translation", "rotation", "joints"):
            torch.testing.assert_close(
                getattr(getattr(ours, stage), name), getattr(getattr(twin, stage), name),
                atol=1e-5, rtol=0,
            )  # fmt: skip
    torch.testing.assert_close(ours.energies["total"], twin.energies["total"], atol=0, rtol=1e-4)


def test_on_a_ball_both_descend_as_far() -> None:
    """By the twin's own measure; on a ball a hand may slide, so poses are not compared."""
    scene = replace(on_ball(), distance=ExactDistance(surfaces_of(_ball_asset(), "upper")))
    config = RefineConfig(steps_extrinsic=25, steps_all=25, refresh=5, object_points=400)
    task, start = scene.task(), scene.pose()
    ours = refine(HAND, scene.field, scene.priors, start, config).final
    twin = naive.naive_refine(task, start, config).final
    before, mine, other = (
        naive.naive_measure(task, pose, config)["total"] for pose in (start, ours, twin)
    )
    assert (other < before).all()
    assert ((mine - other).abs() < 0.1 * (before - other)).all()


def test_measure_has_the_same_names_and_the_same_total() -> None:
    scene = on_table()
    ours = measure(HAND, scene.field, scene.priors, scene.pose(), CONFIG)
    twin = naive.naive_measure(scene.task(), scene.pose(), CONFIG)
    assert ours.keys() == twin.keys()
    torch.testing.assert_close(ours["total"], twin["total"], atol=1e-8, rtol=1e-8)


def test_a_limit_ends_each_stage_early_on_the_same_schedule() -> None:
    scene = on_table()
    told: list[tuple[str, int]] = []
    config = RefineConfig(steps_extrinsic=50, steps_all=50)
    naive.naive_refine(
        scene.task(), scene.pose(), config, limit=2,
        on_step=lambda name, step: told.append((name, step)),
    )  # fmt: skip
    assert told == [("extrinsic", 0), ("extrinsic", 1), ("all", 0), ("all", 1)]
