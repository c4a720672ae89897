"""Metrics of grasps, measured on the exact surface; anybody's grasps get the same judge."""

from __future__ import annotations

from handhold.evaluate.diversity import Diversity, diversity
from handhold.evaluate.hands import PosedHands, posed_hands
from handhold.evaluate.judge import METRIC_NAMES, Judgement, judge
from handhold.evaluate.parts import PartVote, vote_on_part
from handhold.evaluate.penetration import intersection_volume_cm3, penetration_depth_cm
from handhold.evaluate.profile import QuickProfile
from handhold.evaluate.skeleton import (
    bone_points,
    self_penetration_mm,
    skeleton_piercing_mm,
)
from handhold.evaluate.surface import HandOnSurface, measure_hand
from handhold.evaluate.tables import (
    mean_row,
    to_csv,
    to_json,
    to_markdown,
    write_table,
    write_text,
)
from handhold.evaluate.thresholds import Thresholds, acceptable

__all__ = [
    "METRIC_NAMES",
    "Diversity",
    "HandOnSurface",
    "Judgement",
    "PartVote",
    "PosedHands",
    "QuickProfile",
    "Thresholds",
    "acceptable",
    "bone_points",
    "diversity",
    "intersection_volume_cm3",
    "judge",
    "mean_row",
    "measure_hand",
    "penetration_depth_cm",
    "posed_hands",
    "self_penetration_mm",
    "skeleton_piercing_mm",
    "to_csv",
    "to_json",
    "to_markdown",
    "vote_on_part",
    "write_table",
    "write_text",
]
