"""Condition, prior and rules or network -> coarse grasps (GDG stage 2)."""

from handhold.generate.anchors import Anchor, PartShape, find_anchors, part_shape
from handhold.generate.rules import Candidates, place
from handhold.generate.score import ScoreWeights, choose_diverse, score

__all__ = [
    "Anchor",
    "Candidates",
    "PartShape",
    "ScoreWeights",
    "choose_diverse",
    "find_anchors",
    "part_shape",
    "place",
    "score",
]
