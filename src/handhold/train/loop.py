"""Training the part-aware CVAE: seeded, resumable, with a time budget."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from handhold.models import PartAwareCVAE, cvae_preset
from handhold.train.batches import BatchSource
from handhold.train.checkpoint import NetworkInfo, save_network
from handhold.train.config import TrainConfig
from handhold.train.losses import LossTerms, cvae_losses, total_loss
from handhold.train.run import EpochRecord, RunState, cosine_rate, load_run, make_optimiser
from handhold.train.training_set import TrainingSet

NETWORK_FILE = "network.safetensors"
STATE_FILE = "training-state.safetensors"

_log = logging.getLogger(__name__)
# Streams of random numbers: the same seed must not give two of them the same numbers.
_CLOUDS, _WEIGHTS, _NORMALISATION, _VALIDATION, _EPOCHS = range(5)


@dataclass(frozen=True, eq=False)
class TrainResult:
    """network: in evaluation mode. path: of its checkpoint. finished: False when time ran out."""

    network: PartAwareCVAE
    path: Path
    history: tuple[EpochRecord, ...]
    finished: bool


def train_cvae(
    training_set: TrainingSet,
    preset: str,
    out_dir: Path | str,
    *,
    epochs: int = 400,
    seed: int = 0,
    resume: bool = False,
    time_limit_s: float | None = None,
    on_progress: Callable[[EpochRecord], None] | None = None,
    validation_set: TrainingSet | None = None,
    config: TrainConfig | None = None,
    device: torch.device | str = "cpu",
) -> TrainResult:
    """Train a network of a preset's size and write ``network.safetensors`` into ``out_dir``.

    After every epoch the whole state goes to ``training-state.safetensors``; with ``resume`` a run
    goes on from there, and ends with the same weights as one that was never stopped (bit for bit
    on a CPU with the same number of threads). Without a state to resume it starts afresh.
    time_limit_s: seconds for this call; the run stops after the last epoch that fits (at least
    one), unfinished, and can be resumed. epochs: GDG has 400. InputError when the preset is
    unknown, or when the state to resume belongs to other settings or data.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    started = time.monotonic()
    run = _Run(training_set, validation_set, preset, config or TrainConfig(), epochs, seed, device)
    out = Path(out_dir)
    state = run.resumed(out / STATE_FILE) if resume and (out / STATE_FILE).exists() else run.fresh()
    first, began = len(state.history), time.monotonic()
    for epoch in range(first, epochs):
        if time_limit_s is not None and epoch > first:
            now = time.monotonic()
            if now - started + (now - began) / (epoch - first) > time_limit_s:
                _log.info("time is up after %d of %d epochs", epoch, epochs)
                break
        record = run.epoch(state, epoch)
        state = replace(state, history=(*state.history, record))
        state.save(out / STATE_FILE)
        if on_progress is not None:
            on_progress(record)
    network = state.network.eval()
    path = out / NETWORK_FILE
    save_network(
        path, network, training_set.hand, training_set.data_version, training_set.categories
    )
    return TrainResult(network, path, state.history, len(state.history) == epochs)


class _Run:
    """What stays the same over all epochs."""

    def __init__(
        self,
        training_set: TrainingSet,
        validation_set: TrainingSet | None,
        preset: str,
        config: TrainConfig,
        epochs: int,
        seed: int,
        device: torch.device | str,
    ) -> None:
        self.set, self.config, self.epochs, self.seed = training_set, config, epochs, seed
        self.device = device
        self.sizes = cvae_preset(preset, len(training_set.cluster_ids))
        self.source = self._source(training_set)
        self.validation = None if validation_set is None else self._source(validation_set)
        self.settings = {
            "sizes": self.sizes.to_dict(),
            "config": config.to_dict(),
            "data": training_set.fingerprint(),
            "seed": seed,
            "epochs": epochs,
        }

    def _source(self, data: TrainingSet) -> BatchSource:
        return BatchSource(
            data,
            self.sizes,
            cloud_variants=self.config.cloud_variants,
            tilt_degrees=self.config.tilt_degrees,
            generator=self._generator(_CLOUDS),
            device=self.device,
        )

    def _generator(self, stream: int) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed * 1_000_003 + stream)

    def fresh(self) -> RunState:
        """A new network, its weights drawn by the seed."""
        info = NetworkInfo(
            config=self.sizes,
            normalisation=self.source.measure_normalisation(self._generator(_NORMALISATION)),
            hand=self.set.hand,
            cluster_ids=tuple(self.set.cluster_ids),
            data_version=self.set.data_version,
            categories=tuple(self.set.categories),
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._generator(_WEIGHTS).initial_seed())
            network = info.build().to(self.device)
        optimiser = make_optimiser(network, self.config.learning_rate)
        return RunState(network, optimiser, info, self.settings, ())

    def resumed(self, path: Path) -> RunState:
        """The state of an earlier call."""
        return load_run(path, self.settings, self.config.learning_rate, self.device)

    def epoch(self, state: RunState, epoch: int) -> EpochRecord:
        """One pass over the set; changes the state's network and optimiser."""
        began = time.monotonic()
        generator = self._generator(_EPOCHS + epoch)
        batches = self.source.epoch(self.config.batch, generator)
        state.network.train()
        means, loss_mean, rate = _Means(), 0.0, 0.0
        for step, grasps in enumerate(batches):
            done = epoch + step / len(batches)
            rate = cosine_rate(self.config.learning_rate, done / self.epochs)
            for group in state.optimiser.param_groups:
                group["lr"] = rate
            state.optimiser.zero_grad(set_to_none=True)
            terms = self._terms(state.network, self.source, grasps, generator)
            loss = total_loss(terms, self.config, self._kld_share(done))
            loss.backward()
            state.optimiser.step()
            means.add(terms, len(grasps))
            loss_mean += float(loss.detach()) * len(grasps) / len(self.source)
        return EpochRecord(
            epoch=epoch + 1,
            epochs=self.epochs,
            loss=loss_mean,
            terms=means.values(),
            validation=self._validate(state.network),
            learning_rate=rate,
            seconds=time.monotonic() - began,
        )

    def _kld_share(self, done: float) -> float:
        warm_up = self.config.kld_warm_up * self.epochs
        return 1.0 if warm_up <= 0 else min(1.0, done / warm_up)

    def _terms(
        self,
        network: PartAwareCVAE,
        source: BatchSource,
        grasps: torch.Tensor,
        generator: torch.Generator,
    ) -> LossTerms:
        batch = source.draw(grasps, generator)
        noise = torch.randn(len(batch), self.sizes.latent, generator=generator).to(self.device)
        reconstruction = network(batch.condition, batch.translation, batch.rotation, noise)
        return cvae_losses(reconstruction, batch, self.config)

    @torch.no_grad()
    def _validate(self, network: PartAwareCVAE) -> dict[str, float]:
        if self.validation is None:
            return {}
        network.eval()
        generator = self._generator(_VALIDATION)
        means = _Means()
        for grasps in self.validation.epoch(self.config.batch, generator):
            means.add(self._terms(network, self.validation, grasps, generator), len(grasps))
        return means.values()


class _Means:
    """Running means of loss terms, weighted by batch size."""

    def __init__(self) -> None:
        self._sums = dict.fromkeys((field.name for field in fields(LossTerms)), 0.0)
        self._count = 0

    def add(self, terms: LossTerms, count: int) -> None:
        for name in self._sums:
            self._sums[name] += float(getattr(terms, name).detach()) * count
        self._count += count

    def values(self) -> dict[str, float]:
        return {name: total / self._count for name, total in self._sums.items()}
