"""Scanned, cut and broken files of the development data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from handhold.cache import DiskCache
from handhold.errors import InputError
from handhold.geometry import TriMesh, build_distance_grid, inside, read_solid, signed_distance
from handhold.objects import ObjectAsset, load_object

DATA = os.environ.get("HANDHOLD_DEV_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
ROOT = Path(DATA or ".")
NASTY = sorted(path for path in (ROOT / "objects" / "nasty").rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", "off")


def load_whatever_the_unit(path: Path) -> ObjectAsset | None:
    """The object, with the unit stated where it cannot be guessed; None if it is refused."""
    for unit in (None, "cm", "m", "mm"):
        try:
            return load_object(path, unit=unit, decompose=False)
        except InputError as error:
            assert "\n" not in str(error)
            if "--unit" not in str(error):
                return None
    raise AssertionError(f"no unit fits {path}")


def test_every_nasty_file_is_an_object_with_a_distance_or_one_line() -> None:
    assert len(NASTY) > 40
    accepted = 0
    for path in NASTY:
        asset = load_whatever_the_unit(path)
        if asset is None:
            continue
        accepted += 1
        lower, upper = asset.mesh.bounds[0] - 0.02, asset.mesh.bounds[1] + 0.02
        spacing = max(0.004, float((upper - lower).max()) / 40)
        grid = build_distance_grid(asset.mesh, lower, upper, spacing, cache=DiskCache(None))
        assert torch.isfinite(grid.values).all(), path
        assert (grid.values > 0).any(), path
        assert np.isfinite(asset.mesh.vertex_normals).all(), path
    assert accepted > 30


def graspxl(prefix: str) -> ObjectAsset:
    (folder,) = (ROOT / "objects" / "parts" / "graspxl").glob(f"{prefix}*")
    parts = [
        (path.name.split("_")[0], TriMesh.from_trimesh(trimesh.load(path, process=False)))
        for path in sorted(folder.glob("*.stl"))
    ]
    return ObjectAsset.from_parts(prefix, parts)


def body_axis(asset: ObjectAsset) -> np.ndarray:
    """Horizontal middle of the larger part: a mug's handle moves the middle of the whole."""
    parts = [asset.part_mesh(name) for name in asset.part_names]
    return max(parts, key=lambda part: part.extents.prod()).centre[:2]


@pytest.mark.parametrize("name", ["Mug_40f9", "Mug_46ed", "Mug_6a9b", "Mug_8556"])
def test_coffee_is_outside_of_a_mug_and_its_wall_inside(name: str) -> None:
    asset = graspxl(name)
    x, y = body_axis(asset)
    top = asset.mesh.bounds[1, 2]
    heights = np.linspace(-0.25 * asset.mesh.extents[2], top + 0.02, 12)
    coffee = np.stack([np.full(12, x), np.full(12, y), heights], axis=1)
    assert not inside(asset.mesh, coffee).any()
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    radii = np.linspace(0.02, 0.05, 61)
    across = np.concatenate([[x, y] + radius * ring for radius in radii])
    section = np.column_stack([across, np.zeros(len(across))])
    crossed = inside(asset.mesh, section).reshape(61, 24).any(axis=0)
    assert crossed.all()


@pytest.mark.parametrize(
    "name", ["WineBottle_24f", "WineBottle_621", "WineBottle_7b1", "WineBottle_d8b"]
)
def test_wine_bottles_are_solid_whatever_their_winding(name: str) -> None:
    asset = graspxl(name)
    x, y = body_axis(asset)
    low, high = asset.mesh.bounds[:, 2]
    height = high - low
    axis = np.array([[x, y, low + share * height] for share in (0.2, 0.3, 0.4, 0.5)])
    assert inside(asset.mesh, axis).all()
    assert signed_distance(asset.mesh, axis).min() < -0.01
    beside = axis + [asset.mesh.extents[0], 0, 0]
    assert not inside(asset.mesh, beside).any()


@pytest.mark.parametrize("name", ["WineGlass_461", "WineGlass_ec7"])
def test_single_layer_wine_glasses_are_shells_that_can_be_filled(name: str) -> None:
    asset = graspxl(name)
    solid = read_solid(asset.mesh)
    assert asset.mesh.face_areas[solid.shell].sum() > 0.4 * asset.mesh.area
    assert any("single-layer" in note for note in asset.notes)
    x, y = body_axis(asset)
    low, high = asset.mesh.bounds[:, 2]
    wine = np.array([[x, y, low + share * (high - low)] for share in (0.75, 0.85, 0.95)])
    assert not inside(asset.mesh, wine).any()


def test_an_inverted_scan_is_turned() -> None:
    asset = load_object(ROOT / "objects/plain/dexnet/spray.obj", decompose=False)
    assert any("to look outwards" in note for note in asset.notes)
    mesh = asset.mesh.to_trimesh()
    assert mesh.volume > 0.2 * mesh.convex_hull.volume


def test_vertex_labels_of_affordpose() -> None:
    asset = load_object(ROOT / "grasps/human/affordpose/bottle_mesh.obj", up="y")
    assert asset.part_names == ("label_5", "label_6")
    cap, body = asset.part_mesh("label_6"), asset.part_mesh("label_5")
    assert cap.bounds[1, 2] > body.bounds[1, 2] - 1e-6
    assert cap.area < 0.2 * body.area
