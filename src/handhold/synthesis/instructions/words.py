"""English inflection for the grammar: verbs, plurals, and names as one says them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_VOWELS = "aeiou"
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\W_]+")

# (third person, -ing, past participle) where the rules below do not give it.
_IRREGULAR: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "be": ("is", "being", "been"),
        "beat": ("beats", "beating", "beaten"),
        "bend": ("bends", "bending", "bent"),
        "bring": ("brings", "bringing", "brought"),
        "build": ("builds", "building", "built"),
        "catch": ("catches", "catching", "caught"),
        "choose": ("chooses", "choosing", "chosen"),
        "cut": ("cuts", "cutting", "cut"),
        "dig": ("digs", "digging", "dug"),
        "do": ("does", "doing", "done"),
        "draw": ("draws", "drawing", "drawn"),
        "drink": ("drinks", "drinking", "drunk"),
        "drive": ("drives", "driving", "driven"),
        "eat": ("eats", "eating", "eaten"),
        "feed": ("feeds", "feeding", "fed"),
        "feel": ("feels", "feeling", "felt"),
        "find": ("finds", "finding", "found"),
        "get": ("gets", "getting", "got"),
        "give": ("gives", "giving", "given"),
        "go": ("goes", "going", "gone"),
        "have": ("has", "having", "had"),
        "hang": ("hangs", "hanging", "hung"),
        "hit": ("hits", "hitting", "hit"),
        "hold": ("holds", "holding", "held"),
        "keep": ("keeps", "keeping", "kept"),
        "lay": ("lays", "laying", "laid"),
        "let": ("lets", "letting", "let"),
        "light": ("lights", "lighting", "lit"),
        "make": ("makes", "making", "made"),
        "pay": ("pays", "paying", "paid"),
        "put": ("puts", "putting", "put"),
        "read": ("reads", "reading", "read"),
        "say": ("says", "saying", "said"),
        "see": ("sees", "seeing", "seen"),
        "send": ("sends", "sending", "sent"),
        "set": ("sets", "setting", "set"),
        "shake": ("shakes", "shaking", "shaken"),
        "shoot": ("shoots", "shooting", "shot"),
        "show": ("shows", "showing", "shown"),
        "shut": ("shuts", "shutting", "shut"),
        "slide": ("slides", "sliding", "slid"),
        "spin": ("spins", "spinning", "spun"),
        "split": ("splits", "splitting", "split"),
        "spread": ("spreads", "spreading", "spread"),
        "stick": ("sticks", "sticking", "stuck"),
        "strike": ("strikes", "striking", "struck"),
        "sweep": ("sweeps", "sweeping", "swept"),
        "swing": ("swings", "swinging", "swung"),
        "take": ("takes", "taking", "taken"),
        "tell": ("tells", "telling", "told"),
        "tie": ("ties", "tying", "tied"),
        "try": ("tries", "trying", "tried"),
        "undo": ("undoes", "undoing", "undone"),
        "wear": ("wears", "wearing", "worn"),
        "wind": ("winds", "winding", "wound"),
        "write": ("writes", "writing", "written"),
    }
)
# Stressed on a last syllable of one vowel and one consonant, which is written twice.
_DOUBLING_VERBS = (
    "beg chop clap clip control dim dip drag drip drop fit flip grab grip hug jam mop nab pat pin "
    "plug pop refit rip rub scrub sip skip slip snap snip spot squat stab step stir stop strap "
    "strum submit tap tip top trim trip tug unplug unzip wet whip wrap zap zip"
)
_DOUBLING: frozenset[str] = frozenset(_DOUBLING_VERBS.split())
_ALWAYS_SINGULAR: frozenset[str] = frozenset({"lens", "gas", "canvas", "bus", "chassis"})


def third_person(verb: str) -> str:
    """She, he or it does: use -> uses, press -> presses, carry -> carries."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][0]
    if verb.endswith(("s", "x", "z", "ch", "sh")):
        return verb + "es"
    return verb[:-1] + "ies" if _ends_in_consonant_and_y(verb) else verb + "s"


def gerund(verb: str) -> str:
    """The form on -ing: use -> using, grip -> gripping."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][1]
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def participle(verb: str) -> str:
    """What is done: use -> used, carry -> carried, hold -> held."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][2]
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if _ends_in_consonant_and_y(verb) else _doubled(verb) + "ed"


def is_plural(noun: str) -> bool:
    """Whether a noun (its last word) is followed by `are`: scissors, keys; not lens, glass."""
    last = noun.split(" ")[-1]
    return last.endswith("s") and last not in _ALWAYS_SINGULAR and not last.endswith(("ss", "us"))


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """keys -> key, batteries -> battery, switches -> switch; other words as they are."""
    if not is_plural(word):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1]


def spoken(name: str) -> str:
    """A part's or category's name as one says it: ScrewCap_2 -> screw cap."""
    spaced = _SEPARATORS.sub(" ", _CAMEL.sub(" ", name)).strip().lower()
    words = [re.sub(r"(?<=[a-z])\d+$", "", word) for word in spaced.split(" ")]
    kept = [word for word in words if not word.isdigit()]
    return " ".join(kept or words)


def _doubled(verb: str) -> str:
    return verb + verb[-1] if verb in _DOUBLING else verb


def _ends_in_consonant_and_y(verb: str) -> bool:
    return len(verb) > 1 and verb.endswith("y") and verb[-2] not in _VOWELS
