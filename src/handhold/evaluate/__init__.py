"""Metrics of grasps, measured on the exact surface; anybody's grasps get the same judge."""

from __future__ import annotations

from handhold.evaluate.compare import Comparison, MetricComparison, SetComparison, compare
from handhold.evaluate.disjointness import disjointness_cm
from handhold.evaluate.diversity import Diversity, diversity
from handhold.evaluate.entropy import JointEntropy, joint_entropy
from handhold.evaluate.evaluation import (
    Evaluation,
    GraspRow,
    MetricSummary,
    ObjectRecord,
    Skipped,
)
from handhold.evaluate.evaluation_file import (
    evaluation_schema,
    load_evaluation,
    save_evaluation,
)
from handhold.evaluate.evaluation_tables import (
    TABLE_FORMATS,
    comparison_table,
    evaluation_table,
    grasp_table,
    object_table,
)
from handhold.evaluate.exact_volume import ExactVolume, exact_intersection_volume_cm3
from handhold.evaluate.geometry import geometry_columns
from handhold.evaluate.hands import PosedHands, Spheres, posed_hands, rigid_hand
from handhold.evaluate.judge import METRIC_NAMES, Judgement, judge
from handhold.evaluate.metrics import METRICS, Metric
from handhold.evaluate.object_depth import object_in_hand_depth_cm
from handhold.evaluate.parts import PartVote, vote_on_part
from handhold.evaluate.penetration import intersection_volume_cm3, penetration_depth_cm
from handhold.evaluate.profile import QuickProfile
from handhold.evaluate.profiles import PROFILES, Profile, profile
from handhold.evaluate.q1 import ContactRule, Contacts, largest_ball, link_contacts, q1
from handhold.evaluate.runner import evaluate_groups
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
    to_latex,
    to_markdown,
    write_table,
    write_text,
)
from handhold.evaluate.thresholds import Thresholds, acceptable

__all__ = [
    "METRICS",
    "METRIC_NAMES",
    "PROFILES",
    "TABLE_FORMATS",
    "Comparison",
    "ContactRule",
    "Contacts",
    "Diversity",
    "Evaluation",
    "ExactVolume",
    "GraspRow",
    "HandOnSurface",
    "JointEntropy",
    "Judgement",
    "Metric",
    "MetricComparison",
    "MetricSummary",
    "ObjectRecord",
    "PartVote",
    "PosedHands",
    "Profile",
    "QuickProfile",
    "SetComparison",
    "Skipped",
    "Spheres",
    "Thresholds",
    "acceptable",
    "bone_points",
    "compare",
    "comparison_table",
    "disjointness_cm",
    "diversity",
    "evaluate_groups",
    "evaluation_schema",
    "evaluation_table",
    "exact_intersection_volume_cm3",
    "geometry_columns",
    "grasp_table",
    "intersection_volume_cm3",
    "joint_entropy",
    "judge",
    "largest_ball",
    "link_contacts",
    "load_evaluation",
    "mean_row",
    "measure_hand",
    "object_in_hand_depth_cm",
    "object_table",
    "penetration_depth_cm",
    "posed_hands",
    "profile",
    "q1",
    "rigid_hand",
    "save_evaluation",
    "self_penetration_mm",
    "skeleton_piercing_mm",
    "to_csv",
    "to_json",
    "to_latex",
    "to_markdown",
    "vote_on_part",
    "write_table",
    "write_text",
]
