"""Energy terms and the staged optimiser (GDG stage 3)."""

from handhold.refine.autograd import all_terms, look
from handhold.refine.config import (
    FAST,
    FULL,
    RefineConfig,
    Weights,
    keeping_off,
    literal,
    one_stage,
    without_prior,
)
from handhold.refine.optimise import measure, refine, refine_many
from handhold.refine.records import Pose, Refined, Task
from handhold.refine.terms import State, Term

__all__ = [
    "FAST",
    "FULL",
    "Pose",
    "RefineConfig",
    "Refined",
    "State",
    "Task",
    "Term",
    "Weights",
    "all_terms",
    "keeping_off",
    "literal",
    "look",
    "measure",
    "one_stage",
    "refine",
    "refine_many",
    "without_prior",
]
