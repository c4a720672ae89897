"""Words of place choose among the places where an unnamed part was found."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from handhold.geometry import TriMesh
from handhold.grounding import Region
from handhold.grounding.region_places import choose_place

HEIGHTS = (0.2, 0.0, -0.2)


def chest(sizes: tuple[float, ...] = (0.03, 0.03, 0.03)) -> tuple[TriMesh, np.ndarray]:
    """A block with knobs one above the other; places (F,), -1 for the block."""
    solids = [trimesh.creation.box([0.3, 0.3, 0.6])]
    for height, side in zip(HEIGHTS, sizes, strict=False):
        knob = trimesh.creation.box([side] * 3)
        knob.apply_translation([0.0, -0.17, height])
        solids.append(knob)
    places = np.repeat(np.arange(-1, len(sizes)), 12)
    return TriMesh.from_trimesh(trimesh.util.concatenate(solids)), places


def found(places: np.ndarray, name: str = "handle") -> Region:
    return Region(name, (places >= 0).astype(float), places >= 0, places, 0.9)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("pull the top handle", 0),
        ("pull the middle handle", 1),
        ("pull the lowest handle", 2),
        ("the second handle from the bottom", 1),
    ],
)
def test_a_word_of_place_chooses(said: str, place: int) -> None:
    mesh, places = chest()
    choice = choose_place(mesh, found(places), "handle", said)
    assert np.array_equal(choice.faces, places == place)
    assert (choice.count, choice.is_ambiguous) == (3, False)
    assert choice.explanation


@pytest.mark.parametrize("name", ["handle", "button", "surface", "thingummy", "part #3"])
def test_without_one_it_is_the_first_and_ambiguous(name: str) -> None:
    mesh, places = chest()
    choice = choose_place(mesh, found(places), name, "open it")
    assert np.array_equal(choice.faces, places == 0)
    assert (choice.count, choice.is_ambiguous) == (3, True)


def test_a_much_smaller_place_is_no_rival() -> None:
    mesh, places = chest((0.03, 0.01))
    choice = choose_place(mesh, found(places), "handle", "pull the bottom handle")
    assert np.array_equal(choice.faces, places == 0)
    assert (choice.count, choice.is_ambiguous, choice.explanation) == (1, False, "")


def test_a_plural_means_all_and_nothing_found_stays_nothing() -> None:
    mesh, places = chest()
    assert choose_place(mesh, found(places, "handles"), "handles", "the top one").faces.sum() == 36
    nothing = np.full(len(places), -1)
    assert not choose_place(mesh, found(nothing), "handle", "the top one").faces.any()
