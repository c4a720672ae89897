"""From a sentence to a region: names, instances, and objects without named parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import trimesh

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.grounding import Region
from handhold.grounding.point_scores import Query
from handhold.language import LexiconReader
from handhold.objects import ObjectAsset
from handhold.pipeline import Grounder, find_part, ground
from handhold.pipeline.ground import look_for

SIZE = 0.03


def box(x: float, y: float, z: float, side: float = SIZE) -> TriMesh:
    made = trimesh.creation.box([side] * 3)
    made.apply_translation([x, y, z])
    return TriMesh.from_trimesh(made)


def cabinet(*names: str) -> ObjectAsset:
    """A tall block with a knob-sized handle for each name, the first on top."""
    body = TriMesh.from_trimesh(trimesh.creation.box([0.3, 0.3, 0.6]))
    heights = np.linspace(0.25, -0.25, len(names))
    handles = [(name, box(0, -0.17, z)) for name, z in zip(names, heights, strict=True)]
    return ObjectAsset.from_parts("cabinet", [("body", body), *handles])


def unnamed(asset: ObjectAsset) -> ObjectAsset:
    """The same object, cut into pieces without meaning."""
    names = tuple(f"part_{index + 1}" for index in range(len(asset.part_names)))
    return replace(asset, part_names=names, parts_provisional=True)


def region_of(
    asset: ObjectAsset, known: dict[str, str], confidence: float
) -> Callable[..., Region]:
    """A stand-in for the part segmenter that finds parts of `asset` by the names in `known`."""
    asked: list[tuple[str, str | None]] = []

    def find(mesh: TriMesh, name: str, affordance: str | None = None, **_: Any) -> Region:
        asked.append((name, affordance))
        part = known.get(name)
        chosen = asset.face_parts == (asset.part_index(part) if part else -1)
        places = np.where(chosen, 0, -1)
        return Region(name, chosen.astype(float), chosen, places, confidence if part else 0.0)

    find.asked = asked  # type: ignore[attr-defined]
    return find


def pretend(
    patch: pytest.MonkeyPatch, asset: ObjectAsset, known: dict[str, str], confidence: float
) -> Callable[..., Region]:
    """Put that stand-in where one region is asked for, and where several are at once."""
    find = region_of(asset, known, confidence)

    class Answers:
        def __init__(self, mesh: TriMesh, queries: Sequence[Query], **_: Any) -> None:
            self.queries = queries

        def region(self, row: int) -> Region:
            return find(asset.mesh, self.queries[row].name)

    patch.setattr(ground, "find_region", find)
    patch.setattr(ground, "ask", Answers)
    return find


def test_a_named_part_is_found_by_its_name() -> None:
    asset = cabinet("handle")
    found = Grounder(asset, LexiconReader()).ground("open it by the handle")
    assert (found.target.name, found.how, found.confidence) == ("handle", "name", 1.0)
    assert np.array_equal(found.faces, asset.face_parts == 1)
    assert found.candidates == ()


@pytest.mark.parametrize(
    ("sentence", "part"),
    [
        ("pull the top handle", "handle_1"),
        ("pull the lowest handle", "handle_3"),
        ("pull the middle handle", "handle_2"),
    ],
)
def test_words_of_place_choose_among_like_parts(sentence: str, part: str) -> None:
    asset = cabinet("handle_1", "handle_2", "handle_3")
    found = Grounder(asset, LexiconReader()).ground(sentence)
    assert (found.target.name, found.how) == (part, "instance")
    assert found.candidates == ()


def test_without_words_of_place_all_that_it_may_be_are_listed() -> None:
    asset = cabinet("handle_1", "handle_2", "handle_3")
    found = Grounder(asset, LexiconReader()).ground("pull the handle")
    assert set(found.candidates) == {"handle_1", "handle_2", "handle_3"}
    assert any("handle_2" in sentence for sentence in found.ambiguities)


def test_a_flag_may_use_other_words_and_wins() -> None:
    asset = cabinet("handle")
    found = Grounder(asset, LexiconReader()).ground("carry the body", part="grip")
    assert (found.target.name, found.how) == ("handle", "flag")
    with pytest.raises(InputError, match="no part 'propeller'.*body, handle"):
        Grounder(asset, LexiconReader()).ground("carry it", part="propeller")


def test_parts_to_avoid_are_the_sentences_and_the_users() -> None:
    asset = cabinet("handle", "lid", "spout")
    grounder = Grounder(asset, LexiconReader())
    found = grounder.ground("hold the handle, don't touch the lid", avoid=("spout",))
    assert found.understood.avoid == ("lid", "spout")
    assert grounder.ground("hold the handle", avoid=("handle",)).understood.avoid == ()


def test_without_names_the_segmenter_is_asked_for_the_noun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asset = cabinet("handle", "lid")
    find = pretend(monkeypatch, asset, {"handle": "handle", "lid": "lid"}, 0.8)
    found = Grounder(unnamed(asset), LexiconReader()).ground(
        "pull it open by the handle and don't touch the lid"
    )
    assert find.asked[0] == ("handle", "handle-grip")  # type: ignore[attr-defined]
    assert (found.target.name, found.how, found.confidence) == ("handle", "segmenter", 0.8)
    assert np.array_equal(found.faces, asset.face_parts == asset.part_index("handle"))
    assert found.asset.part_names == ("handle", "lid", "rest")
    assert found.understood.avoid == ("lid",)
    assert not found.asset.parts_provisional


def test_where_no_noun_is_said_the_affordance_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asset = cabinet("handle")
    find = region_of(asset, {"": "handle"}, 0.8)
    monkeypatch.setattr(ground, "find_region", find)
    found = Grounder(unnamed(asset), LexiconReader()).ground("pour me some tea")
    assert find.asked == [("", "handle-grip")]  # type: ignore[attr-defined]
    assert found.target.name == "handle"


def test_a_region_that_is_unsure_or_tiny_gives_way_to_shapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asset = cabinet("handle")
    monkeypatch.setattr(ground, "find_region", region_of(asset, {"handle": "handle"}, 0.1))
    found = Grounder(unnamed(asset), LexiconReader()).ground("pull the handle")
    assert (found.how, found.confidence) == ("shape", 0.0)
    assert found.asset.parts_provisional
    monkeypatch.setattr(ground, "SMALLEST_REGION", 1.0)
    monkeypatch.setattr(ground, "find_region", region_of(asset, {"handle": "handle"}, 0.9))
    assert Grounder(unnamed(asset), LexiconReader()).ground("pull the handle").how == "shape"


def test_only_what_is_read_of_a_long_sentence_names_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asset = cabinet("handle")
    pretend(monkeypatch, asset, {"handle": "handle"}, 0.8)
    text = "pull the handle " + "very " * 500 + "but not the lid"
    found = Grounder(unnamed(asset), LexiconReader()).ground(text)
    assert found.target.name == "handle"
    assert not any("No lid" in note for note in found.understood.notes)


class Everywhere:
    """A detector that marks the whole picture."""

    def detect(self, image: Any, phrase: str) -> Any:
        from handhold.grounding.detection import Boxes

        height, width = image.shape[:2]
        return Boxes.of([[0, 0, width, height]], [0.9])


def test_the_detector_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asset = unnamed(cabinet("handle"))
    monkeypatch.setattr(ground, "find_region", region_of(asset, {}, 0.0))
    found = Grounder(asset, LexiconReader(), detector=Everywhere()).ground("pull the handle")
    assert found.how == "detector"
    assert found.faces.any()


def test_what_the_detector_finds_too_small_is_looked_for_by_the_segmenter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asset = cabinet("handle")
    monkeypatch.setattr(ground, "SMALLEST_REGION", 10.0)
    monkeypatch.setattr(ground, "find_region", region_of(asset, {"handle": "handle"}, 0.8))
    found = look_for(unnamed(asset), "handle", detector=Everywhere())
    assert found.how == "segmenter"


def test_a_part_to_avoid_that_is_nowhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asset = cabinet("handle")
    pretend(monkeypatch, asset, {"handle": "handle"}, 0.8)
    sentence = "pull it open by the handle and don't touch the lid"
    found = Grounder(unnamed(asset), LexiconReader()).ground(sentence, avoid=["part_1"])
    assert found.understood.avoid == ("part_1",)
    assert any("No lid was found" in note for note in found.understood.notes)
    pretend(monkeypatch, asset, {}, 0.0)
    guessed = Grounder(unnamed(asset), LexiconReader()).ground(sentence)
    assert guessed.how == "shape"
    assert any("No lid was found" in note for note in guessed.understood.notes)


def test_find_part_by_name_meaning_or_segmenter(monkeypatch: pytest.MonkeyPatch) -> None:
    asset = cabinet("handle_1", "handle_2")
    found = find_part(asset, "handles")
    assert np.array_equal(found.faces, asset.face_parts > 0)
    assert (found.how, found.confidence > 0.5) == ("name", True)
    with pytest.raises(InputError, match="no part 'spout'"):
        find_part(asset, "spout")
    find = region_of(asset, {"handle": "handle_1"}, 0.7)
    monkeypatch.setattr(ground, "find_region", find)
    found = find_part(unnamed(asset), "handle")
    assert np.array_equal(found.faces, asset.face_parts == 1)
    assert (found.how, found.confidence) == ("segmenter", 0.7)
    assert find_part(unnamed(asset), "handle", detector=Everywhere()).how == "detector"
