"""From a part's name, or from shapes, to the part of the object that the hand goes to."""

from __future__ import annotations

from handhold.grounding.contact_part import ContactPart, locate_part
from handhold.grounding.descriptors import PartDescriptors, describe_parts
from handhold.grounding.detection import TextDetector, detect_part, detect_region
from handhold.grounding.instances import InstanceChoice, choose_instance
from handhold.grounding.named import NameMatch, match_name
from handhold.grounding.observation import Observation
from handhold.grounding.segment import Region, find_region, segment

__all__ = [
    "ContactPart",
    "InstanceChoice",
    "NameMatch",
    "Observation",
    "PartDescriptors",
    "Region",
    "TextDetector",
    "choose_instance",
    "describe_parts",
    "detect_part",
    "detect_region",
    "find_region",
    "locate_part",
    "match_name",
    "segment",
]
