"""Points of surfaces and what is said of each: visible sides, thickness, shape, invariances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from bar_and_ball import BALL, BAR, bar_and_ball

from handhold.errors import InputError
from handhold.geometry import TriMesh, concatenate
from handhold.grounding.point_features import FEATURES, point_features
from handhold.grounding.surface_points import Rays, points_of_cloud, points_of_mesh


def _column(features: np.ndarray, name: str) -> np.ndarray:
    return features[:, FEATURES.index(name)]


def test_points_lie_on_the_outside_with_normals_that_look_out() -> None:
    mesh, labels = bar_and_ball()
    surface = points_of_mesh(mesh, 500)
    on_ball = labels[surface.source] == BALL
    distance = np.linalg.norm(surface.points[on_ball], axis=1)
    assert np.allclose(distance, 0.06, atol=1e-3)
    assert ((surface.normals[on_ball] * surface.points[on_ball]).sum(axis=1) > 0.05).all()
    assert (
        np.linalg.norm(surface.points[~on_ball], axis=1) > 0.055
    ).all()  # none of the buried end


def test_the_winding_does_not_matter() -> None:
    mesh, _ = bar_and_ball()
    there = points_of_mesh(mesh, 300)
    back = points_of_mesh(TriMesh(mesh.vertices, mesh.faces[:, ::-1]), 300)
    for surface in (there, back):
        outward = surface.normals[:, 0] * np.sign(surface.points[:, 0])
        assert np.median(outward[np.abs(surface.points[:, 0]) < 0.06]) > 0


def test_thickness_is_the_way_through_the_body() -> None:
    mesh, labels = bar_and_ball()
    surface = points_of_mesh(mesh, 800)
    bar = labels[surface.source] == BAR
    assert np.nanmedian(surface.thickness[bar]) == pytest.approx(0.02, abs=0.002)
    assert np.nanmedian(surface.thickness[~bar]) == pytest.approx(0.12, abs=0.02)


def test_a_cavity_is_less_open_than_the_outside() -> None:
    cup = trimesh.creation.annulus(r_min=0.03, r_max=0.035, height=0.1)
    floor = trimesh.creation.cylinder(radius=0.035, height=0.005)
    floor.apply_translation([0, 0, -0.05])
    mesh = concatenate([TriMesh.from_trimesh(cup), TriMesh.from_trimesh(floor)])
    surface = points_of_mesh(mesh, 600)
    inner = np.linalg.norm(surface.points[:, :2], axis=1) < 0.031
    assert surface.openness[inner].mean() < surface.openness[~inner].mean() - 0.3


def test_points_hidden_by_the_object_are_not_seen() -> None:
    mesh, _ = bar_and_ball()
    surface = points_of_mesh(mesh, 500)
    seen = Rays(mesh).sees(np.array([0.0, 0.0, 1.0]), surface.points)
    assert (surface.points[seen, 2] > -0.011).all()
    assert seen.mean() == pytest.approx(0.5, abs=0.1)


def test_normals_of_a_cloud_look_away_from_its_bulk() -> None:
    mesh, _ = bar_and_ball()
    truth = points_of_mesh(mesh, 1500)
    cloud = points_of_cloud(truth.points)
    alike = (cloud.normals * truth.normals[cloud.source]).sum(axis=1)
    assert (alike > 0.7).mean() > 0.9
    assert np.isnan(cloud.thickness).all()


def test_a_cloud_of_too_few_points_or_with_infinite_ones_is_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        points_of_cloud(np.zeros((3, 3)))
    with pytest.raises(InputError, match="finite"):
        points_of_cloud(np.full((100, 3), np.inf))
    with pytest.raises(InputError, match="area"):
        points_of_mesh(TriMesh(np.zeros((3, 3)), np.array([[0, 1, 2]])))


def test_features_tell_the_bar_from_the_ball() -> None:
    mesh, labels = bar_and_ball()
    surface = points_of_mesh(mesh, 1024)
    features = point_features(surface)
    assert features.shape == (1024, len(FEATURES))
    assert np.isfinite(features).all()
    bar = labels[surface.source] == BAR
    for name in ("linear_2", "linear_5"):
        column = _column(features, name)
        assert column[bar].mean() > column[~bar].mean() + 0.15
    assert (
        _column(features, "thickness")[bar].mean() < 1 < _column(features, "thickness")[~bar].mean()
    )


def test_features_do_not_change_when_the_object_is_moved_or_turned_by_a_right_angle() -> None:
    surface = points_of_mesh(bar_and_ball()[0], 400)
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    moved = replace(
        surface, points=surface.points @ turn.T + [1.0, 2.0, 3.0], normals=surface.normals @ turn.T
    )
    before, after = point_features(surface), point_features(moved)
    turned = [FEATURES.index(name) for name in ("x", "y", "normal_x", "normal_y")]
    same = np.setdiff1d(np.arange(len(FEATURES)), turned)
    assert np.abs(before[:, same] - after[:, same]).mean() < 0.01
    assert np.allclose(before[:, 0], after[:, 1], atol=1e-4)


def test_only_the_size_and_the_hand_sized_neighbourhoods_know_the_scale() -> None:
    surface = points_of_mesh(bar_and_ball()[0], 400)
    double = replace(surface, points=2 * surface.points, thickness=2 * surface.thickness)
    changed = np.abs(point_features(surface) - point_features(double)).max(axis=0) > 0.05
    names = {name for name, differs in zip(FEATURES, changed, strict=True) if differs}
    assert "size" in names
    assert not {name for name in names if name.endswith(("_0", "_1", "_2"))} - {
        "flat_0",
        "upright_0",
    }
