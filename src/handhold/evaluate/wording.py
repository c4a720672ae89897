"""Numbers in sentences."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """ "1 pair", "2 pairs": the number with its noun, which takes an s where there are others."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
