"""From a part's name, or from shapes, to the part of the object that the hand goes to."""

from __future__ import annotations

from handhold.grounding.contact_part import ContactPart, locate_part
from handhold.grounding.descriptors import PartDescriptors, describe_parts

__all__ = ["ContactPart", "PartDescriptors", "describe_parts", "locate_part"]
