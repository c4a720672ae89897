"""Which of several parts of one name."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from handhold.errors import InputError
from handhold.grounding import PartDescriptors
from handhold.grounding.instances import choose_instance
from handhold.grounding.place_words import place_words, read_sentence
from handhold.language import load_lexicon

OPEN = "?"  # nothing decides


def placed(centres: ArrayLike, extents: ArrayLike = (0.4, 0.4, 0.9)) -> PartDescriptors:
    """Parts of one size at these centres (P, 3), object frame, metres."""
    at = np.asarray(centres, dtype=np.float64)
    n = len(at)
    each = np.ones(n)
    sizes = np.full((n, 3), 0.05)
    return PartDescriptors(sizes, at, each / n, each, 0 * each, each, np.asarray(extents))


# The numbers in the names go neither from top to bottom nor alike.
CABINET = ("case", "drawer_1", "drawer_2", "drawer_3", "handle_1", "handle_2", "handle_3")
CABINET_AT = [(0, 0, 0), (0, 0, -0.3), (0, 0, 0.3), (0, 0, 0),
              (0, -0.21, 0), (0, -0.21, -0.3), (0, -0.21, 0.3)]  # fmt: skip
POT = ("pot", "handle.001", "handle.002")
POT_AT = [(0, 0, 0), (0.1, 0, 0), (-0.1, 0, 0)]
DEEP_AT = [(0, 0, 0), (0, 0.1, 0), (0, -0.1, 0)]
STOVE = ("stove", "knob_a", "knob_b", "knob_c", "knob_d")
STOVE_AT = [(0, 0, 0), *((x, 0.1, 0.2) for x in (-0.3, -0.1, 0.1, 0.3))]
CHEST = ("case", "handle_1", "handle_2", "handle_3", "handle_4")
CHEST_AT = [(0, 0, 0), (-0.1, -0.2, 0.2), (0.1, -0.2, 0.2), (-0.1, -0.2, -0.2), (0.1, -0.2, -0.2)]


def chosen(part: str, instruction: str, names: tuple[str, ...], centres: ArrayLike) -> str:
    choice = choose_instance(part, instruction, names, placed(centres))
    return OPEN if choice.is_ambiguous else choice.name


@pytest.mark.parametrize(
    ("instruction", "handle"),
    [
        ("open the middle drawer", "handle_1"),
        ("Open the top drawer.", "handle_3"),
        ("pull the lower drawer out", "handle_2"),
        ("open the second drawer from the top", "handle_1"),
        ("open the third drawer", "handle_2"),
        ("open the last drawer", "handle_2"),
        ("open the first drawer from the bottom", "handle_2"),
        ("open drawer 2", "handle_3"),
        ("open drawer #1", "handle_2"),
        ("use handle number 2", "handle_2"),
        ("open the drawer at the very top", "handle_3"),
        ("take the handle in the middle", "handle_1"),
        ("grab the middle of the three handles", "handle_1"),
        ("not the top drawer and not the bottom one, open the other", "handle_1"),
    ],
)
def test_a_handle_is_that_of_the_drawer_that_is_meant(instruction: str, handle: str) -> None:
    assert chosen("handle", instruction, CABINET, CABINET_AT) == handle
    assert chosen("handle_2", instruction, CABINET, CABINET_AT) == handle


@pytest.mark.parametrize(
    "instruction",
    [
        "open the drawer",
        "First, open the drawer.",
        "Open the drawer right now",
        "put the cup on the top shelf and open the drawer",
        "with your left hand open the drawer",
        "push back the drawer",
        "wait a second, then open the drawer",
        "hold the top of the handle",
    ],
)
def test_words_that_place_no_part_decide_nothing(instruction: str) -> None:
    choice = choose_instance("handle", instruction, CABINET, placed(CABINET_AT))
    assert choice.decided_by == "ambiguous"
    assert choice.candidates == ("handle_1", "handle_2", "handle_3")
    assert all(name in choice.explanation for name in choice.candidates)


@pytest.mark.parametrize(
    ("instruction", "drawer"),
    [("push the topmost drawer shut", "drawer_2"), ("close the second drawer", "drawer_3")],
)
def test_the_drawers_themselves(instruction: str, drawer: str) -> None:
    assert chosen("drawer", instruction, CABINET, CABINET_AT) == drawer


def test_where_drawers_are_no_parts_their_words_are_the_handles() -> None:
    names, centres = (CABINET[0], *CABINET[4:]), [CABINET_AT[0], *CABINET_AT[4:]]
    assert chosen("handle", "open the middle drawer", names, centres) == "handle_1"


@pytest.mark.parametrize(
    "names",
    [
        ("top_handle", "middle_handle", "bottom_handle"),
        ("handle_top", "HandleMiddle", "handleBottom"),
    ],
)
def test_words_in_names_win_over_places(names: tuple[str, ...]) -> None:
    """The places say the opposite."""
    upside_down = [(0, 0, -0.3), (0, 0, 0), (0, 0, 0.3)]
    choice = choose_instance("handle", "open the top drawer", names, placed(upside_down))
    assert (choice.name, choice.decided_by) == (names[0], "name")
    assert '"top"' in choice.explanation
    assert chosen("handle", "open the middle one", names, upside_down) == names[1]


@pytest.mark.parametrize(
    ("instruction", "handle"),
    [
        ("take the left handle", "handle.002"),
        ("take the left-hand handle", "handle.002"),
        ("take the handle on the right", "handle.001"),
        ("take the handle on the right-hand side of the pot", "handle.001"),
        ("take the left one", "handle.002"),
        ("don't take the left handle", "handle.001"),
        ("turn it left by the handle", OPEN),
        ("grab the upper handle", OPEN),
        ("grab the nearest handle", OPEN),
    ],
)
def test_left_and_right_are_those_of_who_looks_from_the_front(
    instruction: str, handle: str
) -> None:
    assert chosen("handle", instruction, POT, POT_AT) == handle


@pytest.mark.parametrize(
    ("instruction", "handle"),
    [
        ("grab the handle nearest to me", "handle.002"),
        ("grab the front handle", "handle.002"),
        ("grab the rear handle", "handle.001"),
        ("grab the handle farthest from me", "handle.001"),
        ("grab the left handle", OPEN),
    ],
)
def test_the_front_is_at_the_lower_end_of_y(instruction: str, handle: str) -> None:
    assert chosen("handle", instruction, POT, DEEP_AT) == handle


def test_the_front_is_where_all_handles_are() -> None:
    """On the side of +x, who looks has +y on the right."""
    names, centres = ("case", "handle_1", "handle_2"), [(0, 0, 0), (0.21, -0.1, 0), (0.21, 0.1, 0)]
    assert chosen("handle", "open the left door", names, centres) == "handle_1"
    assert chosen("handle", "open the right door", names, centres) == "handle_2"


@pytest.mark.parametrize(
    ("instruction", "knob"),
    [
        ("turn the second knob from the left", "knob_b"),
        ("turn the second knob from the right", "knob_c"),
        ("turn the second to last knob", "knob_c"),
        ("turn on the leftmost burner", "knob_a"),
        ("turn the fourth knob", "knob_d"),
        ("turn the fifth knob", OPEN),
        ("turn a knob", OPEN),
    ],
)
def test_rows_are_counted_from_the_left(instruction: str, knob: str) -> None:
    assert chosen("knob", instruction, STOVE, STOVE_AT) == knob


@pytest.mark.parametrize(
    ("instruction", "handle"),
    [
        ("open the top left drawer", "handle_1"),
        ("open the bottom drawer on the right", "handle_4"),
        ("open the left drawer", OPEN),
    ],
)
def test_several_words_narrow_one_after_another(instruction: str, handle: str) -> None:
    assert chosen("handle", instruction, CHEST, CHEST_AT) == handle


def test_what_is_left_is_listed() -> None:
    choice = choose_instance("handle", "open the left drawer", CHEST, placed(CHEST_AT))
    assert choice.candidates == ("handle_1", "handle_3")
    assert choice.name == "handle_1"
    kept = choose_instance("handle_3", "open the left drawer", CHEST, placed(CHEST_AT))
    assert kept.name == "handle_3"


@pytest.mark.parametrize(
    ("instruction", "handle"),
    [
        ("use the handle nearest to the spout", "handle_2"),
        ("use the handle farthest from the spout", "handle_1"),
        ("lift it by the handle on the spout", "handle_2"),
        ("lift it by the spout handle", "handle_2"),
    ],
)
def test_another_part_tells_which(instruction: str, handle: str) -> None:
    names = ("body", "spout", "handle_1", "handle_2")
    centres = [(0, 0, 0), (0.1, 0, 0.05), (-0.1, 0, 0), (0, 0, 0.13)]
    assert chosen("handle", instruction, names, centres) == handle


def test_other_words_in_names_count_too() -> None:
    names = ("body", "lid", "handle", "lid_handle")
    centres = [(0, 0, 0), (0, 0, 0.1), (0.1, 0, 0), (0, 0, 0.13)]
    choice = choose_instance("handle", "lift it by the lid handle", names, placed(centres))
    assert (choice.name, choice.decided_by) == ("lid_handle", "name")


def test_outer_and_inner_are_distances_from_the_middle() -> None:
    names = ("tree", "bulb_1", "bulb_2", "bulb_3")
    centres = [(0, 0, 0), (0, 0, 0.1), (0.05, 0, 0), (0.2, 0, 0)]
    assert chosen("bulb", "screw in the outer bulb", names, centres) == "bulb_3"
    assert chosen("bulb", "screw in the innermost bulb", names, centres) == "bulb_1"


def test_one_letter_is_a_side_only_beside_the_other() -> None:
    both = ("pot", "handle_l", "handle_r")
    assert chosen("handle", "take the left handle", both, POT_AT) == "handle_l"
    letters = ("pot", "handle_l", "handle_k")
    assert chosen("handle", "take the left handle", letters, POT_AT) == "handle_k"


def test_the_only_one_is_taken_whatever_is_said() -> None:
    choice = choose_instance("handle", "the top handle", ("mug", "handle"), placed(POT_AT[:2]))
    assert (choice.name, choice.candidates, choice.decided_by) == ("handle", ("handle",), "only")


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="pot, handle.001"):
        choose_instance("spout", "pour", POT, placed(POT_AT))


def test_words_of_place_come_with_what_they_say_the_place_of() -> None:
    text = "Open the second drawer from the top, not the left door"
    lexicon, own = load_lexicon(), frozenset({"drawer"})
    said = place_words(read_sentence(text, lexicon, own), lexicon, own)
    assert [(w.kind, w.noun, w.start, w.negated) for w in said] == [
        ("2", "drawer", "top", False),
        ("left", "door", "", True),
    ]


@pytest.mark.parametrize(
    "odd", ["", "left", "the the the", "🙂 left 🙂 handle", "left " * 2000, "top handle " * 5000]
)
def test_no_sentence_is_too_odd(odd: str) -> None:
    assert choose_instance("handle", odd, POT, placed(POT_AT)).name in POT
