"""dataset.json: what a data set is, and which files belong to it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from handhold.datasets.store.schema import FORMAT, VERSION
from handhold.errors import InputError
from handhold.grasps import write_atomically
from handhold.grasps.json_reading import JsonNode, parse_json, shown

NAME = "dataset.json"
MAX_BYTES = 64 * 1024**2
_SHARD = re.compile(r"records/\d{5,}\.parquet")


@dataclass(frozen=True)
class Shard:
    """A file of grasps, relative to the data set's folder, and how many it holds."""

    file: str
    grasps: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What stands in dataset.json.

    name, source, licence: of the data set. hands: name -> joint order. seen, unseen: categories
    by role. skipped: reason -> how many entries were left out while it was made. notes: what
    was assumed. made: settings it was made with.
    """

    name: str
    source: str
    licence: str
    hands: Mapping[str, tuple[str, ...]]
    shards: tuple[Shard, ...]
    grasps: int
    objects: int
    seen: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    made: Mapping[str, object] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write dataset.json; a folder has it only when everything else is there."""
        document = {"format": FORMAT, "version": VERSION, **asdict(self)}
        write_atomically(folder / NAME, (json.dumps(document, indent=1) + "\n").encode())


def read_manifest(folder: Path) -> Manifest:
    """Read dataset.json. InputError for a folder without one, another version, or damage."""
    path = folder / NAME
    if not path.is_file():
        raise InputError(f"There is no data set in '{folder}'.", _where(folder))
    root = parse_json(path, MAX_BYTES)
    got = (root["format"].text(), root["version"].text())
    if got != (FORMAT, VERSION):
        raise InputError(
            f"'{path}' is '{got[0]} {got[1]}', and this handhold reads '{FORMAT} {VERSION}'.",
            "Make the data set again, or use the handhold that made it.",
        )
    return Manifest(
        name=root["name"].text(),
        source=root["source"].text(),
        licence=root["licence"].text(),
        hands={hand: _texts(root["hands"][hand]) for hand in root["hands"].mapping()},
        shards=_shards(root["shards"]),
        grasps=_count(root["grasps"]),
        objects=_count(root["objects"]),
        seen=_texts(root["seen"]),
        unseen=_texts(root["unseen"]),
        skipped={why: _count(root["skipped"][why]) for why in root["skipped"].mapping()},
        notes=_texts(root["notes"]),
        made=root["made"].mapping(),
    )


def _where(folder: Path) -> str:
    """What to do about a folder without dataset.json."""
    below: Sequence[Path] = sorted(folder.glob(f"*/{NAME}")) if folder.is_dir() else ()
    if below:
        return f"It is one level down: give '{below[0].parent}'."
    if (folder.parent / NAME).is_file():
        return f"This is inside one: give '{folder.parent}'."
    if (folder / "work").is_dir():
        return "It was begun and not finished: run the command that made it again."
    return "Make one with 'handhold data make synthetic' or 'handhold data import'."


def _shards(node: JsonNode) -> tuple[Shard, ...]:
    """Names are checked: they become paths."""
    shards = []
    for each in node.items():
        file = each["file"].text()
        if not _SHARD.fullmatch(file):
            each["file"].refuse(f"got '{shown(file)}', expected records/NUMBER.parquet")
        shards.append(Shard(file, _count(each["grasps"])))
    if len({shard.file for shard in shards}) < len(shards):
        node.refuse("a file is listed twice")
    return tuple(shards)


def _texts(node: JsonNode) -> tuple[str, ...]:
    return tuple(item.text() for item in node.items())


def _count(node: JsonNode) -> int:
    if not isinstance(node.value, int) or isinstance(node.value, bool) or node.value < 0:
        node.refuse("expected a whole number")
    return int(node.value)
