"""Objects to grasp: a surface in metres with z up, named parts, and the user's own frame."""

from __future__ import annotations

from handhold.objects.asset import MAX_FACES, ObjectAsset
from handhold.objects.build import load_object
from handhold.objects.frame import METRES_PER_UNIT, UserFrame, up_rotation
from handhold.objects.part_labels import (
    PartLabels,
    made_by_machine,
    parts_from_file,
    parts_of_file,
)

__all__ = [
    "MAX_FACES",
    "METRES_PER_UNIT",
    "ObjectAsset",
    "PartLabels",
    "UserFrame",
    "load_object",
    "made_by_machine",
    "parts_from_file",
    "parts_of_file",
    "up_rotation",
]
