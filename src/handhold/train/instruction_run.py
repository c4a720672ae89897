"""Training the instruction head: examples to a calibrated network in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from handhold.synthesis.shapes import SEEN
from handhold.train.instruction_augment import harder
from handhold.train.instruction_examples import (
    InstructionExample,
    general_examples,
    grammar_examples,
    handwritten_examples,
    handwritten_path,
)
from handhold.train.instruction_rows import (
    LabelledBatch,
    LabelledRow,
    labelled_batch,
    labelled_rows,
)
from handhold.train.run import cosine_rate

EPOCHS = 12
HEAD_FILE = "instruction_head.safetensors"
_BATCH, _LEARNING_RATE, _WEIGHT_DECAY = 64, 1e-3, 0.02  # ours
_VERSIONS = {"grammar": 1, "general": 1, "handwritten": 10}  # of each sentence, ours
_HELD_OUT = 0.12  # of the sentences of each source, ours
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
    """All that the shipped head learns from; without the handwritten ones where there are none."""
    handwritten = handwritten_examples() if handwritten_path().is_file() else ()
    return (*grammar_examples(seed=seed), *general_examples(seed), *handwritten)


def train_instruction_head(
    out: Path | str,
    *,
    examples: Sequence[InstructionExample] | None = None,
    categories: Sequence[str] = SEEN,
    config: HeadConfig | None = None,
    encoder: TextEncoder | None = None,
    epochs: int = EPOCHS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> HeadRun:
    """Train a head and write it to `out`/instruction_head.safetensors.

    examples: None takes `usual_examples`; categories: what they are about, for the record. The
    same arguments give the same head on the same machine. Raises InputError for too few examples,
    MissingPackageError without the sentence encoder.
    """
    if epochs < 1:
        raise InputError(f"{epochs} epochs are too few.", "Give 1 or more.")
    encoder, lexicon = encoder or load_text_encoder(), load_lexicon()
    tell = on_progress or _silent
    tell("sentences", 0.0, "")
    chosen = usual_examples(seed) if examples is None else tuple(examples)
    learned, held = _split(chosen, seed)
    rows = labelled_rows(_multiplied(learned, lexicon, seed), encoder, lexicon, _told(tell))
    tests = labelled_rows(_once(held, lexicon, seed), encoder, lexicon)
    network = fit_head(rows, config or HeadConfig(), epochs, seed, tell)
    hardest = [row for row, e in zip(tests, held, strict=True) if _is(e, "handwritten")]
    temperature = calibrated(network, hardest or tests)  # the grammar's are too easy for that
    said = ", ".join(f"{sum(e.source == s for e in learned)} {s}" for s in _sources(learned))
    head = TrainedHead(network, temperature, tuple(categories), f"sentences: {said}")
    path = Path(out) / HEAD_FILE
    save_head(path, head)
    return HeadRun(path, head, _by_source(network, held, tests))


def fit_head(
    rows: Sequence[LabelledRow], config: HeadConfig, epochs: int, seed: int, tell: Progress
) -> InstructionHead:
    """A head trained on the rows, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = InstructionHead(config).train()
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY
        )
        batches = -(-len(rows) // _BATCH)
        for epoch in range(epochs):
            total = 0.0
            order = torch.randperm(len(rows)).tolist()
            for number in range(batches):
                rate = cosine_rate(_LEARNING_RATE, (epoch + number / batches) / epochs)
                optimiser.param_groups[0]["lr"] = rate
                chosen = [rows[k] for k in order[number * _BATCH : (number + 1) * _BATCH]]
                batch = labelled_batch(chosen)
                loss = head_loss(network(batch.given), batch)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                total += float(loss.detach())
            done = (epoch + 1) / epochs
            tell("train", done, f"epoch {epoch + 1} of {epochs}, loss {total / batches:.3f}")
    return network.eval()


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


def calibrated(network: InstructionHead, rows: Sequence[LabelledRow]) -> float:
    """The temperature that makes the likelihood of the held out answers greatest."""
    if not rows:
        return 1.0
    logits, answers = _logits(network, rows)
    losses = [
        sum(float(-F.log_softmax(x / t, 0)[a]) for x, a in zip(logits, answers, strict=True))
        for t in _TEMPERATURES
    ]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def head_scores(network: InstructionHead, rows: Sequence[LabelledRow]) -> HeadScores:
    """How the head does on these rows."""
    right = np.zeros((len(rows), 4))
    loss = 0.0
    for number, row in enumerate(rows):
        output = _answer(network, row)
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
    network: InstructionHead, rows: Sequence[LabelledRow]
) -> tuple[list[Tensor], list[int]]:
    logits = [_answer(network, row).joint[0] for row in rows]
    answers = [row.affordance * x.shape[1] + row.part for x, row in zip(logits, rows, strict=True)]
    return [x.flatten() for x in logits], answers


def _answer(network: InstructionHead, row: LabelledRow) -> HeadOutput:
    with torch.inference_mode():
        output: HeadOutput = network(labelled_batch([row]).given)
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


def _multiplied(
    examples: Sequence[InstructionExample], lexicon: Lexicon, seed: int
) -> list[InstructionExample]:
    """As many versions of every example as its source's weight; most of them are harder."""
    rng = Random(f"harder/{seed}")
    versions = (_versions(example, lexicon, rng) for example in examples)
    return [version for several in versions for version in several]


def _versions(
    example: InstructionExample, lexicon: Lexicon, rng: Random
) -> list[InstructionExample]:
    count = _VERSIONS[example.source]
    if count == 1 and rng.random() < 0.5:
        return [example]
    harder_ones = [harder(example, lexicon, rng) for _ in range(max(count - 1, 1))]
    return harder_ones if count == 1 else [example, *harder_ones]


def _once(
    examples: Sequence[InstructionExample], lexicon: Lexicon, seed: int
) -> list[InstructionExample]:
    rng = Random(f"held out/{seed}")
    return [e if _is(e, "handwritten") else harder(e, lexicon, rng) for e in examples]


def _by_source(
    network: InstructionHead, held: Sequence[InstructionExample], rows: Sequence[LabelledRow]
) -> dict[str, HeadScores]:
    pairs = list(zip(held, rows, strict=True))
    return {
        source: head_scores(network, [row for example, row in pairs if _is(example, source)])
        for source in _sources(held)
    }


def _sources(examples: Sequence[InstructionExample]) -> list[str]:
    return sorted({example.source for example in examples})


def _is(example: InstructionExample, source: str) -> bool:
    return example.source == source


def _told(tell: Progress) -> Callable[[float], None]:
    return lambda share: tell("encode", share, "")


def _silent(stage: str, share: float, detail: str) -> None:
    pass
