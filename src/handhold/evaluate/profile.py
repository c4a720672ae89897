"""The numbers a metric depends on, under one name that is printed with every result."""

from __future__ import annotations

from dataclasses import dataclass

from handhold.contact import CONTACT_DISTANCE


@dataclass(frozen=True)
class QuickProfile:
    """Settings of the quick metrics: lengths in metres.

    contact_distance: a hand vertex this close to the surface touches it (5 mm, system design);
    voxel_size: edge of the cubes that measure the intersection volume (5 mm, as the papers);
    bone_core_radius, bone_spacing, tip_trim: see `skeleton_piercing` (ours).
    Change a number and the name must change with it: `custom` names say what they are.
    """

    name: str = "handhold-quick/1"
    contact_distance: float = CONTACT_DISTANCE
    voxel_size: float = 0.005
    bone_core_radius: float = 0.005
    bone_spacing: float = 0.002
    tip_trim: float = 0.008
