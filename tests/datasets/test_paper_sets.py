"""The counts of the papers' sets, and the tables that go with object sets."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from handhold.datasets.canonical_size import canonical_size, load_sizes, parse_sizes
from handhold.datasets.category import SEEN, category_name, role_of
from handhold.datasets.paper_sets import PaperSet, paper_sets, parse_paper_sets
from handhold.errors import InputError
from handhold.objects.units import STATED_LIMITS

SETS = {each.name: each for each in paper_sets()}
PAPERS = Path(os.environ.get("HANDHOLD_DEV_DATA", "")).parent / "papers"


def test_unions_are_the_sums_of_their_parts() -> None:
    unions = [each for each in SETS.values() if each.parts]
    assert [each.name for each in unions] == ["tdg"]
    for union in unions:
        for count in ("grasps", "objects", "tasks", "texts"):
            parts = [getattr(SETS[name], count) for name in union.parts]
            assert getattr(union, count) == sum(parts)


def test_every_grasp_of_tdg_has_four_texts() -> None:
    for name in ("tdg", *SETS["tdg"].parts):
        assert SETS[name].texts == 4 * (SETS[name].grasps or 0)


def test_the_unseen_set_has_299_objects_of_three_sets() -> None:
    unseen = [each for each in SETS.values() if each.name.startswith("gdexgrasp-unseen-")]
    assert sum(each.objects or 0 for each in unseen) == 299
    assert [(each.objects, each.categories) for each in unseen] == [(92, 11), (81, 13), (126, 14)]
    assert all(role_of(name) == "unseen" for each in unseen for name in each.examples)


@pytest.mark.skipif(not PAPERS.is_dir(), reason="the papers' texts are not at hand")
def test_checked_numbers_stand_in_the_papers() -> None:
    texts = {
        "G-DexGrasp": (PAPERS / "g-dexgrasp.txt").read_text(),
        "MaskDexGrasp": (PAPERS / "maskdexgrasp-supplement.txt").read_text(),
    }
    checked = [each for each in SETS.values() if each.checked]
    assert len(checked) == 9
    for each in checked:
        for count in ("grasps", "objects", "texts", "categories"):
            number = getattr(each, count)
            if number is not None:
                pattern = rf"(?<![\d,]){number:,}(?![\d,])"
                assert re.search(pattern, texts[each.paper]), (each.name, count)


def test_a_table_that_is_none_is_refused() -> None:
    head = 'format = "handhold-paper-sets"\nversion = 1\n'
    one = '[[set]]\nname = "a"\ntitle = "A"\npaper = "P"\nplace = "1"\nchecked = true\n'
    assert parse_paper_sets(head + one) == (
        PaperSet(name="a", title="A", paper="P", place="1", checked=True),
    )
    for text, message in (
        (one, "is no handhold-paper-sets file"),
        (head + one + "grapes = 3\n", "unknown key 'grapes'"),
        (head + one + one, "listed twice"),
        (head + one + 'parts = ["b"]\n', "no set 'b'"),
    ):
        with pytest.raises(InputError, match=message):
            parse_paper_sets(text)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("StorageFurniture", "storage-furniture"),
        ("CoffeeMachine", "coffee-machine"),
        ("KitchenPot", "pot"),
        ("USB", "usb"),
        ("wine_glass", "wine-glass"),
        ("laptop_computer", "laptop"),
        ("bow_(decorative_ribbons)", "bow-decorative-ribbons"),
        ("handle bottle", "handle-bottle"),
        ("", ""),
    ],
)
def test_one_spelling_of_categories(word: str, name: str) -> None:
    assert category_name(word) == name
    assert category_name(name) == name


def test_seen_categories_are_those_that_are_synthesised() -> None:
    from handhold.synthesis.shapes import families

    assert set(SEEN) == set(families.SEEN)
    assert not set(SEEN) & set(families.UNSEEN)
    assert (role_of("mug"), role_of("umbrella"), role_of("")) == ("seen", "unseen", "")


def test_sizes_can_be_grasped_and_are_spelt_as_categories() -> None:
    default, sizes = load_sizes()
    assert canonical_size("no such thing") == canonical_size("") == default == 0.3
    assert set(SEEN) <= set(sizes)
    for name, size in sizes.items():
        assert STATED_LIMITS[0] <= size <= STATED_LIMITS[1]
        assert category_name(name) == name
    with pytest.raises(InputError, match="no handhold-canonical-sizes file"):
        parse_sizes("version = 1")
    with pytest.raises(InputError, match="size of 'a' is not positive"):
        parse_sizes(
            'format = "handhold-canonical-sizes"\nversion = 1\ndefault_m = 1\n'
            "[longest_side_m]\na = 0\n"
        )
