"""A hand of two plates with one hinge, and a cube that fits between them."""

from __future__ import annotations

import numpy as np
import torch
import trimesh
from numpy.typing import NDArray

from handhold.geometry import TriMesh, concatenate
from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import Hand
from handhold.hands.kinematics import RevoluteTree
from handhold.hands.spec import HandSpec
from handhold.objects import ObjectAsset

CUBE = 0.04
OVERLAP = 0.0005


def block(sides: tuple[float, float, float], centre: tuple[float, float, float]) -> TriMesh:
    mesh = trimesh.creation.box(sides)
    mesh.apply_translation(centre)
    return TriMesh.from_trimesh(mesh)


def plates(overlap: float = OVERLAP) -> Hand:
    """Link 0, the palm: a plate below the origin; link 1: one above, on a hinge at x = -0.2.

    The inner faces are `overlap` within a cube of side CUBE about the origin; the palm looks up.
    """
    height = CUBE / 2 - overlap + 0.005
    lower, upper = (block((0.06, 0.06, 0.01), (0, 0, sign * height)) for sign in (-1, 1))
    skin = concatenate([lower, upper])
    weights = torch.zeros(16, 2)
    weights[:8, 0] = weights[8:, 1] = 1.0
    none = torch.zeros(0, dtype=torch.long)
    return Hand(
        HandSpec(
            name="plates",
            side="right",
            joint_names=("hinge",),
            joint_lower=torch.tensor([-0.35]),
            joint_upper=torch.tensor([1.0]),
            vertices=torch.from_numpy(skin.vertices.copy()).float(),
            faces=torch.from_numpy(skin.faces.copy()),
            weights=weights,
            vertex_part=torch.zeros(16, dtype=torch.long),
            palmar=torch.ones(16, dtype=torch.bool),
            contact_candidates=torch.arange(16),
            tree=RevoluteTree(
                parent=torch.tensor([-1]),
                link=torch.tensor([1]),
                origin=torch.tensor([[-0.2, 0.0, 0.0]]),
                axis=torch.tensor([[0.0, 1.0, 0.0]]),
                dof=torch.tensor([0]),
                coefficient=torch.tensor([1.0]),
            ),
            keypoints=torch.zeros(1, 3),
            keypoint_link=torch.zeros(1, dtype=torch.long),
            keypoint_names=("wrist",),
            sphere_centre=torch.zeros(1, 3),
            sphere_radius=torch.full((1,), 0.001),
            sphere_link=torch.zeros(1, dtype=torch.long),
            forearm_spheres=0,
            provenance="made for tests",
            palm_normal=torch.tensor([0.0, 0.0, 1.0]),
            bones=none.reshape(0, 2),
        )
    )


def cube(
    rotation: NDArray[np.float64] | None = None, translation: NDArray[np.float64] | None = None
) -> ObjectAsset:
    """A cube of 4 cm; `from_parts` moves its centre to the origin of the object frame."""
    mesh = block((CUBE,) * 3, (0, 0, 0))
    turned = mesh.transformed(
        np.eye(3) if rotation is None else rotation,
        np.zeros(3) if translation is None else translation,
    )
    return ObjectAsset.from_parts("cube", [("all", turned)])


def group(
    *,
    asset: ObjectAsset | None = None,
    hand: Hand | None = None,
    angles: tuple[float, ...] = (0.0,),
    affordance: tuple[str, ...] = (),
    rotation: NDArray[np.float64] | None = None,
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0),
    pregrasp: HandPoses | None = None,
    squeeze: HandPoses | None = None,
) -> GraspGroup:
    """Grasps that differ in the angle of the hinge: 0 touches the cube, negative is open."""
    count = len(angles)
    return GraspGroup(
        asset=asset or cube(),
        hand=hand or plates(),
        poses=poses(angles, rotation, translation),
        entry=tuple(f"grasp {row}" for row in range(count)),
        source="test",
        affordance=affordance,
        pregrasp=pregrasp,
        squeeze=squeeze,
    )


def poses(
    angles: tuple[float, ...],
    rotation: NDArray[np.float64] | None = None,
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> HandPoses:
    count = len(angles)
    turn = np.eye(3) if rotation is None else rotation
    return HandPoses(
        np.tile(np.array(translation), (count, 1)),
        np.tile(turn, (count, 1, 1)),
        np.array(angles)[:, None],
    )
