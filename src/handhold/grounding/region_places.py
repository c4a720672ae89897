"""Which of several places of one name: a part that was found more than once, and words of place.

As among named parts (`choose_instance`), on the places that the part segmenter found. Ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.geometry import TriMesh
from handhold.grounding.descriptors import describe_parts
from handhold.grounding.instances import choose_instance
from handhold.grounding.segment import Region
from handhold.objects import ObjectAsset
from handhold.objects.frame import UserFrame

_ALIKE = 0.3  # of the first place's area: what is smaller is no rival


@dataclass(frozen=True, eq=False)
class PlaceChoice:
    """faces (F,): of the place that is meant. count: how many alike there are. is_ambiguous: no
    word decides among them. explanation: a sentence, "" where there is one only."""

    faces: NDArray[np.bool_]
    count: int = 1
    is_ambiguous: bool = False
    explanation: str = ""


def choose_place(mesh: TriMesh, region: Region, name: str, said: str) -> PlaceChoice:
    """The place of a region that words mean: "the top handle" where two handles were found.

    name: what a person calls the part. said: the sentence, or the words for the part; where none
    of its words decides, the place with most area times chance. A plural means all places.
    """
    areas = np.bincount(region.places[region.chosen], mesh.face_areas[region.chosen])
    alike = np.flatnonzero(areas >= _ALIKE * areas[0]) if len(areas) else np.zeros(0, np.int64)
    if len(alike) < 2 or np.array_equal(region.contact, region.chosen):
        return PlaceChoice(region.contact)
    labels = np.full(len(region.places), len(alike))
    for row, place in enumerate(alike):
        labels[region.places == place] = row
    own = tuple(f"{name}_{row + 1}" for row in range(len(alike)))
    names = own if (labels < len(alike)).all() else (*own, "rest")
    asset = ObjectAsset("found", mesh, labels, names, False, UserFrame())
    choice = choose_instance(own[0], said, names, describe_parts(asset))
    return PlaceChoice(
        labels == own.index(choice.name),
        len(alike),
        choice.is_ambiguous,
        choice.explanation,
    )
