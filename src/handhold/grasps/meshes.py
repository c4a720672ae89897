"""Grasps as surfaces."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.geometry import TriMesh
from handhold.grasps.batch import GraspBatch
from handhold.hands import Hand, load_hand


def hand_vertices(batch: GraspBatch, hand: Hand | None = None) -> NDArray[np.float64]:
    """Skin (N, V, 3) of every grasp in the object frame, metres.

    hand: of the batch's name; the one that ships by default.
    """
    posed_by = (hand or load_hand(batch.hand)).to("cpu", torch.float64)
    translation, rotation = batch.to_object_frame()
    with torch.no_grad():
        posed = posed_by.pose(
            torch.from_numpy(np.array(translation)),
            torch.from_numpy(np.array(rotation)),
            torch.from_numpy(np.array(batch.joints)),
        )
    return np.asarray(posed.vertices.numpy())


def hand_meshes(batch: GraspBatch, hand: Hand | None = None) -> list[TriMesh]:
    """One closed mesh per grasp, in the user's frame and unit."""
    posed_by = hand or load_hand(batch.hand)
    faces = posed_by.faces.cpu().numpy()
    skins = batch.frame.points_to_user(hand_vertices(batch, posed_by))
    return [TriMesh(skin, faces) for skin in skins]
