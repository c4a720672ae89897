"""What the part segmenter is asked while it learns: true and false names of parts, affordances.

All of it is ours. A part answers to every name that people use for it (the lexicon's groups and
the lists here), so the network meets many words although the shapes have few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.grasps import AFFORDANCES
from handhold.language.lexicon import Lexicon, load_lexicon

OWN_NAMES: Mapping[str, tuple[str, ...]] = {
    "handle": ("handle", "grip", "hand grip", "handle bar", "handgrip"),
    "handles": ("handles", "handle", "finger loops", "grips", "rings"),
    "body": ("body", "main body", "container", "vessel", "housing", "barrel", "casing"),
    "cap": ("cap", "bottle cap", "screw cap", "lid", "stopper"),
    "lid": ("lid", "cover", "cap", "jar lid", "pot lid"),
    "neck": ("neck", "bottle neck", "stem"),
    "pump": ("pump", "pump head", "plunger", "button", "push button"),
    "trigger": ("trigger", "squeeze trigger", "spray trigger"),
    "spout": ("spout", "nozzle", "outlet", "beak"),
    "base": ("base", "foot", "bottom", "stand", "pedestal"),
    "earcups": ("earcups", "ear cups", "earcup", "speakers", "ear pads"),
    "band": ("band", "headband", "head band", "arch", "bow"),
    "keys": ("keys", "key", "buttons", "button", "keypad", "keycaps"),
    "screen": ("screen", "display", "monitor", "panel"),
    "blade": ("blade", "edge", "cutting edge"),
    "knob": ("knob", "dial", "knobs"),
    "button": ("button", "push button", "pushbutton", "switch", "key", "power button"),
    "blades": ("blades", "blade", "cutting edges"),
    "buttons": ("buttons", "keys", "keypad", "push buttons", "button"),
    "power": ("power", "power button", "on off button", "power switch"),
    "joystick": ("joystick", "control stick", "thumb stick"),
    "switch": ("switch", "on off switch", "slider", "rocker switch", "toggle"),
    "lever": ("lever", "arm", "crank"),
    "tank": ("tank", "reservoir", "water tank", "canister"),
    "nozzle": ("nozzle", "mouthpiece", "collar", "tip"),
    "latch": ("latch", "clasp", "buckle", "lock"),
    "wheels": ("wheels", "wheel", "casters"),
    "shaft": ("shaft", "rod", "pole", "tube", "stem"),
    "tube": ("tube", "barrel", "pipe", "muzzle"),
    "head": ("head", "tool head", "top"),
    "tip": ("tip", "point", "end"),
    "cord": ("cord", "cable", "wire"),
    "strap": ("strap", "belt", "band"),
    "grille": ("grille", "vent", "grid", "slots"),
    "clip": ("clip", "clamp", "tongue"),
    "door": ("door", "flap", "drawer", "hatch", "drawer front"),
    "rim": ("rim", "edge", "border", "brim"),
    "bail": ("bail", "wire handle", "wire"),
    "loop": ("loop", "ring", "hanging loop", "eyelet"),
}
"""Names of each part of the shapes, besides the lexicon's."""

NAMES_IN_FAMILY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("mug", "body"): ("cup", "mug", "bowl"),
    ("bottle", "body"): ("bottle", "flask"),
    ("handle-bottle", "body"): ("bottle", "canister"),
    ("dispenser", "body"): ("bottle", "reservoir"),
    ("dispenser", "neck"): ("collar",),
    ("jar", "body"): ("jar", "glass", "can"),
    ("pot", "body"): ("pot", "pan", "bowl"),
    ("bag", "body"): ("bag", "pouch", "case"),
    ("bag", "handle"): ("strap", "loop", "carrying handle"),
    ("pot", "handle"): ("ear", "side handle", "loop handle"),
    ("faucet", "handle"): ("lever", "tap", "knob", "dial"),
    ("knife", "handle"): ("haft", "hilt", "shaft"),
    ("laptop", "screen"): ("lid", "screen lid"),
    ("laptop", "base"): ("bottom half", "keyboard base"),
    ("keyboard", "base"): ("case", "frame", "board", "body"),
    ("vessel", "body"): ("pan", "pot", "bowl", "tub", "can"),
    ("box", "body"): ("case", "box", "shell", "frame"),
    ("rod", "body"): ("handle", "grip", "tube"),
    ("rod", "handle"): ("haft", "shaft", "stick"),
    ("pistol", "handle"): ("pistol grip",),
}
"""Names that a part has in one category only."""

