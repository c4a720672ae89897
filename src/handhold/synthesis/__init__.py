"""Making the synthetic set: shapes, template poses, filters, instructions."""

from __future__ import annotations

from handhold.synthesis.filters import REASONS, FilterLimits
from handhold.synthesis.grasping import GraspingConfig, grasp_shape
from handhold.synthesis.learning import GraspedPart, LearningSet, learning_set
from handhold.synthesis.recorded import read_recorded, rebuild, recorded_path, write_recorded
from handhold.synthesis.shapes import FAMILIES, SEEN, UNSEEN, ShapeSample, make_shape
from handhold.synthesis.synthetic import SyntheticConfig, make_synthetic

__all__ = [
    "FAMILIES",
    "FilterLimits",
    "GraspedPart",
    "GraspingConfig",
    "LearningSet",
    "REASONS",
    "SEEN",
    "ShapeSample",
    "SyntheticConfig",
    "UNSEEN",
    "grasp_shape",
    "learning_set",
    "make_shape",
    "make_synthetic",
    "read_recorded",
    "rebuild",
    "recorded_path",
    "write_recorded",
]
