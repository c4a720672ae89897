"""Key points of MANO (Romero et al. 2017) from the user's own MANO_RIGHT.pkl.

The file may not be redistributed: it is neither shipped nor fetched. It is a pickle, and read by
`load_restricted`, which runs nothing that is in it. Only what key points need is kept: joints by
the regressor, the five vertices that are taken for fingertips, and the components of the hand's
pose. The skin is not made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.errors import InputError
from handhold.hands.keypoint_names import FINGERS, KEYPOINT_NAMES, MANO_NAMES
from handhold.restricted_pickle import load_restricted
from handhold.spatial import axis_angle_to_matrix

MAX_BYTES = 64 * 2**20  # ours: the file has about 4 MB
JOINTS = 16
HAND_ANGLES = 3 * (JOINTS - 1)
# Thumb, index, middle, ring, little: the vertices that manopth takes for the tips of the right
# hand. MANO has none of its own, and other code takes neighbours of them.
TIP_VERTICES = (745, 317, 444, 556, 673)
_WHERE = "Registered users get MANO_RIGHT.pkl from the page of the MANO project."
_ORDER = tuple(MANO_NAMES.index(name) for name in KEYPOINT_NAMES)


@dataclass(frozen=True, eq=False)
class ManoHand:
    """The part of a MANO model that key points need. Metres, in the model's own frame.

    Attributes:
        joints: (16, 3) and joints_by_shape: (16, 3, S) of the mean hand, and per shape number.
        parents: (16,) the joint above each, -1 for the wrist.
        tips: (5, 3), tips_by_shape: (5, 3, S), tips_by_pose: (5, 3, 135) of the tip vertices.
        tip_weights: (5, 16) skinning weights of these.
        mean_pose: (45,) `hands_mean`. components: (45, 45) `hands_components`, a row each.
    """

    joints: Tensor
    joints_by_shape: Tensor
    parents: Tensor
    tips: Tensor
    tips_by_shape: Tensor
    tips_by_pose: Tensor
    tip_weights: Tensor
    mean_pose: Tensor
    components: Tensor
    keypoint_names: tuple[str, ...] = KEYPOINT_NAMES

    def to(self, device: torch.device | str | None = None) -> ManoHand:
        """The same hand on another device."""
        moved = {
            f.name: value.to(device)
            for f in fields(self)
            if isinstance(value := getattr(self, f.name), Tensor)
        }
        return ManoHand(**moved, keypoint_names=self.keypoint_names)

    def keypoints(
        self,
        orientation: Tensor,
        hand_pose: Tensor,
        shape: Tensor | None = None,
        translation: Tensor | None = None,
        *,
        flat_hand_mean: bool,
        pca: bool = False,
    ) -> Tensor:
        """(B, 21, 3) key points, metres, in the order of `KEYPOINT_NAMES`.

        Args:
            orientation: (B, 3) turn of the whole hand about its wrist joint, axis times angle.
            hand_pose: (B, 45) turns of the 15 joints in MANO's order, axis times angle; with
                `pca` (B, n) numbers of the first n components instead.
            shape: (B, up to S) betas; none is the mean hand.
            translation: (B, 3) metres, added at the end.
            flat_hand_mean: True where a pose of zeros is the flat hand; False where it is the
                file's mean pose, which is then added. The data set says which it is.
            pca: see `hand_pose`.

        Raises:
            InputError: other sizes than these.
        """
        count = len(orientation)
        orientation, hand_pose = self._taken(orientation), self._taken(hand_pose)
        beta = self._shape(count) if shape is None else self._taken(shape)
        shift = orientation.new_zeros(count, 3) if translation is None else self._taken(translation)
        _require_sizes(orientation, hand_pose, beta, shift, pca, self.joints_by_shape.shape[-1])
        if pca:
            hand_pose = hand_pose @ self.components[: hand_pose.shape[1]]
        if not flat_hand_mean:
            hand_pose = hand_pose + self.mean_pose
        turns = axis_angle_to_matrix(torch.cat([orientation, hand_pose], 1).view(count, -1, 3))
        beta = torch.nn.functional.pad(beta, (0, self.joints_by_shape.shape[-1] - beta.shape[1]))
        joints = self.joints + torch.einsum("jcs,bs->bjc", self.joints_by_shape, beta)
        rotation, place = self._chained(turns, joints)
        tips = self._tips(turns, beta, joints, rotation, place)
        return torch.cat([place, tips], 1)[:, _ORDER] + shift[:, None]

    def _taken(self, values: Tensor) -> Tensor:
        return torch.as_tensor(values).to(self.joints)

    def _shape(self, count: int) -> Tensor:
        return self.joints.new_zeros(count, self.joints_by_shape.shape[-1])

    def _chained(self, turns: Tensor, joints: Tensor) -> tuple[Tensor, Tensor]:
        """Rotations (B, 16, 3, 3) and places (B, 16, 3) of the joints after the turns."""
        rotation, place = [turns[:, 0]], [joints[:, 0]]
        for joint, parent in enumerate(self.parents.tolist()[1:], start=1):
            bone = (joints[:, joint] - joints[:, parent])[..., None]
            place.append(place[parent] + (rotation[parent] @ bone)[..., 0])
            rotation.append(rotation[parent] @ turns[:, joint])
        return torch.stack(rotation, 1), torch.stack(place, 1)

    def _tips(
        self, turns: Tensor, beta: Tensor, joints: Tensor, rotation: Tensor, place: Tensor
    ) -> Tensor:
        """(B, 5, 3) the tip vertices, by linear blend skinning as in the paper (eq. 1 to 3)."""
        bent = (turns[:, 1:] - torch.eye(3).to(turns)).flatten(1)
        rest = self.tips + torch.einsum("tcs,bs->btc", self.tips_by_shape, beta)
        rest = rest + torch.einsum("tcp,bp->btc", self.tips_by_pose, bent)
        from_joint = rest[:, :, None] - joints[:, None]
        moved = torch.einsum("bjrc,btjc->btjr", rotation, from_joint) + place[:, None]
        return (self.tip_weights[:, :, None] * moved).sum(2)


def load_mano(
    path: str | Path, *, tip_vertices: tuple[int, ...] = TIP_VERTICES, max_bytes: int = MAX_BYTES
) -> ManoHand:
    """The hand in a MANO_RIGHT.pkl, float64 on the CPU.

    Args:
        path: the user's own file, from the page of the MANO project.
        tip_vertices: thumb, index, middle, ring, little.
        max_bytes: larger files are refused.

    Raises:
        InputError: no such file, no such model, or a pickle of something else
            (see `load_restricted`).
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file '{file}'.", f"Check the path. {_WHERE}")
    data = load_restricted(file, max_bytes=max_bytes)
    if not isinstance(data, dict):
        raise _no_model(file, "a dict")
    template = _array(data, "v_template", (None, 3), file)
    count = len(template)
    by_shape = _array(data, "shapedirs", (count, 3, None), file)
    by_pose = _array(data, "posedirs", (count, 3, 9 * (JOINTS - 1)), file)
    weights = _array(data, "weights", (count, JOINTS), file)
    regressor = _array(data, "J_regressor", (JOINTS, count), file)
    tips = list(tip_vertices)
    if len(tips) != len(FINGERS) or not all(0 <= tip < count for tip in tips):
        raise _no_model(file, f"{len(FINGERS)} tips among its {count} vertices")
    return ManoHand(
        joints=torch.from_numpy(regressor @ template),
        joints_by_shape=torch.from_numpy(np.einsum("jv,vcs->jcs", regressor, by_shape)),
        parents=torch.from_numpy(_parents(data, file)),
        tips=torch.from_numpy(template[tips]),
        tips_by_shape=torch.from_numpy(by_shape[tips]),
        tips_by_pose=torch.from_numpy(by_pose[tips]),
        tip_weights=torch.from_numpy(weights[tips] / weights[tips].sum(1, keepdims=True)),
        mean_pose=torch.from_numpy(_array(data, "hands_mean", (HAND_ANGLES,), file)),
        components=torch.from_numpy(
            _array(data, "hands_components", (HAND_ANGLES, HAND_ANGLES), file)
        ),
    )


