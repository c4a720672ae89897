"""What ships: the recorded set, and networks that learned from nothing unseen."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from handhold.datasets.store import GraspStore, Where, check_store
from handhold.grasps import AFFORDANCES
from handhold.grounding.segmenter_file import shipped_segmenter
from handhold.hands import load_hand
from handhold.language.head_file import load_head
from handhold.priors import load_library
from handhold.synthesis import (
    FAMILIES,
    SEEN,
    UNSEEN,
    make_shape,
    read_recorded,
    rebuild,
    recorded_path,
)
from handhold.synthesis.recorded import Recorded
from handhold.synthesis.texts import SENTENCES
from handhold.train import read_network_info, shipped_network_path

MAX_BYTES = 5_000_000
FEWEST_GRASPS = 6_000


@cache
def recorded() -> Recorded:
    return read_recorded()


def _category(name: str) -> str:
    return name.rsplit("-", 1)[0]


def test_the_recorded_set_is_small_and_large_enough() -> None:
    assert recorded_path().stat().st_size < MAX_BYTES
    assert len(recorded().grasps) >= FEWEST_GRASPS
    shapes = Counter(_category(shape["name"]) for shape in recorded().shapes)
    assert set(shapes) == set(FAMILIES)
    assert min(shapes.values()) >= 20


def test_every_affordance_is_in_two_seen_categories_and_in_an_unseen_one() -> None:
    where: dict[str, set[str]] = {}
    grasps = recorded().grasps
    for name, affordance in zip(
        grasps["id"].to_pylist(), grasps["affordance"].to_pylist(), strict=True
    ):
        where.setdefault(affordance, set()).add(_category(name))
    assert set(where) == set(AFFORDANCES)
    for affordance, categories in where.items():
        assert len(categories & set(SEEN)) >= 2, affordance
        assert categories & set(UNSEEN), affordance


def test_every_recorded_grasp_keeps_the_promises() -> None:
    grasps = recorded().grasps
    ids = grasps["id"].to_pylist()
    assert len(set(ids)) == len(ids)
    spec = load_hand("human").spec
    assert recorded().joints == spec.joint_names
    joints = np.array(grasps["joints"].to_pylist())
    assert (joints >= spec.joint_lower.numpy() - 1e-5).all()
    assert (joints <= spec.joint_upper.numpy() + 1e-5).all()
    lengths = np.linalg.norm(np.array(grasps["quaternion"].to_pylist()), axis=1)
    assert np.abs(lengths - 1).max() < 1e-5
    assert np.array(grasps["penetration_depth_cm"].to_pylist()).max() <= 0.2
    for affordance, held in zip(
        grasps["affordance"].to_pylist(), grasps["held_share"].to_pylist(), strict=True
    ):
        assert held == (None if affordance in ("press", "point") else 1.0)
    assert {len(set(texts)) for texts in grasps["instructions"].to_pylist()} == {SENTENCES}


def test_each_use_has_twelve_sentences_in_the_set() -> None:
    found: dict[tuple[str, ...], set[str]] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    columns = ("id", "affordance", "part", "instructions")
    for row in recorded().grasps.select(columns).to_pylist():
        use = (_category(row["id"]), row["affordance"], row["part"])
        found.setdefault(use, set()).update(row["instructions"])
        counts[use] += 1
    for use, texts in found.items():
        assert len(texts) >= 12 or counts[use] < 8, use


def test_all_that_ships_learned_from_no_unseen_category() -> None:
    library = load_library()
    network = read_network_info(shipped_network_path())
    for each in (library, network, shipped_segmenter()):
        assert set(each.categories) == set(SEEN)
    learned = set(load_head().categories)  # of everyday things, too
    assert set(SEEN) <= learned
    assert not learned & set(UNSEEN)
    clusters = {prior.cluster for prior in library.priors if prior.members > 1}
    assert clusters <= set(network.cluster_ids)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_shape_is_what_was_recorded(family: str) -> None:
    shape = next(s for s in recorded().shapes if _category(s["name"]) == family)
    sample = make_shape(family, int(shape["name"].rsplit("-", 1)[1]))
    assert np.allclose(sample.mesh.extents, shape["extents"], atol=1e-4)
    parts = {
        part
        for name, part in zip(
            recorded().grasps["id"].to_pylist(), recorded().grasps["part"].to_pylist(), strict=True
        )
        if name.startswith(f"{shape['name']}#")
    }
    assert parts <= set(sample.part_names)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_set_is_rebuilt_and_sound(tmp_path: Path) -> None:
    store = rebuild(tmp_path / "set", workers=2)
    assert len(store) == len(recorded().grasps)
    assert check_store(store) == []
    assert set(store.manifest.seen) == set(SEEN)
    unseen = store.table(("category",), Where(role=("unseen",)))["category"].to_pylist()
    assert set(unseen) <= set(UNSEEN)
    assert len(GraspStore(store.folder)) == len(store)
