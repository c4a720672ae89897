"""Fitting the instruction head and its adapters to lessons: seeded, resumable after every pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from handhold.errors import InputError
from handhold.language import Lexicon
from handhold.language.encoder import TextEncoder
from handhold.models.instruction_head import HeadConfig, HeadOutput, InstructionHead
from handhold.models.sentence_encoder import AdapterConfig, Adapters, SentenceEncoder
from handhold.train.instruction_augment import harder
from handhold.train.instruction_examples import InstructionExample
from handhold.train.instruction_rows import (
    LabelledBatch,
    LabelledRow,
    labelled_batch,
    labelled_rows,
)
from handhold.train.run import cosine_rate
from handhold.weights_file import read_weights, write_weights

STATE_FORMAT, STATE_VERSION = "handhold-instruction-training", 1
_BATCH, _WEIGHT_DECAY = 16, 0.02  # ours
_LEARNING_RATE, _WARM_UP = 1e-3, 0.05  # and the share of the training in which it rises; ours
# Of each source's sentences in an epoch, ours; most of them are made harder, each time anew.
_SHARES = {"grammar": 0.2, "general": 0.2, "handwritten": 1.0}
_AS_WRITTEN = 0.4
_POOL = 32  # batches whose sentences are sorted by length together
_AFFORDANCE, _PART, _AVOID = 0.3, 0.3, 0.5  # weights of the marginals and of the parts to avoid
_SMOOTHING = 0.05
_LEAST_LOG = -1e4

Progress = Callable[[str, float, str], None]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Lessons:
    """Examples to learn from, in other versions every epoch."""

    examples: Sequence[InstructionExample]
    encoder: TextEncoder
    lexicon: Lexicon
    seed: int

    def batches(self, epoch: int) -> list[list[LabelledRow]]:
        """Rows of like length together, in random order."""
        rng = Random(f"lessons/{self.seed}/{epoch}")
        chosen = [e for e in self.examples if rng.random() < _SHARES[e.source]]
        rng.shuffle(chosen)
        versions = [self._version(example, rng) for example in chosen or self.examples]
        rows = labelled_rows(versions, self.encoder, self.lexicon)
        found = []
        for start in range(0, len(rows), _POOL * _BATCH):
            pool = rows[start : start + _POOL * _BATCH]
            pool.sort(key=lambda row: len(row.given.asked.tokens))
            found += [pool[at : at + _BATCH] for at in range(0, len(pool), _BATCH)]
        rng.shuffle(found)
        return found

    def _version(self, example: InstructionExample, rng: Random) -> InstructionExample:
        if example.source == "handwritten" and rng.random() < _AS_WRITTEN:
            return replace(example, parts=tuple(rng.sample(example.parts, len(example.parts))))
        return harder(example, self.lexicon, rng)


def fit_head(
    lessons: Lessons,
    config: HeadConfig,
    sizes: AdapterConfig,
    epochs: int,
    tell: Progress,
    state: Path | None = None,
) -> tuple[InstructionHead, Adapters]:
    """A head trained on the lessons, and the encoder's adapters; in evaluation mode.

    state: a file that everything is written to after every epoch; where it is there already, the
    training goes on from it, to the same end as if it had never stopped if lessons and epochs are
    the same; there may be more of both by then. Raises InputError where it belongs to another seed
    or other sizes.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lessons.seed)
        network, adapters = InstructionHead(config).train(), Adapters(sizes).train()
        both = nn.ModuleDict({"head": network, "adapters": adapters})
        optimiser = torch.optim.AdamW(
            both.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY
        )
        settings = {
            "head": config.to_dict(),
            "adapters": sizes.to_dict(),
            "seed": lessons.seed,
        }
        begun = 0
        if state is not None and state.exists():
            begun = _restore(state, settings, both, optimiser)
            _LOG.info("%s: %d of %d epochs are done", state, begun, epochs)
        for epoch in range(begun, epochs):
            torch.manual_seed(lessons.seed + 1000 * (epoch + 1))
            loss = _epoch(lessons, epoch, epochs, network, adapters, optimiser)
            if state is not None:
                _save(state, settings, epoch + 1, both, optimiser)
            tell("train", (epoch + 1) / epochs, f"epoch {epoch + 1} of {epochs}, loss {loss:.3f}")
    return network.eval().requires_grad_(False), adapters.eval().requires_grad_(False)


