"""How well sentences are understood: affordance, part, both, parts to avoid, and milliseconds.

    python benchmarks/understanding.py [--sets unseen,heldout,real] [--head FILE]
        [--readers nearest,lexicon,offline] [--per-use 8] [--leave-out CATEGORIES] [--wrong FILE]

Sets: `unseen`, sentences of the grammar about the synthetic set's unseen categories; `heldout`,
sentences/heldout.jsonl, which nothing learns from; `real`, bench/real.json of the development data
(HANDHOLD_DEV_DATA). Readers: the lexicon, the trained head, and as the naive baseline the part
and the affordance whose names are nearest to the sentence in the encoder's space. Prints Markdown.
The reader `second`, of `heldout` alone, is the second opinion on its labels: accuracies only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from devdata import data_root, read_cases

from handhold.grasps import AFFORDANCE_DESCRIPTIONS, AFFORDANCES
from handhold.language import InstructionReader, LexiconReader, Understanding
from handhold.language.encoder import load_text_encoder
from handhold.language.head_file import load_head
from handhold.language.offline import OfflineReader
from handhold.synthesis.shapes import UNSEEN
from handhold.train.instruction_examples import (
    InstructionExample,
    handwritten_examples,
    shape_examples,
)

HELD_OUT = Path(__file__).parent / "sentences" / "heldout.jsonl"
SECOND = Path(__file__).parent / "sentences" / "second_labels.jsonl"
COLD = """
import time
start = time.perf_counter()
from handhold.language.offline import default_reader
default_reader().read("Pour me some tea, please.", ("body", "handle", "lid", "spout"))
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class NearestNames:
    """Affordance and part whose names are nearest to the sentence; knows nothing else."""

    def read(
        self,
        instruction: str,
        part_names: Sequence[str],
        *,
        affordance: str | None = None,
        part: str | None = None,
        category: str = "",
        view: Callable[[], object] | None = None,
    ) -> Understanding:
        """See InstructionReader.read."""
        encoder = load_text_encoder()
        sentence = encoder.vectors([instruction])[0]
        kinds = [f"{name}: {AFFORDANCE_DESCRIPTIONS[name]}" for name in AFFORDANCES]
        chosen = AFFORDANCES[int((encoder.vectors(kinds) @ sentence).argmax())]
        name = part_names[int((encoder.vectors(part_names) @ sentence).argmax())]
        return Understanding(instruction, chosen, name, (), "", 0.0, back_end="nearest")


class SecondLabels:
    """The second opinion on the held-out sentences: answers by text; knows no others."""

    def __init__(self) -> None:
        labels = [json.loads(line) for line in SECOND.read_text(encoding="utf-8").splitlines()]
        asked = [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]
        text_of = {line["id"]: line["instruction"] for line in asked}
        self._answers = {text_of[label["id"]]: label for label in labels}

    def read(self, instruction: str, part_names: Sequence[str], **_: object) -> Understanding:
        """See InstructionReader.read."""
        answer = self._answers[instruction]
        affordance, part, avoid = answer["affordance"], answer["part"], tuple(answer["avoid"])
        return Understanding(
            instruction, affordance, part, (), "", 0.0, avoid=avoid, back_end="second"
        )


@dataclass(frozen=True)
class Answered:
    """A sentence, the right answer and a reader's. part "" where none is asked for."""

    example: InstructionExample
    reading: Understanding

    @property
    def right(self) -> tuple[bool, bool, bool]:
        """Whether affordance, part, and both are right."""
        affordance = self.reading.affordance == self.example.affordance
        part = self.reading.part_name == self.example.part
        return affordance, part, affordance and part


def real_examples() -> tuple[InstructionExample, ...]:
    """The cut cases of the development data, with the names of their parts."""
    root = data_root()
    entries = json.loads((root / "objects.json").read_text(encoding="utf-8"))["objects"]
    parts = {entry["id"]: [part["name"] for part in entry["parts"]] for entry in entries}
    return tuple(
        InstructionExample(
            case.instruction,
            tuple(dict.fromkeys(case.part_names.get(n, n) for n in parts[case.source])),
            case.affordance,
            case.part,
        )
        for case in read_cases(root)
        if case.is_cut
    )


def answers(reader: InstructionReader, examples: Sequence[InstructionExample]) -> list[Answered]:
    """What a reader makes of the sentences."""
    return [Answered(e, reader.read(e.text, e.parts, category=e.category)) for e in examples]


def without_parts(reader: InstructionReader, examples: Sequence[InstructionExample]) -> float:
    """Per cent of affordances right where nothing is known of an object's parts."""
    read = [reader.read(e.text, (), category=e.category).affordance for e in examples]
    return 100 * float(np.mean([a == e.affordance for a, e in zip(read, examples, strict=True)]))


def shares(found: Sequence[Answered]) -> list[str]:
    """Per cent right: affordance, part, both; then precision and recall of the parts to avoid."""
    right = 100 * np.mean([answer.right for answer in found], axis=0)
    wanted = {(k, name) for k, a in enumerate(found) for name in a.example.avoid}
    given = {(k, name) for k, a in enumerate(found) for name in a.reading.avoid}
    hits = len(wanted & given)
    rates = [f"{100 * hits / len(n):.1f}" if n and wanted else "-" for n in (given, wanted)]
    return [*(f"{x:.1f}" for x in right), *rates]


