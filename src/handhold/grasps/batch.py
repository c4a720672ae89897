"""Many grasps of one object, in the frame and the unit of the user's own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from handhold.grasps.affordances import AFFORDANCES
from handhold.objects import UserFrame
from handhold.spatial import matrix_to_quaternion, quaternion_to_matrix

ORIGINS = ("network", "rule", "data")

_TEXTS = ("affordance", "part", "prior_cluster", "origin", "reason", "result_code")
_TABLES = ("energies", "metrics")
_UNIT_TOLERANCE = 1e-4  # ours: quaternions written with six digits still pass


@dataclass(frozen=True, eq=False, kw_only=True)
class GraspBatch:
    """N grasps of one object by one hand, with everything needed to use them elsewhere.

    Poses are held in the USER's frame and unit, so that saving and loading changes no bit.

    hand, joint_names (J): which hand, and the order of its joints.
    frame: unit, up axis and scale of the user's file, and its map to the object frame.
    object_file, object_name, object_hash: the object that was grasped.
    instruction: the sentence, or "" where there was none.
    translation (N, 3): origin of the palm frame, user's unit.
    quaternion (N, 4) ``wxyz``: rotation of the palm frame in the user's frame.
    joints (N, J): radians.
    affordance, part, prior_cluster: N strings each; affordances are those of AFFORDANCES.
    origin: "network" (a sample of the network), "rule" (a placed template) or "data" (a record of
        a data set), N strings.
    energies, metrics: name -> (N,). A metric's unit is the end of its name (_cm, _cm3, _mm;
        shares and accuracies have none). nan means: it could not be measured; so does any
        value that is not finite when it comes in.
    acceptable (N,) bool with reason: N sentences, "" where there is nothing to say.
    result_code: how the refinement of each ended, N strings.
    notes: sentences about the whole batch (what was assumed or repaired).
    avoid: parts of the object that the hands were to keep off.
    """

    hand: str
    joint_names: tuple[str, ...]
    frame: UserFrame
    object_file: str
    object_name: str
    object_hash: str
    instruction: str
    translation: NDArray[np.float64]
    quaternion: NDArray[np.float64]
    joints: NDArray[np.float64]
    affordance: tuple[str, ...]
    part: tuple[str, ...]
    prior_cluster: tuple[str, ...]
    origin: tuple[str, ...]
    acceptable: NDArray[np.bool_]
    reason: tuple[str, ...]
    result_code: tuple[str, ...]
    energies: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    metrics: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(np.asarray(self.translation))
        shapes = {"translation": (n, 3), "quaternion": (n, 4), "joints": (n, len(self.joint_names))}
        for name, shape in shapes.items():
            self._set(name, _pose_array(name, getattr(self, name), shape))
        lengths = np.linalg.norm(self.quaternion, axis=1)
        if n and np.abs(lengths - 1).max() > _UNIT_TOLERANCE:
            raise ValueError(f"quaternions have length 1, got {lengths.min()}..{lengths.max()}")
        self._set("acceptable", _frozen(np.asarray(self.acceptable, dtype=bool).reshape(-1)))
        for name in ("joint_names", "notes", "avoid", *_TEXTS):
            self._set(name, tuple(str(text) for text in getattr(self, name)))
        for name in (*_TEXTS, "acceptable"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} has {len(getattr(self, name))} values for {n} grasps")
        for name in _TABLES:
            self._set(name, _frozen_table(name, getattr(self, name), n))
        for name, allowed in (("origin", ORIGINS), ("affordance", AFFORDANCES)):
            foreign = sorted(set(getattr(self, name)) - set(allowed))
            if foreign:
                raise ValueError(f"{name} is one of {', '.join(allowed)}, got {', '.join(foreign)}")

    @classmethod
    def from_object_frame(
        cls,
        frame: UserFrame,
        translation: ArrayLike,
        rotation: ArrayLike,
        *,
        joints: ArrayLike,
        **rest: object,
    ) -> GraspBatch:
        """A batch of palm poses given in the object frame.

        translation (N, 3) metres, rotation (N, 3, 3), joints (N, J) radians; `rest` are the
        other fields of the batch.
        """
        matrices = np.asarray(rotation, dtype=np.float64).reshape(-1, 3, 3)
        origins = np.asarray(translation, dtype=np.float64).reshape(-1, 3)
        user_rotation, user_translation = frame.pose_to_user(matrices, origins)
        quaternion = matrix_to_quaternion(torch.from_numpy(np.array(user_rotation))).numpy()
        values: dict[str, object] = {
            "frame": frame,
            "translation": user_translation,
            "quaternion": quaternion,
            "joints": joints,
            **rest,
        }
        return cls(**values)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.translation)

    @property
    def unit(self) -> str:
        """Name of the user's length unit."""
        return self.frame.unit

    @property
    def up(self) -> str:
        """The user's up axis."""
        return self.frame.up

    @property
    def scale_to_metres(self) -> float:
        """Metres per user's unit."""
        return self.frame.scale_to_metres

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Rotation matrices (N, 3, 3) of the palm frame in the user's frame."""
        return quaternion_to_matrix(torch.from_numpy(np.array(self.quaternion))).numpy()

    def to_object_frame(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Palm poses in the object frame: translation (N, 3) metres and rotation (N, 3, 3)."""
        rotation, translation = self.frame.pose_to_object(self.rotation, self.translation)
        return translation, rotation

    def select(self, indices: Sequence[int] | NDArray[np.int64] | NDArray[np.bool_]) -> GraspBatch:
        """The chosen grasps, in the order of `indices` (or a mask (N,) of bool)."""
        chosen = np.asarray(indices)
        if chosen.dtype == bool:
            if chosen.shape != (len(self),):
                raise IndexError(f"a mask for {len(self)} grasps, got {chosen.shape}")
            chosen = np.flatnonzero(chosen)
        chosen = chosen.astype(np.int64).reshape(-1)
        changed: dict[str, object] = {
            name: getattr(self, name)[chosen]
            for name in ("translation", "quaternion", "joints", "acceptable")
        }
        for name in _TEXTS:
            changed[name] = tuple(getattr(self, name)[index] for index in chosen)
        for name in _TABLES:
            changed[name] = {key: column[chosen] for key, column in getattr(self, name).items()}
        return replace(self, **changed)  # type: ignore[arg-type]

    def equals(self, other: GraspBatch) -> bool:
        """Whether every value is the same, to the bit; nan equals nan."""
        return all(
            _same(getattr(self, item.name), getattr(other, item.name)) for item in fields(self)
        )

    def save(self, path: str | Path) -> Path:
        """Write grasps.json (see load_grasps); raises InputError where it cannot be written."""
        from handhold.grasps.json_file import save_grasps  # the file format knows the batch

        return save_grasps(self, path)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


def _pose_array(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    if array.size == 0 and shape[0] == 0:
        array = array.reshape(shape)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    return _frozen(array)


def _frozen_table(
    name: str, table: Mapping[str, ArrayLike], n: int
) -> Mapping[str, NDArray[np.float64]]:
    columns = {}
    for key, values in table.items():
        column = np.array(values, dtype=np.float64).reshape(-1)
        if column.shape != (n,):
            raise ValueError(f"{name}['{key}'] has {len(column)} values for {n} grasps")
        column[~np.isfinite(column)] = np.nan
        columns[str(key)] = _frozen(column)
    return MappingProxyType(columns)


def _frozen(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


def _same(first: object, second: object) -> bool:
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        equal_nan = first.dtype.kind == "f"
        return first.dtype == second.dtype and np.array_equal(first, second, equal_nan=equal_nan)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return list(first) == list(second) and all(_same(first[k], second[k]) for k in first)
    if isinstance(first, UserFrame) and isinstance(second, UserFrame):
        return all(_same(getattr(first, i.name), getattr(second, i.name)) for i in fields(first))
    return first == second
