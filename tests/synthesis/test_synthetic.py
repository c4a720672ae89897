"""Making the synthetic set: one small set from end to end, cut off and gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from handhold.cache import ENVIRONMENT_VARIABLE
from handhold.datasets.store import GraspStore, Where, WorkFolder, check_store
from handhold.errors import InputError
from handhold.evaluate import judge, posed_hands
from handhold.hands import load_hand
from handhold.priors import PriorLibrary, load_library
from handhold.refine import FAST
from handhold.spatial import quaternion_to_matrix
from handhold.synthesis import (
    FAMILIES,
    SEEN,
    UNSEEN,
    GraspingConfig,
    SyntheticConfig,
    grasp_shape,
    learning_set,
    make_shape,
    make_synthetic,
    rebuild,
    write_recorded,
)
from handhold.synthesis.filters import REASONS
from handhold.synthesis.synthetic import chosen, key_of
from handhold.synthesis.texts import SENTENCES
from handhold.train import training_set

QUICK = GraspingConfig(
    grasps=4,
    fewest_seeds=10,
    most_seeds=10,
    sizes=1,
    refinement=replace(FAST, steps_extrinsic=30, steps_all=40),
)
SMALL = SyntheticConfig(
    objects=2, grasps=6, workers=1, families=("knife", "screwdriver"), grasping=QUICK
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread_and_own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraspStore:
    made = make_synthetic(tmp_path_factory.mktemp("made") / "set", SMALL)
    assert made is not None
    return made


def _identical(first: GraspStore, second: GraspStore) -> None:
    assert first.table().equals(second.table())
    assert list(first.objects.values()) == list(second.objects.values())


def test_seen_and_unseen_categories_are_apart() -> None:
    assert set(SEEN) == {
        "bag", "bottle", "dispenser", "earphone", "faucet", "handle-bottle", "jar", "keyboard",
        "knife", "laptop", "mug", "pot", "scissors",
    }  # fmt: skip
    assert len(UNSEEN) >= 14
    assert not set(SEEN) & set(UNSEEN)
    assert set(FAMILIES) == {*SEEN, *UNSEEN}


def test_every_affordance_is_in_two_seen_categories() -> None:
    where: dict[str, set[str]] = {}
    for family in SEEN:
        for seed in range(5):
            for suited in make_shape(family, seed).affordances.values():
                for affordance in suited:
                    where.setdefault(affordance, set()).add(family)
    assert len(where) == 7
    assert min(map(len, where.values())) >= 2


def test_the_full_set_has_twenty_shapes_a_category() -> None:
    jobs = SyntheticConfig().jobs()
    assert len(set(jobs)) == 600
    assert min(Counter(family for family, _ in jobs).values()) >= 20


def test_a_kept_grasp_is_what_was_promised(store: GraspStore) -> None:
    assert 3 <= len(store) <= SMALL.grasps
    hand = load_hand("human")
    lower, upper = hand.spec.joint_lower.numpy(), hand.spec.joint_upper.numpy()
    for record in store.records():
        asset = store.object(record.object)
        assert (record.joints >= lower - 1e-6).all() and (record.joints <= upper + 1e-6).all()
        rotation = quaternion_to_matrix(torch.from_numpy(record.quaternion.copy()))[None]
        hands = posed_hands(hand, record.translation[None], rotation.numpy(), record.joints[None])
        found = judge(asset.mesh, asset.face_parts, asset.part_index(record.part), hands)
        assert found.penetration_depth_cm[0] <= 0.2 + 1e-3
        assert found.part_accuracy[0] == 1.0
        assert record.measure("penetration_depth_cm") == pytest.approx(
            found.penetration_depth_cm[0], abs=2e-3
        )
        if record.affordance not in ("press", "point"):
            assert record.measure("held_share") == 1.0
        assert len(record.instructions) == len(set(record.instructions)) == SENTENCES


def test_the_tally_accounts_for_every_seed() -> None:
    found, tallies = grasp_shape(make_shape("knife", 0), QUICK)
    assert sum(tally.kept for tally in tallies) == len(found.grasps)
    for tally in tallies:
        assert tally.proposed == tally.kept + sum(tally.rejected.values())
        assert set(tally.rejected) <= set(REASONS)


def test_yields_stand_in_the_manifest(store: GraspStore) -> None:
    rows = store.manifest.made["yields"]
    assert {row["category"] for row in rows} == {"knife", "screwdriver"}  # type: ignore[index,attr-defined]
    for row in rows:  # type: ignore[attr-defined]
        assert row["proposed"] == row["kept"] + sum(row["rejected"].values())


def test_the_set_is_sound_and_knows_its_roles(store: GraspStore) -> None:
    assert check_store(store) == []
    assert store.manifest.seen == ("knife",) and store.manifest.unseen == ("screwdriver",)


def test_a_run_in_pieces_gives_the_same_set(store: GraspStore, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    assert make_synthetic(folder, SMALL, only=("knife",)) is None
    assert make_synthetic(folder, SMALL, only=("screwdriver",)) is not None
    _identical(GraspStore(folder), store)


def test_a_killed_run_goes_on_and_loses_and_doubles_nothing(
    store: GraspStore, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    here = str(Path(__file__).parent)
    code = (
        f"import sys; sys.path.insert(0, {here!r}); import torch; torch.set_num_threads(1)\n"
        "from test_synthetic import SMALL, make_synthetic\n"
        f"from pathlib import Path; make_synthetic(Path({str(folder)!r}), SMALL)"
    )
    run = subprocess.Popen([sys.executable, "-c", code], env={**os.environ})
    deadline = time.monotonic() + 240
    while not list(folder.glob("work/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    units = list(folder.glob("work/*.parquet"))
    assert len(units) == 1
    for unit in units:
        pq.read_table(unit)  # whole
    calls: list[str] = []
    make_synthetic(folder, SMALL, on_progress=lambda stage, share, detail="": calls.append(detail))
    assert len(calls) == 1
    _identical(GraspStore(folder), store)


def test_two_processes_make_the_same_set(store: GraspStore, tmp_path: Path) -> None:
    made = make_synthetic(tmp_path / "set", SMALL.with_workers(2))
    assert made is not None
    _identical(made, store)


def test_a_folder_of_other_settings_is_refused(store: GraspStore, tmp_path: Path) -> None:
    other = replace(SMALL, grasping=replace(QUICK, sizes=2))
    assert other.stamp() != SMALL.stamp()
    WorkFolder(tmp_path, SMALL.stamp())
    with pytest.raises(InputError, match="other settings"):
        make_synthetic(tmp_path, other)
    with pytest.raises(InputError, match="finished data set"):
        make_synthetic(store.folder, replace(SMALL, grasps=5))
    with pytest.raises(InputError, match="no category 'sieve'.*kettle"):
        make_synthetic(tmp_path, SMALL, only=("sieve",))


def test_a_finished_set_is_not_made_again(
    store: GraspStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("a shape was made again")

    monkeypatch.setattr("handhold.synthesis.synthetic.make_shape", never)
    before = (store.folder / "dataset.json").stat().st_mtime_ns
    again = make_synthetic(store.folder, SMALL)
    assert again is not None and len(again) == len(store)
    assert (store.folder / "dataset.json").stat().st_mtime_ns == before


def test_the_best_of_each_pair_go_first(store: GraspStore) -> None:
    table = store.table()
    pairs = [(row["object"], row["part"], row["affordance"]) for row in table.to_pylist()]
    names = table["id"].to_pylist()
    ranks = {name: pairs[:row].count(pairs[row]) for row, name in enumerate(names)}
    for limit in range(1, len(pairs) + 1):
        kept = set(chosen(table, limit)["id"].to_pylist())
        inside = [ranks[name] for name in names if name in kept]
        outside = [ranks[name] for name in names if name not in kept]
        assert len(kept) == limit
        assert not outside or max(inside) <= min(outside)


def test_what_is_recorded_is_rebuilt_to_the_bit(store: GraspStore, tmp_path: Path) -> None:
    path = tmp_path / "recorded.parquet"
    assert write_recorded(store, path) < 100_000
    again = rebuild(tmp_path / "set", path=path, workers=1)
    _identical(again, store)
    made = {**again.manifest.made, "stamp": store.manifest.made["stamp"]}
    assert replace(again.manifest, made=made) == store.manifest
    for digest in store.objects:
        assert again.object(digest).content_hash == digest


@pytest.mark.parametrize("text", [b"", b"no parquet", b"PAR1garbagePAR1"])
def test_a_file_that_is_no_recorded_set_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "recorded.parquet"
    path.write_bytes(text)
    with pytest.raises(InputError, match="no recorded set"):
        rebuild(tmp_path / "set", path=path)


def test_a_recorded_set_of_another_version_is_refused(store: GraspStore, tmp_path: Path) -> None:
    path = tmp_path / "recorded.parquet"
    write_recorded(store, path)
    table = pq.read_table(path)
    about = table.schema.metadata[b"handhold-recorded"].replace(
        b'"version": "1"', b'"version": "9"'
    )
    pq.write_table(table.replace_schema_metadata({b"handhold-recorded": about}), path)
    with pytest.raises(InputError, match="handhold-recorded 9"):
        rebuild(tmp_path / "set", path=path)


def test_a_shape_that_comes_out_otherwise_is_an_error(store: GraspStore, tmp_path: Path) -> None:
    path = tmp_path / "recorded.parquet"
    write_recorded(store, path)
    table = pq.read_table(path)
    about = table.schema.metadata[b"handhold-recorded"].replace(b"knife-0000", b"knife-0001")
    pq.write_table(table.replace_schema_metadata({b"handhold-recorded": about}), path)
    with pytest.raises(InputError, match="another version of handhold"):
        rebuild(tmp_path / "set", path=path, workers=1)


def test_learning_takes_seen_categories_only(store: GraspStore) -> None:
    learned = learning_set(store, workers=1)
    assert learned.categories == ("knife",)
    assert len(learned) == len(store.table(("id",), Where(role=("seen",))))
    for part in learned.parts:
        records = part.records
        assert (np.diff(records.part_size, axis=1) <= 0).all()
        assert np.allclose(np.linalg.norm(part.normals, axis=1), 1, atol=1e-5)
        near = np.linalg.norm(part.translation[:, None] - part.points[None], axis=-1).min(1)
        assert (near < 0.15).all()
        assert (records.centre[:, 2] < 0).all()  # what a hand holds is before its palm
        assert ((records.contact >= 0) & (records.contact <= 1)).all()
        assert (records.contact.max(1) > 0.9).all()
        assert (records.part_contact <= records.contact + 1e-3).all()


def test_what_was_worked_out_is_kept(store: GraspStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = learning_set(store, workers=1)

    def never(*arguments: object) -> None:
        raise AssertionError("it was worked out again")

    monkeypatch.setattr("handhold.synthesis.learning._grasped_part", never)
    again = learning_set(store, workers=1)
    for one, other in zip(first.parts, again.parts, strict=True):
        assert np.array_equal(one.records.contact, other.records.contact)


def test_a_library_and_a_training_set_are_built_from_it(store: GraspStore) -> None:
    learned, hand = learning_set(store, workers=1), load_hand("human")
    library = PriorLibrary.build(
        learned.records(),
        "human",
        f"{learned.name}: {learned}",
        categories=learned.categories,
    )
    assert library.categories == ("knife",)
    assert sum(prior.members for prior in library.priors) == len(learned)
    examples = training_set(learned, library, hand)
    assert len(examples) == len(learned) and examples.categories == ("knife",)
    assert examples.hand_vertices.shape == (len(library.priors), 225, 3)
    with pytest.raises(InputError, match="built from other grasps"):
        training_set(learned, load_library(), hand)
    middle = (examples.part_points.min(1) + examples.part_points.max(1)) / 2
    assert np.abs(middle).max() < 1e-9  # everything is relative to the middle of the part's box


def test_nothing_to_learn_from_is_said(store: GraspStore) -> None:
    with pytest.raises(InputError, match="no grasps to learn from"):
        learning_set(store, Where(category=("sieve",)))


def test_keys_sort_and_name_the_shape() -> None:
    assert key_of(("mug", 3)) == "mug-0003"
