"""Training the instruction head and its adapters: examples to a calibrated network in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from handhold.errors import InputError
from handhold.language import Lexicon, load_lexicon
from handhold.language.encoder import TextEncoder, load_text_encoder
from handhold.language.head_file import TrainedHead, save_head
from handhold.models.instruction_head import HeadConfig, HeadOutput, InstructionHead
from handhold.models.sentence_encoder import AdapterConfig, Adapters, SentenceEncoder
from handhold.synthesis.shapes import SEEN
from handhold.train.instruction_augment import harder
from handhold.train.instruction_examples import (
    InstructionExample,
    general_examples,
    grammar_examples,
    handwritten_examples,
    of_seen_things,
)
from handhold.train.instruction_rows import (
    LabelledBatch,
    LabelledRow,
    labelled_batch,
    labelled_rows,
)
from handhold.train.run import cosine_rate

EPOCHS, RANK = 8, 16
HEAD_FILE = "instruction_head.safetensors"
_BATCH, _WEIGHT_DECAY = 16, 0.02  # ours
_LEARNING_RATE, _WARM_UP = 1e-3, 0.05  # and the share of the training in which it rises; ours
# Of each source's sentences in an epoch, ours; most of them are made harder, each time anew.
_SHARES = {"grammar": 0.2, "general": 0.2, "handwritten": 1.0}
_AS_WRITTEN = 0.4
_POOL = 32  # batches whose sentences are sorted by length together
_HELD_OUT = 0.08  # of the sentences of each source, ours
_AFFORDANCE, _PART, _AVOID = 0.3, 0.3, 0.5  # weights of the marginals and of the parts to avoid
_SMOOTHING = 0.05
_LEAST_LOG = -1e4
_TEMPERATURES = np.geomspace(0.3, 5.0, 141)

Progress = Callable[[str, float, str], None]


@dataclass(frozen=True)
class HeadScores:
    """How often the head is right, as shares of `count` sentences; avoid over all their parts.

    loss: mean negative log likelihood of affordance and part together.
    """

    count: int
    affordance: float
    part: float
    joint: float
    avoid: float
    loss: float

    def __str__(self) -> str:
        shares = ("affordance", "part", "joint", "avoid")
        told = ", ".join(f"{name} {100 * getattr(self, name):.1f} %" for name in shares)
        return f"{told}, loss {self.loss:.3f} ({self.count} sentences)"


@dataclass(frozen=True, eq=False)
class HeadRun:
    """A trained head, its file, and its scores per source on sentences that were held out."""

    path: Path
    head: TrainedHead
    scores: dict[str, HeadScores]


def usual_examples(seed: int = 0) -> tuple[InstructionExample, ...]:
    """All that the shipped head learns from."""
    handwritten = of_seen_things(handwritten_examples())
    return (*grammar_examples(seed=seed), *general_examples(seed), *handwritten)


def train_instruction_head(
    out: Path | str,
    *,
    examples: Sequence[InstructionExample] | None = None,
    categories: Sequence[str] = SEEN,
    config: HeadConfig | None = None,
    rank: int = RANK,
    encoder: TextEncoder | None = None,
    epochs: int = EPOCHS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> HeadRun:
    """Train a head with adapters and write both to `out`/instruction_head.safetensors.

    examples: None takes `usual_examples`; categories: what they are about, for the record; rank:
    of the adapters. The same arguments give the same head on the same machine. Raises InputError
    for too few examples, MissingPackageError without the sentence encoder.
    """
    if epochs < 1:
        raise InputError(f"{epochs} epochs are too few.", "Give 1 or more.")
    encoder, lexicon = encoder or load_text_encoder(), load_lexicon()
    tell = on_progress or _silent
    tell("sentences", 0.0, "")
    chosen = usual_examples(seed) if examples is None else tuple(examples)
    learned, held = _split(chosen, seed)
    sizes = encoder.network.config
    adapters = AdapterConfig(sizes.width, sizes.layers, sizes.hidden, rank)
    lessons = _Lessons(learned, encoder, lexicon, seed)
    network, learned_adapters = fit_head(lessons, config or HeadConfig(), adapters, epochs, tell)
    tests = labelled_rows(_once(held, lexicon, seed), encoder, lexicon)
    hardest = [row for row, e in zip(tests, held, strict=True) if _is(e, "handwritten")]
    folded = encoder.network.folded(learned_adapters)
    temperature = calibrated(network, folded, hardest or tests)  # the grammar's are too easy
    said = ", ".join(f"{sum(e.source == s for e in learned)} {s}" for s in _sources(learned))
    head = TrainedHead(
        network, learned_adapters, temperature, tuple(categories), f"sentences: {said}"
    )
    path = Path(out) / HEAD_FILE
    save_head(path, head)
    return HeadRun(path, head, _by_source(network, folded, held, tests))


@dataclass(frozen=True, eq=False)
class _Lessons:
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
        if _is(example, "handwritten") and rng.random() < _AS_WRITTEN:
            return replace(example, parts=tuple(rng.sample(example.parts, len(example.parts))))
        return harder(example, self.lexicon, rng)


def fit_head(
    lessons: _Lessons, config: HeadConfig, sizes: AdapterConfig, epochs: int, tell: Progress
) -> tuple[InstructionHead, Adapters]:
    """A head trained on the lessons, and the encoder's adapters; in evaluation mode."""
    encoder = lessons.encoder.network
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lessons.seed)
        network, adapters = InstructionHead(config).train(), Adapters(sizes).train()
        weights = [*network.parameters(), *adapters.parameters()]
        optimiser = torch.optim.AdamW(weights, lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
        for epoch in range(epochs):
            total, batches = 0.0, lessons.batches(epoch)
            for number, rows in enumerate(batches):
                done = (epoch + number / len(batches)) / epochs
                rate = cosine_rate(_LEARNING_RATE, done) * min(1.0, (done + 1e-3) / _WARM_UP)
                optimiser.param_groups[0]["lr"] = rate
                with torch.autocast("cpu", torch.bfloat16):  # twice as fast where it is built in
                    batch = labelled_batch(rows, encoder, adapters.pairs())
                loss = head_loss(network(batch.given), batch)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(weights, 1.0)
                optimiser.step()
                total += float(loss.detach())
            done = (epoch + 1) / epochs
            tell("train", done, f"epoch {epoch + 1} of {epochs}, loss {total / len(batches):.3f}")
    return network.eval().requires_grad_(False), adapters.eval().requires_grad_(False)


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


def calibrated(
    network: InstructionHead, encoder: SentenceEncoder, rows: Sequence[LabelledRow]
) -> float:
    """The temperature that makes the likelihood of the held out answers greatest."""
    if not rows:
        return 1.0
    logits, answers = _logits(network, encoder, rows)
    losses = [
        sum(float(-F.log_softmax(x / t, 0)[a]) for x, a in zip(logits, answers, strict=True))
        for t in _TEMPERATURES
    ]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def head_scores(
    network: InstructionHead, encoder: SentenceEncoder, rows: Sequence[LabelledRow]
) -> HeadScores:
    """How the head does on these rows, as the encoder reads them."""
    right = np.zeros((len(rows), 4))
    loss = 0.0
    for number, row in enumerate(rows):
        output = _answer(network, encoder, row)
        logits = output.joint[0]
        parts = logits.shape[1]
        best = divmod(int(logits.flatten().argmax()), parts)
        same = best[0] == row.affordance, best[1] == row.part
        kept = ((output.avoid[0] > 0) == (row.avoid > 0)).float().mean()
        right[number] = (*same, all(same), float(kept))
        wanted = row.affordance * parts + row.part
        loss -= float(F.log_softmax(logits.flatten(), 0)[wanted])
    affordance, part, joint, avoid = right.mean(axis=0).tolist() if len(rows) else [0.0] * 4
    return HeadScores(len(rows), affordance, part, joint, avoid, loss / max(len(rows), 1))


def _logits(
    network: InstructionHead, encoder: SentenceEncoder, rows: Sequence[LabelledRow]
) -> tuple[list[Tensor], list[int]]:
    logits = [_answer(network, encoder, row).joint[0] for row in rows]
    answers = [row.affordance * x.shape[1] + row.part for x, row in zip(logits, rows, strict=True)]
    return [x.flatten() for x in logits], answers


def _answer(network: InstructionHead, encoder: SentenceEncoder, row: LabelledRow) -> HeadOutput:
    with torch.inference_mode():
        output: HeadOutput = network(labelled_batch([row], encoder).given)
    return output


def _split(
    examples: Sequence[InstructionExample], seed: int
) -> tuple[list[InstructionExample], list[InstructionExample]]:
    """Sentences to learn from and sentences held out; one text is never in both."""
    texts = sorted({example.text for example in examples})
    if len(texts) < 2:
        raise InputError(f"{len(texts)} sentences are too few to learn from.")
    Random(seed).shuffle(texts)
    held = set(texts[: round(_HELD_OUT * len(texts))])
    learned = [example for example in examples if example.text not in held]
    return learned, [example for example in examples if example.text in held]


def _once(
    examples: Sequence[InstructionExample], lexicon: Lexicon, seed: int
) -> list[InstructionExample]:
    rng = Random(f"held out/{seed}")
    return [e if _is(e, "handwritten") else harder(e, lexicon, rng) for e in examples]


def _by_source(
    network: InstructionHead,
    encoder: SentenceEncoder,
    held: Sequence[InstructionExample],
    rows: Sequence[LabelledRow],
) -> dict[str, HeadScores]:
    pairs = list(zip(held, rows, strict=True))
    return {
        source: head_scores(
            network, encoder, [row for example, row in pairs if _is(example, source)]
        )
        for source in _sources(held)
    }


def _sources(examples: Sequence[InstructionExample]) -> list[str]:
    return sorted({example.source for example in examples})


def _is(example: InstructionExample, source: str) -> bool:
    return example.source == source


def _silent(stage: str, share: float, detail: str) -> None:
    pass
