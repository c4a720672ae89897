"""Nouns: of parts in a sentence, for objects whose parts have no names; of the object itself."""

from __future__ import annotations

from dataclasses import dataclass

from handhold.language.lexicon import Lexicon, load_lexicon
from handhold.language.sentence import Sentence
from handhold.language.words import split_name


@dataclass(frozen=True)
class MentionedPart:
    """A part that the sentence names by `noun`. governed: it sends the hand there ("by the lid");
    negated: it keeps the hand away."""

    noun: str
    governed: bool
    negated: bool


def mentioned_parts(instruction: str, lexicon: Lexicon | None = None) -> tuple[MentionedPart, ...]:
    """Nouns of parts in the sentence, in its order, each once; the whole object is none."""
    known = lexicon or load_lexicon()
    found: dict[str, MentionedPart] = {}
    for mention in Sentence(instruction, known, frozenset()).mentions():
        if mention.noun in known.whole:
            continue
        before = found.get(mention.noun)
        if before is None or (mention.governed and not before.governed):
            found[mention.noun] = MentionedPart(mention.noun, mention.governed, mention.negated)
    return tuple(found.values())


def wanted_noun(parts: tuple[MentionedPart, ...], lexicon: Lexicon | None = None) -> str | None:
    """The noun of the part that the hand is sent to: governed first; no blade or spout unless it
    is; None where the sentence names none."""
    known = lexicon or load_lexicon()
    allowed = [part for part in parts if not part.negated]
    governed = [part.noun for part in allowed if part.governed]
    plain = [part.noun for part in allowed if part.noun not in known.working]
    return next(iter((*governed, *plain)), None)


def object_noun(name: str, lexicon: Lexicon | None = None) -> str:
    """What an object is, by its name: "mug" for `red_coffee_mug`; "" where no noun is known.

    Of several known nouns the last one counts, in its longest form ("wine glass").
    """
    known = lexicon or load_lexicon()
    nouns = frozenset[str]().union(*known.objects.values())
    words = split_name(name, known.irregular)
    for end in range(len(words), 0, -1):
        for start in range(end):
            heads = words[end - 1].bases
            before = [word.lower for word in words[start : end - 1]]
            found = sorted({" ".join([*before, head]) for head in heads} & nouns)
            if found:
                return found[0]
    return ""
