"""Two meshes in one frame are a grasp."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from handhold.datasets import read_mesh_pair
from handhold.errors import InputError


def write_pair(folder: Path, hand_scale: float = 1.0) -> tuple[Path, Path]:
    """In millimetres: a palm with a finger, next to a cube in front of it."""
    palm = trimesh.creation.box((80, 20, 100))
    finger = trimesh.creation.box((15, 15, 80))
    finger.apply_translation([0, 0, 100])
    hand = trimesh.util.concatenate([palm, finger])
    hand.apply_scale(hand_scale)
    cube = trimesh.creation.box((60, 60, 60))
    cube.apply_translation([0, 40, 20])
    hand.export(folder / "hand.ply")
    cube.export(folder / "cube.stl")
    return folder / "hand.ply", folder / "cube.stl"


def test_the_hand_comes_into_the_objects_frame(tmp_path: Path) -> None:
    (group,) = read_mesh_pair(*write_pair(tmp_path), unit="mm", up="z").groups
    assert group.entry == ("hand",)
    (skin,) = group.skins
    np.testing.assert_allclose(skin.bounds[:, 1], [-0.05, -0.03], atol=1e-6)
    np.testing.assert_allclose(skin.extents, [0.08, 0.02, 0.19], atol=1e-6)


def test_part_names_are_checked(tmp_path: Path) -> None:
    hand, cube = write_pair(tmp_path)
    assert read_mesh_pair(hand, cube, part="Object").groups[0].part == ("object",)
    with pytest.raises(InputError, match="no part called 'lid'"):
        read_mesh_pair(hand, cube, part="lid")


def test_units_that_differ_and_clouds_are_refused(tmp_path: Path) -> None:
    hand, cube = write_pair(tmp_path, hand_scale=0.001)
    with pytest.raises(InputError, match=r"0\.00019 m long .*one unit"):
        read_mesh_pair(hand, cube, unit="mm")
    np.savetxt(tmp_path / "hand.xyz", np.random.default_rng(0).normal(size=(60, 3)))
    with pytest.raises(InputError, match="point cloud"):
        read_mesh_pair(tmp_path / "hand.xyz", cube)
