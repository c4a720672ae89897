"""Films of trials: skin from link poses, frames, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.hands import load_hand
from handhold.render import FilmScene, checked_film, film_frames, write_film


@pytest.fixture(scope="module")
def falling() -> FilmScene:
    """A box that falls away from a still hand."""
    hand = load_hand("human")
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    faces = np.array(
        [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]]
        + [[2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
    )
    box = TriMesh(0.06 * corners + [0.03, -0.03, -0.09], faces)
    poses = np.tile(np.eye(3, 4), (3, 1, 1))
    poses[:, 2, 3] = [0.0, -0.05, -0.10]
    still = np.repeat(hand.spec.vertices.numpy()[None].astype(float), 3, axis=0)
    return FilmScene(
        np.arange(3) / 10, still, hand.faces.numpy(), box, poses, np.zeros(len(faces), bool)
    )


def test_a_frame_per_moment_and_what_moves_changes_the_picture(falling: FilmScene) -> None:
    frames = film_frames(falling, size=64, supersample=1)
    assert len(frames) == 3 and frames[0].size == (64, 64)
    first, last = (np.asarray(frames[i], float) for i in (0, 2))
    assert np.abs(first - last).max() > 40


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_an_animation_keeps_its_frames(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (32, 32), (80 * i, 20, 20)) for i in range(3)]
    path = write_film(tmp_path / f"trial{suffix}", frames)
    with Image.open(path) as film:
        assert film.n_frames == 3
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_another_ending_is_refused() -> None:
    with pytest.raises(InputError, match="mp4"):
        checked_film(Path("trial.mp4"))
