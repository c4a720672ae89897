"""Sentences made harder: other names, more parts, things to keep off, distractions, typos.

All wordings are ours. Every change keeps the answer, or says how it changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from handhold.language import Lexicon
from handhold.language.head_input import WHOLE_OBJECT
from handhold.synthesis.instructions.phrasebook import load_phrasebook
from handhold.train.instruction_examples import InstructionExample

_AFTER = (
    "Don't touch the {q}.", "Do not touch the {q}!", "But don't touch the {q}.",
    "Stay away from the {q}.", "Keep your fingers off the {q}.", "Please keep off the {q}.",
    "The {q} is hot.", "The {q} is still wet.", "Careful, the {q} is sharp.",
    "The {q} has just been painted.", "Mind the {q}.", "Be careful not to touch the {q}.",
    "Watch out for the {q}.", "The {q} is broken.", "Leave the {q} alone.",
    "The {q} must stay clean.", "Make sure the {q} stays untouched.", "Hands off the {q}!",
    "The {q} should stay free.", "Leave the {q} free for my friend.", "I will hold the {q}.",
    "She will take the {q}.", "Nobody may touch the {q}.", "The {q} is dirty.",
    "Avoid the {q}.", "The {q} gets really hot.", "The {q} is off limits.", "Not by the {q}.",
    "I don't want fingerprints on the {q}.", "The {q} breaks easily.",
)  # fmt: skip
_TAILS = (
    " without touching the {q}", " but don't touch the {q}", ", not the {q}",
    " and keep away from the {q}", " so that she can take the {q}", " so I can grab the {q}",
    " so that he can hold the {q}", " and leave the {q} free", " while I hold the {q}",
    ", keeping the {q} free for her", " and avoid the {q}", ", the {q} is hot",
    ", but never by the {q}", " with your hand away from the {q}", " but mind the {q}",
    " and leave the {q} for the others", " rather than the {q}", " instead of the {q}",
)  # fmt: skip
_BEFORE = (
    "Without touching the {q}, {s}", "Don't touch the {q}, just {s}", "The {q} is hot, so {s}",
    "Keep clear of the {q} and {s}", "Never touch the {q}. {s}", "The {q} is fragile: {s}",
    "My child wants to hold the {q}, so {s}", "Leave the {q} free and {s}",
)  # fmt: skip
_HARMLESS = (
    "The {q} is new.", "It has a nice {q}.", "I like the {q}.", "The {q} is made of steel.",
    "You can see the {q} from here.", "The {q} came separately.", "Somebody painted the {q} blue.",
    "The one with the long {q}.", "The {q} was repaired last year.", "I bought it for its {q}.",
)  # fmt: skip
_ASIDES = (
    "The weather is lovely today.", "My sister is coming over later.", "I bought it on Monday.",
    "It was a present from my aunt.", "There is bread and cheese on the table.",
    "The cat is asleep on the sofa.", "We are in a hurry.", "It has been a long day.",
    "The radio is playing in the kitchen.", "It stands next to the plates and the glasses.",
    "The table is already set.", "Thanks a lot!", "You know where everything is.",
    "The children are at school.", "It is the blue one on the shelf.", "I am so tired.",
    "My hands are full.", "Dinner is nearly ready.", "The guests arrive at eight.",
)  # fmt: skip
_PREFIXES = (
    "Please, ", "Hey robot, ", "Excuse me, ", "Could you do me a favour? ", "Okay, ", "So, ",
    "If you don't mind, ", "When you have a moment, ", "Robot: ", "Hi! ", "Quick, ",
    "Dear helper, ", "Sorry to bother you, but ", "I was wondering: ", "Now, ",
)  # fmt: skip
_SUFFIXES = (
    ", please", " for me", " if you can", ", thank you", " right now", " when you are ready",
    ", will you", " as soon as possible", " carefully", ", would you",
)  # fmt: skip
_STAND_INS = ("it", "this", "that", "this thing", "the thing", "that one")
_MOST_PARTS = 7

Change = Callable[[InstructionExample, Lexicon, Random], InstructionExample]


def harder(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """The example after some changes drawn by `rng`; its parts are shuffled in any case."""
    for change, share in _CHANGES:
        if rng.random() < share:
            example = change(example, lexicon, rng)
    parts = list(example.parts)
    rng.shuffle(parts)
    return replace(example, parts=tuple(parts))


def _nameless(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """The object is not named, where its name stands by itself with an article."""
    nouns = load_phrasebook().nouns.get(example.category, (example.category,))
    own = [noun for noun in nouns if noun and noun not in example.parts]
    if not own:
        return example
    words = "|".join(re.escape(noun) for noun in sorted(own, key=len, reverse=True))
    pattern = rf"\b[Tt]he (?:{words})\b(?!['’])"
    text = re.sub(pattern, rng.choice(_STAND_INS), example.text)
    return replace(example, text=text[:1].upper() + text[1:], category="")


def _more_parts(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """Parts that the sentence does not name and that do not suit the affordance well."""
    said = set(re.findall(r"\w+", example.text.lower()))
    nouns = sorted(lexicon.part_nouns)
    parts = list(example.parts)
    for _ in range(rng.randint(1, 3)):
        noun = rng.choice(nouns)
        alike = any(lexicon.same(noun, p) or set(noun.split()) & set(_words(p)) for p in parts)
        tier = lexicon.tier(example.affordance, noun)
        if not alike and tier != 0 and not said & set(noun.split()) and len(parts) < _MOST_PARTS:
            parts.append(noun)
    return replace(example, parts=tuple(parts))


def _fewer_parts(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    needed = {example.part, *example.avoid}
    spare = [part for part in example.parts if part not in needed]
    if not spare:
        return example
    gone = rng.choice(spare)
    return replace(example, parts=tuple(part for part in example.parts if part != gone))


def _renamed(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """One part has another noun of its group; the sentence stays as it is."""
    part = rng.choice(example.parts)
    groups = [group for group in lexicon.same_part if part in group]
    new = sorted(set().union(*groups) - set(example.parts)) if groups else []
    new = [noun for noun in new if not _words_in(noun, example.text)]
    return _with_name(example, part, rng.choice(new)) if new else example


def _spelled(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """Names as files have them: capitals, underscores, words that say little."""
    style = rng.choice(
        (str.capitalize, str.upper, "{}_1".format, "{}_mesh".format, "the_{}".format)
    )
    for part in example.parts:
        new = style(part.replace(" ", "_"))
        if new not in example.parts:
            example = _with_name(example, part, new)
    return example


def _with_name(example: InstructionExample, old: str, new: str) -> InstructionExample:
    def name(part: str) -> str:
        return new if part == old else part

    return replace(
        example,
        parts=tuple(map(name, example.parts)),
        part=name(example.part),
        avoid=tuple(map(name, example.avoid)),
    )


def _forbidding(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """A clause forbids or endangers another part, or keeps it for somebody."""
    spare = _speakable(example)
    if not spare:
        return example
    q = rng.choice(spare)
    said = _said(q)
    way = rng.random()
    text = example.text.strip()
    if way < 0.45:
        text = f"{_stopped(text)} {rng.choice(_AFTER).format(q=said)}"
    elif way < 0.8:
        end = text[-1] if text[-1] in ".?!" else ""
        text = text.rstrip(".?!") + rng.choice(_TAILS).format(q=said) + end
    else:
        text = rng.choice(_BEFORE).format(q=said, s=text[:1].lower() + text[1:])
    return replace(example, text=text, avoid=(*example.avoid, q))


def _mentioning(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """Another part is named, and nothing follows from that."""
    spare = _speakable(example)
    if not spare:
        return example
    aside = rng.choice(_HARMLESS).format(q=_said(rng.choice(spare)))
    return replace(example, text=_joined(example.text, aside, rng))


def _speakable(example: InstructionExample) -> list[str]:
    """Parts that are neither asked for nor named yet, and have a name that can be said."""
    taken = {example.part, *example.avoid}
    return [
        part
        for part in example.parts
        if part not in taken and _words(part) and not _words_in(part, example.text)
    ]


def _aside(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    return replace(example, text=_joined(example.text, rng.choice(_ASIDES), rng))


def _polite(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    text = example.text
    if rng.random() < 0.6:
        prefix = rng.choice(_PREFIXES)
        return replace(example, text=prefix + text[:1].lower() + text[1:])
    end = text[-1] if text[-1:] in (".", "?", "!") else ""
    return replace(example, text=text.rstrip(".?!") + rng.choice(_SUFFIXES) + end)


def _mistyped(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    """One or two longer words with a letter swapped, dropped or doubled."""
    words = example.text.split(" ")
    long = [k for k, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    for k in rng.sample(long, min(rng.randint(1, 2), len(long))):
        words[k] = _typo(words[k], rng)
    return replace(example, text=" ".join(words))


def _typo(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + word[at] + word[at:]


def _careless(example: InstructionExample, lexicon: Lexicon, rng: Random) -> InstructionExample:
    style = rng.choice((str.lower, str.upper, _plain, _plain))
    return replace(example, text=style(example.text))


def _plain(text: str) -> str:
    return text.lower().rstrip(".?!").replace(",", "").replace("'", "")


def _unnamed_category(
    example: InstructionExample, lexicon: Lexicon, rng: Random
) -> InstructionExample:
    return replace(example, category="")


def _without_parts(
    example: InstructionExample, lexicon: Lexicon, rng: Random
) -> InstructionExample:
    """Nothing is known of the object but the parts that the sentence itself names."""
    said = [part for part in example.parts if _words_in(part, example.text)]
    if WHOLE_OBJECT in said:
        return example
    return replace(
        example,
        parts=(*said, WHOLE_OBJECT),
        part=example.part if example.part in said else WHOLE_OBJECT,
        avoid=tuple(part for part in example.avoid if part in said),
    )


def _joined(text: str, aside: str, rng: Random) -> str:
    return f"{aside} {text}" if rng.random() < 0.5 else f"{_stopped(text)} {aside}"


def _stopped(text: str) -> str:
    return text if text[-1:] in (".", "?", "!") else f"{text}."


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", name.lower())


def _said(name: str) -> str:
    return " ".join(_words(name))


def _words_in(name: str, text: str) -> bool:
    """Whether one of the name's words is in the text, in singular or plural."""
    said = {word.rstrip("s") for word in _words(text)}
    return any(word.rstrip("s") in said for word in _words(name))


# In this order: what changes the parts comes before what speaks about them.
_CHANGES: Sequence[tuple[Change, float]] = (
    (_nameless, 0.2),
    (_more_parts, 0.45),
    (_fewer_parts, 0.1),
    (_renamed, 0.25),
    (_forbidding, 0.3),
    (_mentioning, 0.1),
    (_aside, 0.12),
    (_polite, 0.2),
    (_mistyped, 0.12),
    (_careless, 0.2),
    (_spelled, 0.08),
    (_unnamed_category, 0.4),
    (_without_parts, 0.16),
)
