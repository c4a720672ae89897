"""Boxes round a part in pictures of an object, and from these to the part or region in 3-D.

Stage 1 of G-DexGrasp: a text-conditioned detector (GLIP there) draws boxes in a rendered view,
the pixels in them go through the view's depth to the surface, and these partial regions vote for
a segment of the object. How votes are weighted is not said there and is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handhold.errors import InputError
from handhold.grounding.box_match import Patch, box_match, parts_in_view
from handhold.grounding.observation import Observation

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_BOXES = 20  # of a view, by score
_WHOLE = 0.9  # share of the object's pixels in a box that is round the whole object
_WHOLE_COUNTS = 0.5  # detectors that do not find a part like to draw the object
_FULLY_SEEN = 0.5  # of a part's pixels in its best view: from here on a view judges it fully
_DOUBT = 0.5  # views: a part that few views show must do better in them
_LAYER_GAP = 0.05  # of the object's extent: a step in depth that parts what is in a box
_LAYER_SHARE = 0.25  # of the pixels in a box: the least that counts as what the box is about
_IN_REGION = 0.7  # of the best segment's score


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes in a picture: corners (B, 4) as left, top, right, bottom in pixels from the picture's
    top left corner, and scores (B,) in 0..1."""

    corners: Floats
    scores: Floats

    @classmethod
    def of(cls, corners: ArrayLike, scores: ArrayLike) -> Boxes:
        """Boxes from anything like arrays, also empty ones."""
        return cls(
            np.asarray(corners, dtype=np.float64).reshape(-1, 4),
            np.asarray(scores, dtype=np.float64).reshape(-1),
        )

    def __post_init__(self) -> None:
        if self.corners.shape != (len(self.scores), 4):
            raise ValueError(f"corners {self.corners.shape} beside {len(self.scores)} scores")

    def __len__(self) -> int:
        return len(self.scores)

    def within(self, width: int, height: int) -> Boxes:
        """The best 20 boxes, cut to a picture; without those that are empty or not finite."""
        finite = np.isfinite(self.corners).all(axis=1) & (self.scores > 0)
        kept = np.flatnonzero(finite)
        kept = kept[np.argsort(-self.scores[kept], kind="stable")]
        corners = np.clip(self.corners[kept], 0, [width, height, width, height])
        solid = ((corners[:, 2:] - corners[:, :2]) >= 1.0).all(axis=1)
        return Boxes(corners[solid][:_MOST_BOXES], self.scores[kept][solid][:_MOST_BOXES])


class TextDetector(Protocol):
    """Anything that finds in a picture what a phrase names."""

    def detect(self, image: NDArray[np.uint8], phrase: str) -> Boxes:
        """Boxes in an image (H, W, 3), sRGB, that show `phrase`; none where it is not seen."""
        ...


@dataclass(frozen=True, eq=False)
class DetectedPart:
    """The part that the boxes are round.

    index: of the object's parts; None where no box was found on any. scores (P,): how well each
    part fits the boxes of all views, 0..1. confidence: by how much the best is ahead of the next.
    boxes: per view. explanation: one sentence.
    """

    index: int | None
    scores: Floats
    confidence: float
    boxes: tuple[Boxes, ...]
    explanation: str


@dataclass(frozen=True, eq=False)
class FaceVotes:
    """How much of each face (F,) lies in boxes: `inside` and `seen` are pixels of all views, the
    former weighted by the boxes' scores relative to the best box (0..1)."""

    inside: Floats
    seen: Floats

    @property
    def scores(self) -> Floats:
        """(F,) 0..1; nan where no view shows the face."""
        return np.where(self.seen > 0, self.inside / np.maximum(self.seen, 1.0), np.nan)


@dataclass(frozen=True, eq=False)
class DetectedRegion:
    """A region of an object without named parts, as a set of its provisional segments.

    faces (F,): the region; all False where nothing was found. segments: indices of the segments
    that form it. scores (S,): share of each segment's visible surface that lies in boxes, 0 where
    none of it is seen. confidence: score of the region less that of the rest, 0..1. boxes: per
    view.
    """

    faces: Flags
    segments: tuple[int, ...]
    scores: Floats
    confidence: float
    boxes: tuple[Boxes, ...] = field(default=())


