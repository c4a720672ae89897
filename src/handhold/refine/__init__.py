"""Energy terms and the staged optimiser (GDG stage 3)."""

from handhold.refine.config import (
    FAST,
    FULL,
    RefineConfig,
    Weights,
    literal,
    one_stage,
    without_prior,
)
from handhold.refine.optimise import Pose, Refined, look, measure, refine
from handhold.refine.terms import State, Term

__all__ = [
    "FAST",
    "FULL",
    "Pose",
    "RefineConfig",
    "Refined",
    "State",
    "Term",
    "Weights",
    "literal",
    "look",
    "measure",
    "one_stage",
    "refine",
    "without_prior",
]
