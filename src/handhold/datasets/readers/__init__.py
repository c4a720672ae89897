"""One reader per data set of the papers, each in its own file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from handhold.datasets.readers import (
    affordpose,
    dexgraspbench,
    dexgraspnet,
    dexycb,
    oakink,
    objaverse,
    partnet_mobility,
    threednet,
)
from handhold.datasets.readers.reader import Problems, Reader, ReadOptions, Skip, Unit
from handhold.errors import InputError

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        each.READER.name: each.READER
        for each in (
            affordpose,
            oakink,
            partnet_mobility,
            threednet,
            objaverse,
            dexycb,
            dexgraspnet,
            dexgraspbench,
        )
    }
)


def reader_named(name: str) -> Reader:
    """The reader of a data set; InputError lists the names."""
    if name not in READERS:
        raise InputError(
            f"There is no reader for '{name}'.",
            f"Data sets that can be read: {', '.join(READERS)}.",
        )
    return READERS[name]


__all__ = ["READERS", "Problems", "ReadOptions", "Reader", "Skip", "Unit", "reader_named"]