def find_boxes(
    detector: TextDetector, observations: Sequence[Observation], phrase: str
) -> tuple[Boxes, ...]:
    """What the detector finds in each view. Raises InputError for an empty phrase."""
    if not phrase.strip():
        raise InputError("There is nothing to look for.", "Name a part, as 'handle'.")
    found = (detector.detect(view.image, phrase) for view in observations)
    return tuple(boxes.within(*view.size) for boxes, view in zip(found, observations, strict=True))


def detect_part(
    detector: TextDetector,
    observations: Sequence[Observation],
    phrase: str,
    part_names: Sequence[str],
) -> DetectedPart:
    """The part of a segmented object that the detector finds when it is asked for `phrase`.

    part_names: one per part id of the observations; they need not mean anything. Raises
    InputError for an empty phrase and for an object without parts.
    """
    if not part_names:
        raise InputError("The object has no parts.", "Give it at least one.")
    boxes = find_boxes(detector, observations, phrase)
    scores = vote_for_parts(observations, boxes, len(part_names))
    if not scores.any():
        missing = f"The detector saw no '{phrase}' from {len(observations)} sides."
        return DetectedPart(None, scores, 0.0, boxes, missing)
    order = np.argsort(-scores, kind="stable")
    ahead = scores[order[0]] - (scores[order[1]] if len(order) > 1 else 0.0)
    sides = sum(len(found) > 0 for found in boxes)
    explanation = (
        f"{part_names[order[0]]} fits best what the detector marked as '{phrase}'"
        f" from {sides} of {len(observations)} sides."
    )
    return DetectedPart(int(order[0]), scores, float(ahead), boxes, explanation)


def detect_region(
    detector: TextDetector,
    observations: Sequence[Observation],
    phrase: str,
    face_segments: NDArray[np.int64],
    face_areas: Floats,
) -> DetectedRegion:
    """The region of an object without named parts that the detector finds for `phrase`.

    face_segments (F,): provisional segment of each face, as convex pieces; several may form the
    region. face_areas (F,). Raises InputError for an empty phrase.
    """
    boxes = find_boxes(detector, observations, phrase)
    votes = vote_for_faces(observations, boxes, len(face_segments))
    return region_of_segments(votes, face_segments, face_areas, boxes)


def vote_for_parts(
    observations: Sequence[Observation], boxes: Sequence[Boxes], count: int
) -> Floats:
    """Scores (count,), 0..1, of the parts for being what the boxes of all views are round.

    In a view a part gets the best of score times box_match over the boxes, for the whole of what
    is seen of it or for its pieces one by one (two handles, two boxes). Views count by their best
    box, and for a part by how much of it they show: one that hides the part neither helps nor
    harms it, nor does one without boxes.
    """
    shown = np.array([view.pixels_of_parts(count) for view in observations], dtype=np.float64)
    if not shown.size:
        return np.zeros(count)
    visible = shown / np.maximum(shown.max(axis=0), 1.0) / _FULLY_SEEN
    strengths = [_strengths(view, found) for view, found in zip(observations, boxes, strict=True)]
    best = max((float(strength.max(initial=0.0)) for strength in strengths), default=0.0)
    total, weight = np.zeros(count), np.zeros(count)
    for view, found, strength, seen in zip(observations, boxes, strengths, visible, strict=True):
        if not len(found):
            continue
        judged = np.minimum(seen, 1.0)
        total += judged * _votes(parts_in_view(view.part_ids, count), found, strength / best)
        weight += judged * strength.max() / best
    return total / (weight + _DOUBT)


