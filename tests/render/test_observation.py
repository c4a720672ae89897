"""A view's planes against each other and closed forms; views that show what there is to see."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset
from handhold.render import Camera, RayScene, ShadedMesh
from handhold.render.observation import VIEW_SIZE, observe, observe_object, unproject
from handhold.render.view_choice import choose_views
from handhold.render.viewpoints import View

SPHERE = trimesh.creation.icosphere(subdivisions=4, radius=0.05)


def scene_of(mesh: TriMesh) -> RayScene:
    return RayScene([ShadedMesh(mesh.vertices, mesh.faces)])


def camera_at(mesh: TriMesh, azimuth: float, elevation: float) -> Camera:
    return Camera.framing(mesh.vertices, np.radians(azimuth), np.radians(elevation))


@settings(max_examples=40, deadline=None)
@given(
    azimuth=st.floats(-4, 4),
    elevation=st.floats(-1.5, 1.5),
    size=st.tuples(st.integers(2, 700), st.integers(2, 700)),
    seed=st.integers(0, 9),
)
def test_unprojection_is_the_inverse_of_projection(
    azimuth: float, elevation: float, size: tuple[int, int], seed: int
) -> None:
    camera = Camera.look_at((0.1, -0.2, 0.3), 0.7, azimuth, elevation)
    points = np.random.default_rng(seed).uniform(-0.2, 0.2, (30, 3)) + [0.1, -0.2, 0.3]
    depth = (camera.eye - points) @ camera.axes[2]
    assert depth.min() > 0
    pixels = camera.project(points, *size)
    assert unproject(camera, pixels, depth, *size) == pytest.approx(points, abs=1e-9)


def test_depth_runs_along_the_viewing_axis_and_points_lie_on_the_surface() -> None:
    sphere = TriMesh.from_trimesh(SPHERE)
    camera = Camera.look_at(np.zeros(3), 0.4, 0.3, 0.5)
    seen = observe(scene_of(sphere), camera, (80, 60))
    assert seen.size == (80, 60) and seen.image.shape == (60, 80, 3)
    rows, columns = np.nonzero(seen.shown)
    points = seen.points[rows, columns]
    assert np.abs(np.linalg.norm(points, axis=1) - 0.05).max() < 3e-4
    middles = np.stack([columns + 0.5, rows + 0.5], axis=1)
    assert camera.project(points, 80, 60) == pytest.approx(middles, abs=1e-3)
    again = unproject(camera, middles, seen.depth[rows, columns], 80, 60)
    assert again == pytest.approx(points, abs=1e-6)
    assert seen.extent == pytest.approx(np.linalg.norm(np.ptp(points, axis=0)))


def test_a_plane_across_the_view_has_one_depth() -> None:
    wall = TriMesh.from_trimesh(trimesh.creation.box((0.02, 0.4, 0.4)))
    seen = observe(scene_of(wall), Camera.look_at(np.zeros(3), 0.5, 0.0, 0.0), (40, 40))
    assert seen.depth[seen.shown] == pytest.approx(0.49, abs=1e-6)


def test_ids_name_part_and_face_and_nothing_is_minus_one(mug: ObjectAsset) -> None:
    seen = observe(
        scene_of(mug.mesh), camera_at(mug.mesh, 90, 14), (64, 64), face_parts=mug.face_parts
    )
    shown = seen.face_ids >= 0
    assert (shown == seen.shown).all() and shown.any() and not shown.all()
    assert (seen.part_ids[shown] == mug.face_parts[seen.face_ids[shown]]).all()
    assert (seen.part_ids[~shown] == -1).all()
    assert np.isinf(seen.depth[~shown]).all() and np.isnan(seen.points[~shown]).all()
    assert seen.pixels_of_parts(2).tolist() == [(seen.part_ids == part).sum() for part in (0, 1)]
    # The object is darker than what is behind it, and both are there to be seen.
    assert seen.image[~shown].min() > 220 > seen.image[shown].mean()


def test_without_parts_all_is_one_part() -> None:
    seen = observe(
        scene_of(TriMesh.from_trimesh(SPHERE)), Camera.look_at(np.zeros(3), 0.4, 0, 0), (20, 20)
    )
    assert set(np.unique(seen.part_ids)) == {-1, 0}


def test_nothing_in_view_is_a_view_of_nothing(mug: ObjectAsset) -> None:
    away = Camera.look_at((0, 0, 5), 0.1, 0.0, 0.0)
    seen = observe(scene_of(mug.mesh), away, (10, 8), face_parts=mug.face_parts)
    assert not seen.shown.any() and seen.extent == 0 and len(np.unique(seen.image)) < 4


def shares(mug: ObjectAsset, view: View) -> np.ndarray:
    camera = Camera.framing(mug.mesh.vertices, view.azimuth, view.elevation)
    seen = observe(scene_of(mug.mesh), camera, (96, 96), face_parts=mug.face_parts)
    return seen.pixels_of_parts(2) / seen.shown.sum()


@pytest.mark.parametrize("turn", [0, 70, 180, 250])
def test_the_first_view_is_not_the_one_that_hides_the_handle(mug: ObjectAsset, turn: float) -> None:
    turned = mug.mesh.transformed(
        trimesh.transformations.rotation_matrix(np.radians(turn), (0, 0, 1))[:3, :3], np.zeros(3)
    )
    asset = ObjectAsset.from_parts(
        "mug",
        [(name, turned.submesh(mug.face_parts == k)) for k, name in enumerate(mug.part_names)],
    )
    behind = View(np.radians(turn + 180), np.radians(0.0))
    assert shares(asset, behind)[1] == 0
    first = choose_views(scene_of(asset.mesh), asset.mesh, asset.face_parts, 1)[0]
    assert shares(asset, first)[1] > 0.05
    # Where only two sides are to choose from, the hidden one is still the worse.
    beside = View(np.radians(turn + 100), 0.0)
    two = [(behind, 0.0), (beside, 0.0)]
    assert choose_views(scene_of(asset.mesh), asset.mesh, asset.face_parts, candidates=two) == (
        beside,
        behind,
    )


def test_further_views_show_what_the_first_did_not() -> None:
    post = trimesh.creation.box((0.1, 0.1, 0.1))
    buttons = []
    for side, sign in ((0, 1), (0, -1), (1, 1), (1, -1)):
        button = trimesh.creation.box((0.02, 0.02, 0.02))
        shift = np.zeros(3)
        shift[side] = 0.055 * sign
        button.apply_translation(shift)
        buttons.append((f"button_{len(buttons)}", TriMesh.from_trimesh(button)))
    cube = ObjectAsset.from_parts("cube", [("post", TriMesh.from_trimesh(post)), *buttons])
    views = observe_object(cube.mesh, cube.face_parts, views=2, size=(128, 128))
    seen = [set(np.flatnonzero(view.pixels_of_parts(5) > 20)) for view in views]
    assert len(seen[0]) == 3  # no side shows more than two buttons
    assert seen[0] | seen[1] == {0, 1, 2, 3, 4}


def test_what_is_buried_and_what_has_no_area_decides_nothing(mug: ObjectAsset) -> None:
    core = TriMesh.from_trimesh(trimesh.creation.icosphere(subdivisions=1, radius=0.01))
    solid = TriMesh.from_trimesh(trimesh.creation.cylinder(radius=0.04, height=0.09))
    mesh = TriMesh(
        np.concatenate([solid.vertices, core.vertices]),
        np.concatenate([solid.faces, core.faces + len(solid.vertices), [[0, 0, 0]]]),
    )
    parts = np.repeat([0, 1, 2], [len(solid.faces), len(core.faces), 1])
    assert len(choose_views(scene_of(mesh), mesh, parts, 3)) == 3
    two = [(View(0.0, 0.2), 0.0), (View(1.0, 0.2), 0.0)]
    assert len(choose_views(scene_of(mesh), mesh, parts, 9, candidates=two)) == 2


def test_an_object_is_observed_in_the_size_that_detectors_get(mug: ObjectAsset) -> None:
    (view,) = observe_object(mug.mesh, mug.face_parts, views=1)
    assert view.size == VIEW_SIZE
    assert view.shown.mean() > 0.2


def test_planes_of_different_sizes_are_refused(mug: ObjectAsset) -> None:
    from handhold.grounding.observation import Observation

    nothing = np.full((4, 5), -1, np.int32)
    with pytest.raises(ValueError, match=r"depth has shape \(4, 5\).*got \(5, 4\)"):
        Observation(
            np.zeros((4, 5, 3), np.uint8),
            np.zeros((5, 4), np.float32),
            np.zeros((4, 5, 3), np.float32),
            nothing,
            nothing,
        )
