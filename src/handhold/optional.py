"""Packages that only some features need."""

from __future__ import annotations

import importlib
from types import ModuleType

from handhold.errors import HandholdError


class MissingPackageError(HandholdError):
    """An optional package is not installed; the message holds the install line."""


def require(package: str, *, extra: str) -> ModuleType:
    """Import and return `package`, or say which extra of handhold brings it.

    Raises MissingPackageError with the exact install line.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(
            f"This needs the package '{package}', which cannot be imported ({error}).",
            f"Install it with: pip install 'handhold[{extra}]'",
        ) from error
