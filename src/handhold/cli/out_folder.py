"""Whether a result can be written at all, asked before the work is done."""

from __future__ import annotations

import tempfile
from pathlib import Path

from handhold.errors import InputError


def checked_folder(folder: Path, option: str = "--out") -> Path:
    """`folder` as given, if it is or can become a folder with files in it.

    Makes nothing: the nearest folder that exists is tried with a temporary file. Raises
    InputError otherwise.
    """
    nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not nearest.is_dir():
        raise InputError(f"'{nearest}' is a file, not a folder.", f"Choose another {option}.")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return folder
    except OSError as error:
        raise InputError(
            f"The folder '{folder}' cannot be written ({error.strerror or error}).",
            f"Choose another {option}.",
        ) from error
