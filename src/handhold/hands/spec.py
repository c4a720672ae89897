"""Hands as data: one safetensors file per hand, with its names, provenance and licence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from torch import Tensor

from handhold.errors import InputError
from handhold.hands.kinematics import RevoluteTree

if TYPE_CHECKING:
    from handhold.hands.hand import Hand

HAND_PARTS = ("palm", "thumb", "index", "middle", "ring", "little")
FORMAT = "handhold-hand"
VERSION = "1"


@dataclass(frozen=True, eq=False)
class HandSpec:
    """Everything that tells one hand from another. Metres, radians, palm frame at the zero pose.

    The palm frame: origin in the palm, +x towards the fingers, +y towards the thumb, +z out of
    the back of the hand.

    Attributes:
        name, side: "human", "right".
        joint_names: (D,) names, in the order of every joint array.
        joint_lower, joint_upper: (D,) limits.
        vertices: (V, 3) skin at the zero pose. faces: (F, 3), closed, outward.
        weights: (V, L) skinning weights; rows add up to one.
        vertex_part: (V,) index into HAND_PARTS.
        palmar: (V,) True on the gripping side.
        contact_candidates: (C,) vertices spread over the gripping side.
        tree: the joints.
        keypoints: (K, 3), keypoint_link: (K,), keypoint_names: wrist, then thumb, index, middle,
            ring, little, each from base to tip.
        sphere_centre: (S, 3), sphere_radius: (S,), sphere_link: (S,) spheres on the bones; the
            last `forearm_spheres` stand for the forearm, which has no skin here.
        provenance: where the data came from and under which licence.
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


def hand_names() -> tuple[str, ...]:
    """The hands that come with handhold."""
    root = resources.files("handhold.hands") / "specs"
    return tuple(sorted(entry.name for entry in root.iterdir() if entry.is_dir()))


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
        keypoint_names=tuple(json.loads(meta["keypoint_names"])),
        sphere_centre=data["sphere_centre"],
        sphere_radius=data["sphere_radius"],
        sphere_link=data["sphere_link"].long(),
        forearm_spheres=int(meta["forearm_spheres"]),
        provenance=f"{meta['source']}; {meta['licence']}; made by {meta['made_by']}",
    )


def load_hand(name: str = "human") -> Hand:
    """The hand of that name, float32 on the CPU; move it with ``hand.to(...)``."""
    from handhold.hands.hand import Hand

    if name not in hand_names():
        known = ", ".join(hand_names())
        raise InputError(f"There is no hand '{name}'.", f"Known hands: {known}.")
    folder = resources.files("handhold.hands") / "specs" / name
    with resources.as_file(folder / "hand.safetensors") as path:
        return Hand(load_spec(path))
