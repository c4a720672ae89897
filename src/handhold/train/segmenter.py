"""Training the part segmenter: seeded, resumable, with a time budget."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from handhold.cache import content_hash
from handhold.errors import InputError
from handhold.grounding.segmenter_file import Segmenter, save_segmenter
from handhold.models.part_segmenter import PartSegmenter, SegmenterConfig, neighbourhoods
from handhold.synthesis import SEEN
from handhold.train.segmenter_batches import SegmenterBatch, draw_batch
from handhold.train.segmenter_cache import PreparedShapes
from handhold.train.segmenter_queries import QueryMix, Vocabulary, vocabulary
from handhold.weights_file import read_weights, write_weights

WEIGHTS_FILE, STATE_FILE = "part_segmenter.safetensors", "training-state.safetensors"
STATE_FORMAT, STATE_VERSION = "handhold-segmenter-training", 1
_SOME = 400  # shapes that the features' mean and spread are measured on
_FIRST = 50  # shapes that tell sets apart: a set may have grown when a run goes on

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SegmenterTraining:
    """How to train; all ours.

    steps of `batch` shapes with `points` points. rate: the highest learning rate, reached after
    `warm_up` steps, then falling along a cosine. averaging: of the weights that are kept.
    half: multiply in bfloat16, where the processor can.
    """

    steps: int = 3500
    batch: int = 12
    points: int = 1024
    rate: float = 2e-3
    decay: float = 0.02
    warm_up: int = 100
    averaging: float = 0.997
    dice: float = 0.5
    half: bool = True
    save_every: int = 100


@dataclass(frozen=True)
class SegmenterProgress:
    """One report: the mean loss since the last one."""

    step: int
    steps: int
    loss: float
    seconds: float


@dataclass(frozen=True, eq=False)
class SegmenterResult:
    """The averaged network as a segmenter, its file, and whether all steps were made."""

    segmenter: Segmenter
    path: Path
    finished: bool


def train_segmenter(
    shapes: PreparedShapes,
    encode: Callable[[Sequence[str]], Tensor],
    out_dir: Path | str,
    *,
    sizes: SegmenterConfig,
    config: SegmenterTraining | None = None,
    mix: QueryMix | None = None,
    seed: int = 0,
    resume: bool = True,
    time_limit_s: float | None = None,
    on_progress: Callable[[SegmenterProgress], None] | None = None,
) -> SegmenterResult:
    """Train on prepared shapes and write `part_segmenter.safetensors` into `out_dir`.

    encode: names to unit vectors (M, T). The state goes to `training-state.safetensors`; with
    `resume` a run goes on from there, as if it had never stopped if the shapes are the same; there
    may be more of them by then. time_limit_s: seconds for this
    call. InputError where the state to resume belongs to other settings or shapes.
    """
    run = _Run(shapes, encode, sizes, config or SegmenterTraining(), mix or QueryMix(), seed)
    out = Path(out_dir)
    if resume and (out / STATE_FILE).exists():
        run.restore(out / STATE_FILE)
    began = reported = time.monotonic()
    losses: list[float] = []
    while run.step < run.config.steps:
        losses.append(run.advance())
        now = time.monotonic()
        is_last = time_limit_s is not None and now - began > time_limit_s
        if run.step % run.config.save_every == 0 or run.step == run.config.steps or is_last:
            run.save(out / STATE_FILE)
            if on_progress is not None:
                mean = float(np.mean(losses))
                on_progress(SegmenterProgress(run.step, run.config.steps, mean, now - reported))
            losses, reported = [], now
        if is_last:
            break
    path = out / WEIGHTS_FILE
    segmenter = run.segmenter()
    save_segmenter(path, segmenter)
    return SegmenterResult(segmenter, path, run.step >= run.config.steps)


def segmenter_loss(logits: Tensor, batch: SegmenterBatch, dice_weight: float) -> Tensor:
    """Cross-entropy per point and query, and soft dice per query that means something here.

    logits (B, N, Q). The dice term (Milletari et al. 2016, V-Net) keeps small parts from
    counting for nothing.
    """
    counted = batch.counted[..., None].to(logits.dtype)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, batch.wanted, reduction="none"
    )
    entropy = (entropy * counted).sum() / (counted.sum() * logits.shape[-1])
    chance = logits.sigmoid() * counted
    wanted = batch.wanted * counted
    overlap = (chance * wanted).sum(1)
    dice = 1 - (2 * overlap + 1) / (chance.sum(1) + wanted.sum(1) + 1)
    asked = (wanted.sum(1) > 0).to(logits.dtype)
    return entropy + dice_weight * (dice * asked).sum() / asked.sum().clamp(min=1)


class _Run:
    """The network on its way, and everything that its next step depends on."""

    def __init__(
        self,
        shapes: PreparedShapes,
        encode: Callable[[Sequence[str]], Tensor],
        sizes: SegmenterConfig,
        config: SegmenterTraining,
        mix: QueryMix,
        seed: int,
    ) -> None:
        self.shapes, self.config, self.mix, self.seed, self.step = shapes, config, mix, seed, 0
        self.words: Vocabulary = vocabulary()
        self.vectors = encode(self.words.names).float().cpu().clone()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = PartSegmenter(sizes)
            self.average = PartSegmenter(sizes)
        self._normalise()
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), config.rate, weight_decay=config.decay
        )
        self.settings = {
            "sizes": sizes.to_dict(),
            "config": asdict(config),
            "mix": asdict(mix),
            "seed": seed,
            "shapes": content_hash(shapes.labels[:_FIRST]),
        }

    def _normalise(self) -> None:
        some = torch.from_numpy(self.shapes.features[:_SOME].astype(np.float32)).flatten(0, 1)
        self.network.feature_mean.copy_(some.mean(0))
        self.network.feature_spread.copy_(some.std(0).clamp(min=0.05))

    def advance(self) -> float:
        """One step; its loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        batch = self._batch()
        self.network.train()
        groups = neighbourhoods(batch.features[..., :3], self.network.config)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.half):
            logits = self.network(batch.features, groups, batch.text, batch.affordances)
        loss = segmenter_loss(logits.float(), batch, self.config.dice)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        self._follow()
        return float(loss.detach())

    def _batch(self) -> SegmenterBatch:
        """The batch of this step: shapes in a new order every epoch."""
        rng = np.random.default_rng([self.seed, self.step])
        at = np.arange(self.step * self.config.batch, (self.step + 1) * self.config.batch)
        rows = [self._order(int(k) // len(self.shapes))[int(k) % len(self.shapes)] for k in at]
        return draw_batch(
            self.shapes,
            np.array(rows),
            self.config.points,
            self.words,
            self.vectors,
            rng,
            self.mix,
        )

    def _order(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self.seed, epoch, 1]).permutation(len(self.shapes))

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / max(self.config.warm_up, 1))
        done = self.step / self.config.steps
        return self.config.rate * warm * (0.5 + 0.5 * float(np.cos(np.pi * done)))

    @torch.no_grad()
    def _follow(self) -> None:
        share = min(self.config.averaging, (1 + self.step) / (10 + self.step))
        for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
            kept.lerp_(new, 1 - share)

    def segmenter(self) -> Segmenter:
        """The averaged network with the vocabulary's vectors."""
        return Segmenter(
            self.average.eval(), self.words.names, self.vectors, SEEN, self.words.taught
        )

    def save(self, path: Path) -> None:
        """Everything that the next step depends on."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for index, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{k}": v for k, v in moments.items()}
        header = {
            "format": STATE_FORMAT,
            "version": STATE_VERSION,
            "step": self.step,
            "settings": self.settings,
        }
        write_weights(path, tensors, header)

    def restore(self, path: Path) -> None:
        """The inverse of :meth:`save`; InputError for another run's state."""
        tensors, header = read_weights(path, "a training state", "Remove it.")
        if (header.get("format"), header.get("version")) != (STATE_FORMAT, STATE_VERSION):
            raise InputError(f"{path} is no state of this training.", "Remove it.")
        if _plain(header["settings"]) != _plain(self.settings):
            raise InputError(
                f"{path} belongs to a run with other settings or shapes.",
                "Use another --out, or --no-resume.",
            )
        self.network.load_state_dict(_under(tensors, "network."))
        self.average.load_state_dict(_under(tensors, "average."))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under(tensors, "optimiser.").items():
            index, key = name.split(".")
            state.setdefault(int(index), {})[key] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.step = int(header["step"])


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _plain(settings: dict[str, Any]) -> Any:
    return json.loads(json.dumps(settings))
