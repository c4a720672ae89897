"""From an instruction to an affordance and the name of a part."""

from __future__ import annotations

from handhold.language.chain import FallbackReader, StatedReader, configured_reader
from handhold.language.chat import ChatClient, ChatConfig, ChatError
from handhold.language.checks import checked_affordance, checked_instruction, checked_part
from handhold.language.lexicon import Lexicon, load_lexicon, parse_lexicon
from handhold.language.offline import OfflineReader, default_reader
from handhold.language.reader import LexiconReader
from handhold.language.served import ServedReader
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
    "FallbackReader",
    "InstructionReader",
    "Lexicon",
    "LexiconReader",
    "OfflineReader",
    "OtherReading",
    "PartsView",
    "ServedReader",
    "StatedReader",
    "Understanding",
    "checked_affordance",
    "checked_instruction",
    "checked_part",
    "configured_reader",
    "default_reader",
    "load_lexicon",
    "parse_lexicon",
]