def accuracy_table(rows: Sequence[tuple[str, str, Sequence[Answered]]]) -> str:
    """Markdown of (set, reader, answers)."""
    head = (
        "sentences", "n", "reader", "affordance %", "part %", "both %", "avoid precision %",
        "avoid recall %",
    )  # fmt: skip
    lines = [[name, str(len(found)), who, *shares(found)] for name, who, found in rows]
    return table(head, lines)


def confusion_table(found: Sequence[Answered]) -> str:
    """Markdown: affordances asked for (rows) and read (columns)."""
    counts = Counter((a.example.affordance, a.reading.affordance) for a in found)
    rows = [[f"**{r}**", *(str(counts[r, c] or "") for c in AFFORDANCES)] for r in AFFORDANCES]
    return table(("asked \\ read", *AFFORDANCES), rows)


def part_confusions(found: Sequence[Answered], most: int = 12) -> str:
    """Markdown: the most frequent wrong parts."""
    counts = Counter(
        (a.example.part, str(a.reading.part_name)) for a in found if not a.right[1]
    ).most_common(most)
    return table(("part asked for", "part read", "n"), [[a, b, str(n)] for (a, b), n in counts])


def reliability_table(found: Sequence[Answered]) -> str:
    """Markdown: share right among readings of like confidence."""
    rows = []
    edges = (0.0, 0.3, 0.5, 0.7, 0.9, 1.01)
    for low, high in zip(edges, edges[1:], strict=False):
        chosen = [a for a in found if low <= a.reading.confidence < high]
        if chosen:
            mean = np.mean([a.reading.confidence for a in chosen])
            right = np.mean([a.right[2] for a in chosen])
            bounds = f"{low:.1f} to {min(high, 1):.1f}"
            rows.append([bounds, str(len(chosen)), f"{mean:.2f}", f"{right:.2f}"])
    return table(("confidence", "n", "mean", "share right"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the first column to the left, the others to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def speed_table(readers: dict[str, InstructionReader]) -> str:
    """Markdown: seconds to the first answer of a new process, milliseconds of a later one."""
    texts = [f"Please take the kettle and pour me cup number {k} of tea." for k in range(30)]
    rows = []
    for name, reader in readers.items():
        taken = []
        for text in texts:
            start = time.perf_counter()
            reader.read(text, ("body", "handle", "lid", "spout"))
            taken.append(1000 * (time.perf_counter() - start))
        rows.append([name, f"{np.median(taken[3:]):.1f}", f"{max(taken[3:]):.1f}"])
    cold = [
        float(subprocess.run([sys.executable, "-c", COLD], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    return (
        table(("reader", "warm, median ms", "warm, longest ms"), rows)
        + f"\n\nA new process, imports and first sentence, best of three: {min(cold):.2f} s."
    )


def _examples(name: str, per_use: int) -> tuple[InstructionExample, ...]:
    if name == "unseen":
        return shape_examples(UNSEEN, 0, per_use)
    return handwritten_examples(HELD_OUT) if name == "heldout" else real_examples()


def _readers(names: Sequence[str], head: Path | None) -> dict[str, InstructionReader]:
    made: dict[str, InstructionReader] = {}
    for name in names:
        if name == "offline":
            made[name] = OfflineReader(head=load_head(head))
        elif name == "second":
            made[name] = SecondLabels()
        else:
            made[name] = LexiconReader() if name == "lexicon" else NearestNames()
    return made


def _wrong(answers: Sequence[Answered]) -> list[str]:
    return [
        f"{a.example.text} | {' '.join(a.example.parts)} | {a.example.affordance}"
        f" {a.example.part} | {a.reading.affordance} {a.reading.part_name}"
        for a in answers
        if not a.right[2]
    ]


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default="unseen,heldout,real")
    parser.add_argument("--readers", default="nearest,lexicon,offline")
    parser.add_argument("--head", type=Path, help="a head by `handhold train instructions`")
    parser.add_argument("--per-use", type=int, default=8, help="sentences per use of a part")
    parser.add_argument("--leave-out", default="", help="categories, with commas between")
    parser.add_argument("--wrong", type=Path, help="where to write the grammar's misread sentences")
    arguments = parser.parse_args()
    readers = _readers(arguments.readers.split(","), arguments.head)
    left_out = arguments.leave_out.split(",")
    rows = [
        (name, who, answers(reader, examples))
        for name in arguments.sets.split(",")
        for every in [_examples(name, arguments.per_use)]
        for examples in [[e for e in every if e.category not in left_out or not e.category]]
        for who, reader in readers.items()
    ]
    print(accuracy_table(rows))
    if "second" in readers:
        return
    print("\nWithout names of parts\n")
    lines = [
        [name, who, f"{without_parts(readers[who], [a.example for a in found]):.1f}"]
        for name, who, found in rows
        if who != "nearest"
    ]
    print(table(("sentences", "reader", "affordance %"), lines))
    for name, who, found in rows:
        if who == "offline":
            print(f"\n**{name}**, affordances\n\n{confusion_table(found)}")
            print(f"\n**{name}**, parts\n\n{part_confusions(found)}")
            print(f"\n**{name}**, confidence\n\n{reliability_table(found)}")
            if name == "unseen" and arguments.wrong:
                arguments.wrong.write_text("\n".join(_wrong(found)) + "\n", encoding="utf-8")
    print(f"\n{speed_table(readers)}")


if __name__ == "__main__":
    main()
