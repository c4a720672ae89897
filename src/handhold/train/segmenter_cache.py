"""Prepared shapes on disk: features once, training many times. Chunks that can be resumed.

A chunk is an NPZ of arrays and a JSON line; it appears whole or not at all.
"""

from __future__ import annotations

import json
import logging
import os
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.cache import content_hash
from handhold.errors import InputError
from handhold.grounding.point_features import FEATURES, point_features
from handhold.grounding.surface_points import N_POINTS
from handhold.train.segmenter_shapes import NOWHERE, ShapeMix, draw_shape

CHUNK = 50
FORMAT, VERSION = "handhold-segmenter-shapes", 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PreparedShapes:
    """S shapes. features (S, N, C) float16, labels (S, N) int8 indexing the shape's names.

    names, affordances, families: per shape, as in LabelledPoints.
    """

    features: NDArray[np.float16]
    labels: NDArray[np.int8]
    names: tuple[tuple[str, ...], ...]
    affordances: tuple[Mapping[str, Sequence[str]], ...]
    families: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.features)


def prepare_shapes(
    folder: Path | str,
    count: int,
    *,
    validation: bool = False,
    seed: int = 0,
    mix: ShapeMix | None = None,
    time_limit_s: float | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Make the chunks of `count` shapes (rounded up) that `folder` lacks; returns the shapes there.

    Stops after the last chunk that fits into the time limit.
    """
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    chunks = -(-count // CHUNK)
    for chunk in range(chunks):
        path = out / _name(chunk, validation, seed, mix or ShapeMix())
        if path.exists():
            continue
        if time_limit_s is not None and time.monotonic() - began > time_limit_s:
            return chunk * CHUNK
        _write(path, _chunk(chunk, validation, seed, mix or ShapeMix()))
        if on_progress is not None:
            on_progress((chunk + 1) * CHUNK, chunks * CHUNK)
    return chunks * CHUNK


def read_shapes(
    folder: Path | str,
    *,
    validation: bool = False,
    seed: int = 0,
    mix: ShapeMix | None = None,
    limit: int | None = None,
) -> PreparedShapes:
    """All prepared shapes of this seed and mix, in order, at most about `limit` of them.

    InputError where there are none, or where a chunk is no chunk.
    """
    found: list[PreparedShapes] = []
    most = None if limit is None else -(-limit // CHUNK)
    while most is None or len(found) < most:
        path = Path(folder) / _name(len(found), validation, seed, mix or ShapeMix())
        if not path.exists():
            break
        found.append(_read(path))
    if not found:
        raise InputError(
            f"There are no prepared shapes in '{folder}'.",
            "Prepare them: handhold train segmenter.",
        )
    return PreparedShapes(
        np.concatenate([shapes.features for shapes in found]),
        np.concatenate([shapes.labels for shapes in found]),
        tuple(names for shapes in found for names in shapes.names),
        tuple(suits for shapes in found for suits in shapes.affordances),
        tuple(family for shapes in found for family in shapes.families),
    )


def _name(chunk: int, validation: bool, seed: int, mix: ShapeMix) -> str:
    """Tells shapes of another mix, seed or list of features apart."""
    key = content_hash(json.dumps([VERSION, seed, asdict(mix), list(FEATURES), N_POINTS]))[:10]
    return f"{'validation' if validation else 'training'}-{key}-{chunk:05d}.npz"


def _chunk(chunk: int, validation: bool, seed: int, mix: ShapeMix) -> PreparedShapes:
    drawn = [
        draw_shape(number, validation=validation, seed=seed, mix=mix)
        for number in range(chunk * CHUNK, (chunk + 1) * CHUNK)
    ]
    features = np.zeros((CHUNK, N_POINTS, len(FEATURES)), np.float16)
    labels = np.full((CHUNK, N_POINTS), NOWHERE, np.int8)
    for row, shape in enumerate(drawn):
        filled = np.arange(N_POINTS) % len(shape.labels)  # repeated where a cloud has fewer
        features[row] = point_features(shape.surface)[filled]
        labels[row] = shape.labels[filled]
    return PreparedShapes(
        features,
        labels,
        tuple(shape.names for shape in drawn),
        tuple({name: shape.affordances.get(name, ()) for name in shape.names} for shape in drawn),
        tuple(shape.family for shape in drawn),
    )


def _write(path: Path, shapes: PreparedShapes) -> None:
    header = {
        "format": FORMAT,
        "version": VERSION,
        "names": shapes.names,
        "affordances": [dict(suits) for suits in shapes.affordances],
        "families": shapes.families,
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            np.savez(
                file,
                features=shapes.features,
                labels=shapes.labels,
                header=np.array(json.dumps(header)),
            )
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: Path) -> PreparedShapes:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            header: dict[str, Any] = json.loads(str(arrays["header"]))
            if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
                raise ValueError(f"format {header.get('format')!r}")
            return PreparedShapes(
                arrays["features"],
                arrays["labels"],
                tuple(tuple(names) for names in header["names"]),
                tuple(header["affordances"]),
                tuple(header["families"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"'{path}' holds no prepared shapes ({error}).", "Remove it; it will be made again."
        ) from error
