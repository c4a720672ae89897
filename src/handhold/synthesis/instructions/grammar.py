"""Instructions from a grammar of our own: offline, and the same for the same seed.

The kinds of sentences follow the two papers: natural requests as G-DexGrasp's language model was
asked for (its section 4, "specific, indirect instructions or commands"), and the forms basic,
present, progressive and passive of MaskDexGrasp (supplement, Fig. 9). All phrases are ours
(phrases.toml, uses.toml).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from random import Random

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.synthesis.instructions.phrasebook import Use, load_phrasebook
from handhold.synthesis.instructions.record import (
    LONGEST,
    Instruction,
    names_part,
    normalised,
    words_of,
)
from handhold.synthesis.instructions.words import (
    gerund,
    is_plural,
    participle,
    singular,
    spoken,
    third_person,
)

USUAL_COUNT = 20  # ours
_TRIED = 24  # wordings per frame, ours

# Every kind once, then the natural ones once more: the order in which sentences are taken.
_KINDS: tuple[tuple[str, bool], ...] = (
    ("command", True),
    ("command", False),
    ("question", True),
    ("question", False),
    ("goal", True),
    ("goal", False),
    ("basic", True),
    ("present", True),
    ("progressive", True),
    ("passive", True),
    ("question", False),
    ("goal", False),
    ("command", True),
    ("command", False),
    ("question", True),
    ("goal", True),
)
_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
_MARKED = re.compile(r"\[(\w+)\]")
_FINGERS = re.compile(r"(thumb|palm) and fingers")
_INFLECTIONS = {"s": third_person, "ing": gerund, "ed": participle}
_PHRASES = ("action", "manner", "task", "wish")
_ARTICLES = ("the {bare}", "{its} {bare}", "the {bare} of {object}", "the {noun}'s {bare}")

# Words that may come twice in a sentence; all others may not.
_SMALL_WORDS = (
    "a an and are as at back be by for from i in into is it its let me mind my of on or our"
    " please so that the their them this to up us we with you your one out off"
)
_SMALL = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True)
class _Choice:
    """A frame and what is put into it. article: how the part is introduced, one of _ARTICLES."""

    frame: str
    action: str
    manner: str
    task: str
    wish: str
    noun: str
    part: str
    article: str


@dataclass(frozen=True)
class _Sentence:
    """An instruction, its normalised text, and the frame and the phrases that it consists of."""

    instruction: Instruction
    plain: str
    frame: str
    phrases: tuple[str, ...]


def instructions(
    category: str, affordance: str, part: str, count: int | None = None, seed: int = 0
) -> tuple[Instruction, ...]:
    """Different sentences that ask for this use of this part of an object.

    category, part: any names; those that uses.toml knows get goals of their own. affordance: one
    of AFFORDANCES. count: how many (20 if not given), as evenly spread over forms, named and
    unnamed parts, and phrases as possible; fewer where the grammar has no more. The same
    arguments give the same sentences. Raises InputError for an unknown affordance, an empty
    name, or a count below 1.
    """
    _check(category, affordance, part, count)
    wanted = USUAL_COUNT if count is None else count
    use = load_phrasebook().use(category, affordance, part)
    rng = Random(f"{category}/{affordance}/{part}/{seed}")
    waiting = {kind: list(_sentences(use, part, kind, rng)) for kind in dict.fromkeys(_KINDS)}
    return tuple(_spread(waiting, wanted))


def _check(category: str, affordance: str, part: str, count: int | None) -> None:
    if affordance not in AFFORDANCES:
        raise InputError(
            f"'{affordance}' is no affordance.", f"Choose one of: {', '.join(AFFORDANCES)}."
        )
    for what, name in (("category", category), ("part", part)):
        if not spoken(name):
            raise InputError(f"The {what} has no name.", "Give a word, such as 'mug' or 'handle'.")
    if count is not None and count < 1:
        raise InputError(f"{count} instructions were asked for.", "Ask for 1 or more.")


def _spread(
    waiting: Mapping[tuple[str, bool], list[_Sentence]], wanted: int
) -> Iterator[Instruction]:
    """Sentences of all kinds in turn, each time the one whose phrases were used least so far."""
    used: Counter[str] = Counter()
    said: set[str] = set()
    while wanted and any(waiting.values()):
        for kind in _KINDS:
            rivals = [sentence for sentence in waiting[kind] if sentence.plain not in said]
            waiting[kind][:] = rivals
            if not rivals or not wanted:
                continue
            best = min(rivals, key=lambda sentence: _wear(sentence, used))
            used.update([best.frame, *best.phrases])
            said.add(best.plain)
            wanted -= 1
            yield best.instruction


def _wear(sentence: _Sentence, used: Counter[str]) -> int:
    """How often its phrases were used; a frame may come again sooner than what fills it."""
    return used[sentence.frame] + 2 * sum(used[phrase] for phrase in sentence.phrases)


def _sentences(use: Use, part: str, kind: tuple[str, bool], rng: Random) -> Iterator[_Sentence]:
    """Some of the sentences of a kind, in random order; those that read badly are left out."""
    form, direct = kind
    for choice in _some_choices(use, part, kind, rng):
        plain = _filled(choice, inflect=False)
        if plain is None or (not choice.wish and _reads_badly(plain)):
            continue
        text = _filled(choice, inflect=True)
        if text is None or len(words_of(text)) > LONGEST or names_part(text, part) != direct:
            continue
        phrases = tuple(filter(None, (choice.action, choice.manner, choice.task, choice.wish)))
        instruction = Instruction(_sentence(text), form, direct)
        yield _Sentence(instruction, normalised(text), choice.frame, phrases)


def _some_choices(use: Use, part: str, kind: tuple[str, bool], rng: Random) -> Iterator[_Choice]:
    form, direct = kind
    frames = load_phrasebook().frames[form]
    wording = use.wording
    phrases = {
        "action": wording.actions,
        "manner": wording.manners,
        "task": wording.tasks,
        "wish": wording.wishes,
    }
    for frame in frames.direct if direct else frames.indirect:
        slots = {slot for slot, _ in _SLOT.findall(frame)}
        lists = [phrases[name] if name in slots else ("",) for name in _PHRASES]
        articles = _ARTICLES if "manner" in slots else _ARTICLES[:1]
        choices = [
            _Choice(frame, *filling)
            for filling in product(*lists, _nouns(use, part), [use.part_name], articles)
        ]
        yield from rng.sample(choices, min(_TRIED, len(choices)))


def _nouns(use: Use, part: str) -> tuple[str, ...]:
    """Names of the object that do not name the part as well."""
    clear = [noun for noun in use.nouns if not names_part(noun, part)]
    return tuple(clear) or ("object",)


def _filled(choice: _Choice, *, inflect: bool) -> str | None:
    """The sentence, its verbs in their base forms if not `inflect`; None if it cannot be said."""

    def phrase(slot: re.Match[str]) -> str:
        name, ending = slot.groups()
        if name not in _PHRASES:
            return slot[0]
        return _inflected(getattr(choice, name), ending if inflect else None)

    text = _SLOT.sub(phrase, choice.frame)
    if not _suits(choice.article, text):
        return None
    for slot, word in {"{part}": choice.article, **_words(choice)}.items():
        text = text.replace(slot, word)
    return text


def _suits(article: str, text: str) -> bool:
    """Whether the part can be introduced like that: `its` after the object, `of` without it."""
    if "{part}" not in text:
        return article == _ARTICLES[0]
    before, _, after = text.partition("{part}")
    if "{it}" in before:
        return False
    if "{object}" in before:
        return article in _ARTICLES[:2]
    return "{its}" not in article and not ("{object}" in after and "of" in article)


def _words(choice: _Choice) -> dict[str, str]:
    """What nouns and the words that agree with them are."""
    several, parts = is_plural(choice.noun), is_plural(choice.part)
    return {
        "{object}": f"the {choice.noun}",
        "{noun}": choice.noun,
        "{bare}": choice.part,
        "{its}": "their" if several else "its",
        "{is}": "are" if several else "is",
        "{it}": "them" if parts else "it",
    }


def _inflected(phrase: str, ending: str | None) -> str:
    """The phrase with its first verb and those in brackets inflected: s, ing or ed."""
    if ending is None:
        return _MARKED.sub(r"\1", phrase)
    inflect = _INFLECTIONS[ending]
    first, space, rest = phrase.partition(" ")
    return inflect(first) + space + _MARKED.sub(lambda verb: inflect(verb[1]), rest)


def _reads_badly(text: str) -> bool:
    """Whether a word of weight comes twice, or actions are strung together with `and`."""
    if _FINGERS.sub("", text).count(" and ") > 1:
        return True
    weighty = [singular(w.removesuffix("'s")) for w in words_of(text)]
    counts = Counter(word for word in weighty if word not in _SMALL)
    return any(count > 1 for count in counts.values())


def _sentence(text: str) -> str:
    """With a capital, and the possessive of plurals as one writes it."""
    text = text.replace("s's ", "s' ")
    return text[:1].upper() + text[1:]
