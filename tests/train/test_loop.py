"""The loop: it learns, it repeats itself, and stopping it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_cylinders import toy_set

from handhold.errors import InputError
from handhold.models import PartAwareCVAE, cvae_preset
from handhold.train import (
    BatchSource,
    EpochRecord,
    LossWeights,
    TrainConfig,
    TrainResult,
    cvae_losses,
    load_network,
    total_loss,
    train_cvae,
)

DATA = toy_set(6, 4, 0, n_points=48, vertices=24)
CONFIG = TrainConfig(batch=8, cloud_variants=2, penetration_points=16)


class _StoppedError(Exception):
    pass


def _train(folder: Path, epochs: int = 4, **options: object) -> TrainResult:
    return train_cvae(DATA, "tiny", folder, epochs=epochs, config=CONFIG, **options)  # type: ignore[arg-type]


def _same(first: TrainResult, second: TrainResult) -> bool:
    weights = first.network.state_dict(), second.network.state_dict()
    return all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_one_batch_can_be_learnt_by_heart() -> None:
    generator = torch.Generator().manual_seed(0)
    config = cvae_preset("tiny", 2)
    source = BatchSource(DATA, config, cloud_variants=1, tilt_degrees=5.0, generator=generator)
    torch.manual_seed(0)
    network = PartAwareCVAE(config, source.measure_normalisation(generator), DATA.cluster_ids)
    batch = source.draw(torch.arange(8), generator)
    train = TrainConfig(weights=LossWeights(kld=0.0, penetration=0.0))
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    noise = torch.zeros(8, config.latent)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 500)
    for _ in range(500):
        result = network(batch.condition, batch.translation, batch.rotation, noise)
        terms = cvae_losses(result, batch, train)
        optimiser.zero_grad()
        total_loss(terms, train).backward()
        optimiser.step()
        schedule.step()
    assert float(terms.vertices.detach()) < 0.004
    assert float(terms.translation.detach()) < 0.004


def test_the_loss_falls_and_the_checkpoint_is_the_network(tmp_path: Path) -> None:
    records: list[EpochRecord] = []
    result = train_cvae(
        DATA,
        "tiny",
        tmp_path,
        epochs=40,
        config=replace(CONFIG, learning_rate=5e-3),
        on_progress=records.append,
        validation_set=DATA,
    )
    assert result.finished and list(result.history) == records
    assert [record.epoch for record in records] == list(range(1, 41))
    assert records[-1].loss < 0.8 * records[0].loss
    assert records[-1].validation["vertices"] < records[0].validation["vertices"]
    assert records[0].learning_rate > records[-1].learning_rate > 0
    loaded = load_network(result.path, hand="toy").state_dict()
    for name, value in result.network.state_dict().items():
        assert torch.equal(loaded[name], value)


def test_the_same_seed_gives_the_same_weights_and_another_others(tmp_path: Path) -> None:
    first = _train(tmp_path / "a", epochs=2)
    torch.rand(5)
    assert _same(first, _train(tmp_path / "b", epochs=2))
    assert not _same(first, _train(tmp_path / "c", epochs=2, seed=1))


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole = _train(tmp_path / "whole")

    def stop_after_two(record: EpochRecord) -> None:
        if record.epoch == 2:
            raise _StoppedError

    with pytest.raises(_StoppedError):
        _train(tmp_path / "parts", on_progress=stop_after_two)
    resumed = _train(tmp_path / "parts", resume=True)
    assert _same(whole, resumed)
    strip = [(r.epoch, r.loss, r.terms) for r in whole.history]
    assert strip == [(r.epoch, r.loss, r.terms) for r in resumed.history]


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    first = _train(tmp_path, epochs=2)
    assert _same(first, _train(tmp_path, epochs=2, resume=True))


def test_when_time_is_up_the_run_stops_and_can_go_on(tmp_path: Path) -> None:
    stopped = _train(tmp_path / "a", time_limit_s=0.0)
    assert len(stopped.history) == 1 and not stopped.finished and stopped.path.exists()
    finished = _train(tmp_path / "a", resume=True)
    assert finished.finished and _same(finished, _train(tmp_path / "b"))


def test_a_state_of_other_settings_is_not_resumed(tmp_path: Path) -> None:
    _train(tmp_path, epochs=1)
    with pytest.raises(InputError, match="other settings: epochs, seed"):
        _train(tmp_path, epochs=2, resume=True, seed=3)
    other = toy_set(6, 4, 1, n_points=48, vertices=24)
    with pytest.raises(InputError, match="data"):
        train_cvae(other, "tiny", tmp_path, epochs=1, config=CONFIG, resume=True)


def test_training_leaves_the_global_random_numbers_alone(tmp_path: Path) -> None:
    torch.manual_seed(3)
    _train(tmp_path, epochs=1)
    drawn = torch.rand(2)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(2))
