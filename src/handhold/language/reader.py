"""The reader that needs nothing but words: the lexicon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from handhold.language.checks import checked_affordance, checked_part
from handhold.language.lexicon import Lexicon, load_lexicon
from handhold.language.odd_input import readable
from handhold.language.reading import Reading
from handhold.language.understanding import PartsView, Understanding


class LexiconReader:
    """An InstructionReader that knows words, and what parts hands go to. Needs no network.

    notes: sentences for the user that each answer carries, as that a better reader is missing.
    """

    def __init__(self, lexicon: Lexicon | None = None, notes: Sequence[str] = ()) -> None:
        self.lexicon = lexicon or load_lexicon()
        self.notes = tuple(notes)

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
        """See InstructionReader.read; category and view say nothing to a lexicon."""
        text = readable(instruction, self.lexicon)
        affordance = checked_affordance(affordance)
        part = checked_part(part, part_names)
        reading = Reading(self.lexicon, text.text, part_names, affordance, part)
        found = reading.understanding()
        confidence = 0.0 if text.is_foreign and affordance is None else found.confidence
        return replace(found, confidence=confidence, notes=(*text.notes, *self.notes))
