"""Parts that a sentence keeps for somebody else: "so that she can take the handle".

Word lists and shapes of phrases are ours, written from general knowledge of English.
"""

from __future__ import annotations

import re

from handhold.language.sentence import Mention, Sentence

_OTHERS = (
    r"(?:she|he|they|someone|somebody|everyone|anyone|others?|person|people|child|kid|kids|children"
    r"|guests?|friend|neighbou?r|nurse|surgeon|colleague|patient|mother|father|mom|mum|dad|wife"
    r"|husband|brother|sister|daughter|son|boy|girl|customer|cook|chef|her|him|them|grandma"
    r"|grandpa|partner|assistant|doctor|waiter)"
)
_SPEAKER = r"(?:so|so that|while|because|since) (?:i|we)|let (?:me|us)|for (?:me|us) to|i'll|we'll"
_ABLE = (
    r"(?: (?:can|could|may|might|will|would|to|then|also|easily|safely|just|simply|is able to"
    r"|are able to|gets? to|has|have|wants? to|needs? to|reach(?:es)? for and))*"
)
_TAKE = (
    r" (?:take|hold|grab|grip|reach|grasp|have|get|use|catch|seize|receive|want|need|press|touch"
    r"|pull|turn|keep|clasp|pick up|accept|find)(?:s|es)?"
    r"(?: hold of| it by| them by| by| for| onto)?"
)
_NEAR = (
    r"(?: (?:the|its|their|a|that|this|other|whole|free|cool|safe|long|upper|lower|left|right))*"
)
_TAKEN = re.compile(rf"(?:\b{_OTHERS}|\b(?:{_SPEAKER})){_ABLE}{_TAKE}{_NEAR}$")
_LEFT = re.compile(r"\b(?:leav(?:e|es|ing)|keep(?:s|ing)?|have|having|with)(?: \w+){0,3}$")
_FREE = (
    r"(?:free|clear|untouched|alone|accessible|available|unobstructed|uncovered|exposed|open for"
    r"|(?:out )?for (?:her|him|them|me|us|my|the|your|others|someone|somebody|whoever)"
    r"|(?:pointing |turned |facing )?(?:to|toward|towards) (?:her|him|them|me|us|my|the other|your)"
    r"|facing (?:her|him|them|me|us|my|the other))\b"
)
_IS_FREE = re.compile(
    rf"^(?:(?:is|are|stays?|remains?|should|must|has to|have to|needs? to|can|to|be|stay|remain"
    rf"|sticks? out|left|kept)\b ?)*{_FREE}"
)
_FIRST = re.compile(r"^first\b")
_HIS = re.compile(r"^(?:is|are) (?:hers|his|theirs|mine)\b")


def is_kept_free(sentence: Sentence, mention: Mention) -> bool:
    """Whether this part is to stay free, as for another person's hand."""
    first, last = mention.positions[0], mention.positions[-1]
    before, after = _around(sentence, first, last)
    if _TAKEN.search(before) or _FIRST.search(after) or _HIS.search(after):
        return True
    free = _IS_FREE.match(after)
    if free is None:
        return False
    return bool(_LEFT.search(before)) or bool(re.match(r"^(?!to|for|out)\w+", after))


def _around(sentence: Sentence, first: int, last: int) -> tuple[str, str]:
    """The words before and after these positions, in the same sentence, joined by spaces."""
    number = sentence.words[first].sentence
    words = [(k, w.lower) for k, w in enumerate(sentence.words) if w.sentence == number]
    before = " ".join(word for k, word in words if k < first)
    after = " ".join(word for k, word in words if k > last)
    return before, after
