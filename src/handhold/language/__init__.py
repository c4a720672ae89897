"""From an instruction to an affordance and the name of a part."""

from __future__ import annotations

from handhold.language.chat import ChatClient, ChatConfig, ChatError
from handhold.language.checks import checked_affordance, checked_instruction, checked_part
from handhold.language.lexicon import Lexicon, load_lexicon, parse_lexicon
from handhold.language.reader import LexiconReader
from handhold.language.understanding import (
    SURE,
    InstructionReader,
    OtherReading,
    PartsView,
    Understanding,
)

__all__ = [
    "SURE",
    "ChatClient",
    "ChatConfig",
    "ChatError",
    "InstructionReader",
    "Lexicon",
    "LexiconReader",
    "OtherReading",
    "PartsView",
    "Understanding",
    "checked_affordance",
    "checked_instruction",
    "checked_part",
    "load_lexicon",
    "parse_lexicon",
]
