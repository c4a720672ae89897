"""The phrases of phrases.toml and uses.toml, checked and looked up by category and part."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.synthesis.instructions.record import FORMS, names_part
from handhold.synthesis.instructions.words import spoken

_PHRASES, _USES, _VERSION = "handhold-instruction-phrases", "handhold-instruction-uses", 1
_USE_KEYS = frozenset(
    {"category", "parts", "affordance", "nouns", "called"}
    | {"manners", "also", "actions", "tasks", "wishes"}
)


@dataclass(frozen=True)
class Wording:
    """What can be said about an affordance; phrases with slots, see phrases.toml.

    manners: how the hand touches the part. actions: verbs with the object as their object.
    tasks: what that is good for, the part unnamed. wishes: whole sentences to that effect.
    """

    manners: tuple[str, ...]
    actions: tuple[str, ...]
    tasks: tuple[str, ...]
    wishes: tuple[str, ...]


@dataclass(frozen=True)
class Use:
    """A wording for one part and affordance, and what object and part are called in it."""

    wording: Wording
    nouns: tuple[str, ...]
    part_name: str


@dataclass(frozen=True)
class Frames:
    """Sentence frames of one form: those that name the part, those that do not."""

    direct: tuple[str, ...]
    indirect: tuple[str, ...]


@dataclass(frozen=True)
class Phrasebook:
    """All wordings: per affordance for any object, and for known uses of known categories."""

    general: Mapping[str, Wording]
    frames: Mapping[str, Frames]
    nouns: Mapping[str, tuple[str, ...]]
    uses: Mapping[tuple[str, str, str], Use]

    def use(self, category: str, affordance: str, part: str) -> Use:
        """The wording of a known use, else the general one of the affordance."""
        known = self.uses.get((category, spoken(part), affordance))
        if known is not None:
            return known
        nouns = self.nouns.get(category, (spoken(category),))
        return Use(self.general[affordance], nouns, spoken(part))


@lru_cache(maxsize=1)
def load_phrasebook() -> Phrasebook:
    """The phrases that are shipped with the package."""
    room = files("handhold.synthesis.instructions")
    return parse_phrasebook(
        room.joinpath("phrases.toml").read_text("utf-8"),
        room.joinpath("uses.toml").read_text("utf-8"),
    )


def parse_phrasebook(phrases: str, uses: str) -> Phrasebook:
    """A phrase book from two TOML texts; InputError for another format or unknown keys."""
    book, known = _document(phrases, _PHRASES), _document(uses, _USES)
    _check_names("affordances", book["affordance"], AFFORDANCES)
    _check_names("forms", book["frames"], FORMS)
    general = {name: _wording(entry) for name, entry in book["affordance"].items()}
    return Phrasebook(
        general=general,
        frames={form: _frames(entry) for form, entry in book["frames"].items()},
        nouns={name: tuple(entry["nouns"]) for name, entry in known["category"].items()},
        uses=_uses(known["use"], known["category"], general),
    )


def _uses(
    entries: Sequence[Mapping[str, Any]],
    categories: Mapping[str, Any],
    general: Mapping[str, Wording],
) -> dict[tuple[str, str, str], Use]:
    found: dict[tuple[str, str, str], Use] = {}
    for entry in entries:
        category, affordance = entry.get("category", ""), entry.get("affordance", "")
        title = f"The use {category}, {entry.get('parts')}, {affordance}"
        if set(entry) - _USE_KEYS:
            raise InputError(f"{title} has unknown keys: {sorted(set(entry) - _USE_KEYS)}.")
        if category not in categories or affordance not in AFFORDANCES:
            raise InputError(f"{title} is of no known category or affordance.")
        for part in entry["parts"]:
            key = (category, spoken(part), affordance)
            if key in found:
                raise InputError(f"{title} is there twice.")
            found[key] = Use(
                wording=_own_wording(entry, general[affordance]),
                nouns=tuple(entry.get("nouns", categories[category]["nouns"])),
                part_name=_full_name(entry, part),
            )
    return found


def _full_name(entry: Mapping[str, Any], part: str) -> str:
    """What the part is called in sentences; its own name is part of that."""
    called = str(entry.get("called", spoken(part)))
    if not names_part(called, part):
        raise InputError(f"The part {part} cannot be called '{called}', which does not name it.")
    return called


def _own_wording(entry: Mapping[str, Any], general: Wording) -> Wording:
    """The entry's own lists; the general manners and actions where it has none. `also` adds."""
    manners = tuple(entry.get("manners", general.manners)) + tuple(entry.get("also", ()))
    return replace(
        general,
        manners=manners,
        actions=tuple(entry.get("actions", general.actions)),
        tasks=tuple(entry["tasks"]),
        wishes=tuple(entry["wishes"]),
    )


def _wording(entry: Mapping[str, list[str]]) -> Wording:
    return Wording(**{name: tuple(phrases) for name, phrases in entry.items()})


def _frames(entry: Mapping[str, list[str]]) -> Frames:
    return Frames(tuple(entry["direct"]), tuple(entry.get("indirect", ())))


def _document(text: str, form: str) -> dict[str, Any]:
    data = tomllib.loads(text)
    if (data.get("format"), data.get("version")) != (form, _VERSION):
        raise InputError(
            f"This is no {form} file of version {_VERSION}, but {data.get('format')!r}"
            f" {data.get('version')!r}."
        )
    return data


def _check_names(what: str, found: Mapping[str, Any], wanted: Sequence[str]) -> None:
    if set(found) != set(wanted):
        raise InputError(f"The phrases need exactly the {what} {', '.join(wanted)}.")
