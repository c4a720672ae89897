"""Parametric objects with named parts: families of seen and unseen categories, seeded shapes."""

from __future__ import annotations

from handhold.synthesis.shapes.families import FAMILIES, SEEN, UNSEEN, make_shape, role, styles
from handhold.synthesis.shapes.sample import Blueprint, ShapeSample

__all__ = [
    "FAMILIES", "SEEN", "UNSEEN", "Blueprint", "ShapeSample", "make_shape", "role", "styles",
]  # fmt: skip
