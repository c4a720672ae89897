"""Instructions from a language model that sees the object, where the user configured one.

To the effect of G-DexGrasp's section 4 (the contact part is green in the picture, the affordance
is in the prompt, indirect commands are asked for) and of MaskDexGrasp's supplement, Fig. 9 (four
forms); the prompt is our own. Without a configured endpoint nothing touches the network.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handhold.cache import DiskCache, content_hash, open_cache
from handhold.errors import HandholdError
from handhold.grasps import AFFORDANCE_DESCRIPTIONS
from handhold.language import ChatClient, ChatConfig, ChatError
from handhold.synthesis.instructions.grammar import USUAL_COUNT, instructions
from handhold.synthesis.instructions.record import (
    FORMS,
    LONGEST,
    Instruction,
    names_part,
    normalised,
    words_of,
)
from handhold.synthesis.instructions.words import spoken

_LOG = logging.getLogger(__name__)

GRAMMAR = "grammar"
_KIND = "instructions"
_FEWEST = 12  # usable sentences in an answer, ours
_MOST = 60

SYSTEM_PROMPT = f"""\
You write requests for a robot with one hand. You are shown an object in which the part that the
hand is to touch is green. Write sentences that a person would say so that the hand does the named
action on the green part, and no other action on no other part.
Rules: everyday English; at most {LONGEST} words each; no two alike; never mention a colour, the
picture or the name of the action; vary verbs, purposes and length.
Forms:
- command, question, goal: natural requests ("goal" says what the person wants or needs). In half
  of them the part is named; the others are indirect: they only tell the purpose, from which the
  action and the part can be told.
- basic, present, progressive, passive: one description of the action on the object and the part
  that begins with the verb ("Use the ... by ..."), with its third person ("Uses the ... by ..."),
  with its -ing form ("Using the ... by ..."), and in the passive ("The ... is used by ...").
"""

ANSWER_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "instructions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "minLength": 1, "maxLength": 400},
                    "form": {"type": "string", "enum": list(FORMS)},
                },
                "required": ["text", "form"],
                "additionalProperties": False,
            },
            "minItems": _FEWEST,
            "maxItems": 4 * _MOST,
        }
    },
    "required": ["instructions"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class InstructionSet:
    """Instructions for one use of one part, and who made them: "grammar" or a model's name."""

    instructions: tuple[Instruction, ...]
    source: str


def make_instructions(
    category: str,
    affordance: str,
    part: str,
    picture: bytes | None = None,
    *,
    count: int | None = None,
    seed: int = 0,
    client: ChatClient | None = None,
    cache: DiskCache | None = None,
) -> InstructionSet:
    """Instructions by the language model if there is one, else by the grammar.

    picture: PNG of the object, the part in green (`part_picture`); the model gets the names only
    where it is None. client: None takes what the environment configures, if anything. cache:
    answers are kept under a hash of all that was asked; None opens the usual one. Where the
    model fails, a warning is logged and the grammar steps in; where it says less than `count`
    usable sentences, but 12 or more, there are fewer. Other arguments and InputError as in
    `instructions`; the seed is of no influence on a model.
    """
    grammar = instructions(category, affordance, part, count, seed)
    try:
        client = client or _configured()
        if client is None:
            return InstructionSet(grammar, GRAMMAR)
        wanted = USUAL_COUNT if count is None else count
        prompt = _prompt(category, affordance, part, min(max(wanted, _FEWEST), _MOST))
        found = _from_model(client, prompt, picture, part, cache or open_cache())
    except HandholdError as error:
        _LOG.warning("instructions for %s come from the grammar: %s", category, error)
        return InstructionSet(grammar, GRAMMAR)
    return InstructionSet(_spread(found)[:wanted], client.config.model)


def _configured() -> ChatClient | None:
    config = ChatConfig.from_environment()
    return None if config is None else ChatClient(config)


def _prompt(category: str, affordance: str, part: str, count: int) -> str:
    """What is asked about one use; a few more sentences than needed, some will not do."""
    action = f"{affordance}: {AFFORDANCE_DESCRIPTIONS[affordance]}"
    return (
        f"Object: {spoken(category)}. Green part: {spoken(part)}. Action: {action}.\n"
        f"Write {count + 6} sentences, each of the seven forms at least twice."
    )


def _from_model(
    client: ChatClient, prompt: str, picture: bytes | None, part: str, cache: DiskCache
) -> tuple[Instruction, ...]:
    """The usable sentences of the model's answer; ChatError if there are too few."""
    config = client.config
    asked = (SYSTEM_PROMPT, prompt, json.dumps(ANSWER_SCHEMA), picture)
    key = content_hash("instructions/1", config.base_url, config.model, *asked)
    kept = _kept(cache, key, part)
    if len(kept) >= _FEWEST:
        return kept
    answer = client.ask(SYSTEM_PROMPT, prompt, picture, ANSWER_SCHEMA)
    usable = tuple(_usable(answer["instructions"], part))
    if len(usable) < _FEWEST:
        raise ChatError(
            f"Only {len(usable)} of {len(answer['instructions'])} sentences of"
            f" {config.model} can be used ({_FEWEST} are needed).",
            "Use a larger model, or none.",
        )
    _keep(cache, key, usable)
    return usable


def _usable(items: Sequence[Mapping[str, str]], part: str) -> Iterator[Instruction]:
    """The sentences that are new, plain text and not too long, in the order of the answer."""
    said: set[str] = set()
    for item in items:
        text = " ".join(item["text"].split())
        plain = normalised(text)
        fits = text.isprintable() and 2 <= len(words_of(text)) <= LONGEST
        if fits and plain not in said:
            said.add(plain)
            yield Instruction(text, item["form"], names_part(text, part))


def _spread(found: Sequence[Instruction]) -> tuple[Instruction, ...]:
    """The first of each form, then the second of each, and so on."""
    turns: Counter[str] = Counter()
    order = []
    for instruction in found:
        turns[instruction.form] += 1
        order.append(turns[instruction.form])
    rows = sorted(range(len(found)), key=order.__getitem__)
    return tuple(found[row] for row in rows)


def _keep(cache: DiskCache, key: str, found: tuple[Instruction, ...]) -> None:
    cache.store(
        _KIND,
        key,
        {
            "text": np.array([instruction.text for instruction in found]),
            "form": np.array([instruction.form for instruction in found]),
        },
    )


def _kept(cache: DiskCache, key: str, part: str) -> tuple[Instruction, ...]:
    """What was kept of an earlier answer; nothing if that is damaged."""
    arrays = cache.load(_KIND, key)
    if arrays is None or set(arrays) != {"text", "form"}:
        return ()
    rows = zip(arrays["text"].tolist(), arrays["form"].tolist(), strict=False)
    items = [{"text": str(t), "form": str(f)} for t, f in rows if f in FORMS]
    return tuple(_usable(items, part))
