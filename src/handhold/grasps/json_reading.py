"""Reading JSON that somebody else may have written: every mistake is named with its place."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from handhold.errors import InputError

_SHOWN = 80  # characters, ours
_PATH_SHOWN = 300


@dataclass(frozen=True)
class JsonNode:
    """A value inside a JSON file that knows its place in it, such as ``grasps[3].joints``."""

    path: Path
    place: str
    value: object

    def __getitem__(self, key: str) -> JsonNode:
        mapping = self.mapping()
        if key not in mapping:
            self.refuse(f"'{key}' is missing")
        return JsonNode(self.path, f"{self.place}.{key}".lstrip("."), mapping[key])

    def mapping(self) -> dict[str, object]:
        """The value as an object."""
        if not isinstance(self.value, dict):
            self._expected("an object")
        return self.value

    def items(self, length: int | None = None) -> list[JsonNode]:
        """The value as a list (of `length` items)."""
        if not isinstance(self.value, list):
            self._expected("a list")
        if length is not None and len(self.value) != length:
            self.refuse(f"expected {length} items, got {len(self.value)}")
        return [
            JsonNode(self.path, f"{self.place}[{index}]", item)
            for index, item in enumerate(self.value)
        ]

    def text(self) -> str:
        """The value as a string."""
        if not isinstance(self.value, str):
            self._expected("a string")
        return self.value

    def choice(self, allowed: Sequence[str]) -> str:
        """The value as one of the allowed strings."""
        text = self.text()
        if text not in allowed:
            self.refuse(f"got '{shown(text)}'", f"Allowed: {', '.join(allowed)}.")
        return text

    def boolean(self) -> bool:
        """The value as true or false."""
        if not isinstance(self.value, bool):
            self._expected("true or false")
        return self.value

    def integer(self) -> int:
        """The value as a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self._expected("a whole number")
        return self.value

    def number(self) -> float:
        """The value as a finite number."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self._expected("a number")
        try:
            number = float(self.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse(f"got {number}: this number is not finite, or too large")
        return number

    def number_or_nan(self) -> float:
        """The value as a finite number, or nan where it is null (not measured)."""
        return math.nan if self.value is None else self.number()

    def numbers(self, length: int) -> list[float]:
        """The value as a list of `length` finite numbers."""
        return [item.number() for item in self.items(length)]

    def allow_only(self, *keys: str) -> None:
        """Refuse keys that nobody reads."""
        unknown = sorted(set(self.mapping()) - set(keys))
        if unknown:
            self.refuse(f"unknown key '{shown(unknown[0])}'", f"Known: {', '.join(sorted(keys))}.")

    def refuse(self, problem: str, advice: str = "") -> NoReturn:
        """Raise InputError that names file and place."""
        where = f"'{self.path}'" + (f", {self.place}" if self.place else "")
        raise InputError(f"{where}: {problem}.", advice)

    def _expected(self, what: str) -> NoReturn:
        got = "null" if self.value is None else type(self.value).__name__
        self.refuse(f"expected {what}, got {got}")


def shown(text: str, length: int = _SHOWN) -> str:
    """A text from a file as a message may show it: of printable characters, and short."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[:length])
    return printable if len(text) <= length else f"{printable}..."


def shown_path(path: str | Path) -> str:
    """A path as a message shows it, in quotes."""
    return f"'{shown(str(path), _PATH_SHOWN)}'"


def parse_json(path: Path, max_bytes: int) -> JsonNode:
    """The root of a JSON file; raises InputError if it is missing, too large or not JSON."""
    try:
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{shown_path(path)} cannot be read ({reason}).", "Check the path."
        ) from error
    return parse_json_bytes(path, data, max_bytes)


def parse_json_bytes(path: Path, data: bytes, max_bytes: int) -> JsonNode:
    """The root of JSON that was read from `path`; raises InputError if it is not, or too large."""
    if len(data) > max_bytes:
        raise InputError(
            f"'{path}' is larger than {max_bytes / 1e6:.0f} MB.", "Split it into several files."
        )
    try:
        value = json.loads(data)  # NaN and Infinity, which are not JSON, are named in `number`
    except (ValueError, RecursionError) as error:
        detail = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(
            f"'{path}' is not JSON ({detail[:120]}).",
            "It may be damaged or cut off: make it again.",
        ) from error
    return JsonNode(path, "", value)
