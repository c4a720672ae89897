"""Understand, ground, retrieve, generate, refine, judge: the whole of handhold on one screen."""

from handhold.pipeline.ground import Grounder, Grounding, find_part
from handhold.pipeline.outputs import write_outputs
from handhold.pipeline.run import Grasper, grasp_object
from handhold.pipeline.settings import GraspSettings
from handhold.pipeline.state import GraspResult, Interrupted, Steps

__all__ = [
    "GraspResult",
    "GraspSettings",
    "Grasper",
    "Grounder",
    "Grounding",
    "Interrupted",
    "Steps",
    "find_part",
    "grasp_object",
    "write_outputs",
]
