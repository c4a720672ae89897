"""Making the synthetic starter set: shapes, template poses, filters."""

from __future__ import annotations

from handhold.synthesis.filters import FilterLimits, keep
from handhold.synthesis.shapes import FAMILIES, ShapeSample, make_shape
from handhold.synthesis.starter import StarterConfig, make_starter_set
from handhold.synthesis.store import StarterPart, StarterSet

__all__ = [
    "FAMILIES",
    "FilterLimits",
    "ShapeSample",
    "StarterConfig",
    "StarterPart",
    "StarterSet",
    "keep",
    "make_shape",
    "make_starter_set",
]
