"""Writing a picture as a file."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from handhold.grasps import write_atomically

_COMPRESSION = 4  # half the time of Pillow's 6 for files that are 4 % larger


def write_png(picture: Image.Image, path: str | Path) -> Path:
    """Write a PNG atomically; raises InputError where it cannot be written."""
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=_COMPRESSION)
    return write_atomically(path, stream.getvalue())
