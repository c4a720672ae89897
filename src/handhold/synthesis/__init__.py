"""Making the synthetic starter set: shapes first."""

from __future__ import annotations

from handhold.synthesis.shapes import FAMILIES, ShapeSample, make_shape

__all__ = ["FAMILIES", "ShapeSample", "make_shape"]
