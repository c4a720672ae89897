"""Making the starter set, and learning from it: one small shape from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from handhold.cache import ENVIRONMENT_VARIABLE
from handhold.grasps import AFFORDANCES
from handhold.hands import load_hand
from handhold.priors import GraspRecords, PriorLibrary
from handhold.refine import FAST
from handhold.synthesis import FAMILIES, StarterConfig, StarterSet, make_starter_set
from handhold.train import training_set

# The categories of GDG's seen objects (AffordPose); a test of generalisation may use no other.
SEEN = {
    "bag", "bottle", "dispenser", "earphone", "faucet", "handle-bottle", "jar", "keyboard",
    "knife", "laptop", "mug", "pot", "scissors",
}  # fmt: skip
SMALL = StarterConfig(
    shapes=1,
    seeds=4,
    kept=3,
    sizes=1,
    workers=1,
    families=("knife",),
    refinement=replace(FAST, steps_extrinsic=5, steps_all=10),
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread_and_no_cache() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, "off")
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("starter")


@pytest.fixture(scope="module")
def made(folder: Path) -> StarterSet:
    return make_starter_set(folder, seed=1, config=SMALL)


@pytest.fixture(scope="module")
def library(made: StarterSet) -> PriorLibrary:
    return PriorLibrary.build(made.records(), "human", str(made))


def test_the_families_are_the_seen_categories() -> None:
    assert set(FAMILIES) == SEEN
    assert StarterConfig().families == FAMILIES


def test_a_shape_gives_grasps_of_its_parts(made: StarterSet) -> None:
    assert 1 <= len(made) <= SMALL.kept
    (part,) = made.parts
    assert part.shape.startswith("knife-")
    records = part.records
    assert set(records.affordance) <= set(AFFORDANCES)
    assert (np.diff(records.part_size, axis=1) <= 0).all()
    assert np.allclose(part.rotation @ part.rotation.transpose(0, 2, 1), np.eye(3), atol=1e-5)
    assert np.allclose(np.linalg.norm(part.normals, axis=1), 1, atol=1e-5)
    # Hands lie at the part, and what they hold is before the palm.
    near = np.linalg.norm(part.translation[:, None] - part.points[None], axis=-1).min(1)
    assert (near < 0.1).all()
    assert (records.centre[:, 2] < 0).all()
    assert ((records.contact >= 0) & (records.contact <= 1)).all()
    assert (records.contact.max(1) > 0.9).all()


def test_a_second_call_makes_nothing_again(
    made: StarterSet, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    def not_again(*arguments: object) -> None:
        raise AssertionError("a finished shape was made again")

    monkeypatch.setattr("handhold.synthesis.starter.make_shape", not_again)
    again = make_starter_set(folder, seed=1, config=SMALL)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert len(again) == len(made)


def test_the_same_seed_makes_the_same_set(made: StarterSet, tmp_path: Path) -> None:
    other = make_starter_set(tmp_path, seed=1, config=SMALL)
    assert len(other) == len(made)
    for a, b in zip(made.parts, other.parts, strict=True):
        for name in ("points", "normals", "rest", "translation", "rotation"):
            assert np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for f in fields(GraspRecords):
            assert np.array_equal(getattr(a.records, f.name), getattr(b.records, f.name))


def test_a_library_is_built_from_it(made: StarterSet, library: PriorLibrary) -> None:
    assert {prior.affordance for prior in library.priors} == set(made.records().affordance)
    assert sum(prior.members for prior in library.priors) == len(made)
    joints = made.records().joints
    for prior in library.priors:
        nearest = np.abs(joints - prior.joints.double().numpy()).max(1).min()
        assert nearest < 1e-6  # Theta-hat is a member's


def test_a_training_set_is_built_from_it(made: StarterSet, library: PriorLibrary) -> None:
    hand = load_hand("human")
    examples = training_set(made, library, hand)
    assert len(examples) == len(made)
    assert examples.hand == "human"
    assert examples.cluster_ids == tuple(prior.cluster for prior in library.priors)
    assert examples.part_points.shape[0] == len(made.parts)
    assert examples.hand_vertices.shape == (len(library.priors), 225, 3)
    assert np.allclose(np.linalg.norm(examples.hand_normals, axis=-1), 1, atol=1e-5)
    # Everything is relative to the middle of the part's box.
    middle = (examples.part_points.min(1) + examples.part_points.max(1)) / 2
    assert np.abs(middle).max() < 1e-9
    (part,) = made.parts
    shift = (part.points.min(0) + part.points.max(0)) / 2
    assert np.allclose(examples.translation + shift, part.translation)
    assert examples.data_version == training_set(made, library, hand).data_version
