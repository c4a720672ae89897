"""Segmentations of other programs: PartField's files, and labels as `--parts` takes them."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import trimesh

from handhold.datasets.arrays import is_pickled
from handhold.datasets.outside_parts import (
    PARTS,
    cluster_features,
    find_segmentation,
    outside_parts,
)
from handhold.errors import InputError

FACES = 12


def saved(path: Path, values: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.asarray(values))
    return path


@pytest.mark.parametrize("shape", [(FACES,), (FACES, 1)])
@pytest.mark.parametrize("kind", [np.float64, np.int64, np.int32, np.uint8])
def test_a_label_per_face(tmp_path: Path, shape: tuple[int, ...], kind: type) -> None:
    labels = np.repeat([3, 7, 250], 4).astype(kind)
    found = outside_parts(FACES, saved(tmp_path / "a.npy", labels.reshape(shape)))
    assert found.labels.tolist() == np.repeat([0, 1, 2], 4).tolist()
    assert found.names == ("part_1", "part_2", "part_3")


def test_colours_of_faces_are_labels(tmp_path: Path) -> None:
    box = trimesh.creation.box()
    colours = np.array([[31, 119, 180, 255], [158, 218, 229, 255]], dtype=np.uint8)
    wanted = np.arange(FACES) % 2
    box.visual.face_colors = colours[wanted]
    box.export(tmp_path / "a.ply")
    found = outside_parts(FACES, tmp_path / "a.ply")
    assert found.labels.tolist() == wanted.tolist()
    trimesh.creation.box().export(tmp_path / "plain.ply")
    with pytest.raises(InputError, match="no colours of faces"):
        outside_parts(FACES, tmp_path / "plain.ply")
    with pytest.raises(InputError, match="has 12 faces, but the mesh has 13"):
        outside_parts(13, tmp_path / "a.ply")
    (tmp_path / "cut.ply").write_bytes((tmp_path / "a.ply").read_bytes()[:200])
    level = logging.getLogger("trimesh").level
    with pytest.raises(InputError, match="cut.ply"):
        outside_parts(FACES, tmp_path / "cut.ply")
    assert logging.getLogger("trimesh").level == level


def test_names_are_kept_and_labels_without_a_name_get_one(tmp_path: Path) -> None:
    labels = [0] * 6 + [1] * 6
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"names": ["handle", "head"], "face_labels": labels}))
    assert outside_parts(FACES, file).names == ("handle", "head")
    file.write_text(json.dumps(labels))
    assert outside_parts(FACES, file).names == ("part_1", "part_2")
    np.savez(tmp_path / "a.npz", labels=np.array(labels), names=np.array(["handle", "head"]))
    assert outside_parts(FACES, tmp_path / "a.npz").names == ("handle", "head")
    np.savez(tmp_path / "b.npz", labels=np.array(labels))
    assert outside_parts(FACES, tmp_path / "b.npz").names == ("part_1", "part_2")


def test_clustering_looks_at_directions_only() -> None:
    """Features of five directions and any length fall into exactly those five."""
    rng = np.random.default_rng(1)
    groups = rng.integers(0, PARTS, 300)
    features = np.eye(448)[groups] * rng.uniform(0.01, 100, (300, 1))
    labels = cluster_features(features + rng.normal(scale=1e-6, size=features.shape))
    pairs = set(zip(groups.tolist(), labels.tolist(), strict=True))
    assert len(pairs) == PARTS
    np.testing.assert_array_equal(labels, cluster_features(features))  # and the same every time


def test_fewer_different_faces_than_parts_are_fewer_parts(tmp_path: Path) -> None:
    features = np.repeat(np.eye(448)[:2], 6, axis=0)
    found = outside_parts(FACES, saved(tmp_path / "f.npy", features))
    assert len(found.names) == 2
    assert len(outside_parts(FACES, saved(tmp_path / "z.npy", features * 0)).names) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(11), r"has shape \(11,\), but the mesh has 12 faces"),
        (np.zeros((11, 448)), r"has shape \(11, 448\)"),
        (np.zeros((3, 4)), r"has shape \(3, 4\)"),
        (np.zeros((FACES, 2, 3)), "has shape"),
        (np.zeros((FACES, 0)), r"has shape \(12, 0\)"),
        (np.array(3), "has shape"),
        (np.full(FACES, 0.5), "not whole numbers"),
        (np.full(FACES, np.nan), "not finite"),
        (np.full((FACES, 448), np.inf), "not finite"),
        (np.array(["a"] * FACES), "Expected: numbers"),
    ],
)
def test_what_cannot_be_labels_is_refused(tmp_path: Path, values: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        outside_parts(FACES, saved(tmp_path / "a.npy", values))


def test_pickles_cut_files_and_false_promises_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.npy"
    np.save(file, np.array([{}] * FACES, dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="pickled objects"):
        outside_parts(FACES, file)
    saved(file, np.zeros((FACES, 448)))
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(InputError, match="cut off"):
        outside_parts(FACES, file)
    with file.open("wb") as stream:
        header = {"descr": "<f8", "fortran_order": False, "shape": (FACES, 10**12)}
        np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(InputError, match="cut off"):
        outside_parts(FACES, file)
    saved(file, np.zeros(FACES))
    whole = file.read_bytes()
    for broken in (b"nothing", whole.replace(b"}", b" ", 1), whole.replace(b"'descr'", b"[]     ")):
        file.write_bytes(broken)
        with pytest.raises(InputError, match="cannot be read as NPY"):
            outside_parts(FACES, file)
        assert not is_pickled(file)


def test_too_many_parts_and_unknown_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 65 parts"):
        outside_parts(65, saved(tmp_path / "a.npy", np.arange(65)))
    with pytest.raises(InputError, match="There is no file"):
        outside_parts(FACES, tmp_path / "none.npy")
    (tmp_path / "a.txt").write_text("0")
    with pytest.raises(InputError, match="unknown extension '.txt'"):
        outside_parts(FACES, tmp_path / "a.txt")


def test_the_number_of_clusters_nearest_to_ours_is_taken(tmp_path: Path) -> None:
    features = saved(tmp_path / "part_feat_x_0.npy", np.zeros((1, 448)))
    assert find_segmentation(tmp_path, "x") == features
    for count in (2, 9, 19):
        saved(tmp_path / "cluster_out" / f"x_0_{count:02d}.npy", [0])
    assert find_segmentation(tmp_path, "x").name == "x_0_02.npy"  # 2 is nearer to 5 than 9
    assert find_segmentation(tmp_path, "x", parts=20).name == "x_0_19.npy"
    near = saved(tmp_path / "x_0_06.npy", [0])
    assert find_segmentation(tmp_path, "x") == near
    own = saved(tmp_path / "x.npy", [0])
    assert find_segmentation(tmp_path, "x") == own
    with pytest.raises(InputError, match="no segmentation of 'y'"):
        find_segmentation(tmp_path, "y")