_DOUBTFUL: Mapping[str, tuple[str, ...]] = {
    "body": ("base", "foot", "bottom", "stand", "pedestal", "underside", "top", "side", "mouth",
             "rim", "case", "edge", "panel", "main", "cup", "bottle", "jar", "pot", "pan", "bowl"),
    "base": ("body", "housing", "case", "container", "main body", "barrel", "tank"),
    "blade": ("tip", "point", "body", "head", "tool head"),
    "blades": ("tip", "point"),
    "spout": ("neck", "stem", "mouth", "arm", "tap", "faucet", "tube", "pipe"),
    "screen": ("lid", "cover", "top"),
    "pump": ("top", "head", "lid", "cap", "nozzle", "spout", "lever", "beak", "outlet"),
    "cap": ("top", "knob", "end"),
    "lid": ("top", "knob"),
    "handles": ("body",),
    "earcups": ("body", "cap", "cover"),
    "band": ("handle", "body", "stem", "loop"),
    "trigger": ("lever", "handle", "button", "switch"),
    "neck": ("collar", "top", "mouth"),
    "keys": ("body",),
    "handle": ("arm", "lever", "bail", "stick", "loop"),
    "knob": ("cap", "lid", "top", "cover", "button", "screw cap", "bottle cap"),
    "button": ("keys", "buttons", "keypad", "keycaps", "knob", "dial", "power"),
    "buttons": ("power", "power button", "on off button", "keycaps", "key", "push button", "panel"),
    "power": ("button", "push button", "pushbutton", "switch", "buttons", "key", "on off switch"),
    "joystick": ("stick", "knob", "lever", "button", "dial"),
    "switch": ("button", "power button", "power", "lever", "key", "power switch", "latch"),
    "lever": ("handle", "grip", "switch", "trigger", "handle bar", "spout"),
    "tank": ("body", "container", "vessel", "bottle", "base", "bottom", "foot", "box"),
    "nozzle": ("spout", "outlet", "head", "front", "mouth", "neck", "cap", "knob", "shaft", "tube"),
    "latch": ("button", "clip", "switch", "key", "door"),
    "wheels": ("feet", "base", "foot"),
    "shaft": ("handle", "neck", "bar", "stick", "arm", "grip"),
    "tube": ("nozzle", "spout", "outlet", "shaft", "rod", "front", "neck", "blade", "tip"),
    "head": ("cap", "blade", "body", "nozzle", "front", "lid", "tip", "point", "end"),
    "tip": ("head", "nozzle", "blade"),
    "cord": ("tail", "strap", "tube", "pipe"),
    "strap": ("loop", "handle"),
    "grille": ("screen", "panel", "lid", "cover", "speaker", "speakers"),
    "clip": ("latch", "handle", "clasp", "strap"),
    "door": ("panel", "lid", "cover", "screen", "body", "front"),
    "rim": ("mouth", "lip", "top", "ring", "lid"),
    "bail": ("handle", "grip", "loop", "arch", "bow", "arm"),
    "loop": ("strap", "handle", "cord", "hook", "rings"),
}  # fmt: skip
"""Names that are neither true nor false where an object has such a part."""


@dataclass(frozen=True)
class QueryMix:
    """How queries are drawn: per shape, and with what chances (ours)."""

    per_shape: int = 8
    negative: float = 0.35
    with_affordance: float = 0.5
    without_name: float = 0.12


