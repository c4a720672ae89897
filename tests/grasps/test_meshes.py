"""A saved batch turns into meshes in the user's frame, and into a picture."""

from __future__ import annotations

import numpy as np
import torch

from handhold.geometry import TriMesh
from handhold.grasps import GraspBatch, hand_meshes
from handhold.hands import load_hand
from handhold.objects import ObjectAsset, UserFrame, up_rotation
from handhold.render import batch_picture


def _batch(frame: UserFrame) -> GraspBatch:
    hand = load_hand("human")
    return GraspBatch.from_object_frame(
        frame,
        [[0.01, 0.02, 0.1]],
        [np.eye(3)],
        joints=np.zeros((1, hand.joint_count)),
        hand=hand.name,
        joint_names=hand.joint_names,
        object_file="box",
        object_name="box",
        object_hash="",
        instruction="hold it",
        affordance=("handle-grip",),
        part=("body",),
        prior_cluster=("handle-grip/00",),
        origin=("rule",),
        acceptable=[True],
        reason=("",),
        result_code=("converged",),
    )


def test_a_hand_mesh_is_in_the_users_frame_and_unit():
    frame = UserFrame("mm", 0.001, "y", up_rotation("y"), np.array([0.0, 0.0, 0.03]))
    mesh = hand_meshes(_batch(frame))[0]
    hand = load_hand("human")
    local = hand.local(torch.zeros(1, hand.joint_count)).vertices[0].numpy()
    expected = frame.points_to_user(local + [0.01, 0.02, 0.1])
    assert np.allclose(mesh.vertices, expected, atol=1e-3)
    assert mesh.to_trimesh().is_watertight


def test_a_batch_can_be_pictured_without_the_run_that_made_it():
    from trimesh.creation import box

    asset = ObjectAsset.from_parts("box", [("body", TriMesh.from_trimesh(box((0.05, 0.05, 0.1))))])
    picture = batch_picture(_batch(asset.frame), asset, limit=1)
    assert picture.width > 300 and np.asarray(picture).std() > 5