def vote_for_faces(
    observations: Sequence[Observation], boxes: Sequence[Boxes], count: int
) -> FaceVotes:
    """Votes for each of `count` faces: pixels of the near layer of boxes (see box_pixels)."""
    strengths = [_strengths(view, found) for view, found in zip(observations, boxes, strict=True)]
    best = max((float(strength.max(initial=0.0)) for strength in strengths), default=0.0)
    inside, seen = np.zeros(count), np.zeros(count)
    for view, found, strength in zip(observations, boxes, strengths, strict=True):
        if not len(found):
            continue
        value = np.zeros(view.part_ids.shape)
        for corners, share in zip(found.corners, strength / best, strict=True):
            pixels = box_pixels(view, corners)
            value[pixels] = np.maximum(value[pixels], share)
        faces = view.face_ids[view.shown]
        inside += np.bincount(faces, value[view.shown], count)
        seen += np.bincount(faces, minlength=count)
    return FaceVotes(inside, seen)


def region_of_segments(
    votes: FaceVotes,
    face_segments: NDArray[np.int64],
    face_areas: Floats,
    boxes: tuple[Boxes, ...] = (),
) -> DetectedRegion:
    """The segments of which at least 70 % as much lies in boxes as of the best one.

    face_segments, face_areas (F,) as in detect_region.
    """
    count = int(face_segments.max(initial=-1)) + 1
    inside = np.bincount(face_segments, votes.inside, count)
    seen = np.bincount(face_segments, votes.seen, count)
    scores = inside / np.maximum(seen, 1.0)
    if not scores.any():
        nothing = np.zeros(len(face_segments), dtype=bool)
        return DetectedRegion(nothing, (), scores, 0.0, boxes)
    chosen = scores >= _IN_REGION * scores.max()
    areas = np.bincount(face_segments, face_areas, count) * (seen > 0)
    ahead = _mean(scores, areas * chosen) - _mean(scores, areas * ~chosen)
    segments = tuple(int(index) for index in np.flatnonzero(chosen))
    return DetectedRegion(chosen[face_segments], segments, scores, max(ahead, 0.0), boxes)


def box_pixels(view: Observation, corners: Floats) -> Flags:
    """Which pixels (H, W) of a view show what a box (4,) is about.

    All of the object in the box; but where its depth falls into two layers with a gap between
    them, the near one if it fills at least a quarter: a handle in front of the body.
    """
    inside = np.zeros(view.part_ids.shape, dtype=bool)
    left, top, right, bottom = _whole_pixels(corners)
    inside[top:bottom, left:right] = True
    inside &= view.shown
    depths = np.sort(view.depth[inside])
    if len(depths) < 2:
        return inside
    steps = np.diff(depths)
    last = int(steps.argmax())
    if steps[last] < _LAYER_GAP * view.extent or last + 1 < _LAYER_SHARE * len(depths):
        return inside
    return inside & (view.depth <= depths[last])


def _strengths(view: Observation, boxes: Boxes) -> Floats:
    """Scores (B,) with boxes round the whole object marked down."""
    whole = max(int(view.shown.sum()), 1)
    held = np.zeros(len(boxes))
    for index, corners in enumerate(boxes.corners):
        left, top, right, bottom = _whole_pixels(corners)
        held[index] = view.shown[top:bottom, left:right].sum() / whole
    return boxes.scores * np.where(held > _WHOLE, _WHOLE_COUNTS, 1.0)


def _votes(parts: Sequence[Sequence[Patch]], boxes: Boxes, strengths: Floats) -> Floats:
    votes = np.zeros(len(parts))
    for index, patches in enumerate(parts):
        if not patches:
            continue
        best = [
            max(
                strength * box_match(corners, patch)
                for corners, strength in zip(boxes.corners, strengths, strict=True)
            )
            for patch in patches
        ]
        shares = [patch.count / patches[0].count for patch in patches]
        pieces = sum(share * vote for share, vote in zip(shares[1:], best[1:], strict=True))
        votes[index] = max(best[0], pieces)
    return votes


def _whole_pixels(corners: Floats) -> tuple[int, int, int, int]:
    left, top = (int(value) for value in np.floor(corners[:2]))
    right, bottom = (int(value) for value in np.ceil(corners[2:]))
    return left, top, right, bottom


def _mean(values: Floats, weights: Floats) -> float:
    total = float(weights.sum())
    return float(values @ weights) / total if total > 0 else 0.0
