"""What the instruction head learns from: sentences with the parts to choose from and the answer.

Three sources, all of ours: the grammar of the synthetic set, for uses of seen categories only;
the grammar's general phrases about nameless objects, so that any part's name is learned as a
name; and sentences written one by one, about seen categories (synthesis/handwritten*.jsonl) and
about everyday things that nothing here is measured on (synthesis/everyday*.jsonl).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language import Lexicon, load_lexicon
from handhold.synthesis.instructions import instructions
from handhold.synthesis.instructions.phrasebook import load_phrasebook
from handhold.synthesis.shapes import SEEN, UNSEEN, make_shape, styles
from handhold.train.kept_out import is_kept_out

SENTENCES_PER_USE = 24  # of the grammar, ours
GENERAL_SENTENCES = 1200  # ours
_THINGS = (
    "object", "thing", "device", "tool", "item", "gadget", "article", "piece", "utensil",
    "product", "appliance", "container",
)  # fmt: skip
_MOST_PARTS = 5


@dataclass(frozen=True)
class InstructionExample:
    """A sentence about an object, and what a person would do.

    parts: names to choose from, `part` and `avoid` among them. category: "" where not known.
    source: "grammar", "general" or "handwritten".
    """

    text: str
    parts: tuple[str, ...]
    affordance: str
    part: str
    avoid: tuple[str, ...] = ()
    category: str = ""
    source: str = "grammar"

    def __post_init__(self) -> None:
        """Refuse an answer that cannot be chosen; InputError says which."""
        if self.affordance not in AFFORDANCES or not {self.part, *self.avoid} <= set(self.parts):
            raise InputError(f"'{self.text}' has an answer that its object does not have.")
        if self.part in self.avoid or len(set(self.parts)) < len(self.parts):
            raise InputError(f"'{self.text}' avoids the part it asks for, or has a part twice.")


def grammar_examples(
    categories: Sequence[str] = SEEN, seed: int = 0, count: int = SENTENCES_PER_USE
) -> tuple[InstructionExample, ...]:
    """Sentences of the grammar for every known use of these categories' parts, on their shapes.

    count: sentences for each name of a part. The parts to choose from are those of the shapes; a
    name that no shape has takes the place of its synonym.
    """
    found: list[InstructionExample] = []
    for category in categories:
        sets = _part_sets(category)
        for affordance, names in _uses(category):
            for name in names:
                fitting = _sets_with(sets, name, names, affordance)
                rng = Random(f"{category}/{affordance}/{name}/{seed}")
                for sentence in instructions(category, affordance, name, count, seed):
                    if fitting:
                        parts = rng.choice(fitting)
                        found.append(
                            InstructionExample(
                                sentence.text, parts, affordance, name, category=category
                            )
                        )
    return tuple(found)


def shape_examples(
    categories: Sequence[str], seed: int = 0, count: int = 4
) -> tuple[InstructionExample, ...]:
    """Sentences of the grammar for the uses of the synthetic set: of shapes as they are.

    Unlike `grammar_examples`, parts have the shapes' own names only, and an affordance is asked
    of those parts that were built for it. count: sentences for each use of each set of parts.
    """
    found: dict[InstructionExample, None] = {}
    for category in categories:
        for style in range(len(styles(category))):
            shape = make_shape(category, style)
            for part, affordances in shape.affordances.items():
                for affordance in affordances:
                    for sentence in instructions(category, affordance, part, count, seed + style):
                        example = InstructionExample(
                            sentence.text, shape.part_names, affordance, part, category=category
                        )
                        found.setdefault(example)
    return tuple(found)


def general_examples(
    seed: int = 0, count: int = GENERAL_SENTENCES
) -> tuple[InstructionExample, ...]:
    """Sentences of the grammar's general phrases about nameless objects with any known parts."""
    rng, lexicon = Random(f"general/{seed}"), load_lexicon()
    nouns = sorted(lexicon.part_nouns)
    found: list[InstructionExample] = []
    while len(found) < count:
        affordance, part = rng.choice(AFFORDANCES), rng.choice(nouns)
        tier = lexicon.tier(affordance, part)
        if tier is None and rng.random() < 0.6:
            continue
        others = _others(part, affordance, nouns, lexicon, rng)
        thing = rng.choice(_THINGS)
        sentences = [
            sentence
            for sentence in instructions(thing, affordance, part, 24, rng.randrange(10**6))
            if sentence.direct or tier == 0
        ]
        for sentence in rng.sample(sentences, min(8, len(sentences))):
            parts = (part, *others)
            found.append(
                InstructionExample(sentence.text, parts, affordance, part, source="general")
            )
    return tuple(found[:count])


