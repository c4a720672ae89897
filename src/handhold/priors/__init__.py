"""Dissimilarity, clusters, the prior library and retrieval (GDG section 3.2)."""

from handhold.priors.cluster import cluster_records, dissimilarity
from handhold.priors.descriptor import PartDescriptor
from handhold.priors.library import PriorLibrary, load_library, read_library, shipped_library_path
from handhold.priors.records import GraspRecords
from handhold.priors.templates import template_priors

__all__ = [
    "GraspRecords",
    "PartDescriptor",
    "PriorLibrary",
    "cluster_records",
    "dissimilarity",
    "load_library",
    "read_library",
    "shipped_library_path",
    "template_priors",
]
