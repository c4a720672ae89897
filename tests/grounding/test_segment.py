"""From a name to a region: on meshes and clouds, with rivals, names and errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from bar_and_ball import BAR, bar_and_ball
from toy_segmenter import taught_segmenter, toy_segmenter

from handhold.errors import InputError
from handhold.geometry import TriMesh, concatenate
from handhold.grounding.point_features import point_features
from handhold.grounding.point_scores import Query, query_vectors
from handhold.grounding.segment import ask, find_region, segment
from handhold.grounding.segmenter_file import Segmenter
from handhold.grounding.surface_points import points_of_mesh


@pytest.fixture(scope="module")
def taught() -> Segmenter:
    mesh, labels = bar_and_ball()
    surface = points_of_mesh(mesh, 768, seed=5)
    on_bar = torch.from_numpy(labels[surface.source] == BAR)
    return taught_segmenter(torch.from_numpy(point_features(surface)), on_bar)


def test_a_name_finds_its_faces(taught: Segmenter) -> None:
    mesh, labels = bar_and_ball(reach=0.12)
    region = find_region(mesh, "bar", segmenter=taught)
    right = labels == BAR
    areas = mesh.face_areas
    assert areas[region.chosen & right].sum() > 0.7 * areas[region.chosen | right].sum()
    assert region.scores.shape == (len(mesh.faces),)
    assert 0.5 < region.confidence <= 1
    assert not region.by_pieces


def test_rivals_share_the_surface(taught: Segmenter) -> None:
    mesh, labels = bar_and_ball()
    bar = find_region(mesh, "bar", rivals=("bar", "ball"), segmenter=taught)
    ball = find_region(mesh, "ball", rivals=("bar", "ball"), segmenter=taught)
    assert not (bar.chosen & ball.chosen).any()
    assert (bar.chosen == (labels == BAR)).mean() > 0.9


def test_all_names_at_once_label_every_face(taught: Segmenter) -> None:
    mesh, labels = bar_and_ball()
    parts = segment(mesh, ["ball", "bar"], segmenter=taught)
    assert parts.names == ("ball", "bar")
    assert (parts.labels == labels).mean() > 0.9


def test_a_cloud_gets_a_region_of_its_points(taught: Segmenter) -> None:
    mesh, labels = bar_and_ball()
    surface = points_of_mesh(mesh, 1500)
    region = find_region(surface.points, "bar", normals=surface.normals, segmenter=taught)
    assert region.chosen.shape == (1500,)
    parts = segment(surface.points, ["bar", "ball"], segmenter=taught)
    assert parts.labels.shape == (1500,)


def test_the_same_question_gets_the_same_answer(taught: Segmenter) -> None:
    mesh, _ = bar_and_ball()
    first, second = (find_region(mesh, "bar", segmenter=taught) for _ in range(2))
    assert np.array_equal(first.scores, second.scores)


def test_where_nothing_is_likely_convex_pieces_vote(taught: Segmenter) -> None:
    mesh, labels = bar_and_ball()
    dim = replace(taught, network=type(taught.network)(taught.network.config))
    dim.network.load_state_dict(taught.network.state_dict())
    with torch.no_grad():
        dim.network.offset.sub_(40)
    region = find_region(mesh, "bar", segmenter=dim.__class__(dim.network.eval(), *_rest(dim)))
    assert region.by_pieces
    assert region.chosen.any()
    assert region.confidence < 0.15


def _rest(segmenter: Segmenter) -> tuple:
    return segmenter.names, segmenter.vectors, segmenter.categories


def test_names_are_found_as_they_are_by_their_noun_or_by_the_encoder() -> None:
    segmenter = toy_segmenter()

    def encode(names: list[str]) -> torch.Tensor:
        return torch.full((len(names), 384), 0.5)

    names = ["handle", "middle_handle", "Flügel"]
    text, hot = query_vectors([Query(name) for name in names], segmenter, encode)
    assert torch.equal(text[0, 0], segmenter.vectors[2])
    assert torch.equal(text[0, 1], segmenter.vectors[2])
    assert torch.equal(text[0, 2], torch.full((384,), 0.5))
    assert not hot.any()
    _, hot = query_vectors([Query("", "press")], segmenter, None)
    assert hot.sum() == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query("Flügel"), "does not know the name 'flügel'"),
        (Query("  "), "names no part"),
        (Query("bar", "juggle"), "no affordance 'juggle'"),
    ],
)
def test_bad_questions_are_explained(query: Query, message: str) -> None:
    with pytest.raises(InputError, match=message):
        query_vectors([query], toy_segmenter(), None)


def test_a_name_that_was_not_taught_is_left_out_beside_an_affordance() -> None:
    segmenter = replace(toy_segmenter(), taught=1)  # "bar" alone
    text, _ = query_vectors([Query("handle", "press"), Query("handle")], segmenter, None)
    assert not text[0, 0].any()
    assert text[0, 1].any()
    text, _ = query_vectors([Query("bar", "press")], segmenter, None)
    assert text.any()


def test_a_hand_goes_to_one_place_for_a_name_in_the_singular(taught: Segmenter) -> None:
    one, _ = bar_and_ball()
    other = TriMesh(one.vertices + np.array([0.0, 0.4, 0.0]), one.faces)
    answers = ask(concatenate([one, other]), [Query("bar")], segmenter=taught)
    region = answers.region(0)
    first = np.arange(2 * len(one.faces)) < len(one.faces)
    assert (region.chosen & first).any() and (region.chosen & ~first).any()
    assert (region.contact & first).any() != (region.contact & ~first).any()
    assert not (region.contact & ~region.chosen).any()
    plural = replace(answers, queries=(Query("bars"),)).region(0)
    assert np.array_equal(plural.contact, plural.chosen)


def test_no_names_are_no_question() -> None:
    with pytest.raises(InputError, match="no names"):
        segment(bar_and_ball()[0], [], segmenter=toy_segmenter())
