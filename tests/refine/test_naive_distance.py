"""The three distances of the naive twin: against closed forms, the library, and each other."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
import trimesh
from naive_distance import (
    Distance,
    ExactDistance,
    SampleDistance,
    TriangleDistance,
    closest_on_triangles,
    surfaces_of,
    winding_number,
)
from torch import Tensor

from handhold.geometry import TriMesh
from handhold.geometry.closest import closest_points
from handhold.geometry.signed_distance import box_distance, signed_distance
from handhold.geometry.solid import read_solid
from handhold.objects import ObjectAsset

SIDES = (0.04, 0.05, 0.06)


@cache
def made(name: str) -> ObjectAsset:
    """A box; a cylinder with a ring beside it; an open bowl of one layer. Metres."""
    if name == "box":
        return _asset([("box", trimesh.creation.box(SIDES))])
    if name == "jug":
        ring = trimesh.creation.torus(0.025, 0.006, major_sections=12, minor_sections=6)
        ring.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
        ring.apply_translation([0.06, 0.0, 0.0])
        return _asset([("body", trimesh.creation.cylinder(0.03, 0.1, sections=20)), ("ring", ring)])
    bowl = trimesh.creation.icosphere(subdivisions=2, radius=0.05)
    bowl.update_faces(bowl.triangles_center[:, 2] < 0.0)
    return _asset([("bowl", bowl)])


def _asset(parts: list[tuple[str, trimesh.Trimesh]]) -> ObjectAsset:
    return ObjectAsset.from_parts(
        "made", [(name, TriMesh(mesh.vertices, mesh.faces)) for name, mesh in parts]
    )


def points_about(asset: ObjectAsset, count: int, seed: int = 0) -> Tensor:
    """(1, count, 3) in a box 5 cm around the object."""
    generator = torch.Generator().manual_seed(seed)
    lower, upper = (torch.from_numpy(bound.copy()) for bound in asset.mesh.bounds)
    share = torch.rand(1, count, 3, generator=generator, dtype=torch.float64)
    return lower - 0.05 + share * (upper - lower + 0.1)


def both(asset: ObjectAsset, part: str) -> tuple[Distance, Distance]:
    surfaces = surfaces_of(asset, part)
    return TriangleDistance(surfaces), ExactDistance(surfaces)


@pytest.mark.parametrize("which", [0, 1])
def test_a_box_is_its_closed_form(which: int) -> None:
    points = points_about(made("box"), 400)
    expected = torch.from_numpy(box_distance(points.numpy(), np.array(SIDES) / 2))
    distance = both(made("box"), "box")[which]
    torch.testing.assert_close(distance.signed(points), expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(distance.to_part(points), expected.abs(), atol=1e-12, rtol=0)


@pytest.mark.parametrize(("name", "part"), [("jug", "body"), ("jug", "ring"), ("bowl", "bowl")])
def test_brute_force_trees_and_the_library_agree(name: str, part: str) -> None:
    asset = made(name)
    points = points_about(asset, 300)
    brute, trees = both(asset, part)
    expected = torch.from_numpy(signed_distance(asset.mesh, points[0].numpy()))
    of_part = torch.from_numpy(closest_points(asset.part_mesh(part), points[0].numpy()).distance)
    assert (name == "bowl") == bool(read_solid(asset.mesh).shell.any())
    assert (expected < 0).any()
    for distance in (brute, trees):
        torch.testing.assert_close(distance.signed(points)[0], expected, atol=1e-12, rtol=0)
        torch.testing.assert_close(distance.to_part(points)[0], of_part, atol=1e-12, rtol=0)
    torch.testing.assert_close(brute.normal(points), trees.normal(points), atol=1e-9, rtol=0)


@pytest.mark.parametrize("what", ["signed", "to_part"])
def test_a_gradient_is_the_finite_difference_and_the_normal(what: str) -> None:
    points = points_about(made("jug"), 120).requires_grad_(True)
    for distance in both(made("jug"), "ring"):
        value = getattr(distance, what)(points)
        (gradient,) = torch.autograd.grad(value.sum(), points)
        torch.testing.assert_close(gradient.norm(dim=-1), torch.ones_like(value), atol=1e-9, rtol=0)
        way = torch.randn(points.shape, generator=torch.Generator().manual_seed(1)).double()
        with torch.no_grad():
            ask = getattr(distance, what)
            slope = (ask(points + 1e-7 * way) - ask(points - 1e-7 * way)) / 2e-7
        off = (slope - (gradient * way).sum(-1)).abs() > 1e-5
        assert off.float().mean() < 0.02  # where two faces are equally far
        if what == "signed":
            torch.testing.assert_close(distance.normal(points), gradient, atol=1e-9, rtol=0)


def test_the_nearest_point_of_one_triangle_is_a_corner_a_side_or_inside() -> None:
    triangle = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]]).double()
    asked = torch.tensor([[-1.0, -1, 1], [0.5, -1, 0], [0.2, 0.2, 3], [1, 1, 0]]).double()
    expected = torch.tensor([[0.0, 0, 0], [0.5, 0, 0], [0.2, 0.2, 0], [0.5, 0.5, 0]]).double()
    torch.testing.assert_close(closest_on_triangles(asked, triangle), expected)


def test_the_winding_number_of_a_closed_mesh_is_one_inside_and_zero_outside() -> None:
    box = torch.from_numpy(np.array(trimesh.creation.box(SIDES).triangles))
    points = points_about(made("box"), 300)[0]
    inside = torch.from_numpy(box_distance(points.numpy(), np.array(SIDES) / 2) < 0).double()
    assert inside.any()
    torch.testing.assert_close(winding_number(points, box), inside, atol=1e-9, rtol=0)


def test_samples_are_as_near_as_they_are_dense() -> None:
    """8,192 samples on some 0.03 m2 lie 2 mm apart at most."""
    asset = made("jug")
    points = points_about(asset, 1500, seed=2)
    exact, sampled = both(asset, "ring")[1], SampleDistance.of(asset, "ring", torch.float64)
    truth, guess = exact.signed(points), sampled.signed(points)
    clear = truth.abs() > 0.003
    assert clear.float().mean() > 0.8
    assert (truth[clear].sign() == guess[clear].sign()).float().mean() > 0.995
    assert (guess.abs() - truth.abs()).min() > -1e-9
    assert (guess.abs() - truth.abs()).max() < 0.002
    of_part = sampled.to_part(points) - exact.to_part(points)
    assert of_part.min() > -1e-9
    assert of_part.max() < 0.002
