"""Writing a picture as a file."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from handhold.grasps import write_atomically


def write_png(picture: Image.Image, path: str | Path) -> Path:
    """Write a PNG atomically; raises InputError where it cannot be written."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return write_atomically(path, stream.getvalue())
