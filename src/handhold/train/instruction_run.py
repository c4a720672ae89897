"""Training the instruction head and its adapters: examples to a calibrated network in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from handhold.cache import content_hash
from handhold.errors import InputError
from handhold.language import Lexicon, load_lexicon
from handhold.language.encoder import TextEncoder, load_text_encoder
from handhold.language.head_file import TrainedHead, save_head
from handhold.models.instruction_head import HeadConfig, HeadOutput, InstructionHead
from handhold.models.sentence_encoder import AdapterConfig, SentenceEncoder
from handhold.train.instruction_augment import harder
from handhold.train.instruction_examples import (
    InstructionExample,
    general_examples,
    grammar_examples,
    handwritten_examples,
    to_be_learned,
)
from handhold.train.instruction_fit import Lessons, Progress, fit_head
from handhold.train.instruction_rows import (
    LabelledRow,
    labelled_batch,
    labelled_rows,
)

EPOCHS, RANK = 6, 32
HEAD_FILE, STATE_FILE = "instruction_head.safetensors", "training-state.safetensors"
_HELD_OUT = 0.05  # of the sentences of each source, ours
_TEMPERATURES = np.geomspace(0.3, 5.0, 141)


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
    handwritten = to_be_learned(handwritten_examples())
    return (*grammar_examples(seed=seed), *general_examples(seed), *handwritten)


def train_instruction_head(
    out: Path | str,
    *,
    examples: Sequence[InstructionExample] | None = None,
    config: HeadConfig | None = None,
    rank: int = RANK,
    encoder: TextEncoder | None = None,
    epochs: int = EPOCHS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> HeadRun:
    """Train a head with adapters and write both to `out`/instruction_head.safetensors.

    examples: None takes `usual_examples`; rank: of the adapters. The same arguments give the
    same head on the same machine, also where a run was stopped and goes on from its state in
    `out`, which is removed at the end; a run that goes on may have more sentences or epochs.
    Raises InputError for too few examples, MissingPackageError without the sentence encoder.
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
    lessons = Lessons(learned, encoder, lexicon, seed)
    network, learned_adapters = fit_head(
        lessons, config or HeadConfig(), adapters, epochs, tell, Path(out) / STATE_FILE
    )
    tests = labelled_rows(_once(held, lexicon, seed), encoder, lexicon)
    hardest = [row for row, e in zip(tests, held, strict=True) if _is(e, "handwritten")]
    folded = encoder.network.folded(learned_adapters)
    temperature = calibrated(network, folded, hardest or tests)  # the grammar's are too easy
    said = ", ".join(f"{sum(e.source == s for e in learned)} {s}" for s in _sources(learned))
    head = TrainedHead(
        network, learned_adapters, temperature, _categories(chosen), f"sentences: {said}"
    )
    path = Path(out) / HEAD_FILE
    save_head(path, head)
    (Path(out) / STATE_FILE).unlink(missing_ok=True)
    return HeadRun(path, head, _by_source(network, folded, held, tests))


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
    """Sentences to learn from and sentences held out; one text is never in both.

    A text's lot hardly depends on the others, so that a run that goes on with more sentences
    still holds out what it held out before.
    """
    texts = sorted({e.text for e in examples}, key=lambda text: content_hash(f"{seed}/{text}"))
    if len(texts) < 2:
        raise InputError(f"{len(texts)} sentences are too few to learn from.")
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


def _categories(examples: Sequence[InstructionExample]) -> tuple[str, ...]:
    return tuple(sorted({example.category for example in examples if example.category}))


def _is(example: InstructionExample, source: str) -> bool:
    return example.source == source


def _silent(stage: str, share: float, detail: str) -> None:
    pass
