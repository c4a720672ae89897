"""What a grasp is: affordances, the batch of grasps, and its files.

What only names things is imported at once; what needs meshes and torch is fetched on first use, so
that reading a sentence does not load a mesh library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from handhold.grasps.affordances import AFFORDANCE_DESCRIPTIONS, AFFORDANCES
from handhold.grasps.colours import CONTACT_PART, HAND_SKIN, OBJECT_GREY, RGB
from handhold.grasps.files import write_atomically

if TYPE_CHECKING:
    from handhold.grasps.batch import ORIGINS, GraspBatch
    from handhold.grasps.gltf import write_grasp_glb
    from handhold.grasps.group import GraspGroup, HandPoses
    from handhold.grasps.json_file import grasps_schema, load_grasps, save_grasps
    from handhold.grasps.meshes import hand_meshes, hand_vertices

_HOME_OF = {
    "GraspBatch": "batch",
    "GraspGroup": "group",
    "HandPoses": "group",
    "ORIGINS": "batch",
    "grasps_schema": "json_file",
    "hand_meshes": "meshes",
    "hand_vertices": "meshes",
    "load_grasps": "json_file",
    "save_grasps": "json_file",
    "write_grasp_glb": "gltf",
}

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


def __getattr__(name: str) -> Any:
    """Fetch a name from its module (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'handhold.grasps' has no attribute '{name}'")
    return getattr(importlib.import_module(f"handhold.grasps.{_HOME_OF[name]}"), name)
