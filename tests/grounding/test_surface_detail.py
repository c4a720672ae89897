"""Points go where a surface bends, and know how much of it they stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from handhold.geometry import TriMesh
from handhold.grounding.point_features import FEATURES, point_features
from handhold.grounding.surface_points import bending, points_of_mesh


def plate_and_button() -> tuple[TriMesh, np.ndarray]:
    """A plate of 20 x 20 x 2 cm with a button of 1 cm on it; which faces are the button's."""
    plate = trimesh.creation.box([0.2, 0.2, 0.02])
    button = trimesh.creation.cylinder(0.005, 0.006, sections=24)
    button.apply_translation([0.03, 0.02, 0.0129])
    both = trimesh.util.concatenate([plate, button])
    return TriMesh.from_trimesh(both), np.arange(len(both.faces)) >= len(plate.faces)


def test_the_bending_of_a_box_is_at_its_edges() -> None:
    box = TriMesh.from_trimesh(trimesh.creation.box([0.1, 0.2, 0.3]))
    assert bending(box).sum() == pytest.approx(4 * (0.1 + 0.2 + 0.3) * np.pi / 2)


def test_the_bending_of_a_sphere_is_eight_pi_times_its_radius() -> None:
    sphere = TriMesh.from_trimesh(trimesh.creation.icosphere(4, 0.05))
    assert bending(sphere).sum() == pytest.approx(8 * np.pi * 0.05, rel=0.01)


def test_a_flat_sheet_and_loose_triangles_do_not_bend() -> None:
    sheet = TriMesh(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float),
                    np.array([[0, 1, 2], [0, 2, 3]]))  # fmt: skip
    assert bending(sheet).sum() == pytest.approx(0.0, abs=1e-9)
    assert len(points_of_mesh(sheet, 64)) == 64


def test_a_small_part_gets_more_points_than_its_area_and_shares_tell() -> None:
    mesh, is_button = plate_and_button()
    area = mesh.face_areas[is_button].sum() / mesh.area
    even = points_of_mesh(mesh, 4096, detail=0.0)
    drawn = points_of_mesh(mesh, 4096)
    on = is_button[drawn.source]
    assert np.array_equal(even.share, np.ones(4096))
    assert is_button[even.source].mean() < 2 * area < on.mean() / 2
    assert drawn.share.mean() == pytest.approx(1.0)
    assert drawn.share[on].sum() / drawn.share.sum() == pytest.approx(area, rel=0.5)


def test_features_mean_the_same_where_points_are_denser() -> None:
    mesh, _ = plate_and_button()
    even, drawn = points_of_mesh(mesh, 2048, detail=0.0), points_of_mesh(mesh, 2048)
    _, near = cKDTree(even.points).query(drawn.points)
    large_balls = ("filled_1", "filled_2", "filled_5")  # in small ones the noise is larger
    filled = [FEATURES.index(name) for name in large_balls]
    truth = point_features(even)[near][:, filled]
    unaware = replace(drawn, share=np.ones(len(drawn)))
    apart, blind = (
        np.abs(point_features(points)[:, filled] - truth).mean() for points in (drawn, unaware)
    )
    assert apart < 0.6 * blind


def test_bending_that_is_known_already_changes_nothing() -> None:
    mesh, _ = plate_and_button()
    once, again = points_of_mesh(mesh, 256), points_of_mesh(mesh, 256, bend=bending(mesh))
    assert np.array_equal(once.points, again.points)
