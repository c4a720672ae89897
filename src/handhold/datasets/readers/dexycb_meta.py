"""meta.yml of a DexYCB sequence: the few keys that are needed, read without a YAML library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handhold.errors import InputError
from handhold.grasps.json_reading import shown, shown_path

MAX_BYTES = 64 * 1024  # ours: a file has less than 1 KB
SIDES = ("right", "left")
_LINE = re.compile(r"(?P<key>\w+)\s*:\s*(?P<value>.*)")


@dataclass(frozen=True)
class SequenceMeta:
    """ycb_ids: numbers of the objects in view, in the order of `pose_y`; grasped: the index of
    the one that the hand takes; side: of the hand, "right" or "left"."""

    ycb_ids: tuple[int, ...]
    grasped: int
    side: str

    @property
    def ycb_id(self) -> int:
        """Number of the object that is grasped."""
        return self.ycb_ids[self.grasped]


def read_meta(path: Path) -> SequenceMeta:
    """The keys `ycb_ids`, `ycb_grasp_ind` and `mano_sides`.

    Lists may be in brackets or one item per line. Raises InputError naming the file and the key.
    """
    values = _values(_text(path))
    try:
        ids = tuple(_number("ycb_ids", item) for item in _items(values, "ycb_ids"))
        index = _items(values, "ycb_grasp_ind")
        grasped = _number("ycb_grasp_ind", index[0] if index else "")
        sides = _items(values, "mano_sides")
        if not 0 <= grasped < len(ids):
            raise InputError(f"field 'ycb_grasp_ind': {grasped}, but there are {len(ids)} objects.")
        if len(sides) != 1 or sides[0] not in SIDES:
            raise InputError(
                f"field 'mano_sides': '{shown(', '.join(sides))}'.", "Expected one: right or left."
            )
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", error.advice) from None
    return SequenceMeta(ids, grasped, sides[0])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{shown_path(path)} cannot be read ({error.strerror}).") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{shown_path(path)} has over {MAX_BYTES // 1024} KB.")
    return data.decode("utf-8", errors="replace")


def _values(text: str) -> Mapping[str, list[str]]:
    """Scalars as lists of one; what is nested deeper is of no interest."""
    values: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        bare = line.split(" #")[0].strip()
        if bare.startswith("- "):
            current.append(_plain(bare[2:]))
        elif (found := _LINE.fullmatch(bare)) and not line.startswith((" ", "\t")):
            current = values[found["key"]] = _listed(found["value"])
        elif bare:
            current = []
    return values


def _listed(value: str) -> list[str]:
    if value.startswith("[") and value.endswith("]"):
        return [_plain(item) for item in value[1:-1].split(",") if item.strip()]
    return [_plain(value)] if value else []


def _plain(value: str) -> str:
    return value.strip().strip("'\"").strip()


def _items(values: Mapping[str, list[str]], key: str) -> list[str]:
    if key not in values:
        raise InputError(f"it has no field '{key}'.")
    return values[key]


def _number(key: str, item: str) -> int:
    if not re.fullmatch(r"\d{1,6}", item):
        raise InputError(f"field '{key}': '{shown(item, 20)}' is no whole number.")
    return int(item)
