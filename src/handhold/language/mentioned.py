"""Nouns: of parts in a sentence, for objects whose parts have no names; of the object itself."""

from __future__ import annotations

from handhold.language.lexicon import Lexicon, load_lexicon
from handhold.language.sentence import Sentence
from handhold.language.words import split_name


def named_parts(instruction: str, lexicon: Lexicon | None = None) -> tuple[str, ...]:
    """Nouns of parts in the sentence, in its order, each once; the whole object is none."""
    known = lexicon or load_lexicon()
    mentions = Sentence(instruction, known, frozenset()).mentions()
    return tuple(dict.fromkeys(one.noun for one in mentions if one.noun not in known.whole))


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
