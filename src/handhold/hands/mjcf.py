"""A hand from any MJCF or URDF that MuJoCo loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.errors import InputError
from handhold.hands.hand import Hand
from handhold.hands.kinematics import RevoluteTree
from handhold.hands.mjcf_file import read_model
from handhold.hands.mjcf_fingers import find_fingers
from handhold.hands.mjcf_landmarks import find_landmarks
from handhold.hands.mjcf_skin import SkinSource, build_skin
from handhold.hands.mjcf_tree import HandTree, find_root, read_tree
from handhold.hands.spec import HandSpec, chain_bones


def hand_from_mjcf(
    path: str | Path, *, root: str | None = None, name: str | None = None, skin: SkinSource = "auto"
) -> Hand:
    """The hand in an MJCF or URDF model, float32 on the CPU.

    The pose frame is that of the root body as the model has it: by default the deepest body that
    all fingers branch from, which is the palm. The joints are those below the root, hinges all,
    in the model's order; joints above it stay where the model starts and drop out. Bodies without
    joints belong to what they are fixed to. Equality constraints between joints (and <mimic> of a
    URDF) that are linear through zero are part of the kinematics; other ones, and fixed tendons,
    which couple Shadow's last two finger joints, leave their joints free. Limits are the model's,
    -pi to pi where it has none. The forward kinematics is MuJoCo's to 1e-6 m.

    The skin is closed, of some 8,000 vertices at most, and moves rigidly with its links. All that
    was guessed or changed (finger names, hulls) is in ``spec.provenance``.

    Args:
        path: the model file; its meshes lie where it says, or nearby.
        root: name of the root body.
        name: what to call the hand; the file's name without suffix by default.
        skin: "visual" or "collision" geometry; "auto" takes what is seen of a link, else what
            touches.

    Raises:
        InputError: it is no model of a hand, a mesh is missing, a joint below the root is not a
            hinge, or there are no fingers, or over 64 joints.
    """
    if skin not in ("auto", "visual", "collision"):
        raise InputError(f"skin='{skin}' is unknown.", "Use 'auto', 'visual' or 'collision'.")
    path = Path(path)
    loaded = read_model(path)
    tree = read_tree(loaded.model, find_root(loaded.model, root))
    revolute = _revolute(tree)
    surface = build_skin(loaded.model, tree, skin, loaded.notes)
    fingers = find_fingers(tree, revolute, surface)
    marks = find_landmarks(tree, fingers, surface)
    weights = np.zeros((len(surface.link), len(tree.bodies)))
    weights[np.arange(len(surface.link)), surface.link] = 1.0
    notes = "; ".join((*loaded.notes, *tree.notes, *surface.notes, *marks.notes))
    spec = HandSpec(
        name=name or path.stem,
        side=marks.side,
        joint_names=tree.joint_names,
        joint_lower=_float(tree.lower),
        joint_upper=_float(tree.upper),
        vertices=_float(surface.mesh.vertices),
        faces=torch.from_numpy(surface.mesh.faces.copy()),
        weights=_float(weights),
        vertex_part=torch.from_numpy(marks.part),
        palmar=torch.from_numpy(marks.palmar),
        contact_candidates=torch.from_numpy(marks.candidates),
        tree=_single(revolute),
        keypoints=_float(marks.keypoints),
        keypoint_link=torch.from_numpy(marks.keypoint_link),
        keypoint_names=marks.keypoint_names,
        sphere_centre=_float(marks.sphere_centre),
        sphere_radius=_float(marks.sphere_radius),
        sphere_link=torch.from_numpy(marks.sphere_link),
        forearm_spheres=0,
        provenance=f"{path.name}, root '{tree.link_names[0]}'; {notes}",
        palm_normal=_float(marks.palm_normal),
        bones=chain_bones(marks.keypoint_names),
    )
    return Hand(spec)


def _revolute(tree: HandTree) -> RevoluteTree:
    hinges = tree.hinges
    return RevoluteTree(
        parent=torch.tensor([h.parent for h in hinges]),
        link=torch.tensor([h.moves if h.is_last else -1 for h in hinges]),
        origin=torch.from_numpy(np.stack([h.origin for h in hinges])),
        axis=torch.from_numpy(np.stack([h.axis for h in hinges])),
        dof=torch.tensor([h.dof for h in hinges]),
        coefficient=torch.tensor([h.coefficient for h in hinges], dtype=torch.float64),
    )


def _single(tree: RevoluteTree) -> RevoluteTree:
    return RevoluteTree(
        tree.parent,
        tree.link,
        tree.origin.float(),
        tree.axis.float(),
        tree.dof,
        tree.coefficient.float(),
    )


def _float(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float32))
