"""The starter set on disk: one NPZ file per shape, read without pickle."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.generate import PartShape
from handhold.grasps import write_atomically
from handhold.priors import GraspRecords
from handhold.refine import Pose

FORMAT = "handhold-starter/1"
MAKE_AGAIN = "Delete it and run 'handhold data make starter' again."
ARRAYS = ("points", "normals", "rest", "translation", "rotation")


@dataclass(frozen=True, eq=False)
class StarterPart:
    """One contact part and its grasps, object frame, metres.

    Attributes:
        shape, part: names. points, normals: (n, 3) samples of the part.
        rest: (3,) centroid of the rest of the object, nan without one.
        translation: (G, 3), rotation: (G, 3, 3): palm poses. records: the rest of each grasp.
    """

    shape: str
    part: str
    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    rest: NDArray[np.float64]
    translation: NDArray[np.float64]
    rotation: NDArray[np.float64]
    records: GraspRecords

    @classmethod
    def of(
        cls,
        name: str,
        part: str,
        shape: PartShape,
        found: Sequence[tuple[Pose, GraspRecords]],
    ) -> StarterPart:
        """Put the grasps of all affordances of one part together."""
        return cls(
            name,
            part,
            shape.points,
            shape.normals,
            shape.rest_centroid,
            torch.cat([pose.translation for pose, _ in found]).double().numpy(),
            torch.cat([pose.rotation for pose, _ in found]).double().numpy(),
            GraspRecords.concatenate([records for _, records in found]),
        )


def _path(folder: Path, family: str, number: int, seed: int) -> Path:
    return folder / f"{family}-{seed}-{number:03d}.npz"


def is_finished(folder: Path, family: str, number: int, seed: int) -> bool:
    """Whether the file of that shape is there (files appear whole or not at all)."""
    return _path(folder, family, number, seed).is_file()


def write_shape(
    folder: Path, family: str, number: int, seed: int, parts: Sequence[StarterPart]
) -> None:
    """Write all grasped parts of one shape; a shape without grasps has an empty file."""
    arrays: dict[str, np.ndarray] = {"format": np.array(FORMAT), "parts": np.array(len(parts))}
    for index, part in enumerate(parts):
        for name in ("shape", "part"):
            arrays[f"{index}/{name}"] = np.array(getattr(part, name))
        for name in ARRAYS:
            arrays[f"{index}/{name}"] = np.asarray(getattr(part, name), dtype=np.float32)
        for f in fields(GraspRecords):
            values = getattr(part.records, f.name)
            small = np.float16 if "contact" in f.name else np.float32
            keep = values if values.dtype.kind == "U" else values.astype(small)
            arrays[f"{index}/records/{f.name}"] = keep
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    write_atomically(_path(folder, family, number, seed), stream.getvalue())


@dataclass(frozen=True, eq=False)
class StarterSet:
    """All grasped parts of a starter set, in the order of their file names."""

    parts: tuple[StarterPart, ...]

    def __len__(self) -> int:
        """Number of grasps."""
        return sum(len(part.records) for part in self.parts)

    def __str__(self) -> str:
        names, counts = np.unique(self.records().affordance, return_counts=True)
        each = ", ".join(f"{n} {c}" for n, c in zip(names, counts, strict=True))
        shapes = len({part.shape for part in self.parts})
        return f"{len(self)} grasps of {len(self.parts)} parts of {shapes} shapes ({each})"

    def records(self) -> GraspRecords:
        """All grasps as one table."""
        return GraspRecords.concatenate([part.records for part in self.parts])

    @classmethod
    def read(cls, folder: Path) -> StarterSet:
        """Read a folder that `make_starter_set` wrote. InputError for anything else."""
        files = sorted(folder.glob("*.npz"))
        parts = tuple(part for file in files for part in _read_shape(file))
        if not parts:
            raise InputError(
                f"There is no starter set in {folder}.", "Run 'handhold data make starter'."
            )
        return cls(parts)


def _read_shape(path: Path) -> list[StarterPart]:
    arrays = _arrays(path)
    if str(arrays.get("format")) != FORMAT:
        raise InputError(f"{path} is not '{FORMAT}'.", MAKE_AGAIN)
    try:
        return [_part(arrays, index) for index in range(int(arrays["parts"]))]
    except KeyError as error:
        raise InputError(f"{path} lacks {error}.", MAKE_AGAIN) from error


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # a damaged archive fails in many ways, all of them the file's
        raise InputError(f"{path} cannot be read: {error}.", MAKE_AGAIN) from error


def _part(arrays: Mapping[str, np.ndarray], index: int) -> StarterPart:
    table = {f.name: _wide(arrays[f"{index}/records/{f.name}"]) for f in fields(GraspRecords)}
    return StarterPart(
        shape=str(arrays[f"{index}/shape"]),
        part=str(arrays[f"{index}/part"]),
        records=GraspRecords(**table),
        **{name: _wide(arrays[f"{index}/{name}"]) for name in ARRAYS},
    )


def _wide(values: np.ndarray) -> np.ndarray:
    return values if values.dtype.kind == "U" else values.astype(np.float64)
