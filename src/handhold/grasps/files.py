"""Writing a file so that it is either complete or not there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from handhold.errors import InputError


def write_atomically(path: str | Path, data: bytes) -> Path:
    """Write `data` under a temporary name beside `path`, then rename it; the folder is made.

    Raises InputError where the place cannot be written; nothing half-written is left.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        os.replace(temporary, target)
    except OSError as error:
        raise InputError(
            f"'{target}' cannot be written ({error.strerror or error}).",
            "Choose another folder with --out, or change its permissions.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return target
