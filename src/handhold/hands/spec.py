"""Hands as data: one safetensors file per hand, with its names, provenance and licence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from handhold.errors import InputError
from handhold.hands.kinematics import RevoluteTree

HAND_PARTS = ("palm", "thumb", "index", "middle", "ring", "little")
FORMAT = "handhold-hand"
VERSION = "1"


@dataclass(frozen=True, eq=False)
class HandSpec:
    """Everything that tells one hand from another. Metres, radians, pose frame at the zero pose.

    The pose frame of the human hand is its palm frame: origin in the palm, +x towards the
    fingers, +y towards the thumb, +z out of the back of the hand. That of a hand from a robot
    model is the frame of its root body as the model has it.

    Attributes:
        name, side: "human", "right".
        joint_names: (D,) names, in the order of every joint array.
        joint_lower, joint_upper: (D,) limits.
        vertices: (V, 3) skin at the zero pose. faces: (F, 3), closed, outward.
        weights: (V, L) skinning weights; rows add up to one. Robot hands have 0 and 1 only.
        vertex_part: (V,) index into HAND_PARTS.
        palmar: (V,) True on the gripping side.
        contact_candidates: (C,) vertices spread over the gripping side.
        tree: the joints.
        keypoints: (K, 3), keypoint_link: (K,), keypoint_names: wrist, then thumb, index, middle,
            ring, little (those there are), each from base to tip.
        sphere_centre: (S, 3), sphere_radius: (S,), sphere_link: (S,) spheres on the bones; the
            last `forearm_spheres` stand for the forearm, which has no skin here.
        provenance: where the data came from and under which licence.
        palm_normal: (3,) unit vector out of the palm, the gripping side.
        bones: (E, 2) pairs of key points that make the skeleton.
    """

    name: str
    side: str
    joint_names: tuple[str, ...]
    joint_lower: Tensor
    joint_upper: Tensor
    vertices: Tensor
    faces: Tensor
    weights: Tensor
    vertex_part: Tensor
    palmar: Tensor
    contact_candidates: Tensor
    tree: RevoluteTree
    keypoints: Tensor
    keypoint_link: Tensor
    keypoint_names: tuple[str, ...]
    sphere_centre: Tensor
    sphere_radius: Tensor
    sphere_link: Tensor
    forearm_spheres: int
    provenance: str
    palm_normal: Tensor
    bones: Tensor


def flexion_signs(lower: Tensor, upper: Tensor) -> Tensor:
    """(D,) the sign that closes each joint, 0 for one that spreads.

    Ours, from the limits alone: a joint goes about as far both ways (the smaller limit is over
    2/3 of the larger) where it spreads, and farther one way where it bends, which is closing.
    """
    down, up = lower.abs(), upper.abs()
    both = torch.minimum(down, up) > 2 / 3 * torch.maximum(down, up)
    return torch.where(both, 0.0, torch.where(up >= down, 1.0, -1.0)).to(lower)


def chain_bones(keypoint_names: tuple[str, ...]) -> Tensor:
    """(E, 2) pairs of key points: from the first (the wrist) along each finger, whose points
    share the name before the underscore and follow each other from base to tip."""
    bones = []
    for k in range(1, len(keypoint_names)):
        same = keypoint_names[k].split("_")[0] == keypoint_names[k - 1].split("_")[0]
        bones.append((k - 1 if same else 0, k))
    return torch.tensor(bones, dtype=torch.long)


def load_spec(path: Path) -> HandSpec:
    """Read a hand file. Raises InputError for another format or version."""
    try:
        with safe_open(str(path), framework="pt") as file:
            meta = file.metadata() or {}
            data = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except Exception as error:
        raise InputError(
            f"{path} is not a hand file: {error}.", "Use a file made by handhold."
        ) from error
    if meta.get("format") != FORMAT or meta.get("version") != VERSION:
        got = f"{meta.get('format')} {meta.get('version')}"
        raise InputError(
            f"{path} is '{got}', not '{FORMAT} {VERSION}'.", "Install a matching handhold."
        )
    try:
        return _unpack(meta, data)
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} is incomplete: {error!r}.", "Make it again.") from error


def _unpack(meta: dict[str, str], data: dict[str, Tensor]) -> HandSpec:
    tree = RevoluteTree(
        parent=data["revolute_parent"].long(),
        link=data["revolute_link"].long(),
        origin=data["revolute_origin"],
        axis=torch.nn.functional.normalize(data["revolute_axis"].double(), dim=-1).float(),
        dof=data["revolute_dof"].long(),
        coefficient=data["revolute_coefficient"],
    )
    keypoint_names = tuple(json.loads(meta["keypoint_names"]))
    return HandSpec(
        name=meta["name"],
        side=meta["side"],
        joint_names=tuple(json.loads(meta["joint_names"])),
        joint_lower=data["joint_lower"],
        joint_upper=data["joint_upper"],
        vertices=data["vertices"],
        faces=data["faces"].long(),
        weights=data["weights"],
        vertex_part=data["vertex_part"].long(),
        palmar=data["palmar"].bool(),
        contact_candidates=data["contact_candidates"].long(),
        tree=tree,
        keypoints=data["keypoints"],
        keypoint_link=data["keypoint_link"].long(),
        keypoint_names=keypoint_names,
        sphere_centre=data["sphere_centre"],
        sphere_radius=data["sphere_radius"],
        sphere_link=data["sphere_link"].long(),
        forearm_spheres=int(meta["forearm_spheres"]),
        provenance=f"{meta['source']}; {meta['licence']}; made by {meta['made_by']}",
        palm_normal=torch.tensor([0.0, 0.0, -1.0]),  # by the palm frame
        bones=chain_bones(keypoint_names),
    )
