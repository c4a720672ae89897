"""What a reader of files returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError


@dataclass(frozen=True, eq=False)
class NamedGeometry:
    """One mesh or cloud of a file, in the file's unit and axes, exactly as it stands there.

    vertices (V, 3); faces (F, 3), without rows for a point cloud; normals (V, 3) or None;
    labels: part numbers, (F,) of the faces of a mesh or (V,) of the points of a cloud, or
    None; label_names: what the file calls them, as far as it does; notes: what was read in
    an unusual way.
    """

    name: str
    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    normals: NDArray[np.float64] | None = None
    labels: NDArray[np.int64] | None = None
    label_names: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_cloud(self) -> bool:
        """Points without faces."""
        return not len(self.faces)


def labels_of_faces(
    vertex_labels: NDArray[np.int64], faces: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The label (F,) that most corners of each face carry; the first corner's if all differ."""
    first, second, third = vertex_labels[faces].T
    return np.where(second == third, second, first)


def whole_numbers(values: NDArray[Any], what: str) -> NDArray[np.int64]:
    """Part labels as integers; InputError if they are anything else."""
    array = np.asarray(values).reshape(-1)
    if array.dtype.kind not in "iufb" or not np.array_equal(array, np.round(array)):
        raise InputError(f"The part labels of {what} are not whole numbers.")
    return array.astype(np.int64)
