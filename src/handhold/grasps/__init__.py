"""What a grasp is: affordances, the batch of grasps, and its files."""

from __future__ import annotations

from handhold.grasps.affordances import AFFORDANCE_DESCRIPTIONS, AFFORDANCES
from handhold.grasps.batch import ORIGINS, GraspBatch
from handhold.grasps.colours import CONTACT_PART, HAND_SKIN, OBJECT_GREY, RGB
from handhold.grasps.files import write_atomically
from handhold.grasps.gltf import write_grasp_glb
from handhold.grasps.group import GraspGroup, HandPoses
from handhold.grasps.json_file import grasps_schema, load_grasps, save_grasps
from handhold.grasps.meshes import hand_meshes, hand_vertices

__all__ = [
    "AFFORDANCES",
    "AFFORDANCE_DESCRIPTIONS",
    "CONTACT_PART",
    "HAND_SKIN",
    "OBJECT_GREY",
    "ORIGINS",
    "RGB",
    "GraspBatch",
    "GraspGroup",
    "HandPoses",
    "grasps_schema",
    "hand_meshes",
    "hand_vertices",
    "load_grasps",
    "save_grasps",
    "write_atomically",
    "write_grasp_glb",
]
