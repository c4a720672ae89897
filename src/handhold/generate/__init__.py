"""Condition, prior and rules or network -> coarse grasps (GDG stage 2)."""

from handhold.generate.anchors import Anchor, PartShape, find_anchors, part_shape
from handhold.generate.network import sample_network
from handhold.generate.preference import awkwardness, unnaturalness
from handhold.generate.propose import Proposals, propose, rule_candidates
from handhold.generate.rules import Candidates, open_and_close, place
from handhold.generate.score import ScoreWeights, choose_diverse, score

__all__ = [
    "Anchor",
    "Candidates",
    "PartShape",
    "Proposals",
    "ScoreWeights",
    "awkwardness",
    "choose_diverse",
    "find_anchors",
    "open_and_close",
    "part_shape",
    "place",
    "propose",
    "rule_candidates",
    "sample_network",
    "score",
    "unnaturalness",
]
