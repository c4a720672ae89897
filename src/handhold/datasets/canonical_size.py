"""How large an object of a category usually is, for data sets that have no unit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from handhold.errors import InputError

FORMAT, VERSION = "handhold-canonical-sizes", 1


def canonical_size(category: str) -> float:
    """Longest side of the bounding box in metres, of a category in our spelling.

    Ours: G-DexGrasp resizes its objects "to a canonical scale" (supplement, 3.4) and prints none.
    Categories that the table lacks, and "", get its default.
    """
    default, sizes = load_sizes()
    return sizes.get(category, default)


@lru_cache(maxsize=1)
def load_sizes() -> tuple[float, Mapping[str, float]]:
    """The shipped table: the default and the size of each category, in metres."""
    return parse_sizes(files("handhold.datasets.data").joinpath("canonical_sizes.toml").read_text())


def parse_sizes(text: str) -> tuple[float, Mapping[str, float]]:
    """A table from TOML; InputError for another format or a size that is not positive."""
    data = tomllib.loads(text)
    if (data.get("format"), data.get("version")) != (FORMAT, VERSION):
        raise InputError(f"This is no {FORMAT} file of version {VERSION}.")
    sizes = {name: float(size) for name, size in data["longest_side_m"].items()}
    default = float(data["default_m"])
    bad = [name for name, size in {"default_m": default, **sizes}.items() if not size > 0]
    if bad:
        raise InputError(f"The size of '{bad[0]}' is not positive.")
    return default, MappingProxyType(sizes)
