"""Rows of keycaps, for keyboards and laptops."""

from __future__ import annotations

import numpy as np

from handhold.synthesis.shapes.solids import Array, Solid, hull, moved, union

ROWS: tuple[tuple[float, ...], ...] = (  # front to back; widths in key pitches, 15 in all
    (1.25, 1.25, 1.25, 6.25, 1.25, 1.25, 1.25, 1.25),
    (2.25, *[1.0] * 10, 2.75),
    (1.75, *[1.0] * 11, 2.25),
    (1.5, *[1.0] * 12, 1.5),
    (*[1.0] * 13, 2.0),
    (*[1.0] * 15,),
)
ROW_WIDTH = 15.0


def keycaps(rows: int, pitch: float, gap: float, height: float, inset: float) -> Solid:
    """The first `rows` of ROWS from x = 0, y = 0 towards +x, +y, standing on z = 0."""
    caps = []
    for row, widths in enumerate(ROWS[:rows]):
        at = 0.0
        for width in widths:
            size = np.array([width * pitch - gap, pitch - gap])
            centre = np.array([(at + width / 2) * pitch, (row + 0.5) * pitch, 0.0])
            caps.append(moved(_cap(size, height, inset), centre))
            at += width
    return union(caps)


def key_block(
    columns: int,
    rows: int,
    pitch: float,
    gap: float,
    height: float,
    inset: float,
) -> Solid:
    """A plain grid of square keycaps from x = 0, y = 0."""
    size = np.array([pitch - gap, pitch - gap])
    cap = _cap(size, height, inset)
    return union(
        [
            moved(cap, [(column + 0.5) * pitch, (row + 0.5) * pitch, 0.0])
            for column in range(columns)
            for row in range(rows)
        ]
    )


def _cap(size: Array, height: float, inset: float) -> Solid:
    """One key: sides that lean in by `inset`, and a small bevel round the top."""
    bevel = min(0.0010, 0.4 * height)
    levels = [(0.0, 0.0), (inset, height - bevel), (inset + bevel, height)]
    corners = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)], dtype=np.float64)
    return hull(
        np.concatenate(
            [
                np.column_stack([corners * (size / 2 - lean), np.full(4, level)])
                for lean, level in levels
            ]
        )
    )
