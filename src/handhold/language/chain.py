"""Who is asked first, and who answers when that one cannot."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, get_args

from handhold.errors import HandholdError, InputError
from handhold.language.chat import (
    MODEL_VARIABLE,
    URL_VARIABLE,
    ChatClient,
    ChatConfig,
    ChatError,
)
from handhold.language.checks import checked_affordance, checked_instruction, checked_part
from handhold.language.reader import LexiconReader
from handhold.language.served import (
    PICTURES_VARIABLE,
    ServedReader,
    pictures_wanted,
    printable,
)
from handhold.language.understanding import InstructionReader, PartsView, Understanding
from handhold.optional import MissingPackageError

_LOG = logging.getLogger(__name__)

BackEnd = Literal["auto", "offline", "llm", "lexicon"]
USER = "user"
PATIENCE = 3  # failures in a row, ours


class StatedReader:
    """Takes the user's word: where affordance and part are both given, nobody is asked."""

    def __init__(self, reader: InstructionReader) -> None:
        self.reader = reader

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
        """See InstructionReader.read; `back_end` is "user" where nobody was asked."""
        if affordance is not None and part is not None:
            return _stated(instruction, part_names, affordance, part)
        return self.reader.read(
            instruction,
            part_names,
            affordance=affordance,
            part=part,
            category=category,
            view=view,
        )


class FallbackReader:
    """Asks `first`, and `second` where that one fails; the notes of the answer say so.

    A failure is a ChatError or a missing package; a mistake of the user's is no failure. After
    `patience` failures in a row the first is not asked again by this reader, so that many
    sentences do not each wait for an endpoint that is down. Affordance and part both given:
    neither is asked.
    """

    def __init__(
        self, first: InstructionReader, second: InstructionReader, *, patience: int = PATIENCE
    ) -> None:
        self.first = first
        self.second = second
        self.patience = patience
        self._failures = 0
        self._reason = ""

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
        """See InstructionReader.read."""

        def asked(reader: InstructionReader) -> Understanding:
            return reader.read(
                instruction,
                part_names,
                affordance=affordance,
                part=part,
                category=category,
                view=view,
            )

        if affordance is not None and part is not None:
            return _stated(instruction, part_names, affordance, part)
        if self._failures < self.patience:
            try:
                answer = asked(self.first)
            except (ChatError, MissingPackageError) as error:
                self._remember(error)
            else:
                self._failures = 0
                return answer
            told = f"The llm back end failed: {self._reason}"
        else:
            told = (
                f"The llm back end was not asked, as it failed {self._failures} times in a row;"
                f" the last time: {self._reason}"
            )
        answer = asked(self.second)
        note = f"{told} This is the answer of the {answer.back_end} back end."
        return replace(answer, notes=(note, *answer.notes))

    def _remember(self, error: HandholdError) -> None:
        self._failures += 1
        self._reason = printable(f"{error.message.rstrip('.')}. {error.advice}")
        _LOG.info("the llm back end failed: %s", error)


def configured_reader(backend: str, offline: InstructionReader) -> InstructionReader:
    """The reader for a `--backend`, with `offline` as what needs no network.

    "auto" asks a language model where the environment names one (HANDHOLD_LLM_URL) and falls back
    to `offline`; "llm" does the same and is an error where none is named; "offline" and "lexicon"
    never touch the network. HANDHOLD_LLM_PICTURES=off keeps pictures from being sent. Raises
    InputError for another word, and for a configuration that cannot be.
    """
    if backend not in get_args(BackEnd):
        raise InputError(
            f"There is no back end '{backend}'.", f"Choose one of: {', '.join(get_args(BackEnd))}."
        )
    if backend == "lexicon":
        return StatedReader(LexiconReader())
    config = None if backend == "offline" else ChatConfig.from_environment()
    if config is not None:
        pictures = pictures_wanted(os.environ.get(PICTURES_VARIABLE, ""))
        return FallbackReader(ServedReader(ChatClient(config), pictures=pictures), offline)
    if backend == "llm":
        raise InputError(
            "No language model is configured.",
            f"Set {URL_VARIABLE} and {MODEL_VARIABLE}, or choose another --backend.",
        )
    return StatedReader(offline)


def _stated(
    instruction: str, part_names: Sequence[str], affordance: str, part: str
) -> Understanding:
    """What the user said without the sentence. Raises InputError as InstructionReader.read."""
    text = checked_instruction(instruction)
    chosen, name = checked_affordance(affordance), checked_part(part, part_names)
    assert chosen is not None
    return Understanding(
        instruction=text,
        affordance=chosen,
        part_name=name,
        words=(),
        explanation=f"The affordance {chosen} was given. The part {name} was given.",
        confidence=1.0,
        back_end=USER,
    )