@dataclass(frozen=True)
class Vocabulary:
    """All names that training uses, and which part may be called what.

    The first `taught` names are those of parts; the others are only listed.
    """

    names: tuple[str, ...]
    taught: int
    own: Mapping[str, tuple[str, ...]]

    def index(self) -> Mapping[str, int]:
        """Row of each name."""
        return {name: row for row, name in enumerate(self.names)}


@dataclass(frozen=True, eq=False)
class Queries:
    """Q queries of one shape. names (Q,): row of the vocabulary, -1 for none.

    affordances (Q, A) float32: one-hot or zeros. wanted (Q, P) bool: which parts are meant.
    """

    names: NDArray[np.int64]
    affordances: NDArray[np.float32]
    wanted: NDArray[np.bool_]


def vocabulary(lexicon: Lexicon | None = None) -> Vocabulary:
    """The names of the shapes' parts, their synonyms, and the other part nouns of the lexicon."""
    lexicon = lexicon or load_lexicon()
    own = {part: _synonyms(part, names, lexicon) for part, names in OWN_NAMES.items()}
    listed = [*own.values(), *NAMES_IN_FAMILY.values()]
    names = dict.fromkeys(name for group in listed for name in group)
    taught = len(names)
    names.update(dict.fromkeys(name for group in _DOUBTFUL.values() for name in group))
    names.update(dict.fromkeys(sorted(lexicon.part_nouns | lexicon.whole)))
    return Vocabulary(tuple(names), taught, own)


def _synonyms(part: str, names: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    doubtful = set(_DOUBTFUL.get(part, ()))
    groups = [group for group in lexicon.same_part if part in group]
    found = dict.fromkeys((part, *names, *(n for group in groups for n in sorted(group))))
    return tuple(name for name in found if name not in doubtful or name in names)


def names_of(part: str, family: str, words: Vocabulary) -> tuple[str, ...]:
    """What a part of a shape may be called; hybrids ("mug+knife") have the first one's body."""
    families = family.split("+")
    extra = (NAMES_IN_FAMILY.get((name, part), ()) for name in families)
    special = next(extra) if part == "body" else tuple(n for group in extra for n in group)
    return tuple(dict.fromkeys((*words.own.get(part, (part,)), *special)))


def draw_queries(
    parts: Sequence[str],
    affordances: Mapping[str, Sequence[str]],
    family: str,
    words: Vocabulary,
    rng: np.random.Generator,
    mix: QueryMix,
) -> Queries:
    """Queries for a shape with these parts; each part is asked for at least once, if they fit."""
    row = words.index()
    called = [names_of(part, family, words) for part in parts]
    false = _false_names(parts, called, words)
    names = np.full(mix.per_shape, -1)
    hot = np.zeros((mix.per_shape, len(AFFORDANCES)), np.float32)
    wanted = np.zeros((mix.per_shape, len(parts)), bool)
    for q in range(mix.per_shape):
        if q >= len(parts) and rng.random() < mix.negative:
            names[q] = row[str(rng.choice(false))]
            continue
        part = q if q < len(parts) else int(rng.integers(len(parts)))
        suits = affordances.get(parts[part], ())
        if suits and rng.random() < mix.with_affordance:
            meant = str(rng.choice(list(suits)))
            hot[q, AFFORDANCES.index(meant)] = 1
            if rng.random() < mix.without_name:
                wanted[q] = [meant in affordances.get(name, ()) for name in parts]
                continue
        name = parts[part] if rng.random() < 0.3 else str(rng.choice(list(called[part])))
        names[q] = row[name]
        wanted[q] = [name in others for others in called]
    return Queries(names, hot, wanted)


def _false_names(
    parts: Sequence[str], called: Sequence[Sequence[str]], words: Vocabulary
) -> list[str]:
    """Names of other shapes' parts that certainly mean nothing of this one."""
    taken = {name for group in called for name in group}
    taken.update(name for part in parts for name in _DOUBTFUL.get(part, ()))
    return [
        name
        for part, group in words.own.items()
        if part not in parts
        for name in group
        if name not in taken
    ]
