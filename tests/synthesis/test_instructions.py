"""Instructions: how many, how different, how grammatical, and those of a language model."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chat_stub import Reply, said, served

from handhold.cache import DiskCache
from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language import ChatClient, ChatConfig, chat
from handhold.synthesis.instructions import (
    FORMS,
    Instruction,
    instructions,
    make_instructions,
    names_part,
    normalised,
    part_picture,
)
from handhold.synthesis.instructions.phrasebook import load_phrasebook, parse_phrasebook
from handhold.synthesis.instructions.words import (
    gerund,
    is_plural,
    participle,
    singular,
    spoken,
    third_person,
)
from handhold.synthesis.shapes import FAMILIES, make_shape
from handhold.synthesis.shapes import families as shape_families

KEY = "sk-never-to-be-seen-0123456789"
Pair = tuple[str, str, str]


def _shape_pairs() -> list[Pair]:
    """(category, affordance, part) of every blueprint of every style of every family."""
    pairs: dict[Pair, None] = {}
    for family in FAMILIES:
        builder = shape_families._FAMILIES[family]
        for style in builder.styles:
            blueprint = builder.build(style, np.random.default_rng(0))
            for part, affordances in blueprint.affordances.items():
                pairs |= {(family, affordance, part): None for affordance in affordances}
    return list(pairs)


SHAPE_PAIRS = _shape_pairs()
UNKNOWN_PAIRS = [
    (category, affordance, part)
    for affordance in AFFORDANCES
    for category, part in (
        ("gizmo", "strap"),
        ("oven_door", "ScrewCap_2"),
        ("sunglasses", "temples"),
        ("bowl", "bowl"),
        ("object", "part_1"),
        ("7", "3"),
    )
]
EVERY_PAIR = SHAPE_PAIRS + UNKNOWN_PAIRS


@pytest.fixture(scope="module")
def made() -> dict[Pair, tuple[Instruction, ...]]:
    return {pair: instructions(*pair) for pair in EVERY_PAIR}


def test_there_are_enough_for_every_part_that_can_be_held(
    made: dict[Pair, tuple[Instruction, ...]],
) -> None:
    few = {pair: len(found) for pair, found in made.items() if len(found) < 12}
    assert not few and len(SHAPE_PAIRS) > 90
    assert {len(made[pair]) for pair in SHAPE_PAIRS} == {20}


def test_every_form_is_there_direct_and_indirect(
    made: dict[Pair, tuple[Instruction, ...]],
) -> None:
    for pair, found in made.items():
        assert {i.form for i in found} == set(FORMS), pair
        assert {i.direct for i in found} == {True, False}, pair
        assert sum(not i.direct for i in found) >= 4, pair


def test_no_two_are_alike(made: dict[Pair, tuple[Instruction, ...]]) -> None:
    for pair, found in made.items():
        assert len({normalised(i.text) for i in found}) == len(found), pair


def test_the_part_is_named_exactly_where_direct_says_so(
    made: dict[Pair, tuple[Instruction, ...]],
) -> None:
    wrong = [
        (pair, i)
        for pair, found in made.items()
        for i in found
        if names_part(i.text, pair[2]) != i.direct
    ]
    assert not wrong


BAD_GRAMMAR = re.compile(
    r"  | ,| \.|[{}\[\]_]|\ba [aeiou]|\ban [^aeioh]|\b(\w+) \1\b|\bthe (its|their|the|my)\b"
    r"|s's\b|\bingly?\b|\b(to|could|would|can|will) \w+ing\b|\bto \w+ed\b|\beds\b"
    r"|\b\w*(ieing|eeed|yed by|ppping)\b|,,|\.\.|\b(its|it) \b(are|is are)\b|\bi\b",
)
REAL_INFINITIVES = {"to bring", "to spring", "to swing", "to bed"}


def test_nothing_looks_ungrammatical(made: dict[Pair, tuple[Instruction, ...]]) -> None:
    wrong = [
        i.text
        for pair in SHAPE_PAIRS
        for i in made[pair]
        if (hit := BAD_GRAMMAR.search(i.text)) and hit[0] not in REAL_INFINITIVES
    ]
    assert not wrong


def test_sentences_are_short_and_end_as_they_should(
    made: dict[Pair, tuple[Instruction, ...]],
) -> None:
    for found in made.values():
        for i in found:
            assert i.text[0].isupper() or i.text[0].isdigit()
            assert len(i.text.split()) <= 30
            if i.form == "question":
                assert i.text.endswith("?")
            elif i.form in ("command", "goal"):
                assert i.text[-1] in ".?"
            else:
                assert i.text[-1].isalnum()


def test_the_four_forms_begin_with_their_inflection(
    made: dict[Pair, tuple[Instruction, ...]],
) -> None:
    for found in made.values():
        for i in found:
            first = i.text.split()[0].lower()
            if i.form == "present":
                assert first.endswith("s")
            if i.form == "progressive":
                assert first.endswith("ing")
            if i.form == "passive":
                assert re.search(r"\b(is|are) \w+", i.text)


def test_plural_objects_agree() -> None:
    text = " ".join(i.text for i in instructions("scissors", "handle-grip", "handles", 200))
    assert "scissors are " in text and "their handles" in text
    assert "scissors is " not in text and " its handles" not in text
    assert "scissors's" not in text


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    arguments = ("kettle", "handle-grip", "handle", 20)
    assert instructions(*arguments, seed=3) == instructions(*arguments, seed=3)
    assert instructions(*arguments, seed=3) != instructions(*arguments, seed=4)


def test_as_many_as_asked_for_and_more_than_usual() -> None:
    for count in (1, 7, 64):
        found = instructions("mug", "handle-grip", "handle", count)
        assert len(found) == count
        assert len({normalised(i.text) for i in found}) == count


def test_goals_belong_to_the_object_and_the_use() -> None:
    for pair, word in (
        (("kettle", "handle-grip", "handle"), "tea"),
        (("mug", "wrap-around-grip", "body"), "warm"),
        (("faucet", "twist", "handle"), "water"),
        (("laptop", "press", "keys"), "type"),
        (("scissors", "handle-grip", "handles"), "cut"),
    ):
        indirect = [i.text.lower() for i in instructions(*pair, 40) if not i.direct]
        assert any(word in text for text in indirect), pair


def test_every_pair_of_our_shapes_has_goals_of_its_own() -> None:
    known = load_phrasebook().uses
    assert not [p for p in SHAPE_PAIRS if (p[0], spoken(p[2]), p[1]) not in known]


def test_goals_do_not_name_the_part_they_belong_to() -> None:
    """Else they would be dropped in silence, and the indirect sentences become fewer."""
    named = [
        (key, phrase)
        for key, use in load_phrasebook().uses.items()
        for phrase in (*use.wording.tasks, *use.wording.wishes)
        if names_part(phrase, key[1])
    ]
    assert not named


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="no affordance"):
        instructions("mug", "handle-grasp", "handle")
    with pytest.raises(InputError, match="no name"):
        instructions("mug", "press", " ")
    with pytest.raises(InputError, match="no name"):
        instructions("_", "press", "lid")
    with pytest.raises(InputError, match="1 or more"):
        instructions("mug", "press", "lid", 0)


def test_a_phrase_book_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="version 1"):
        parse_phrasebook('format = "poems"', "")


def test_verbs_are_inflected() -> None:
    assert [third_person(v) for v in ("use", "press", "carry", "have", "push", "play")] == [
        "uses", "presses", "carries", "has", "pushes", "plays",
    ]  # fmt: skip
    assert [gerund(v) for v in ("use", "grip", "open", "tie", "see", "dim", "carry")] == [
        "using", "gripping", "opening", "tying", "seeing", "dimming", "carrying",
    ]  # fmt: skip
    assert [participle(v) for v in ("hold", "grip", "carry", "use", "cut", "play", "twist")] == [
        "held", "gripped", "carried", "used", "cut", "played", "twisted",
    ]  # fmt: skip


def test_nouns_are_understood() -> None:
    assert [singular(n) for n in ("keys", "batteries", "switches", "glass", "lens")] == [
        "key", "battery", "switch", "glass", "lens",
    ]  # fmt: skip
    assert is_plural("ear cups") and not is_plural("glass") and not is_plural("mug")
    assert spoken("ScrewCap_2") == "screw cap" and spoken("trolley-handle") == "trolley handle"
    assert names_part("Press one key, please.", "keys")
    assert names_part("Take the mug's handle!", "handle")
    assert not names_part("The monkey is handled.", "key")


# -- language model --------------------------------------------------------------------------------

ANSWER = {
    "instructions": [
        {"text": f"{start} number {number} by the handle {'.' * (number % 2)}", "form": form}
        for number in range(3)
        for form, start in zip(
            FORMS, ("Hold", "Could you", "I want", "Use", "Uses", "Using", "It is"), strict=True
        )
    ]
}
PICTURE = b"\x89PNG and so on"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in (chat.URL_VARIABLE, chat.MODEL_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(chat.KEY_VARIABLE, KEY)
    monkeypatch.setattr(chat, "_FIRST_PAUSE", 0.01)
    yield monkeypatch


def _client(url: str) -> ChatClient:
    return ChatClient(ChatConfig(url, "tiny", timeout=30.0, retries=1))


def _make(url: str, cache: DiskCache, count: int | None = None):  # noqa: ANN202
    return make_instructions(
        "mug", "handle-grip", "handle", PICTURE, client=_client(url), cache=cache, count=count
    )


def test_unless_configured_the_grammar_speaks(environment: pytest.MonkeyPatch) -> None:
    made = make_instructions("mug", "handle-grip", "handle", seed=2)
    assert made.source == "grammar"
    assert made.instructions == instructions("mug", "handle-grip", "handle", seed=2)


def test_a_configured_model_speaks(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with served(said(ANSWER)) as stub:
        environment.setenv(chat.URL_VARIABLE, stub.url)
        environment.setenv(chat.MODEL_VARIABLE, "tiny")
        made = make_instructions(
            "mug", "handle-grip", "handle", PICTURE, cache=DiskCache(tmp_path), count=14
        )
    assert made.source == "tiny" and len(made.instructions) == 14
    assert {i.form for i in made.instructions} == set(FORMS)
    assert all(i.direct for i in made.instructions)
    (request,) = stub.requests
    asked = request["messages"][1]["content"]
    assert "mug" in asked[0]["text"] and "close the hand on a handle" in asked[0]["text"]
    assert asked[1]["type"] == "image_url"


def test_what_was_answered_once_is_not_asked_again(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = DiskCache(tmp_path)
    with served(said(ANSWER)) as stub:
        first, second = _make(stub.url, cache), _make(stub.url, cache)
        assert first == second and len(stub.requests) == 1
        _make(stub.url, cache, count=30)
        assert len(stub.requests) == 2
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not any(KEY.encode() in path.read_bytes() for path in files)


def test_a_damaged_entry_is_asked_for_again(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = DiskCache(tmp_path)
    with served(said(ANSWER)) as stub:
        _make(stub.url, cache)
        for entry in cache.entries():
            entry.path.write_bytes(b"no archive")
        assert _make(stub.url, cache).source == "tiny"
        assert len(stub.requests) == 2


@pytest.mark.parametrize(
    "bad",
    [
        Reply("oops", status=500),
        Reply("<html></html>", kind="text/html"),
        Reply(""),
        said("Sure! Here are some instructions."),
        said({"instructions": [{"text": "Hold it.", "form": "poem"}] * 12}),
        said({"instructions": [{"text": "Hold the mug.", "form": "command"}] * 12}),
        said({"instructions": [{"text": "no " * 90, "form": "command"}] * 12}),
        said({"instructions": ANSWER["instructions"][:5]}),
    ],
)
def test_a_model_that_fails_hands_over_to_the_grammar_and_says_so(
    bad: Reply, environment: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with served(bad) as stub:
        made = _make(stub.url, DiskCache(tmp_path))
    assert made.source == "grammar"
    assert made.instructions == instructions("mug", "handle-grip", "handle")
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert any("come from the grammar" in text for text in warnings)
    assert KEY not in caplog.text
    assert not list(tmp_path.rglob("*.npz"))


def test_a_hiccup_is_survived(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with served(Reply("oops", status=500), said(ANSWER)) as stub:
        assert _make(stub.url, DiskCache(tmp_path)).source == "tiny"


def test_the_contact_part_is_green_in_the_picture() -> None:
    from io import BytesIO

    from PIL import Image

    asset = make_shape("mug", 1).asset()
    pixels = np.asarray(Image.open(BytesIO(part_picture(asset, "handle", side=64))), float)
    green = pixels[..., 1] > 1.3 * np.maximum(pixels[..., 0], pixels[..., 2])
    assert 0.02 < green.mean() < 0.5
    with pytest.raises(InputError):
        part_picture(asset, "spout")
