"""Pictures of a case's best grasp, and contact sheets of many cases."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from handhold.evaluate import PosedHands
from handhold.geometry import TriMesh
from handhold.render import GraspPicture, OverviewData, overview_tiles

LABEL_HEIGHT = 16


def first_grasp(
    mesh: TriMesh, contact_faces: NDArray[np.bool_], hands: PosedHands, path: Path
) -> None:
    """Two views, side by side, of the first of the posed hands on the object."""
    data = OverviewData(
        instruction="",
        summary="",
        object_mesh=mesh,
        contact_faces=contact_faces,
        hand_faces=hands.faces,
        grasps=(GraspPicture(hands.vertices[0], ""),),
    )
    left, right = overview_tiles(data, tile=300, limit=1, supersample=1).grasps[0]
    picture = Image.new("RGB", (left.width + right.width, left.height), "white")
    picture.paste(left, (0, 0))
    picture.paste(right, (left.width, 0))
    _save(picture, path)


def contact_sheet(
    pictures: Sequence[tuple[str, Path]], path: Path, *, columns: int = 3, cell: int = 500
) -> None:
    """Tile pictures (label, file), each shrunk into a cell of `cell` pixels width, into `path`."""
    if not pictures:
        return
    shrunk = []
    for label, file in pictures:
        with Image.open(file) as image:
            picture = image.convert("RGB")
        height = max(1, round(picture.height * cell / picture.width))
        shrunk.append((label, picture.resize((cell, height), Image.Resampling.LANCZOS)))
    rows = [shrunk[i : i + columns] for i in range(0, len(shrunk), columns)]
    heights = [max(picture.height for _, picture in row) + LABEL_HEIGHT for row in rows]
    sheet = Image.new("RGB", (columns * cell, sum(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    for index, row in enumerate(rows):
        top = sum(heights[:index])
        for column, (label, picture) in enumerate(row):
            draw.text((column * cell + 4, top + 2), label, fill="black")
            sheet.paste(picture, (column * cell, top + LABEL_HEIGHT))
    _save(sheet, path)


def _save(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part.png")
    picture.save(temporary)
    os.replace(temporary, path)
