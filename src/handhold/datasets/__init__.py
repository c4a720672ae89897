"""Grasps that others made, read into groups that a judge understands."""

from __future__ import annotations

from handhold.datasets.affordpose import read_affordpose
from handhold.datasets.dexgraspbench import read_dexgraspbench
from handhold.datasets.dexgraspnet import read_dexgraspnet
from handhold.datasets.grasps_file import read_grasps_file
from handhold.datasets.mesh_pair import read_mesh_pair
from handhold.datasets.reading import Reading
from handhold.datasets.recognition import is_evaluation
from handhold.datasets.registry import FORMATS, format_of, read_any

__all__ = [
    "FORMATS",
    "Reading",
    "format_of",
    "is_evaluation",
    "read_affordpose",
    "read_any",
    "read_dexgraspbench",
    "read_dexgraspnet",
    "read_grasps_file",
    "read_mesh_pair",
]
