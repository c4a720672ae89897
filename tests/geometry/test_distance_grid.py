"""The grid agrees with the exact distance, and pulls home what leaves its box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from known_shapes import box, cup, sphere

from handhold.cache import DiskCache
from handhold.geometry import (
    DistanceGrid,
    TriMesh,
    build_distance_grid,
    closest_points,
    signed_distance,
)

OFF = DiskCache(None)
SPACING = 0.003


def grid_about(
    mesh: TriMesh, extra: tuple[TriMesh, ...] = (), margin: float = 0.03
) -> DistanceGrid:
    lower, upper = mesh.bounds[0] - margin, mesh.bounds[1] + margin
    return build_distance_grid(mesh, lower, upper, SPACING, extra, cache=OFF)


def points_in(grid: DistanceGrid, count: int = 5000, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.uniform(grid.origin.numpy(), grid.upper.numpy(), (count, 3))


def test_nodes_near_the_surface_are_exact() -> None:
    mesh = cup()
    grid = grid_about(mesh)
    values = grid.values[0].numpy()
    nodes = np.argwhere(np.abs(values) < 1.9 * SPACING)
    places = grid.origin.numpy().astype(float) + nodes * SPACING
    np.testing.assert_allclose(values[tuple(nodes.T)], signed_distance(mesh, places), atol=1e-6)


def test_signs_are_right_everywhere_and_far_values_close() -> None:
    mesh = cup()
    grid = grid_about(mesh)
    nodes = np.stack(np.meshgrid(*map(np.arange, grid.values.shape[1:]), indexing="ij"), -1)
    places = grid.origin.numpy().astype(float) + nodes.reshape(-1, 3) * SPACING
    exact = signed_distance(mesh, places)
    values = grid.values[0].numpy().reshape(-1)
    clear = np.abs(exact) > 1e-6
    np.testing.assert_array_equal(values[clear] < 0, exact[clear] < 0)
    assert np.abs(values - exact).max() < 3 * SPACING
    assert np.abs(values - exact).mean() < 0.1 * SPACING


def test_samples_agree_with_the_exact_distance() -> None:
    mesh = sphere(0.05)
    grid = grid_about(mesh)
    points = points_in(grid)
    error = np.abs(grid.sample(torch.tensor(points)).numpy() - signed_distance(mesh, points))
    near = np.abs(signed_distance(mesh, points)) < 0.005
    assert error[near].max() < 1e-4


def test_extra_channels_are_unsigned_distances_to_parts() -> None:
    mesh = cup()
    rim = mesh.submesh(mesh.face_centres[:, 2] > 0.05)
    grid = grid_about(mesh, (rim,))
    assert grid.channels == 2
    points = points_in(grid, 2000)
    exact = closest_points(rim, points).distance
    sampled = grid.sample(torch.tensor(points), channel=1).numpy()
    assert (sampled >= 0).all()
    assert np.abs(sampled - exact).max() < 2 * SPACING
    both = grid.sample_all(torch.tensor(points)).numpy()
    np.testing.assert_allclose(both[:, 1], sampled, atol=1e-7)


def test_the_gradient_is_that_of_finite_differences() -> None:
    grid = grid_about(box((0.06, 0.1, 0.14)))
    generator = torch.Generator().manual_seed(0)
    # Cell centres, away from the kinks of trilinear interpolation, and points beyond the box.
    cells = torch.randint(0, 30, (50, 3), generator=generator)
    centres = grid.origin + (cells + 0.5) * grid.spacing
    beyond = grid.upper + torch.rand((50, 3), generator=generator) * 0.1 + 0.01
    points = torch.cat([centres, beyond]).double()
    value, gradient = grid.sample_with_gradient(points)
    step = 2e-4
    for axis in range(3):
        shift = torch.zeros(3, dtype=torch.float64)
        shift[axis] = step
        slope = (grid.sample(points + shift) - grid.sample(points - shift)) / (2 * step)
        torch.testing.assert_close(gradient[:, axis], slope, atol=3e-3, rtol=0)
    torch.testing.assert_close(value, grid.sample(points))


def test_outside_the_box_the_distance_to_it_is_added() -> None:
    grid = grid_about(sphere(0.05))
    corner = grid.upper.double()
    away = torch.tensor([0.3, 0.4, 0.0], dtype=torch.float64)
    inner, outer = grid.sample(corner), grid.sample(corner + away)
    torch.testing.assert_close(outer, inner + 0.5, atol=1e-6, rtol=0)
    # An upper bound of the true distance.
    exact = signed_distance(sphere(0.05), (corner + away).numpy()[None])
    assert outer.item() >= exact[0] - 1e-6


def test_sampling_is_the_sum_over_eight_corners_however_many_points_share_the_cores() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(2, 5, 6, 7, generator=generator)
    grid = DistanceGrid(values, torch.tensor([0.1, -0.2, 0.3]), 0.01)
    for count in (3, 2 * 2048 + 1):
        where = torch.rand(count, 3, generator=generator) * torch.tensor([4.0, 5.0, 6.0])
        low = where.floor().long().minimum(torch.tensor([3, 4, 5]))
        share = where - low
        expected = torch.zeros(count, 2)
        for corner in torch.cartesian_prod(*[torch.arange(2)] * 3):
            weight = torch.where(corner.bool(), share, 1 - share).prod(-1)
            x, y, z = (low + corner).T
            expected += weight[:, None] * values[:, x, y, z].T
        got = grid.sample_all(grid.origin + 0.01 * where)
        torch.testing.assert_close(got, expected, atol=2e-5, rtol=0)


def test_leading_shapes_and_types_are_kept() -> None:
    grid = grid_about(sphere(0.05))
    for dtype in (torch.float32, torch.float64):
        result = grid.sample(torch.zeros((2, 5, 3), dtype=dtype))
        assert result.shape == (2, 5)
        assert result.dtype == dtype
    assert grid.sample(torch.zeros((0, 3))).shape == (0,)
    assert grid.sample_all(torch.zeros((4, 3))).shape == (4, 1)


def test_a_second_build_reads_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = box((0.06, 0.1, 0.14))
    lower, upper = mesh.bounds[0] - 0.01, mesh.bounds[1] + 0.01
    cache = DiskCache(tmp_path)
    first = build_distance_grid(mesh, lower, upper, SPACING, cache=cache)
    monkeypatch.setattr("handhold.geometry.grid.signed_distance", None)
    second = build_distance_grid(mesh, lower, upper, SPACING, cache=cache)
    assert torch.equal(first.values, second.values)
    with pytest.raises(TypeError):
        build_distance_grid(mesh, lower, upper, 2 * SPACING, cache=cache)


def test_an_empty_or_huge_box_is_refused() -> None:
    mesh = sphere(0.05)
    with pytest.raises(ValueError, match="empty box"):
        build_distance_grid(mesh, np.ones(3), np.ones(3), SPACING, cache=OFF)
    with pytest.raises(ValueError, match="larger spacing"):
        build_distance_grid(mesh, -np.ones(3), np.ones(3), 1e-4, cache=OFF)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_the_same_values_and_gradients() -> None:
    grid = grid_about(cup())
    points = torch.tensor(points_in(grid, 2000), dtype=torch.float32)
    value, gradient = grid.sample_with_gradient(points)
    there, slope = grid.to("cuda").sample_with_gradient(points.to("cuda"))
    torch.testing.assert_close(there.cpu(), value, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(slope.cpu(), gradient, atol=1e-3, rtol=1e-3)
