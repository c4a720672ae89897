"""Which objects are for training: split.json beside dataset.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handhold.datasets.store.schema import ObjectInfo
from handhold.errors import InputError
from handhold.grasps import write_atomically
from handhold.grasps.json_reading import parse_json

SPLIT = "split.json"
FORMAT = "handhold-split"
VERSION = "1"
NAMES = ("train", "validation", "test")
UNSEEN = "unseen"
_MAX_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class Split:
    """A piece ("train", "validation", "test", "unseen") for every object; ratios as given."""

    ratios: tuple[float, float, float]
    seed: int
    piece: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write split.json."""
        document = {
            "format": FORMAT, "version": VERSION, "ratios": list(self.ratios), "seed": self.seed,
            "piece": dict(self.piece),
        }  # fmt: skip
        write_atomically(folder / SPLIT, (json.dumps(document, indent=1) + "\n").encode())


def split_objects(
    objects: Sequence[ObjectInfo], ratios: tuple[float, float, float] = (8, 1, 1), seed: int = 0
) -> Split:
    """Objects, never single grasps, into pieces, category by category (GDG 4.1: 8:1:1).

    Objects of unseen categories are in none of the three. Every object is placed by itself and
    its category, so that the same objects give the same split in any order. Raises InputError
    for ratios that are none.
    """
    if not np.isfinite(ratios).all() or min(ratios) < 0 or sum(ratios) <= 0:
        raise InputError(f"The ratios {ratios} are no shares.", "Give them as 8:1:1.")
    piece = {info.object: UNSEEN for info in objects if info.role == "unseen"}
    rest = [info for info in objects if info.role != "unseen"]
    for category in sorted({info.category for info in rest}):
        mine = sorted(info.object for info in rest if info.category == category)
        order = np.random.default_rng([seed, *category.encode()]).permutation(len(mine))
        ends = np.round(np.cumsum(ratios) / np.sum(ratios) * len(mine)).astype(int)
        for rank, index in enumerate(order.tolist()):
            piece[mine[index]] = NAMES[int(np.searchsorted(ends, rank, side="right"))]
    return Split(ratios, seed, piece)


def read_split(folder: Path) -> Split | None:
    """The split of a data set, None where it was not split. InputError for a damaged file."""
    path = folder / SPLIT
    if not path.is_file():
        return None
    root = parse_json(path, _MAX_BYTES)
    got = (root["format"].text(), root["version"].text())
    if got != (FORMAT, VERSION):
        raise InputError(
            f"'{path}' is '{got[0]} {got[1]}', and this handhold reads '{FORMAT} {VERSION}'.",
            "Run 'handhold data split' again.",
        )
    first, second, third = (float(value) for value in root["ratios"].numbers(3))
    pieces = {
        name: root["piece"][name].choice((*NAMES, UNSEEN)) for name in root["piece"].mapping()
    }
    seed = root["seed"].value
    if not isinstance(seed, int):
        root["seed"].refuse("expected a whole number")
    return Split((first, second, third), int(seed), pieces)