def _array(
    data: Mapping[str, Any], name: str, shape: tuple[int | None, ...], file: Path
) -> NDArray[np.float64]:
    value: Any = data.get(name)
    is_sparse = hasattr(value, "toarray")
    if not (is_sparse or isinstance(value, np.ndarray)) or value.dtype.kind not in "biuf":
        raise _no_model(file, f"an array '{name}'")
    sizes = zip(value.shape, shape, strict=False)
    if len(value.shape) != len(shape) or any(want not in (None, got) for got, want in sizes):
        wanted = " x ".join("any" if want is None else str(want) for want in shape)
        raise _no_model(file, f"'{name}' of {wanted} numbers, not {value.shape}")
    value = value.toarray() if is_sparse else value
    if not np.isfinite(value).all():
        raise _no_model(file, f"finite numbers in '{name}'")
    return np.array(value, dtype=np.float64)


def _parents(data: Mapping[str, Any], file: Path) -> NDArray[np.int64]:
    table = data.get("kintree_table")
    if (
        not isinstance(table, np.ndarray)
        or table.shape != (2, JOINTS)
        or table.dtype.kind not in ("iu")
    ):
        raise _no_model(file, f"a 'kintree_table' of 2 x {JOINTS} numbers")
    parents = table[0].astype(np.int64)  # 4294967295 stands above the wrist
    parents[0] = -1
    if not all(0 <= parent < joint for joint, parent in enumerate(parents.tolist()) if joint):
        raise _no_model(file, "joints that follow the ones above them")
    return parents


def _require_sizes(
    orientation: Tensor, hand_pose: Tensor, beta: Tensor, shift: Tensor, pca: bool, shapes: int
) -> None:
    count = len(orientation)
    angles = hand_pose.shape[-1]
    fits = (
        orientation.shape == (count, 3)
        and hand_pose.shape == (count, angles)
        and (1 <= angles <= HAND_ANGLES if pca else angles == HAND_ANGLES)
        and beta.shape == (count, beta.shape[-1])
        and beta.shape[-1] <= shapes
        and shift.shape == (count, 3)
    )
    if not fits:
        raise InputError(
            "The numbers of the MANO pose do not fit: orientation "
            f"{tuple(orientation.shape)}, hand {tuple(hand_pose.shape)}, betas "
            f"{tuple(beta.shape)}, translation {tuple(shift.shape)}.",
            f"Expected (B, 3), (B, {HAND_ANGLES}) or with pca (B, n), (B, up to {shapes}), (B, 3).",
        )


def _no_model(file: Path, expected: str) -> InputError:
    return InputError(
        f"{file.name} is no MANO model: expected {expected}.",
        f"Give the right hand's model. {_WHERE}",
    )
