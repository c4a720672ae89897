"""Boxes in views vote for the right part, whatever else is boxed; regions from pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.grounding.box_match import box_match, parts_in_view
from handhold.grounding.detection import (
    Boxes,
    box_pixels,
    detect_part,
    detect_region,
    find_boxes,
    region_of_segments,
    vote_for_faces,
    vote_for_parts,
)
from handhold.grounding.observation import Observation
from handhold.objects import ObjectAsset
from handhold.render import Camera, RayScene, ShadedMesh
from handhold.render.observation import observe, observe_object

PARTS = ("body", "handle", "lid")
BODY, HANDLE, LID = range(3)


def kettle() -> ObjectAsset:
    """A big body with a thin handle on +x, and a small lid."""
    body = trimesh.creation.cylinder(radius=0.06, height=0.15, sections=48)
    handle = trimesh.creation.torus(0.045, 0.005, major_sections=32, minor_sections=8)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    handle.apply_translation([0.09, 0, 0])
    lid = trimesh.creation.cylinder(radius=0.02, height=0.03, sections=24)
    lid.apply_translation([0, 0, 0.09])
    meshes = [TriMesh.from_trimesh(mesh) for mesh in (body, handle, lid)]
    return ObjectAsset.from_parts("kettle", list(zip(PARTS, meshes, strict=True)))


ASSET = kettle()


def seen_from(azimuth: float, elevation: float = 14.0, asset: ObjectAsset = ASSET) -> Observation:
    camera = Camera.framing(asset.mesh.vertices, np.radians(azimuth), np.radians(elevation))
    scene = RayScene([ShadedMesh(asset.mesh.vertices, asset.mesh.faces)])
    return observe(scene, camera, (128, 128), face_parts=asset.face_parts)


AROUND = [seen_from(azimuth) for azimuth in (20, 80, 140, 260, 330)]
BEHIND = seen_from(180)


def true_box(view: Observation, part: int) -> list[float]:
    rows, columns = np.nonzero(view.part_ids == part)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


class Fake:
    """A detector that knows the views: `answer` says what it returns for the n-th."""

    def __init__(self, views: Sequence[Observation], answer: Callable[[int], Boxes]) -> None:
        self.views, self.answer, self.phrases = views, answer, []

    def detect(self, image: NDArray[np.uint8], phrase: str) -> Boxes:
        self.phrases.append(phrase)
        (index,) = (n for n, view in enumerate(self.views) if view.image is image)
        return self.answer(index)


def knows(views: Sequence[Observation], part: int, seed: int | None = None) -> Fake:
    """Finds a part where it is seen; with a seed: roughly, and beside boxes round nothing much."""
    rng = np.random.default_rng(seed)

    def answer(index: int) -> Boxes:
        view = views[index]
        corners = [true_box(view, part)] if (view.part_ids == part).sum() > 10 else []
        scores = [0.5] * len(corners)
        if seed is not None:
            corners = [np.add(box, rng.normal(0, 4, 4)) for box in corners]
            corners += [np.sort(rng.uniform(0, 128, (2, 2)), axis=0).ravel() for _ in range(4)]
            scores += rng.uniform(0.05, 0.3, 4).tolist()
        return Boxes.of(corners, scores)

    return Fake(views, answer)


@pytest.mark.parametrize("part", range(3), ids=PARTS)
@pytest.mark.parametrize("side", range(len(AROUND)))
def test_one_view_is_enough_where_the_part_is_seen(part: int, side: int) -> None:
    views = [AROUND[side]]
    found = detect_part(knows(views, part), views, "it", PARTS)
    assert found.index == part and found.scores[part] > 0.5 and found.confidence > 0.1


def test_a_big_body_does_not_win_in_the_box_of_its_thin_handle() -> None:
    view = seen_from(20)  # the handle is in front of the body
    left, top, right, bottom = true_box(view, HANDLE)
    crop = view.part_ids[top:bottom, left:right]
    assert (crop == BODY).sum() > 1.3 * (crop == HANDLE).sum()
    scores = vote_for_parts([view], [Boxes.of([true_box(view, HANDLE)], [0.4])], 3)
    assert scores.argmax() == HANDLE and scores[HANDLE] > 2 * scores[BODY]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("part", range(3), ids=PARTS)
def test_inexact_boxes_among_random_ones_still_find_the_part(part: int, seed: int) -> None:
    views = [*AROUND, BEHIND]
    assert detect_part(knows(views, part, seed), views, "it", PARTS).index == part


@pytest.mark.parametrize("wrong", range(len(AROUND)))
def test_one_view_that_is_wrong_and_sure_is_outvoted(wrong: int) -> None:
    def answer(index: int) -> Boxes:
        part, score = (LID, 0.9) if index == wrong else (HANDLE, 0.5)
        return Boxes.of([true_box(AROUND[index], part)], [score])

    found = detect_part(Fake(AROUND, answer), AROUND, "handle", PARTS)
    right = detect_part(knows(AROUND, HANDLE), AROUND, "handle", PARTS)
    assert found.index == HANDLE
    assert found.confidence < right.confidence


def test_a_view_that_hides_the_part_neither_helps_nor_harms_it() -> None:
    assert not (BEHIND.part_ids == HANDLE).any()
    views = [AROUND[1], BEHIND]
    noise = Boxes.of([true_box(BEHIND, LID)], [0.5])
    handle = Boxes.of([true_box(AROUND[1], HANDLE)], [0.5])
    both = vote_for_parts(views, [handle, noise], 3)
    assert both[HANDLE] == pytest.approx(vote_for_parts(views[:1], [handle], 3)[HANDLE], rel=1e-6)
    # While the lid, which the first view shows outside the box, pays for that.
    assert both[LID] < vote_for_parts(views[1:], [noise], 3)[LID]


def test_a_view_without_boxes_counts_for_nothing() -> None:
    box = Boxes.of([true_box(AROUND[1], HANDLE)], [0.5])
    one = vote_for_parts([AROUND[1], AROUND[0]], [box, Boxes.of([], [])], 3)
    assert one == pytest.approx(vote_for_parts([AROUND[1]], [box], 3))


def test_scores_count_only_by_their_ratios() -> None:
    boxes = [Boxes.of([true_box(view, HANDLE)], [0.1 * k + 0.2]) for k, view in enumerate(AROUND)]
    half = [Boxes(found.corners, found.scores / 2) for found in boxes]
    assert vote_for_parts(AROUND, half, 3) == pytest.approx(vote_for_parts(AROUND, boxes, 3))


def test_a_box_round_the_whole_object_counts_less_than_one_round_a_part() -> None:
    view = AROUND[1]
    whole = [0.0, 0.0, 128.0, 128.0]
    both = Boxes.of([whole, true_box(view, HANDLE)], [0.6, 0.4])
    assert vote_for_parts([view], [both], 3).argmax() == HANDLE
    # Alone it still says something: nothing is more like the whole than the body.
    assert vote_for_parts([view], [Boxes.of([whole], [0.6])], 3).argmax() == BODY


def test_two_handles_are_found_by_a_box_each_or_by_one_round_both() -> None:
    rings = []
    for sign in (-1, 1):
        ring = trimesh.creation.torus(0.02, 0.006, major_sections=24, minor_sections=8)
        ring.apply_translation([0, 0.09 * sign, 0.02])
        rings.append(("handles", TriMesh.from_trimesh(ring)))
    body = trimesh.creation.cylinder(radius=0.07, height=0.08, sections=48)
    pot = ObjectAsset.from_parts("pot", [("body", TriMesh.from_trimesh(body)), *rings])
    view = seen_from(0, 30, pot)
    _, handles = parts_in_view(view.part_ids, 2)
    assert len(handles) == 3
    frames = [[p.left, p.top, p.left + p.mask.shape[1], p.top + p.mask.shape[0]] for p in handles]
    for boxes in (frames[1:], frames[:1]):
        scores = vote_for_parts([view], [Boxes.of(boxes, [0.5] * len(boxes))], 2)
        assert scores.argmax() == 1 and scores[1] > 0.6
    one_only = vote_for_parts([view], [Boxes.of(frames[1:2], [0.5])], 2)
    assert one_only.argmax() == 1


def test_nothing_found_is_a_result() -> None:
    nothing = Fake(AROUND, lambda index: Boxes.of([], []))
    found = detect_part(nothing, AROUND, "spout", PARTS)
    assert found.index is None and found.confidence == 0 and not found.scores.any()
    assert "no 'spout' from 5 sides" in found.explanation
    assert nothing.phrases == ["spout"] * 5
    beside = Fake(AROUND, lambda index: Boxes.of([[0, 0, 3, 3]], [0.9]))
    assert detect_part(beside, AROUND, "spout", PARTS).index is None
    assert detect_part(nothing, [], "spout", PARTS).index is None


def test_the_explanation_says_from_how_many_sides_it_was_seen() -> None:
    views = [*AROUND, BEHIND]
    found = detect_part(knows(views, HANDLE), views, "grip", PARTS)
    assert found.explanation == (
        "handle fits best what the detector marked as 'grip' from 5 of 6 sides."
    )
    assert [len(boxes) for boxes in found.boxes] == [1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize("phrase", ["", "  \n"])
def test_an_empty_phrase_and_an_object_without_parts_are_refused(phrase: str) -> None:
    with pytest.raises(InputError, match="nothing to look for"):
        find_boxes(knows(AROUND, BODY), AROUND, phrase)
    with pytest.raises(InputError, match="no parts"):
        detect_part(knows(AROUND, BODY), AROUND, "lid", ())


def test_boxes_are_cut_to_the_picture_and_senseless_ones_dropped() -> None:
    corners = [
        [-10, -10, 50, 500],
        [np.nan, 0, 5, 5],
        [60, 10, 40, 20],
        [200, 0, 300, 50],
        [10, 10, 20, 20],
        [0, 0, np.inf, 9],
        [0, 0, 9, 9],
    ]
    kept = Boxes.of(corners, [0.2, 0.9, 0.9, 0.9, 0.8, 0.9, -1]).within(100, 80)
    assert kept.corners.tolist() == [[10, 10, 20, 20], [0, 0, 50, 80]]
    assert kept.scores.tolist() == [0.8, 0.2]
    many = Boxes.of(np.tile([0, 0, 9, 9], (50, 1)), np.linspace(0.1, 1, 50)).within(100, 80)
    assert len(many) == 20 and many.scores[0] == 1
    with pytest.raises(ValueError, match="beside 2 scores"):
        Boxes.of([[0, 0, 1, 1]], [1, 2])


def test_the_match_of_a_box_is_one_on_the_part_and_falls_off_on_both_sides() -> None:
    ids = np.full((40, 60), -1, np.int32)
    ids[10:20, 20:40] = 0
    ((whole, *_),) = parts_in_view(ids, 1)
    assert box_match(np.array([20.0, 10, 40, 20]), whole) == pytest.approx(1)
    half = box_match(np.array([20.0, 10, 30, 20]), whole)
    twice = box_match(np.array([20.0, 10, 60, 20]), whole)
    assert half == pytest.approx(0.5) and twice == pytest.approx(np.sqrt(0.5))
    assert box_match(np.array([45.0, 10, 60, 20]), whole) == 0


def test_crumbs_of_a_part_are_not_judged() -> None:
    ids = np.full((200, 200), -1, np.int32)
    ids[0, :3] = 0
    ids[50:100, 50:100] = 1
    ids[60:64, 150:154] = 1  # a crumb behind an edge
    few, many, none = parts_in_view(ids, 3)
    assert few == [] and none == [] and len(many) == 2
    assert many[1].count == 2500


# --- objects without named parts ---------------------------------------------------------------


def pieces(asset: ObjectAsset) -> NDArray[np.int64]:
    """Provisional segments: the body in eight wedges, the handle in four, the lid in one."""
    x, y, _ = asset.mesh.face_centres.T
    wedge = ((np.arctan2(y, x) + np.pi) / (2 * np.pi) * 8).astype(int) % 8
    arc = 8 + 2 * (x > 0.09) + (asset.mesh.face_centres[:, 2] > 0)
    return np.select([asset.face_parts == BODY, asset.face_parts == HANDLE], [wedge, arc], 12)


def overlap(faces: NDArray[np.bool_], part: int) -> float:
    areas, true = ASSET.mesh.face_areas, ASSET.face_parts == part
    return float(areas[faces & true].sum() / areas[faces | true].sum())


@pytest.mark.parametrize(("part", "least"), [(HANDLE, 0.9), (LID, 0.9), (BODY, 0.5)])
def test_a_region_is_put_together_from_provisional_pieces(part: int, least: float) -> None:
    views = observe_object(ASSET.mesh, ASSET.face_parts, views=4, size=(128, 128))
    segments = pieces(ASSET)
    region = detect_region(knows(views, part), views, "it", segments, ASSET.mesh.face_areas)
    assert overlap(region.faces, part) >= least
    assert set(np.unique(segments[region.faces])) == set(region.segments)
    assert len(region.scores) == 13 and 0 < region.confidence <= 1 and len(region.boxes) == 4


def test_a_region_of_nothing_is_empty() -> None:
    nothing = Fake(AROUND, lambda index: Boxes.of([], []))
    region = detect_region(nothing, AROUND, "it", pieces(ASSET), ASSET.mesh.face_areas)
    assert not region.faces.any() and region.segments == () and region.confidence == 0


def test_faces_that_no_view_shows_have_no_score() -> None:
    box = Boxes.of([true_box(BEHIND, LID)], [0.3])
    votes = vote_for_faces([BEHIND], [box], len(ASSET.face_parts))
    assert np.isnan(votes.scores[ASSET.face_parts == HANDLE]).all()
    shown = np.unique(BEHIND.face_ids[BEHIND.part_ids == LID])
    assert votes.scores[shown] == pytest.approx(1)
    region = region_of_segments(votes, ASSET.face_parts, ASSET.mesh.face_areas)
    assert region.segments == (LID,) and region.scores[HANDLE] == 0


def test_what_lies_far_behind_in_a_box_is_not_in_it() -> None:
    front = trimesh.creation.box((0.02, 0.05, 0.05))
    back = trimesh.creation.box((0.02, 0.3, 0.3))
    back.apply_translation([-0.3, 0, 0])
    meshes = [("front", TriMesh.from_trimesh(front)), ("back", TriMesh.from_trimesh(back))]
    asset = ObjectAsset.from_parts("two", meshes)
    view = seen_from(0, 0, asset)
    left, top, right, bottom = true_box(view, 0)
    wider = np.array([left - 5.0, top - 5, right + 5, bottom + 5])
    assert (view.part_ids[box_pixels(view, wider)] == 0).all()
    # A box round all is about all: what is in front is too small to be meant.
    all_of_it = box_pixels(view, np.array([0.0, 0, 128, 128]))
    assert set(np.unique(view.part_ids[all_of_it])) == {0, 1}
