"""Putting pictures and words on a page."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from handhold.render.palette import INK, LINE, PAPER, Ink

Box = tuple[int, int, int, int]
_ELLIPSIS = "..."
_ALSO_DRAWN = "\u00b7\u00b0\u00b1\u201c\u201d"
_REPLACED = str.maketrans(
    {"\u00d7": "x", "\u2013": "-", "\u2014": "-", "\u2019": "'", "\u00df": "ss"}
)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


class Canvas:
    """A page of pixels with a few typographic verbs; coordinates are pixels from the top left."""

    def __init__(self, width: int, height: int, paper: Ink = PAPER) -> None:
        self.image = Image.new("RGB", (width, height), paper)
        self._draw = ImageDraw.Draw(self.image)

    def text(
        self,
        x: int,
        y: int,
        words: str,
        size: int = 15,
        ink: Ink = INK,
        *,
        width: int | None = None,
        bold: bool = False,
    ) -> None:
        """One line with its top at y; cut with an ellipsis where it is wider than `width`."""
        line = drawable(words) if width is None else shorten(words, size, width)
        stroke = 0.35 if bold else 0
        self._draw.text((x, y), line, fill=ink, font=_font(size), stroke_width=stroke)

    def picture(self, x: int, y: int, picture: Image.Image, radius: int = 10) -> None:
        """A picture with round corners and a hairline round it."""
        self.image.paste(picture, (x, y), _rounded(picture.size, radius))
        box = (x, y, x + picture.width - 1, y + picture.height - 1)
        self._draw.rounded_rectangle(box, radius, outline=LINE)

    def swatch(self, x: int, y: int, size: int, color: Ink) -> None:
        """A small square of a colour with round corners."""
        self._draw.rounded_rectangle((x, y, x + size, y + size), size // 4, fill=color)

    def ramp(self, x: int, y: int, width: int, height: int, colors: Sequence[Ink]) -> None:
        """A bar that runs through colours from left to right."""
        bar = Image.new("RGB", (len(colors), 1))
        bar.putdata(list(colors))
        self.picture(x, y, bar.resize((width, height), Image.Resampling.BILINEAR), height // 2)

    def rule(self, x: int, y: int, width: int) -> None:
        """A horizontal hairline."""
        self._draw.line((x, y, x + width, y), fill=LINE)


def text_width(words: str, size: int) -> float:
    """Width of a line in pixels."""
    return float(_font(size).getlength(words))


def drawable(words: str) -> str:
    """The words in characters that Pillow's own font has: accents are dropped, others are '?'."""
    result = []
    for character in words.translate(_REPLACED):
        if character in _ALSO_DRAWN:
            result.append(character)
            continue
        parts = unicodedata.normalize("NFKD", character)
        kept = "".join(part for part in parts if part.isascii())
        result.append(kept or ("" if unicodedata.combining(character) else "?"))
    return "".join(result)


def shorten(words: str, size: int, width: int) -> str:
    """The words on one line, cut with an ellipsis where they are wider than `width` pixels."""
    line = " ".join(drawable(words).split())
    if text_width(line, size) <= width:
        return line
    while line and text_width(line + _ELLIPSIS, size) > width:
        line = line[:-1]
    return line.rstrip() + _ELLIPSIS


def wrap(words: str, size: int, width: int, most: int) -> list[str]:
    """The words on at most `most` lines no wider than `width` pixels."""
    lines: list[str] = []
    current = ""
    rest = drawable(words).split()
    while rest:
        grown = f"{current} {rest[0]}".strip()
        if current and text_width(grown, size) > width:
            if len(lines) == most - 1:
                return [*lines, shorten(" ".join([current, *rest]), size, width)]
            lines.append(current)
            current = ""
            continue
        current = grown
        rest.pop(0)
    return [*lines, shorten(current, size, width)] if current else lines


def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    # Drawn four times larger: Pillow's own edges are jagged.
    mask = Image.new("L", (4 * size[0], 4 * size[1]), 0)
    box = (0, 0, 4 * size[0] - 1, 4 * size[1] - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, 4 * radius, fill=255)
    return mask.resize(size, Image.Resampling.BOX)
