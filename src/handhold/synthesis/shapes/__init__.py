"""Parametric objects with named parts: thirteen families, any number of seeded shapes."""

from __future__ import annotations

from handhold.synthesis.shapes.families import FAMILIES, make_shape, styles
from handhold.synthesis.shapes.sample import Blueprint, ShapeSample

__all__ = ["FAMILIES", "Blueprint", "ShapeSample", "make_shape", "styles"]
