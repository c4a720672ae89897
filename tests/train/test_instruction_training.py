"""What the instruction head learns from, and a small one learning it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from text_encoder_stub import StubEncoder

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language import load_lexicon
from handhold.language.head_file import load_head
from handhold.models.instruction_head import HeadConfig
from handhold.train import instruction_fit
from handhold.train.instruction_augment import harder
from handhold.train.instruction_examples import (
    InstructionExample,
    general_examples,
    grammar_examples,
    handwritten_examples,
    handwritten_paths,
    to_be_learned,
)
from handhold.train.instruction_fit import STATE_FORMAT, STATE_VERSION
from handhold.train.instruction_rows import labelled_batch, labelled_rows
from handhold.train.instruction_run import STATE_FILE, HeadRun, train_instruction_head
from handhold.weights_file import write_weights

MUG = InstructionExample(
    "Pour me some tea from the mug.", ("body", "handle", "lid"), "handle-grip", "handle",
    category="mug",
)  # fmt: skip
TINY = HeadConfig(width=16, heads=2, part_layers=1, dropout=0.0, blind=0.0)


def test_the_grammar_gives_examples_with_the_parts_of_shapes() -> None:
    found = grammar_examples(("mug", "knife"), count=6)
    assert {example.category for example in found} == {"mug", "knife"}
    assert all(example.part in example.parts and len(example.parts) > 1 for example in found)
    assert found == grammar_examples(("mug", "knife"), count=6)
    assert found != grammar_examples(("mug", "knife"), seed=1, count=6)


def test_general_examples_name_no_category() -> None:
    found = general_examples(count=24)
    assert len(found) == 24
    assert {example.category for example in found} == {""}
    assert len({example.part for example in found}) > 2


def test_sentences_written_one_by_one_are_many() -> None:
    found = handwritten_examples()
    assert len(found) >= 15_000
    assert {example.affordance for example in found} == set(AFFORDANCES)


def test_a_sentence_in_two_files_counts_once(tmp_path: Path) -> None:
    first = handwritten_paths()[0]
    (tmp_path / "again.jsonl").write_text(first.read_text(encoding="utf-8"), encoding="utf-8")
    once, twice = handwritten_examples(first), handwritten_examples(first, tmp_path / "again.jsonl")
    assert once == twice


def test_sentences_that_speak_of_unseen_things_are_left_out() -> None:
    other = replace(MUG, text="Fill the KETTLES", category="mug")
    strange, named = replace(MUG, category="kettle"), replace(MUG, parts=(*MUG.parts, "broom"))
    nameless = replace(MUG, category="")
    assert to_be_learned([MUG, other, strange, named, nameless]) == (MUG, nameless)


def test_nothing_held_out_is_learned() -> None:
    held_out = Path(__file__).parents[2] / "benchmarks" / "sentences" / "heldout.jsonl"
    held = {example.text.lower() for example in handwritten_examples(held_out)}
    learned = {example.text.lower() for example in handwritten_examples()}
    assert not held & learned


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"instruction": "Pour"}',
        json.dumps({"instruction": "Pour", "parts": ["a"], "affordance": "fly", "part": "a"}),
        json.dumps({"instruction": "Pour", "parts": ["a"], "affordance": "press", "part": "b"}),
    ],
)
def test_lines_that_cannot_be_read_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "sentences.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(InputError):
        handwritten_examples(path)


def test_a_missing_file_and_contradictions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        handwritten_examples(tmp_path / "missing.jsonl")
    with pytest.raises(InputError, match="avoids the part"):
        InstructionExample("Pour", ("lid", "body"), "press", "lid", avoid=("lid",))


def test_harder_sentences_keep_a_possible_answer_and_vary() -> None:
    rng, lexicon = Random(0), load_lexicon()
    versions = [harder(MUG, lexicon, rng) for _ in range(200)]  # each checks itself
    assert len({version.text for version in versions}) > 80
    assert len({version.parts for version in versions}) > 40
    assert any(version.avoid for version in versions)
    assert any(not version.category for version in versions)
    assert {version.affordance for version in versions} == {"handle-grip"}
    again = Random(0)
    assert versions == [harder(MUG, lexicon, again) for _ in range(200)]


def _sentences() -> list[InstructionExample]:
    asked = {
        "handle-grip": ("pour carry lift", "handle"),
        "twist": ("unscrew twist open", "lid"),
        "press": ("press push click", "button"),
    }
    return [
        InstructionExample(
            f"{verb} it {end}", ("handle", "lid", "button"), affordance, part, source="handwritten"
        )
        for affordance, (verbs, part) in asked.items()
        for verb in verbs.split()
        for end in ("now", "please", "for me", "quickly", "at once", "again")
    ]


def test_rows_hold_the_answer() -> None:
    example = InstructionExample("Pour, not the lid", ("lid", "body"), "press", "body", ("lid",))
    encoder = StubEncoder()
    batch = labelled_batch(labelled_rows([example, MUG], encoder, load_lexicon()), encoder.network)
    assert batch.affordance.tolist() == [AFFORDANCES.index("press"), 0]
    assert batch.part.tolist() == [1, 1]
    assert batch.avoid.tolist() == [[1, 0, 0], [0, 0, 0]]
    assert batch.given.part_mask.tolist() == [[True, True, False], [True, True, True]]


def test_a_small_head_learns_and_is_written(tmp_path: Path) -> None:
    told: list[str] = []
    run = train_instruction_head(
        tmp_path, examples=_sentences(), config=TINY, encoder=StubEncoder(),
        epochs=30, rank=2, on_progress=lambda stage, share, detail: told.append(stage),
    )  # fmt: skip
    assert run.scores["handwritten"].joint > 0.8  # a guess among 21 pairs has 0.05
    assert {"sentences", "train"} <= set(told)
    head = load_head(run.path)
    assert head.categories == ()
    assert "handwritten" in head.data


def test_training_twice_gives_the_same_head(tmp_path: Path) -> None:
    for name in ("one", "two"):
        train_instruction_head(
            tmp_path / name, examples=_sentences()[:12], config=TINY, encoder=StubEncoder(),
            epochs=1, rank=2,
        )  # fmt: skip
    one, two = (tmp_path / n / "instruction_head.safetensors" for n in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_too_little_to_learn_from_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few"):
        train_instruction_head(tmp_path, examples=[MUG], encoder=StubEncoder())
    with pytest.raises(InputError, match="epochs"):
        train_instruction_head(tmp_path, examples=_sentences(), encoder=StubEncoder(), epochs=0)


def test_a_training_that_was_stopped_goes_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(name: str) -> HeadRun:
        return train_instruction_head(
            tmp_path / name, examples=_sentences()[:16], config=TINY, encoder=StubEncoder(),
            epochs=3, rank=2,
        )  # fmt: skip

    whole, lesson = train("whole"), instruction_fit.Lessons.batches

    def stopping(self: instruction_fit.Lessons, epoch: int) -> object:
        if epoch == 2:
            raise KeyboardInterrupt
        return lesson(self, epoch)

    monkeypatch.setattr(instruction_fit.Lessons, "batches", stopping)
    with pytest.raises(KeyboardInterrupt):
        train("again")
    monkeypatch.setattr(instruction_fit.Lessons, "batches", lesson)
    again = train("again")
    assert again.path.read_bytes() == whole.path.read_bytes()
    assert not (tmp_path / "again" / STATE_FILE).exists()


def test_the_state_of_another_training_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / STATE_FILE).write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a training state"):
        train_instruction_head(
            tmp_path, examples=_sentences()[:12], config=TINY, encoder=StubEncoder(), epochs=1,
            rank=2,
        )  # fmt: skip
    write_weights(tmp_path / STATE_FILE, {}, {"format": STATE_FORMAT, "version": STATE_VERSION})
    with pytest.raises(InputError, match="another seed"):
        train_instruction_head(
            tmp_path, examples=_sentences()[:12], config=TINY, encoder=StubEncoder(), epochs=1,
            rank=2,
        )  # fmt: skip