def _epoch(
    lessons: Lessons,
    epoch: int,
    epochs: int,
    network: InstructionHead,
    adapters: Adapters,
    optimiser: torch.optim.Optimizer,
) -> float:
    """One pass over the lessons; its mean loss."""
    weights = [*network.parameters(), *adapters.parameters()]
    total, batches = 0.0, lessons.batches(epoch)
    for number, rows in enumerate(batches):
        done = (epoch + number / len(batches)) / epochs
        rate = cosine_rate(_LEARNING_RATE, done) * min(1.0, (done + 1e-3) / _WARM_UP)
        optimiser.param_groups[0]["lr"] = rate
        loss = _lesson_loss(network, lessons.encoder.network, adapters, rows)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        total += float(loss.detach())
    return total / len(batches)


def _save(
    path: Path,
    settings: Mapping[str, Any],
    epoch: int,
    both: nn.ModuleDict,
    optimiser: torch.optim.Optimizer,
) -> None:
    tensors = {f"weights.{name}": value for name, value in both.state_dict().items()}
    for index, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": value for name, value in moments.items()}
    header = {
        "format": STATE_FORMAT,
        "version": STATE_VERSION,
        "epoch": epoch,
        "settings": dict(settings),
    }
    write_weights(path, tensors, header)


def _restore(
    path: Path,
    settings: Mapping[str, Any],
    both: nn.ModuleDict,
    optimiser: torch.optim.Optimizer,
) -> int:
    """The number of epochs that are done."""
    tensors, header = read_weights(path, "a training state", "Remove it.")
    if (header.get("format"), header.get("version")) != (STATE_FORMAT, STATE_VERSION):
        raise InputError(f"{path} is no state of this training.", "Remove it.")
    saved = header.get("settings", {})
    if any(saved.get(name) != value for name, value in settings.items()):
        raise InputError(
            f"{path} belongs to a run with another seed or other sizes.",
            "Use another --out, or remove it.",
        )
    both.load_state_dict(_under(tensors, "weights."))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in _under(tensors, "optimiser.").items():
        index, key = name.split(".")
        moments.setdefault(int(index), {})[key] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": moments, "param_groups": groups})
    return int(header["epoch"])


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _lesson_loss(
    network: InstructionHead,
    encoder: SentenceEncoder,
    adapters: Adapters,
    rows: Sequence[LabelledRow],
) -> Tensor:
    """In bfloat16, twice as fast where it is built in, and without the fused attention, whose
    way back is slow on short sentences."""
    with sdpa_kernel(SDPBackend.MATH), torch.autocast("cpu", torch.bfloat16):
        batch = labelled_batch(rows, encoder, adapters.pairs())
    return head_loss(network(batch.given), batch)


def head_loss(output: HeadOutput, batch: LabelledBatch) -> Tensor:
    """Cross entropy of the pair, of both alone, and of every part's being avoided."""
    logits = output.joint
    rows = torch.arange(len(logits))
    mask = batch.given.part_mask
    logs = F.log_softmax(logits.flatten(1), dim=1).view_as(logits)
    logs = logs.clamp(min=_LEAST_LOG)  # finite for padding, whose gradient would be none
    pair = -logs[rows, batch.affordance, batch.part]
    affordance = -torch.logsumexp(logs, dim=2)[rows, batch.affordance]
    part = -torch.logsumexp(logs, dim=1)[rows, batch.part]
    even = -(logs.masked_fill(~mask[:, None], 0.0)).sum((1, 2)) / (mask.sum(1) * logs.shape[1])
    avoid = F.binary_cross_entropy_with_logits(output.avoid, batch.avoid, reduction="none")
    avoid = (avoid * mask).sum(1)
    each = (1 - _SMOOTHING) * pair + _SMOOTHING * even
    return (each + _AFFORDANCE * affordance + _PART * part + _AVOID * avoid).mean()