def handwritten_paths() -> tuple[Path, ...]:
    """The files of sentences that were written one by one, by name."""
    folder = Path(str(resources.files("handhold.synthesis")))
    return tuple(sorted((*folder.glob("handwritten*.jsonl"), *folder.glob("everyday*.jsonl"))))


def handwritten_examples(*paths: Path) -> tuple[InstructionExample, ...]:
    """Sentences written one by one, by default all of handhold's: one JSON object a line.

    Keys: category, parts, instruction, affordance, part, avoid; others are ignored. Of sentences
    with the same words the first counts. Raises InputError with the line's number for what cannot
    be read.
    """
    found: dict[tuple[str, ...], InstructionExample] = {}
    for path in paths or handwritten_paths():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise InputError(f"'{path}' cannot be read: {error}.") from error
        for number, line in enumerate(lines, 1):
            if line.strip():
                example = _from_line(path, number, line)
                words = re.findall(r"\w+", example.text.lower())
                found.setdefault((*words, "|", *sorted(example.parts)), example)
    return tuple(found.values())


def to_be_learned(examples: Sequence[InstructionExample]) -> tuple[InstructionExample, ...]:
    """Those whose object is not kept out, and whose words and parts name no unseen category."""
    names = "|".join(category.replace("-", "[ _-]?") for category in UNSEEN)
    unseen = re.compile(rf"\b(?:{names})s?\b", re.IGNORECASE)
    return tuple(
        example
        for example in examples
        if not is_kept_out(example.category)
        and not unseen.search(" ".join((example.text, *example.parts)))
    )


def _from_line(path: Path, number: int, line: str) -> InstructionExample:
    try:
        entry: Mapping[str, Any] = json.loads(line)
        return InstructionExample(
            text=str(entry["instruction"]),
            parts=tuple(str(part) for part in entry["parts"]),
            affordance=str(entry["affordance"]),
            part=str(entry["part"]),
            avoid=tuple(str(part) for part in entry.get("avoid", ())),
            category=str(entry.get("category", "")),
            source="handwritten",
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"Line {number} of '{path}' is no instruction with its answer: {error}.",
            "A line is a JSON object with parts, instruction, affordance and part.",
        ) from error


def _uses(category: str) -> list[tuple[str, tuple[str, ...]]]:
    """(affordance, the names that its part may have) for each use of a category."""
    groups: dict[tuple[str, Any], list[str]] = {}
    for (owner, part, affordance), use in load_phrasebook().uses.items():
        if owner == category:
            groups.setdefault((affordance, use.wording), []).append(part)
    return [(affordance, tuple(parts)) for (affordance, _), parts in groups.items()]


@lru_cache(maxsize=64)
def _part_sets(category: str) -> tuple[tuple[str, ...], ...]:
    """The different sets of part names among the shapes of a category."""
    shapes = (make_shape(category, seed) for seed in range(len(styles(category))))
    return tuple(dict.fromkeys(shape.part_names for shape in shapes))


def _sets_with(
    sets: Sequence[tuple[str, ...]], name: str, names: Sequence[str], affordance: str
) -> list[tuple[str, ...]]:
    """The sets that have this part, or a part of another of its names, which it then replaces."""
    own = [s for s in sets if name in s]
    if own:
        return own
    found = []
    for parts in sets:
        others = [part for part in parts if part in names]
        if others and affordance == "base-support":  # a bottom may be there besides the body
            found.append((*parts, name))
        found += [tuple(name if p == other else p for p in parts) for other in others]
    return found


def _others(
    part: str, affordance: str, nouns: Sequence[str], lexicon: Lexicon, rng: Random
) -> tuple[str, ...]:
    """Up to four more parts: none may be called like another, or suit the affordance best."""
    chosen: list[str] = []
    for _ in range(rng.randint(1, _MOST_PARTS - 1)):
        noun = rng.choice(nouns)
        if lexicon.tier(affordance, noun) == 0 or _alike(noun, (part, *chosen), lexicon):
            continue
        chosen.append(noun)
    return tuple(chosen)


def _alike(noun: str, others: Sequence[str], lexicon: Lexicon) -> bool:
    words = set(noun.split())
    return any(lexicon.same(noun, other) or words & set(other.split()) for other in others)
